import { Duration, Lazy, TimeZone } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';

/** How fast target tracking follows. */
export interface TargetTrackingOptions {
  /**
   * How long after scaling in it may scale in again.
   *
   * @default - 300 seconds, as AWS has it
   */
  readonly scaleInCooldown?: Duration;

  /**
   * How long after scaling out it may scale out again.
   *
   * @default - 300 seconds, as AWS has it
   */
  readonly scaleOutCooldown?: Duration;

  /**
   * Whether it only adds tasks.
   *
   * @default false
   */
  readonly disableScaleIn?: boolean;
}

/** A metric, and the value that it is kept at. */
export interface MetricTrackingOptions extends TargetTrackingOptions {
  /** The metric. Its value must fall when there are more tasks. */
  readonly metric: cloudwatch.IMetric;

  /** The value. */
  readonly targetValue: number;
}

/** A metric, and how many tasks are added or taken away at which values. */
export interface StepScalingOptions {
  /** The metric. */
  readonly metric: cloudwatch.IMetric;

  /** Ranges of values, and the change in each: at least two. */
  readonly scalingSteps: appscaling.ScalingInterval[];

  /**
   * What the change of a step is: tasks more or fewer, percent more or fewer, or the number of tasks.
   *
   * @default AdjustmentType.CHANGE_IN_CAPACITY
   */
  readonly adjustmentType?: appscaling.AdjustmentType;

  /**
   * How many tasks a change in percent is at least.
   *
   * @default - no least
   */
  readonly minAdjustmentMagnitude?: number;

  /**
   * How long after a change there is no further one.
   *
   * @default - 300 seconds, as AWS has it
   */
  readonly cooldown?: Duration;

  /**
   * How the values of a period become one.
   *
   * @default - that of the metric's statistic
   */
  readonly metricAggregationType?: appscaling.MetricAggregationType;

  /**
   * How many periods are looked at.
   *
   * @default 1
   */
  readonly evaluationPeriods?: number;

  /**
   * In how many of these periods the value must be in a step.
   *
   * @default - in all
   */
  readonly datapointsToAlarm?: number;

  /**
   * Whether a step begins beyond its threshold (`>`, `<`) and not at it (`>=`, `<=`).
   *
   * @default false
   */
  readonly excludeThreshold?: boolean;

  /**
   * What a period without values counts as.
   *
   * @default - as missing: nothing changes
   */
  readonly treatMissingData?: cloudwatch.TreatMissingData;
}

/** A time, and how many tasks there may be from then on. */
export interface ScheduledScalingOptions {
  /** When. */
  readonly schedule: appscaling.Schedule;

  /**
   * The time zone of the schedule.
   *
   * @default - UTC
   */
  readonly timeZone?: TimeZone;

  /**
   * The least number of tasks from then on.
   *
   * @default - as it was
   */
  readonly minCapacity?: number;

  /**
   * The largest number of tasks from then on.
   *
   * @default - as it was
   */
  readonly maxCapacity?: number;
}

/** When a service gets more tasks, or fewer. */
export class ServiceScaling {
  /**
   * Keeps the average CPU utilization of the tasks at a value.
   *
   * @param targetUtilizationPercent percent of `cpu`
   * @param options how fast it follows
   */
  public static onCpu(targetUtilizationPercent: number, options: TargetTrackingOptions = {}): ServiceScaling {
    return new ServiceScaling(target => {
      target.scaleToTrackMetric('Cpu', { predefinedMetric: appscaling.PredefinedMetric.ECS_SERVICE_AVERAGE_CPU_UTILIZATION, targetValue: targetUtilizationPercent, ...options });
    });
  }

  /**
   * Keeps the average memory utilization of the tasks at a value.
   *
   * @param targetUtilizationPercent percent of `memoryLimitMiB`
   * @param options how fast it follows
   */
  public static onMemory(targetUtilizationPercent: number, options: TargetTrackingOptions = {}): ServiceScaling {
    return new ServiceScaling(target => {
      target.scaleToTrackMetric('Memory', { predefinedMetric: appscaling.PredefinedMetric.ECS_SERVICE_AVERAGE_MEMORY_UTILIZATION, targetValue: targetUtilizationPercent, ...options });
    });
  }

