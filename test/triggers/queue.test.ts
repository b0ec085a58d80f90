import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Compute, HandlerRuntime, HybridFunction, ICompute, QueueTriggerProps, ServiceComputeProps, ServiceScaling, Trigger } from '../../src';
import { CONTAINER, handlerOf, onEcs } from '../computes/ecs';
import { refusal, SMALL_CODE, synthesized } from '../small-runtime';

type MakeQueue = (stack: Stack) => sqs.IQueue;
type Options = QueueTriggerProps | ((stack: Stack) => QueueTriggerProps);
const standard: MakeQueue = stack => new sqs.Queue(stack, 'Orders', { visibilityTimeout: Duration.minutes(2) });
const fifo: MakeQueue = stack => new sqs.Queue(stack, 'Orders', { fifo: true, visibilityTimeout: Duration.minutes(2) });
const filters = [lambda.FilterCriteria.filter({ body: { kind: lambda.FilterRule.isEqual('order') } })];

function onLambda(options: Options = {}, makeQueue = standard, compute: ICompute = Compute.lambdaFunction()): Template {
  return synthesized(stack => {
    const fn = new HybridFunction(stack, 'Handler', { runtime: HandlerRuntime.AWS_NODEJS_24, code: SMALL_CODE, timeout: Duration.minutes(1), compute });
    fn.addTrigger(Trigger.queue(makeQueue(stack), typeof options === 'function' ? options(stack) : options));
  });
}

function onService(options: QueueTriggerProps = {}, makeQueue = standard, props: ServiceComputeProps = {}, timeout = Duration.seconds(20)) {
  return onEcs('service', props, { timeout }, (fn, stack) => fn.addTrigger(Trigger.queue(makeQueue(stack), options)));
}

const mapping = (template: Template) => Object.values(template.findResources('AWS::Lambda::EventSourceMapping'))[0].Properties;

/** The queues that the host of a service is told, with what is known at deployment by the name of its resource. */
function told(template: Template) {
  const { environment } = handlerOf(template);
  const text = (environment.HYBRID_QUEUES as { 'Fn::Join': [string, (string | { 'Ref'?: string; 'Fn::GetAtt'?: string[] })[]] })['Fn::Join'][1]
    .map(part => typeof part === 'string' ? part : part.Ref ?? part['Fn::GetAtt']!.join('.'));
  return { queues: JSON.parse(text.join('')), sources: environment.HYBRID_SOURCES, environment };
}

const actionsOf = (template: Template) => Object.values(template.findResources('AWS::IAM::Policy'))
  .flatMap(({ Properties }) => Properties.PolicyDocument.Statement).flatMap(({ Action }) => Action);

