import type { Duration } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { EcsComputeProps } from './ecs-options';
import type { ServiceScaling } from './ecs-scaling';

/** Sizes and settings of every ECS service. */
export interface EcsServiceComputeProps extends EcsComputeProps {
  /**
   * How many tasks there are. Not with scaling, which says it itself: a deployment then leaves the number as it is.
   *
   * @default - 1; with scaling what it says; one per instance with `daemon`
   */
  readonly desiredCount?: number;

  /**
   * The least number of tasks, with scaling. 0 needs a rule that starts a first task: `ServiceScaling.onQueueBacklog()`, `inSteps()` or `onSchedule()`.
   *
   * @default 1
   */
  readonly minCapacity?: number;

  /**
   * The largest number of tasks, with scaling.
   *
   * @default - no scaling
   */
  readonly maxCapacity?: number;

  /**
   * When the service gets more tasks, or fewer. Needs `maxCapacity`.
   *
   * @default - no scaling
   */
  readonly scaling?: ServiceScaling[];

  /**
   * Whether each instance of the cluster has one task. EC2 only.
   *
   * @default false
   */
  readonly daemon?: boolean;

  /**
   * How many percent of the tasks must be healthy while a deployment goes on.
   *
   * @default - 100; 0 with `daemon`
   */
  readonly minHealthyPercent?: number;

  /**
   * How many percent of the tasks there may be while a deployment goes on.
   *
   * @default - 200; 100 with `daemon`
   */
  readonly maxHealthyPercent?: number;

  /**
   * Whether a deployment whose tasks do not start is given up, and rolled back.
   *
   * @default - both
   */
  readonly circuitBreaker?: ecs.DeploymentCircuitBreaker;

  /**
   * Alarms that end a deployment.
   *
   * @default - none
   */
  readonly deploymentAlarms?: ecs.DeploymentAlarmConfig;

  /**
   * How long a new task may be unhealthy to its load balancer.
   *
   * @default - 60 seconds with a load balancer
   */
  readonly healthCheckGracePeriod?: Duration;

  /**
   * How ECS finds out whether the handler's container is healthy.
   *
   * @default - with our host that it takes requests, on `Compute.service()`; else none
   */
  readonly containerHealthCheck?: ecs.HealthCheck;

  /**
   * The physical name of the service. A named service can not be replaced without a new name.
   *
   * @default - CloudFormation names it
   */
  readonly serviceName?: string;

  /**
   * By which name of a Cloud Map namespace others find the tasks.
   *
   * @default - by none
   */
  readonly cloudMapOptions?: ecs.CloudMapOptions;

  /**
   * How the service takes part in Service Connect. The name of the handler's port is `handler`.
   *
   * @default - not at all
   */
  readonly serviceConnectConfiguration?: ecs.ServiceConnectProps;
}
