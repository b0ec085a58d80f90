import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { allowedOn, allowedTo, arnOf, onLambda, onService, only, queuesOf, toldQueues } from './deliveries';
import { Compute, TopicTriggerProps, Trigger } from '../../src';
import { CONTAINER, onEcs } from '../computes/ecs';
import { refusal } from '../small-runtime';

type MakeTopic = (stack: Stack) => sns.ITopic;
const standard: MakeTopic = stack => new sns.Topic(stack, 'News');
const fifo: MakeTopic = stack => new sns.Topic(stack, 'News', { fifo: true, topicName: 'news' });
type Options = TopicTriggerProps | ((stack: Stack) => TopicTriggerProps);
const trigger = (options: Options = {}, topic = standard) => (stack: Stack) => Trigger.topic(topic(stack), typeof options === 'function' ? options(stack) : options);

const lambdaWith = (options: Options = {}, topic = standard) => onLambda(trigger(options, topic));
const serviceWith = (options: Options = {}, topic = standard) => onService(trigger(options, topic));
const subscription = (template: Parameters<typeof only>[0]) => only(template, 'AWS::SNS::Subscription');
const each = [['a Lambda function', lambdaWith], ['a service', serviceWith]] as const;

describe.each(each)('on %s', (_name, make) => {
  test('filterPolicy', () => {
    expect(subscription(make({ filterPolicy: { kind: sns.SubscriptionFilter.stringFilter({ allowlist: ['order'] }) } }))).toMatchObject({ FilterPolicy: { kind: ['order'] } });
  });

  test('filterPolicyWithMessageBody', () => {
    const filter = sns.FilterOrPolicy.filter(sns.SubscriptionFilter.stringFilter({ allowlist: ['order'] }));
    expect(subscription(make({ filterPolicyWithMessageBody: { kind: filter } }))).toMatchObject({ FilterPolicy: { kind: ['order'] }, FilterPolicyScope: 'MessageBody' });
  });

  test('not both of them', () => {
    expect(refusal(() => make({ filterPolicy: {}, filterPolicyWithMessageBody: {} })))
      .toMatch(/'filterPolicyWithMessageBody' must be left out when filterPolicy is given, got 'given'; leave one of the two out \[CDK_HYBRID_TOPIC_FILTER\]$/);
  });

  test('deadLetterQueue takes what Amazon SNS could not deliver, from this topic alone', () => {
    const template = make(stack => ({ deadLetterQueue: new sqs.Queue(stack, 'Lost') }));
    expect(subscription(template).RedrivePolicy).toEqual({ deadLetterTargetArn: arnOf('Lost') });
    const [lost] = Object.keys(template.findResources('AWS::SQS::Queue')).filter(id => id.startsWith('Lost'));
    expect(allowedOn(template, lost)).toEqual([expect.objectContaining({
      Action: 'sqs:SendMessage', Principal: { Service: 'sns.amazonaws.com' }, Condition: { ArnEquals: { 'aws:SourceArn': { Ref: expect.stringMatching(/^News/) } } },
    })]);
  });

  test('id: the construct id of a second topic of the same name', () => {
    const [id] = Object.keys(make({ id: 'Elsewhere' }).findResources('AWS::SNS::Subscription'));
    expect(id).toMatch(/^(Handler|Api)ElsewhereSubscription/);
    expect(Object.keys(make().findResources('AWS::SNS::Subscription'))[0]).toMatch(/^(Handler|Api)TopicNewsSubscription/);
  });

  test('an imported topic', () => {
    expect(subscription(make({}, stack => sns.Topic.fromTopicArn(stack, 'News', 'arn:aws:sns:eu-west-1:111122223333:news'))).TopicArn).toBe('arn:aws:sns:eu-west-1:111122223333:news');
  });
});

describe('on a Lambda function', () => {
  test('Amazon SNS invokes it, from this topic alone', () => {
    const template = lambdaWith();
    expect(subscription(template)).toEqual({ Protocol: 'lambda', TopicArn: { Ref: expect.stringMatching(/^News/) }, Endpoint: arnOf('Handler') });
    expect(only(template, 'AWS::Lambda::Permission')).toMatchObject({ Principal: 'sns.amazonaws.com', SourceArn: { Ref: expect.stringMatching(/^News/) } });
    template.resourceCountIs('AWS::SQS::Queue', 0);
  });

  test('with provisioned concurrency it invokes the alias', () => {
    expect(subscription(onLambda(trigger(), Compute.lambdaFunction({ provisionedConcurrentExecutions: 1 }))).Endpoint).toEqual({ Ref: expect.stringMatching(/Alias/) });
  });

  test('an image as well', () => {
    expect(subscription(onEcs('lambdaImage' as 'service', {}, {}, (fn, stack) => fn.addTrigger(trigger()(stack))).template)).toMatchObject({ Protocol: 'lambda' });
  });

  test('a FIFO topic is refused', () => {
    expect(refusal(() => lambdaWith({}, fifo))).toBe(
      "Stack/Handler/TopicNews: 'topic' must be a standard topic on a Lambda compute: Amazon SNS invokes no functions from FIFO topics, got 'Stack/News'; "
      + 'use Compute.service(), or subscribe a FIFO queue to the topic and use Trigger.queue() [CDK_HYBRID_TOPIC_FIFO]');
  });
});

