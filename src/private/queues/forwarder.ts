/** What brings records of streams and events of log groups to a service: a small function of ours that puts them, in order, into a FIFO queue. */
import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { deadLetters, Delivery, DeliveryOptions, deliveryQueue } from './delivery-queue';
import { passingBucket } from './passing-bucket';
import type { ComputeConfig } from '../../model/compute';
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

  const role = new iam.Role(scope, 'ForwarderRole', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  const logGroup = new logs.LogGroup(scope, 'ForwarderLogGroup', { retention: logs.RetentionDays.ONE_MONTH });
  logGroup.grantWrite(role);
  delivery.queue.grant(role, 'sqs:SendMessage');
  iam.Grant.addToPrincipal({ grantee: role, actions: ['s3:PutObject'], resourceArns: objects });
  const forwarder = new lambda.Function(scope, forwarderId, {
    description: `Puts what ${scope.node.id} sends into a queue, in order`,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    code: lambda.Code.fromAsset(FORWARDER_DIRECTORY),
    handler: 'forwarder.handler',
    memorySize: 512,
    timeout: Duration.minutes(1),
    environment: { HYBRID_FORWARDER_QUEUE_URL: delivery.queue.queueUrl, HYBRID_FORWARDER_BUCKET: bucket.bucketName },
    role,
    logGroup,
    // AWS Lambda takes standard queues only. Source: "Adding a dead-letter queue" in the AWS Lambda Developer Guide.
    deadLetterQueue: asynchronous ? deadLetters(scope, 'ForwarderDeadLetterQueue') : undefined,
  });
  return { ...delivery, forwarder };
}
