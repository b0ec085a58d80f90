import { Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Compute, ITrigger, Trigger } from '../../src';
import { onEcs } from '../computes/ecs';
import { refusal } from '../small-runtime';

const on = (kind: string, triggers: (stack: Stack) => ITrigger[]) => onEcs(kind as 'service', {}, {}, (fn, stack) => triggers(stack).forEach(trigger => fn.addTrigger(trigger))).template;
const table = (stack: Stack, id = 'Orders') => new dynamodb.Table(stack, id, { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, stream: dynamodb.StreamViewType.NEW_IMAGE });
const both = <T>(origin: T, trigger: (origin: T, id?: string) => ITrigger) => [trigger(origin), trigger(origin, 'Again')];

// Sources: `ResourceConflictException` of `CreateEventSourceMapping` in the AWS Lambda API Reference; the host refuses one queue in two entries.
describe.each(['lambdaImage', 'service'])('on Compute.%s()', kind => {
  test.each<[string, (stack: Stack) => ITrigger[]]>([
    ['queue', stack => both(new sqs.Queue(stack, 'Orders'), (queue, id) => Trigger.queue(queue, { id }))],
    ['table', stack => both(table(stack), (origin, id) => Trigger.tableStream(origin, { id }))],
    ['data stream', stack => both(new kinesis.Stream(stack, 'Orders'), (stream, id) => Trigger.dataStream(stream, { id, startingPosition: id ? lambda.StartingPosition.LATEST : undefined }))],
  ])('a %s that is attached twice, under another id, is refused', (_what, triggers) => {
    expect(refusal(() => on(kind, triggers))).toMatch(
      /^Stack\/Api\/Again: 'addTrigger' must be a source that the compute does not have; this one is that of Stack\/Api\/(Queue|Stream)Orders, got 'Stack\/Orders'; make one trigger of the two \[CDK_HYBRID_TRIGGER_TWICE\]$/);
  });

  test('two imports of one queue are one', () => {
    const imported = (stack: Stack, id: string) => sqs.Queue.fromQueueArn(stack, id, 'arn:aws:sqs:eu-west-1:111122223333:orders');
    expect(refusal(() => on(kind, stack => [Trigger.queue(imported(stack, 'One')), Trigger.queue(imported(stack, 'Two'))]))).toMatch(/that of Stack\/Api\/QueueOne, got 'Stack\/Two'.*TRIGGER_TWICE\]$/);
  });

  test('another compute of the function may have it as well', () => {
    expect(() => onEcs(kind as 'service', {}, {}, (fn, stack) => {
      const origin = table(stack);
      fn.addTrigger(Trigger.tableStream(origin));
      fn.addCompute('Next', Compute.lambdaFunction()).addTrigger(Trigger.tableStream(origin));
    })).not.toThrow();
  });

  test('other sources, and a stream beside a consumer of it, are others', () => {
    expect(() => on(kind, stack => {
      const stream = new kinesis.Stream(stack, 'Clicks');
      const consumer = new kinesis.StreamConsumer(stack, 'Consumer', { stream, streamConsumerName: 'consumer' });
      return [Trigger.tableStream(table(stack)), Trigger.tableStream(table(stack, 'Users')), Trigger.dataStream(stream), Trigger.dataStream(stream, { consumer, id: 'Fast' })];
    })).not.toThrow();
  });
});

const topics = (stack: Stack) => both(new sns.Topic(stack, 'Orders'), (topic, id) => Trigger.topic(topic, { id }));

// Source: "Subscribe" in the Amazon SNS API Reference: a topic has one subscription of an endpoint.
test('on a Lambda function a topic is attached once, on a service each trigger has a queue of its own', () => {
  expect(refusal(() => on('lambdaImage', topics))).toMatch(/^Stack\/Api\/Again: .*that of Stack\/Api\/TopicOrders, got 'Stack\/Orders'; .*TRIGGER_TWICE\]$/);
  on('service', topics).resourceCountIs('AWS::SNS::Subscription', 2);
});