  /**
   * Keeps the number of requests that each task gets in a minute at a value. Needs a load balancer.
   *
   * @param requestsPerTarget requests in a minute
   * @param options how fast it follows
   */
  public static onRequestsPerTarget(requestsPerTarget: number, options: TargetTrackingOptions = {}): ServiceScaling {
    return new ServiceScaling(undefined, { requestsPerTarget, ...options });
  }

  /**
   * Keeps the number of messages for each task at a value: of each queue that triggers the handler those that wait and those that are worked on. With `minCapacity` 0
   * the service has no task while there are no messages. Needs a trigger that has a queue, and is given once.
   *
   * @param messagesPerTask messages for each task, more than 0
   * @param options how fast it follows
   */
  public static onQueueBacklog(messagesPerTask: number, options: TargetTrackingOptions = {}): ServiceScaling {
    return new ServiceScaling(undefined, undefined, { messagesPerTask, ...options });
  }

  /**
   * Keeps a metric at a value.
   *
   * @param id the name of the rule among those of the service
   * @param options the metric and its value
   */
  public static onMetric(id: string, options: MetricTrackingOptions): ServiceScaling {
    const { metric, ...others } = options;
    return new ServiceScaling(target => { target.scaleToTrackMetric(id, { customMetric: metric, ...others }); });
  }

  /**
   * Adds and takes away tasks by the values of a metric.
   *
   * @param id the name of the rule among those of the service
   * @param options the metric and the steps
   */
  public static inSteps(id: string, options: StepScalingOptions): ServiceScaling {
    const { excludeThreshold, treatMissingData, ...steps } = options;
    return new ServiceScaling(target => {
      const { upperAlarm, lowerAlarm } = target.scaleOnMetric(id, steps);
      for (const [alarm, beyond] of [[upperAlarm, 'GreaterThanThreshold'], [lowerAlarm, 'LessThanThreshold']] as const) {
        const resource = alarm?.node.defaultChild as cloudwatch.CfnAlarm | undefined;
        if (!resource) { continue; }
        resource.treatMissingData = treatMissingData;
        if (excludeThreshold) { resource.comparisonOperator = beyond; }
      }
    }, undefined, undefined, true);
  }

  /**
   * Changes the limits at times.
   *
   * @param id the name of the rule among those of the service
   * @param options the time and the limits
   */
  public static onSchedule(id: string, options: ScheduledScalingOptions): ServiceScaling {
    return new ServiceScaling(target => { target.scaleOnSchedule(id, options); }, undefined, undefined, true);
  }

  private constructor(
    /** @internal */ public readonly _apply?: (target: appscaling.ScalableTarget) => void,
    /** @internal */ public readonly _requests?: TargetTrackingOptions & { readonly requestsPerTarget: number },
    /** @internal */ public readonly _backlog?: TargetTrackingOptions & { readonly messagesPerTask: number },
    /** @internal Whether it may start a first task: keeping a metric at a value multiplies the number of tasks, and never gets away from zero. */
    public readonly _startsFirst = _backlog !== undefined,
  ) {}
}

/** Makes the rules that need a target group, which a load balancer brings. */
export function scaleOnRequests(
  scope: Construct, scalingTarget: appscaling.ScalableTarget, rules: ServiceScaling[], targetGroup: elbv2.ApplicationTargetGroup,
): void {
  // The load balancer is known later than the target group.
  const resourceLabel = Lazy.string({ produce: () => `${targetGroup.firstLoadBalancerFullName}/${targetGroup.targetGroupFullName}` });
  for (const { _requests: requests } of rules) {
    if (!requests) { continue; }
    const { requestsPerTarget, ...options } = requests;
    new appscaling.TargetTrackingScalingPolicy(scope, 'RequestsPerTarget', {
      scalingTarget,
      predefinedMetric: appscaling.PredefinedMetric.ALB_REQUEST_COUNT_PER_TARGET,
      resourceLabel,
      targetValue: requestsPerTarget,
      ...options,
    }).node.addDependency(targetGroup.loadBalancerAttached);
  }
}
