import { Duration, Fn } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { HybridFunction } from './hybrid-function';
import { Compute } from '../computes/compute';
import { isFargateTask } from '../computes/ecs-checks';
import { propagatesTags, runStatements, runStateOptions, strategiesOf, tagStatement, taskSubnets } from '../computes/ecs-launch';
import type { TaskComputeProps } from '../computes/task';
import type { HybridFunctionOptions } from '../model/hybrid-function-options';
import { runTaskState } from '../private/events/ecs-run-state';
import { passingBucket } from '../private/queues/passing-bucket';

/** What a task is, where it runs, and how large its events may be. */
export interface LaunchableTaskProps extends HybridFunctionOptions, TaskComputeProps {
  /**
   * Whether there is a bucket for events that are too large for a request: ECS takes 8,192 characters. The bucket is encrypted, takes TLS alone and
   * forgets events after `eventExpiration`.
   *
   * @default - true when `eventBucket` is given, else false
   */
  readonly largeEvents?: boolean;

  /**
   * A bucket of your own for such events. The task may read it.
   *
   * @default - with `largeEvents` one that is made
   */
  readonly eventBucket?: s3.IBucket;

  /**
   * How long the bucket that is made keeps events: whole days.
   *
   * @default Duration.days(7)
   */
  readonly eventExpiration?: Duration;
}

/** How a state of a state machine runs a task. */
export interface RunTaskStateProps extends sfn.TaskStateBaseProps {
  /**
   * Where the event is in the input of the state. It may have about 8,000 characters.
   *
   * @default '$' - the whole input
   */
  readonly eventPath?: string;

  /**
   * The object that has the event instead, `s3://bucket/key`; `JsonPath.stringAt()` takes it from the input of the state. The task must be able to read it.
   *
   * @default - the event is in the input
   */
  readonly eventS3Uri?: string;

  /**
   * The object that takes the result, `s3://bucket/key`. The task must be able to write it.
   *
   * @default - the result is in the log alone
   */
  readonly resultS3Uri?: string;
}

/**
 * A handler on `Compute.task()`: an ECS task that others start, one run for each event.
 *
 * @example
 * const report = new LaunchableTask(this, 'Report', { code: HandlerCode.fromEntry('src/report.ts'), timeout: Duration.hours(2) });
 * report.grantRun(api);
 */
export class LaunchableTask extends HybridFunction {
  /** The bucket of large events; undefined without. */
  public readonly eventBucket?: s3.IBucket;

  private readonly props: LaunchableTaskProps;

  constructor(scope: Construct, id: string, props: LaunchableTaskProps = {}) {
    super(scope, id, { ...props, compute: Compute.task(props) });
    this.props = props;
    this.eventBucket = props.eventBucket ?? (props.largeEvents ? passingBucket(this, 'EventBucket', props.eventExpiration ?? Duration.days(7)) : undefined);
    this.eventBucket?.grantRead(this.role);
  }

  /**
   * Lets somebody run this task on its cluster, and write its events.
   *
   * @param grantee who may run it
   */
  public grantRun(grantee: iam.IGrantable): iam.Grant {
    this.eventBucket?.grantPut(grantee);
    return runStatements(this.taskDefinition!, this.cluster!, this.props.propagateTags)
      .map(({ actions, resources, conditions }) => iam.Grant.addToPrincipal({ grantee, actions, resourceArns: resources, conditions }))
      .reduce((one, other) => one.combine(other));
  }

  /**
   * What a program needs to know to run this task with `RunTask` of ECS, as variables of its environment: `TASK_CLUSTER`, `TASK_DEFINITION`, `TASK_CONTAINER`, `TASK_LAUNCH_TYPE`
   * (not with `capacityProviderStrategies`), `TASK_SUBNETS` and `TASK_SECURITY_GROUPS` (with commas between them), `TASK_ASSIGN_PUBLIC_IP`, `TASK_PROPAGATE_TAGS` with `propagateTags`, and
   * `TASK_EVENT_BUCKET` where there is one.
   *
   * The event is the variable `HYBRID_EVENT` of the container's override, as JSON, or `HYBRID_EVENT_S3_URI`, `s3://bucket/key`.
   *
   * @param prefix what the names begin with
   */
  public launchEnvironment(prefix: string = 'TASK'): { [name: string]: string } {
    const { cluster, taskDefinition, eventBucket, props } = this;
    const isFargate = isFargateTask(props);
    const values = {
      CLUSTER: cluster!.clusterArn,
      DEFINITION: taskDefinition!.taskDefinitionArn,
      CONTAINER: taskDefinition!.defaultContainer!.containerName,
      LAUNCH_TYPE: strategiesOf(props) ? undefined : isFargate ? 'FARGATE' : 'EC2',
      SUBNETS: Fn.join(',', this.vpc!.selectSubnets(taskSubnets(props, props)).subnetIds),
      SECURITY_GROUPS: Fn.join(',', this.connections.securityGroups.map(({ securityGroupId }) => securityGroupId)),
      ASSIGN_PUBLIC_IP: isFargate && props.assignPublicIp ? 'ENABLED' : 'DISABLED',
      PROPAGATE_TAGS: propagatesTags(props.propagateTags) ? 'TASK_DEFINITION' : undefined,
      EVENT_BUCKET: eventBucket?.bucketName,
    };
    return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => value === undefined ? [] : [[`${prefix}_${name}`, value]]));
  }

  /**
   * A state that runs this task with an event, and waits until it has ended; it fails when the task does.
   *
   * @param scope where the state belongs
   * @param id its construct id, which is its name
   * @param props where the event is, and what every state has
   */
  public runTaskState(scope: Construct, id: string, props: RunTaskStateProps = {}): tasks.EcsRunTask {
    const { cluster, taskDefinition } = this;
    return runTaskState(scope, id, {
      ...props,
      ...runStateOptions(this.props, this.props),
      cluster: cluster!,
      taskDefinition: taskDefinition!,
      statements: propagatesTags(this.props.propagateTags) ? [tagStatement(cluster!)] : [],
      securityGroups: this.connections.securityGroups,
    });
  }
}