describe('on a Lambda function', () => {
  test('AWS Lambda takes the messages, and may', () => {
    const template = onLambda();
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Orders'), 'Arn'] }, FunctionName: { Ref: Match.stringLikeRegexp('^Handler') },
    });
    expect(actionsOf(template)).toEqual(expect.arrayContaining(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes']));
  });

  test('batchSize, maxBatchingWindow, maxConcurrency, reportBatchItemFailures, filters and enabled', () => {
    expect(mapping(onLambda({
      batchSize: 500, maxBatchingWindow: Duration.seconds(5), maxConcurrency: 7, reportBatchItemFailures: true, filters, enabled: false,
    }))).toMatchObject({
      BatchSize: 500,
      MaximumBatchingWindowInSeconds: 5,
      ScalingConfig: { MaximumConcurrency: 7 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      FilterCriteria: { Filters: [{ Pattern: '{"body":{"kind":["order"]}}' }] },
      Enabled: false,
    });
  });

  test('with provisioned concurrency the alias takes them', () => {
    const template = onLambda({}, standard, Compute.lambdaFunction({ provisionedConcurrentExecutions: 1 }));
    expect(mapping(template).FunctionName).toEqual({ 'Fn::Join': ['', [expect.anything(), ':live']] });
  });

  test('a queue whose messages come back before the function has timed out is refused', () => {
    expect(refusal(() => onLambda({}, stack => new sqs.Queue(stack, 'Orders')))).toBe(
      "Stack/Handler/QueueOrders: 'visibilityTimeout' must be at least the timeout of the function, 60 seconds; AWS recommends six times as much, got '30 seconds (Stack/Orders)'; "
      + 'raise visibilityTimeout of the queue, or lower timeout of the function [CDK_HYBRID_QUEUE_VISIBILITY]');
    expect(mapping(onLambda({}, stack => sqs.Queue.fromQueueArn(stack, 'Orders', 'arn:aws:sqs:eu-west-1:111122223333:orders')))).toBeDefined();
  });
});

describe('on a service', () => {
  test('the host takes the messages beside requests, and may', () => {
    const { template } = onService();
    expect(told(template)).toMatchObject({
      sources: 'http,queue', queues: [{ url: expect.stringMatching(/^Orders/), arn: expect.stringMatching(/^Orders.*\.Arn$/), event: 'sqs' }],
    });
    expect(actionsOf(template)).toEqual(expect.arrayContaining(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes']));
    template.resourceCountIs('AWS::Lambda::EventSourceMapping', 0);
  });

  test('batchSize, maxBatchingWindow, reportBatchItemFailures and filters', () => {
    const { template } = onService({ batchSize: 500, maxBatchingWindow: Duration.seconds(5), reportBatchItemFailures: true, filters });
    expect(told(template).queues).toEqual([
      expect.objectContaining({ batchSize: 500, maxBatchingWindow: 5, reportBatchItemFailures: true, filters: ['{"body":{"kind":["order"]}}'] }),
    ]);
  });

  test('maxConcurrency is divided among the tasks that there may be', () => {
    const concurrency = (props: ServiceComputeProps) => told(onService({ maxConcurrency: 10 }, standard, props).template).queues[0].maxConcurrency;
    expect(concurrency({})).toBe(10);
    expect(concurrency({ desiredCount: 3 })).toBe(3);
    expect(concurrency({ maxCapacity: 4, scaling: [ServiceScaling.onCpu(60)] })).toBe(2);
    expect(refusal(() => onService({ maxConcurrency: 3 }, standard, { maxCapacity: 4, scaling: [ServiceScaling.onCpu(60)] }))).toBe(
      "Stack/Api/QueueOrders: 'maxConcurrency' must be at least 4, one for each task that the service may have, got 3; raise maxConcurrency, or lower maxCapacity of the service "
      + '[CDK_HYBRID_QUEUE_CONCURRENCY]');
  });

  test('several queues, one of them encrypted: the handler may decrypt its messages', () => {
    const { template } = onEcs('service', {}, {}, (fn, stack) => {
      fn.addTrigger(Trigger.queue(standard(stack)));
      fn.addTrigger(Trigger.queue(new sqs.Queue(stack, 'Payments', { encryptionMasterKey: new kms.Key(stack, 'Key') }), { batchSize: 1 }));
    });
    expect(told(template).queues).toEqual([expect.objectContaining({ url: expect.stringMatching(/^Orders/) }), expect.objectContaining({ url: expect.stringMatching(/^Payments/), batchSize: 1 })]);
    expect(actionsOf(template)).toContain('kms:Decrypt');
  });

  test('that is disabled takes none', () => {
    expect(told(onEcs('service', {}, {}, (fn, stack) => {
      fn.addTrigger(Trigger.queue(standard(stack)));
      fn.addTrigger(Trigger.queue(new sqs.Queue(stack, 'Off'), { enabled: false }));
    }).template).queues).toHaveLength(1);
    expect(handlerOf(onService({ enabled: false }).template).environment).toMatchObject({ HYBRID_SOURCES: 'http' });
  });

  test('tasks are protected only where a batch may outlast the stop timeout', () => {
    const short = onService({}, standard, {}, Duration.seconds(20)).template;
    expect(told(short).environment.HYBRID_TASK_PROTECTION).toBeUndefined();
    expect(actionsOf(short)).not.toContain('ecs:UpdateTaskProtection');
    const long = onService({}, standard, { stopTimeout: Duration.seconds(60) }, Duration.minutes(10)).template;
    expect(told(long).environment.HYBRID_TASK_PROTECTION).toBe('true');
    expect(actionsOf(long)).toContain('ecs:UpdateTaskProtection');
  });

  test('a container without our host is refused', () => {
    expect(refusal(() => onEcs('service', {}, CONTAINER, (fn, stack) => fn.addTrigger(Trigger.queue(standard(stack))))))
      .toMatch(/'addTrigger' must be a container with our host, which takes them.*HOST_MISSING\]$/);
  });
});

describe('a service that scales on its backlog', () => {
  const scaling = [ServiceScaling.onQueueBacklog(100, { scaleInCooldown: Duration.minutes(2) })];
  const scaled = (props: ServiceComputeProps = {}) => onService({}, standard, { maxCapacity: 5, scaling, ...props }).template;

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
            { Id: 'backlog', Expression: '(visible + inFlight) / FILL(tasks, 1)', Label: 'Messages per task', ReturnData: true },
          ],
        },
      },
    });
    template.resourceCountIs('AWS::CloudWatch::Alarm', 0);
  });

  test('goes down to zero when asked, and is woken up by a message', () => {
    const template = scaled({ minCapacity: 0 });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity: 0, MaxCapacity: 5 });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: [{ Ref: Match.stringLikeRegexp('WakeUp') }],
      Metrics: Match.arrayWith([Match.objectLike({ Expression: 'IF(visible > 0 AND FILL(tasks, 0) == 0, 1, 0)' })]),
      Threshold: 1,
    });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      PolicyType: 'StepScaling', StepScalingPolicyConfiguration: Match.objectLike({ AdjustmentType: 'ChangeInCapacity', StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }] }),
    });
  });

  test('needs a queue', () => {
    expect(refusal(() => onEcs('service', { maxCapacity: 5, scaling: [ServiceScaling.onQueueBacklog(100)] })))
      .toMatch(/'scaling' must be a rule that needs no queue, for no trigger of the service has one, got 'onQueueBacklog'; .*SCALING_WITHOUT_QUEUE\]/);
  });
});

