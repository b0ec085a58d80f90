/** Services that scale on the messages of their queues: what the template says, and what comes of it minute by minute. */
import { CfnParameter, Duration } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { onEcs } from './ecs';
import { desiredTasks, evaluate, World } from './scaling-time-line';
import { QueueTriggerProps, ServiceComputeProps, ServiceScaling, Trigger } from '../../src';
import { refusal } from '../small-runtime';

const scaling = [ServiceScaling.onQueueBacklog(100, { scaleInCooldown: Duration.minutes(2) })];
const onQueues = (props: ServiceComputeProps = {}, names = ['Orders'], options: QueueTriggerProps = {}) => onEcs('service', { maxCapacity: 5, scaling, ...props }, {}, (fn, stack) => {
  names.forEach(name => fn.addTrigger(Trigger.queue(new sqs.Queue(stack, name), options)));
});
const scaled = (props: ServiceComputeProps = {}, names?: string[]) => onQueues(props, names).template;

describe('the template', () => {
  test('follows the messages that wait and those that are worked on, by task', () => {
    const template = scaled();
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 100,
        ScaleInCooldown: 120,
        CustomizedMetricSpecification: {
          Metrics: [
            Match.objectLike({ Id: 'visible', MetricStat: Match.objectLike({ Metric: Match.objectLike({ MetricName: 'ApproximateNumberOfMessagesVisible' }) }) }),
            Match.objectLike({ Id: 'inFlight', MetricStat: Match.objectLike({ Metric: Match.objectLike({ MetricName: 'ApproximateNumberOfMessagesNotVisible' }) }) }),
            Match.objectLike({ Id: 'tasks', MetricStat: Match.objectLike({ Stat: 'SampleCount' }) }),
            { Id: 'backlog', Expression: '(visible + FILL(inFlight, 0)) / FILL(tasks, 1)', Label: 'Messages per task', ReturnData: true },
          ],
        },
      },
    });
    template.resourceCountIs('AWS::CloudWatch::Alarm', 0);
  });

  test('the alarms of all queues have one policy, which adds one task', () => {
    const template = scaled({ minCapacity: 0 }, ['Orders', 'Returns']);
    const [wakeUp, ...others] = Object.entries(template.findResources('AWS::ApplicationAutoScaling::ScalingPolicy', { Properties: { PolicyType: 'StepScaling' } }));
    expect(others).toEqual([]);
    expect(wakeUp[1].Properties.StepScalingPolicyConfiguration).toMatchObject({
      AdjustmentType: 'ChangeInCapacity', Cooldown: 600, StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
    });
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
    expect(alarms.map(({ AlarmActions }) => AlarmActions)).toEqual([[{ Ref: wakeUp[0] }], [{ Ref: wakeUp[0] }]]);
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity: 0, MaxCapacity: 5 });
  });

  test('a queue that is disabled scales nothing, and is a queue all the same', () => {
    const { template } = onQueues({ minCapacity: 0 }, ['Orders'], { enabled: false });
    template.resourceCountIs('AWS::ApplicationAutoScaling::ScalingPolicy', 0);
    template.resourceCountIs('AWS::CloudWatch::Alarm', 0);
  });
});

describe('minute by minute', () => {
  /** Each number of tasks, once it changes. */
  const changes = (world: World, props: ServiceComputeProps = {}, names?: string[]) =>
    desiredTasks(scaled({ minCapacity: 0, ...props }, names), world).filter((tasks, minute, all) => tasks !== all[minute - 1]);

  test('a service without messages has no task', () => {
    expect(changes({ minutes: 120, sent: [[200, 'Orders', 1]] })).toEqual([0]);
  });

  test.each([1, 3, 8])('a message starts one task, which is gone when nothing more comes; the start takes %d minutes', start => {
    expect(changes({ minutes: 120, start, sent: [[10, 'Orders', 1]] })).toEqual([0, 1, 0]);
  });

  test('messages in several queues start one task together', () => {
    const names = ['Orders', 'Returns', 'Payments'];
    expect(changes({ minutes: 120, start: 8, sent: names.map((name, index) => [10 + index, name, 1]) }, {}, names)).toEqual([0, 1, 0]);
  });

  test('a message that comes once all tasks are gone starts one again', () => {
    expect(changes({ minutes: 240, sent: [[10, 'Orders', 1], [120, 'Orders', 1]] })).toEqual([0, 1, 0, 1, 0]);
  });

  test('a backlog is followed up to maxCapacity, and back to no task', () => {
    const tasks = changes({ minutes: 240, sent: [[10, 'Orders', 2_000]] });
    expect(Math.max(...tasks)).toBe(5);
    expect(tasks.slice(0, 2)).toEqual([0, 1]);
    expect(tasks[tasks.length - 1]).toBe(0);
  });

  test('the last task stays for as long as it works on a message', () => {
    const asked = desiredTasks(scaled({ minCapacity: 0, scaling: [ServiceScaling.onQueueBacklog(1)] }), { minutes: 240, work: 120, sent: [[10, 'Orders', 1]] });
    const first = asked.indexOf(1);
    expect(asked.lastIndexOf(1)).toBeGreaterThan(first + 120);
    expect(asked[239]).toBe(0);
  });

  test('tasks that report late are not taken for none', () => {
    const sent = Array.from({ length: 60 }, (_, minute) => [minute, 'Orders', 15] as const);
    expect(changes({ minutes: 60, late: true, sent }, { maxCapacity: 3, scaling: [ServiceScaling.onQueueBacklog(10_000)] })).toEqual([0, 1]);
  });

  test('a queue that was not in use for hours starts its task when its metrics are back', () => {
    const world = { minutes: 120, asleep: 15, sent: [[10, 'Orders', 1]] } as const;
    expect(changes(world)).toEqual([0, 1, 0]);
    expect(desiredTasks(scaled({ minCapacity: 0 }), world).indexOf(1)).toBe(26);
  });

  test('a least number of tasks is kept', () => {
    const tasks = changes({ minutes: 240, sent: [[10, 'Orders', 2_000]] }, { minCapacity: 2 });
    expect([Math.min(...tasks), Math.max(...tasks), tasks[tasks.length - 1]]).toEqual([2, 5, 2]);
  });

  test('expressions are understood as CloudWatch does', () => {
    const value = (expression: string, metrics: { [id: string]: number } = {}) => evaluate(expression, id => metrics[id]);
    expect(value('(a + b) / FILL(c, 1)', { a: 4, b: 2, c: 3 })).toBe(2);
    expect(value('a + b / 2', { a: 1, b: 4 })).toBe(3);
    expect(value('a + b', { a: 1 })).toBeUndefined();
    expect(value('IF(a > 0 AND FILL(b, 0) == 0, 1, 0)', { a: 1 })).toBe(1);
    expect(value('IF(a > 0 AND FILL(b, 0) == 0, 1, 0)', { a: 1, b: 2 })).toBe(0);
    expect(value('IF(a > 0, 1, 0)')).toBeUndefined();
  });
});