describe('on a service', () => {
  test('through a queue of its own, whose messages become events of SNS', () => {
    const template = serviceWith();
    const { id, queue, deadLetters } = queuesOf(template);
    expect(id).toMatch(/^ApiTopicNewsQueue/);
    expect(subscription(template)).toMatchObject({ Protocol: 'sqs', Endpoint: arnOf(id), RedrivePolicy: { deadLetterTargetArn: arnOf('ApiTopicNewsDeadLetterQueue') } });
    expect(subscription(template).RawMessageDelivery).toBeUndefined();
    expect(toldQueues(template)).toEqual([{ url: id, arn: `${id}.Arn`, event: 'sns' }]);
    expect(queue).toMatchObject({
      MessageRetentionPeriod: 6 * 3600, VisibilityTimeout: 60, SqsManagedSseEnabled: true, RedrivePolicy: { maxReceiveCount: 3, deadLetterTargetArn: arnOf('ApiTopicNewsDeadLetterQueue') },
    });
    expect(deadLetters).toEqual([{ MaximumMessageSize: 1_048_576, MessageRetentionPeriod: 14 * 24 * 3600, SqsManagedSseEnabled: true }]);
  });

  test('only this topic may send to the queue, and only over TLS; the handler may take its messages', () => {
    const template = serviceWith();
    const { id } = queuesOf(template);
    expect(allowedOn(template, id)).toEqual([{
      Effect: 'Allow', Action: 'sqs:SendMessage', Principal: { Service: 'sns.amazonaws.com' }, Resource: arnOf(id), Condition: { ArnEquals: { 'aws:SourceArn': { Ref: expect.stringMatching(/^News/) } } },
    }]);
    expect(JSON.stringify(template.findResources('AWS::SQS::QueuePolicy'))).toContain('"aws:SecureTransport":"false"');
    const own = allowedTo(template, /^ApiRole/).filter(({ Action }) => String(Action).includes('sqs:'));
    expect(own).toEqual([expect.objectContaining({ Action: expect.arrayContaining(['sqs:ReceiveMessage', 'sqs:DeleteMessage']), Resource: arnOf(id) })]);
  });

  test('retryAttempts, maxEventAge and deadLetterQueue', () => {
    const template = serviceWith(stack => ({ retryAttempts: 4, maxEventAge: Duration.hours(1), deadLetterQueue: new sqs.Queue(stack, 'Lost') }));
    const { queue, deadLetters } = queuesOf(template);
    expect(queue).toMatchObject({ MessageRetentionPeriod: 3600, RedrivePolicy: { maxReceiveCount: 5, deadLetterTargetArn: arnOf('Lost') } });
    expect(deadLetters).toEqual([]);
    expect(queuesOf(serviceWith({ retryAttempts: 0 })).queue.RedrivePolicy.maxReceiveCount).toBe(1);
  });

  test('a FIFO topic has FIFO queues', () => {
    const template = serviceWith({}, fifo);
    const { queue, deadLetters } = queuesOf(template);
    expect(queue).toMatchObject({ FifoQueue: true, ContentBasedDeduplication: true });
    expect(deadLetters).toEqual([expect.objectContaining({ FifoQueue: true })]);
  });

  test('a dead-letter queue of the wrong kind is refused', () => {
    expect(refusal(() => serviceWith(stack => ({ deadLetterQueue: new sqs.Queue(stack, 'Lost') }), fifo))).toBe(
      "Stack/Api/TopicNews: 'deadLetterQueue' must be a FIFO queue, as what it belongs to is, got 'a standard queue (Stack/Lost)'; "
      + 'give a queue of that kind, or leave it out [CDK_HYBRID_DEAD_LETTER_QUEUE]');
  });

  test('what it made can be watched', () => {
    onService(trigger(), ({ queue, deadLetterQueue }) => {
      expect([queue!.node.path, deadLetterQueue!.node.path]).toEqual(['Stack/Api/TopicNews/Queue', 'Stack/Api/TopicNews/DeadLetterQueue']);
    });
  });

  test.each<[string, TopicTriggerProps, string]>([
    ['more retries than 999', { retryAttempts: 1000 }, "'retryAttempts' must be 0 to 999, got 1000"],
    ['an age under a minute', { maxEventAge: Duration.seconds(59) }, "'maxEventAge' must be 60 to 1209600 seconds, got 59"],
  ])('%s is refused', (_what, options, message) => {
    expect(refusal(() => serviceWith(options))).toContain(`Stack/Api/TopicNews: ${message}; `);
  });

  test('an age that is known at deployment only is passed on; such a number of retries cannot be', () => {
    const number = (stack: Stack) => new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber;
    expect(queuesOf(serviceWith(stack => ({ maxEventAge: Duration.seconds(number(stack)) }))).queue.MessageRetentionPeriod).toEqual({ Ref: 'Number' });
    expect(refusal(() => serviceWith(stack => ({ retryAttempts: number(stack) })))).toMatch(/'retryAttempts' must be a number that is known at synth.*got 'a token'; give a plain number/);
  });

  test('a container without our host is refused', () => {
    expect(refusal(() => onEcs('service', {}, CONTAINER, (fn, stack) => fn.addTrigger(trigger()(stack))))).toMatch(/HOST_MISSING\]$/);
  });
});

test('a topic on Compute.process() is refused', () => {
  expect(refusal(() => onEcs('process', {}, {}, (fn, stack) => fn.addTrigger(trigger()(stack)))))
    .toMatch(/got 'Trigger.topic\(\) on Compute.process\(\)'; .*Compute.service\(\) or Compute.task\(\) .*TRIGGER_UNSUPPORTED\]$/);
});

test('a compute of one\'s own that offers nothing for it is refused', () => {
  const own = { computeName: 'own', servicePrincipals: ['lambda.amazonaws.com'], bind: () => ({}) };
  expect(refusal(() => onLambda(trigger(), own))).toMatch(/got 'Trigger.topic\(\) on own'; use a compute that is a Lambda function, or takes messages of queues \[CDK_HYBRID_TRIGGER_UNSUPPORTED\]$/);
});