describe('what AWS Lambda does not take is refused, whatever the compute', () => {
  test.each<[string, QueueTriggerProps, string, MakeQueue?]>([
    ['batchSize over 10 without a window', { batchSize: 11 }, "'maxBatchingWindow' must be 1 to 300 seconds with a batchSize over 10, got undefined"],
    ['batchSize over 10 of a FIFO queue', { batchSize: 11 }, "'batchSize' must be 1 to 10, got 11", fifo],
    ['batchSize over 10,000', { batchSize: 10_001, maxBatchingWindow: Duration.seconds(1) }, "'batchSize' must be 1 to 10000, got 10001"],
    ['maxBatchingWindow of a FIFO queue', { maxBatchingWindow: Duration.seconds(1) }, "'maxBatchingWindow' must be nothing for a FIFO queue, got '1 seconds'", fifo],
    ['maxBatchingWindow over 5 minutes', { maxBatchingWindow: Duration.minutes(6) }, "'maxBatchingWindow' must be 0 to 300 seconds, got 360"],
    ['maxConcurrency of 1', { maxConcurrency: 1 }, "'maxConcurrency' must be 2 to 1000, got 1"],
    ['six filters', { filters: Array(6).fill(filters[0]) }, "'filters' must be 0 to 5 patterns, got 6"],
  ])('%s', (_what, options, message, makeQueue = standard) => {
    expect(refusal(() => onLambda(options, makeQueue))).toContain(`Stack/Handler/QueueOrders: ${message}; `);
    expect(refusal(() => onService(options, makeQueue))).toContain(`Stack/Api/QueueOrders: ${message}; `);
  });

  test('values that are known at deployment only are let through', () => {
    expect(mapping(onLambda(stack => {
      const value = new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber;
      return { batchSize: value, maxConcurrency: value };
    }))).toMatchObject({ BatchSize: { Ref: 'Number' }, ScalingConfig: { MaximumConcurrency: { Ref: 'Number' } } });
  });

  test('the same queue twice', () => {
    expect(refusal(() => onEcs('service', {}, {}, (fn, stack) => {
      const queue = standard(stack);
      fn.addTrigger(Trigger.queue(queue));
      fn.addTrigger(Trigger.queue(queue));
    }))).toMatch(/got 'QueueOrders'; set id of the trigger \[CDK_HYBRID_TRIGGER_TWICE\]$/);
  });

  test.each(['process', 'task'] as const)('a queue on Compute.%s()', kind => {
    expect(refusal(() => onEcs(kind, {}, {}, (fn, stack) => fn.addTrigger(Trigger.queue(standard(stack))))))
      .toMatch(new RegExp(`got 'Trigger.queue\\(\\) on Compute.${kind}\\(\\)'; .*Compute.service\\(\\).*TRIGGER_UNSUPPORTED\\]$`));
  });
});
