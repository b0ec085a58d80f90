/** Scales a service by the messages of a queue. */
import { Duration, Token } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { ServiceScaling } from './ecs-scaling';
import { checkQueueRegion } from '../private/queues/queue-region';

/** What is scaled, and by which queue. */
export interface BacklogScaling {
  readonly scalingTarget: appscaling.ScalableTarget;
  /** The least number of tasks. */
  readonly minCapacity: number;
  readonly rules: ServiceScaling[];
  readonly queue: sqs.IQueue;
  readonly service: ecs.BaseService;
}

type Query = appscaling.CfnScalingPolicy.TargetTrackingMetricDataQueryProperty;

/** How long an average of the messages is taken over; SQS reports once a minute. */
const PERIOD = Duration.minutes(1);
/** Longer than the start of a task and its first metrics take; target tracking takes no task away sooner. */
const WAKE_UP_COOLDOWN = Duration.minutes(10);

/** Makes the rules that need a queue. */
export function scaleOnBacklog(scope: Construct, { scalingTarget, minCapacity, rules, queue, service }: BacklogScaling): void {
  const rule = rules.find(({ _backlog }) => _backlog)?._backlog;
  if (!rule) { return; }
  checkQueueRegion(scope, queue, 'a queue in the region of a service that scales on it, for alarms read metrics of their own region');
  const { messagesPerTask, scaleInCooldown, scaleOutCooldown, disableScaleIn } = rule;
  // The construct of the CDK takes no metric math.
  new appscaling.CfnScalingPolicy(scope, 'Backlog', {
    policyName: scope.node.path.replace(/[^\w/-]/g, '-').slice(-256),
    policyType: 'TargetTrackingScaling',
    scalingTargetId: scalingTarget.scalableTargetId,
    targetTrackingScalingPolicyConfiguration: {
      customizedMetricSpecification: { metrics: backlogPerTask(queue, service) },
      targetValue: messagesPerTask,
      scaleInCooldown: scaleInCooldown?.toSeconds(),
      scaleOutCooldown: scaleOutCooldown?.toSeconds(),
      disableScaleIn,
    },
  });
  if (minCapacity === 0 || Token.isUnresolved(minCapacity)) { wakeUp(scope, scalingTarget, queue, service); }
}

/**
 * Messages that are worked on count, so that the last task stays until it has finished them. SQS reports them only where there are some, and the others for as long as
 * a queue is in use: that it is polled is enough. Source: "Available CloudWatch metrics for Amazon SQS" in the Amazon SQS Developer Guide.
 */
function backlogPerTask(queue: sqs.IQueue, service: ecs.BaseService): Query[] {
  const messages = (id: string, metricName: string): Query => ({
    id,
    metricStat: {
      metric: { namespace: 'AWS/SQS', metricName, dimensions: [{ name: 'QueueName', value: queue.queueName }] },
      stat: cloudwatch.Stats.AVERAGE,
    },
    returnData: false,
  });
  return [
    messages('visible', 'ApproximateNumberOfMessagesVisible'),
    messages('inFlight', 'ApproximateNumberOfMessagesNotVisible'),
    {
      id: 'tasks',
      metricStat: {
        metric: {
          namespace: 'AWS/ECS',
          metricName: 'CPUUtilization',
          dimensions: [{ name: 'ClusterName', value: service.cluster.clusterName }, { name: 'ServiceName', value: service.serviceName }],
        },
        // Each task reports once a minute.
        stat: cloudwatch.Stats.SAMPLE_COUNT,
      },
      returnData: false,
    },
    { id: 'backlog', expression: '(visible + FILL(inFlight, 0)) / FILL(tasks, 1)', label: 'Messages per task', returnData: true },
  ];
}

/** Target tracking multiplies the number of tasks, and so never gets away from zero. */
function wakeUp(scope: Construct, scalingTarget: appscaling.ScalableTarget, queue: sqs.IQueue, service: ecs.BaseService): void {
  const alarm = new cloudwatch.Alarm(scope, 'Asleep', {
    metric: new cloudwatch.MathExpression({
      expression: 'IF(visible > 0 AND FILL(tasks, 0) == 0, 1, 0)',
      usingMetrics: {
        visible: queue.metricApproximateNumberOfMessagesVisible({ period: PERIOD, statistic: cloudwatch.Stats.MAXIMUM }),
        tasks: new cloudwatch.Metric({
          namespace: 'AWS/ECS',
          metricName: 'CPUUtilization',
          dimensionsMap: { ClusterName: service.cluster.clusterName, ServiceName: service.serviceName },
          statistic: cloudwatch.Stats.SAMPLE_COUNT,
          period: PERIOD,
        }),
      },
      period: PERIOD,
    }),
    alarmDescription: 'There are messages, and no task that takes them.',
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold: 1,
    // Metrics of the last minute may come late, and FILL() takes tasks that have not reported yet for none.
    evaluationPeriods: 2,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
  const { scalingPolicyArn } = firstTask(scalingTarget);
  alarm.addAlarmAction({ bind: () => ({ alarmActionArn: scalingPolicyArn }) });
}

/**
 * The one policy for the alarms of all queues. What it has added counts as long as its cooldown goes on, so they ask for one task together, however often they do.
 * Source: `Cooldown` of StepScalingPolicyConfiguration in the Application Auto Scaling API Reference.
 */
function firstTask(scalingTarget: appscaling.ScalableTarget): appscaling.StepScalingAction {
  const owner = scalingTarget.node.scope!;
  const made = owner.node.tryFindChild('WakeUp');
  if (made instanceof appscaling.StepScalingAction) { return made; }
  const action = new appscaling.StepScalingAction(owner, 'WakeUp', {
    scalingTarget, adjustmentType: appscaling.AdjustmentType.CHANGE_IN_CAPACITY, cooldown: WAKE_UP_COOLDOWN,
  });
  action.addAdjustment({ lowerBound: 0, adjustment: 1 });
  return action;
}