describe('refused', () => {
  test('a rule without a queue', () => {
    expect(refusal(() => onEcs('service', { maxCapacity: 5, scaling })))
      .toMatch(/'scaling' must be a rule that needs no queue, for no trigger of the service has one, got 'onQueueBacklog'; .*SCALING_WITHOUT_QUEUE\]/);
    expect(refusal(() => onEcs('process', { maxCapacity: 5, scaling }))).toMatch(/'scaling' must be another rule: a process has no queue, got 'onQueueBacklog'; .*SCALING_WITHOUT_QUEUE\]$/);
  });

  test.each([0, -1, NaN, Infinity])('%d messages for each task', messages => {
    expect(refusal(() => scaled({ scaling: [ServiceScaling.onQueueBacklog(messages)] }))).toMatch(/'scaling' must be rules that keep a number for each task above 0, got .*SIZE_OUT_OF_RANGE\]$/);
  });

  test('two rules for the backlog', () => {
    expect(refusal(() => scaled({ scaling: [...scaling, ServiceScaling.onQueueBacklog(10)] })))
      .toBe("Stack/Api: 'scaling' must be one onQueueBacklog, which is for all queues of the service, got '2 times onQueueBacklog'; leave the others out [CDK_HYBRID_SCALING]");
  });
});

describe('minCapacity 0', () => {
  const metric = new cloudwatch.Metric({ namespace: 'Shop', metricName: 'Orders' });
  const staysAtZero = [ServiceScaling.onCpu(50), ServiceScaling.onMemory(50), ServiceScaling.onMetric('Orders', { metric, targetValue: 1 })];
  const startsFirst = [
    ServiceScaling.inSteps('Waiting', { metric, scalingSteps: [{ upper: 0, change: -1 }, { lower: 1, change: 1 }] }),
    ServiceScaling.onSchedule('Morning', { schedule: appscaling.Schedule.cron({ hour: '8' }), minCapacity: 1 }),
  ];
  const isWarned = ({ warnings }: ReturnType<typeof onEcs>) => warnings.some(warning => warning.includes('[ack: cdk-hybrid:Service.staysAtZero]'));

  test('with a queue and no rule that starts a first task is refused: events would be deleted', () => {
    expect(refusal(() => scaled({ minCapacity: 0, scaling: staysAtZero }))).toContain(
      "Stack/Api: 'minCapacity' must be 1 or more where no rule starts a first task: messages would wait until they are too old, got 0; "
      + 'add ServiceScaling.onQueueBacklog(), which starts a task for messages, or raise minCapacity [CDK_HYBRID_SCALING_FROM_ZERO]');
    expect(refusal(() => onEcs('service', { minCapacity: 0, maxCapacity: 3, scaling: staysAtZero }, {}, fn => fn.addTrigger(Trigger.eventPattern({ source: ['shop'] })))))
      .toContain('CDK_HYBRID_SCALING_FROM_ZERO]');
    expect(scaled({ minCapacity: 1, scaling: staysAtZero })).toBeDefined();
  });

  test.each(startsFirst)('with a queue and a rule of the user that may start a task is let through', rule => {
    expect(isWarned(onQueues({ minCapacity: 0, scaling: [...staysAtZero, rule] }))).toBe(false);
  });

  test('without a queue is warned of: requests start no task', () => {
    const requests = (props: ServiceComputeProps) => onEcs('service', { maxCapacity: 3, ...props }, {}, fn => fn.addTrigger(Trigger.loadBalancer({ path: '/orders/*' })));
    expect(isWarned(requests({ minCapacity: 0, scaling: [...staysAtZero, ServiceScaling.onRequestsPerTarget(100)] }))).toBe(true);
    expect(isWarned(requests({ minCapacity: 0, scaling: startsFirst }))).toBe(false);
    expect(isWarned(requests({ minCapacity: 1, scaling: staysAtZero }))).toBe(false);
    expect(isWarned(onEcs('process', { minCapacity: 0, maxCapacity: 3, scaling: staysAtZero }))).toBe(true);
  });

  test('that is known at deployment only is let through, and wakes up', () => {
    const { template } = onEcs('service', stack => ({ maxCapacity: 3, scaling, minCapacity: new CfnParameter(stack, 'Least', { type: 'Number' }).valueAsNumber }), {}, (fn, stack) => {
      fn.addTrigger(Trigger.queue(new sqs.Queue(stack, 'Orders')));
    });
    template.resourceCountIs('AWS::CloudWatch::Alarm', 1);
  });
});
