import { Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { onLambda, onService } from './deliveries';
import { Trigger } from '../../src';
import { refusal } from '../small-runtime';

const [ACCOUNT, REGION] = ['a queue of the account of the stack, 111122223333', 'a queue of the region of the stack, eu-west-1'];
const queue = (stack: Stack, place: string, fifo = false) => sqs.Queue.fromQueueArn(stack, 'Lost', `arn:aws:sqs:${place}:lost${fifo ? '.fifo' : ''}`);
const table = (stack: Stack, deadLetterQueue: sqs.IQueue) => Trigger.tableStream(new dynamodb.Table(stack, 'Orders', {
  partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, stream: dynamodb.StreamViewType.NEW_IMAGE,
}), { deadLetterQueue });
const topic = (stack: Stack, deadLetterQueue: sqs.IQueue) => Trigger.topic(new sns.Topic(stack, 'Orders'), { deadLetterQueue });
const bucket = (stack: Stack, deadLetterQueue: sqs.IQueue) => Trigger.bucket(new s3.Bucket(stack, 'Orders'), { deadLetterQueue });
const pattern = (_: Stack, deadLetterQueue: sqs.IQueue) => Trigger.eventPattern({ source: ['shop'] }, { deadLetterQueue });

// Sources: "Using dead-letter queues in Amazon SQS", "Amazon SNS dead-letter queues", "Using dead-letter queues to process undelivered events" of Amazon EventBridge.
test.each([
  ['a stream on a service', onService, table, true],
  ['a topic on a service', onService, topic, false],
  ['a bucket on a service', onService, bucket, false],
  ['an event pattern on a service', onService, pattern, false],
  ['a topic on a Lambda function', onLambda, topic, false],
  ['an event pattern on a Lambda function', onLambda, pattern, false],
] as const)('of %s: a dead-letter queue from where AWS takes none is refused', (what, make, trigger, fifo) => {
  const refused = (place: string) => refusal(() => make(stack => trigger(stack, queue(stack, place, fifo))));
  expect(refused('us-east-1:111122223333')).toContain(`'deadLetterQueue' must be ${REGION}, got 'Stack/Lost of the region us-east-1'; give a queue of that kind, or leave it out [CDK_HYBRID_DEAD_LETTER_QUEUE]`);
  expect(() => make(stack => trigger(stack, queue(stack, 'eu-west-1:111122223333', fifo)))).not.toThrow();
  const ofAnotherAccount = () => make(stack => trigger(stack, queue(stack, 'eu-west-1:444455556666', fifo)));
  if (what === 'an event pattern on a Lambda function') expect(ofAnotherAccount).not.toThrow();
  else expect(refusal(ofAnotherAccount)).toContain(`'deadLetterQueue' must be ${ACCOUNT}, got 'Stack/Lost of the account 444455556666'; `);
});
