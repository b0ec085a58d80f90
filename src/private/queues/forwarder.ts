/** What brings records of streams and events of log groups to a service: a small function of ours that puts them, in order, into a FIFO queue. */
import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { deadLetters, Delivery, DeliveryOptions, deliveryQueue } from './delivery-queue';
import { passingBucket } from './passing-bucket';
import type { ComputeConfig } from '../../model/compute';
import { ownFunction } from '../lambda/own-function';
import { FORWARDER_DIRECTORY } from '../layer/layer-assets';

/** What lies between an origin and a service. */
export interface Forwarding extends Delivery {
  /** The function that the origin invokes. */
  readonly forwarder: lambda.Function;
}

/** How the origin invokes the function. */
export interface ForwarderOptions {
  /** The construct id of the function; `Forwarder` by default. */
  readonly forwarderId?: string;
  /** Whether nobody has an event any more once the function has failed on each attempt. */
  readonly asynchronous?: boolean;
}

/** A message may wait for 14 days, and then 14 more as a dead letter. */
const BODIES_ARE_KEPT = Duration.days(30);

/** Makes the queues, the function before them, and the bucket for what is too large for SQS. */
export function forwarding(
  scope: Construct, options: DeliveryOptions, { taskDefinition }: ComputeConfig, { forwarderId = 'Forwarder', asynchronous }: ForwarderOptions,
): Forwarding {
  const delivery = deliveryQueue(scope, { ...options, fifo: true, highThroughput: true });
  const bucket = passingBucket(scope, 'ForwarderBucket', BODIES_ARE_KEPT);
  const objects = [bucket.arnForObjects('*')];
  if (taskDefinition) { iam.Grant.addToPrincipal({ grantee: taskDefinition.taskRole, actions: ['s3:GetObject'], resourceArns: objects }); }

  const forwarder = ownFunction(scope, {
    prefix: 'Forwarder',
    functionId: forwarderId,
    description: `Puts what ${scope.node.id} sends into a queue, in order`,
    directory: FORWARDER_DIRECTORY,
    handler: 'forwarder.handler',
    environment: { HYBRID_FORWARDER_QUEUE_URL: delivery.queue.queueUrl, HYBRID_FORWARDER_BUCKET: bucket.bucketName },
    statements: [
      new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [delivery.queue.queueArn] }),
      new iam.PolicyStatement({ actions: ['s3:PutObject'], resources: objects }),
    ],
    // AWS Lambda takes standard queues only. Source: "Adding a dead-letter queue" in the AWS Lambda Developer Guide.
    deadLetterQueue: asynchronous ? deadLetters(scope, 'ForwarderDeadLetterQueue') : undefined,
  });
  return { ...delivery, forwarder };
}
