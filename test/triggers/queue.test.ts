import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
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
const imported = (region: string): MakeQueue => stack => sqs.Queue.fromQueueArn(stack, 'Orders', `arn:aws:sqs:${region}:111122223333:orders`);
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
    expect(mapping(onLambda({}, imported('eu-west-1')))).toBeDefined();
  });

  test('a queue whose messages come back sooner than AWS recommends is warned of', () => {
    const warned = (seconds: number, options: QueueTriggerProps = {}, makeQueue: MakeQueue = stack => new sqs.Queue(stack, 'Orders', { visibilityTimeout: Duration.seconds(seconds) })) => {
      let stack!: Stack;
      onLambda(options, given => makeQueue(stack = given));
      return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('visibilityTimeout')).map(({ entry }) => entry.data);
    };
    expect(warned(359)).toEqual([expect.stringMatching(/Stack\/Orders come back after 359 seconds.*, 360 seconds: raise visibilityTimeout.*\[ack: cdk-hybrid:Queue.visibilityTimeout\]$/)]);
    expect(warned(360)).toEqual([]);
    expect(warned(389, { maxBatchingWindow: Duration.seconds(30) })).toEqual([expect.stringContaining(', 390 seconds: ')]);
    expect(warned(390, { maxBatchingWindow: Duration.seconds(30) })).toEqual([]);
    expect(warned(0, {}, imported('eu-west-1'))).toEqual([]);
  });

  test('a queue of another region is refused', () => {
    expect(refusal(() => onLambda({}, imported('us-east-1')))).toBe(
      "Stack/Handler/QueueOrders: 'queue' must be a queue in the region of the Lambda function (eu-west-1), got 'a queue in us-east-1 (Stack/Orders)'; "
      + 'use a queue of the region that the stack is deployed to, or deploy the stack to that of the queue [CDK_HYBRID_QUEUE_REGION]');
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
    expect(concurrency({ desiredCount: 0 })).toBe(10);
    expect(refusal(() => onService({ maxConcurrency: 3 }, standard, { maxCapacity: 4, scaling: [ServiceScaling.onCpu(60)] }))).toBe(
      "Stack/Api/QueueOrders: 'maxConcurrency' must be at least 4, one for each task that the service may have, got 3; raise maxConcurrency, or lower maxCapacity of the service "
      + '[CDK_HYBRID_QUEUE_CONCURRENCY]');
  });

  test('maxConcurrency that is known at deployment only cannot be divided', () => {
    const given = (props: ServiceComputeProps) => onEcs('service', props, {}, (fn, stack) => {
      fn.addTrigger(Trigger.queue(standard(stack), { maxConcurrency: new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber }));
    });
    expect(handlerOf(given({}).template).environment.HYBRID_QUEUES).toEqual({ 'Fn::Join': ['', expect.arrayContaining([{ Ref: 'Number' }])] });
    expect(refusal(() => given({ desiredCount: 2 }))).toMatch(/'maxConcurrency' must be known at synth, .*, got 'a token'; give plain numbers \[CDK_HYBRID_QUEUE_CONCURRENCY\]$/);
    expect(refusal(() => onEcs('service', stack => ({ desiredCount: new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber }), {}, (fn, stack) => {
      fn.addTrigger(Trigger.queue(standard(stack), { maxConcurrency: 10 }));
    }))).toMatch(/QUEUE_CONCURRENCY\]$/);
  });

  test('a queue of another region, unless the service scales on it', () => {
    expect(told(onService({}, imported('us-east-1')).template).queues).toEqual([expect.objectContaining({ arn: 'arn:aws:sqs:us-east-1:111122223333:orders' })]);
    expect(refusal(() => onService({}, imported('us-east-1'), { maxCapacity: 2, scaling: [ServiceScaling.onQueueBacklog(10)] })))
      .toMatch(/'queue' must be a queue in the region of a service that scales on it, .* \(eu-west-1\), got 'a queue in us-east-1 \(Stack\/Orders\)'; .*QUEUE_REGION\]$/);
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

  test('tasks are protected only where a batch may outlast what the host has of the stop timeout', () => {
    const isProtected = (timeout: number, stopTimeout?: number) => {
      const { template } = onService({}, standard, stopTimeout ? { stopTimeout: Duration.seconds(stopTimeout) } : {}, Duration.seconds(timeout));
      const may = actionsOf(template).includes('ecs:UpdateTaskProtection');
      expect(told(template).environment.HYBRID_TASK_PROTECTION).toBe(may ? 'true' : undefined);
      return may;
    };
    expect([27, 28, 30].map(timeout => isProtected(timeout))).toEqual([false, true, true]);
    expect([57, 58, 600].map(timeout => isProtected(timeout, 60))).toEqual([false, true, true]);
  });

  test('a container without our host is refused', () => {
    expect(refusal(() => onEcs('service', {}, CONTAINER, (fn, stack) => fn.addTrigger(Trigger.queue(standard(stack))))))
      .toMatch(/'addTrigger' must be a container with our host, which takes them.*HOST_MISSING\]$/);
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
