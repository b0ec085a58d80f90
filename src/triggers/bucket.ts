import { FeatureFlags, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { LambdaDestination } from 'aws-cdk-lib/aws-s3-notifications';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { S3_KEEP_NOTIFICATION_IN_IMPORTED_BUCKET } from 'aws-cdk-lib/cx-api';
import type { Construct } from 'constructs';
import { QueueEventFormat } from '../model/queue-target';
import type { ServiceRetryOptions } from '../model/service-retries';
import type { ITrigger, TriggerConfig, TriggerContext } from '../model/trigger';
import { problem } from '../private/errors';
import { checkEvents, takeKeys } from '../private/events/bucket-keys';
import { invokedByTrigger } from '../private/lambda/asynchronous-invocations';
import { deliveryQueue } from '../private/queues/delivery-queue';
import { stableKey } from '../private/stable-key';
import { unsupported } from '../private/support';

/** What happens to which objects, and what becomes of events that fail. */
export interface BucketTriggerProps extends ServiceRetryOptions {
  /**
   * What happens to an object.
   *
   * @default - EventType.OBJECT_CREATED
   */
  readonly events?: s3.EventType[];

  /**
   * What the key of the object begins with.
   *
   * @default - anything
   */
  readonly prefix?: string;

  /**
   * What the key of the object ends with.
   *
   * @default - anything
   */
  readonly suffix?: string;

  /**
   * The queue for events that the handler failed to handle each time. On a Lambda compute it takes those of all asynchronous invocations; on a
   * task or a job those that started no run.
   *
   * @default - a service gets one of its own, which outlives it; elsewhere they are dropped
   */
  readonly deadLetterQueue?: sqs.IQueue;

  /**
   * The construct id of the trigger. Needed where a function has two triggers with one bucket, or with buckets of the same construct id.
   *
   * @default - `Bucket` and the construct id of the bucket
   */
  readonly id?: string;
}

/** `Trigger.bucket()`: what happens to objects of an S3 bucket. */
export class BucketTrigger implements ITrigger {
  public readonly triggerName = 'bucket';
  public readonly triggerId: string;

  /**
   * @param bucket the bucket
   * @param props which of its events are meant
   */
  constructor(private readonly bucket: s3.IBucket, private readonly props: BucketTriggerProps) {
    this.triggerId = props.id ?? `Bucket${bucket.node.id}`;
  }

  public bind(scope: Construct, { compute, computeName }: TriggerContext): TriggerConfig {
    const invoked = invokedByTrigger(scope, compute, this.props);
    if (invoked) {
      this.notify(scope, new LambdaDestination(invoked.target));
      return { starter: invoked.starter, deadLetterQueue: this.props.deadLetterQueue };
    }
    const { queueTarget } = compute;
    if (!queueTarget) { throw unsupported(scope, 'bucket', computeName, 'use a compute that is a Lambda function, or takes messages of queues'); }
    const delivery = deliveryQueue(scope, this.props);
    queueTarget.attachQueue(scope, delivery.queue, { eventFormat: QueueEventFormat.BODY });
    this.notify(scope, queueDestination(delivery.queue));
    return delivery;
  }

  private notify(scope: Construct, destination: s3.IBucketNotificationDestination): void {
    const { events = [s3.EventType.OBJECT_CREATED], prefix, suffix } = this.props;
    checkEvents(scope, events);
    takeKeys(scope, this.bucket, { events, prefix, suffix });
    const bucket = notifyingBucket(scope, this.bucket);
    const filters: s3.NotificationKeyFilter[] = prefix || suffix ? [{ prefix, suffix }] : [];
    events.forEach(type => bucket.addEventNotification(type, destination, ...filters));
  }
}

/**
 * Where S3 sends events to a queue. The CDK's own does not ask for the account: a bucket of the same name in another one might send,
 * once this one is gone. Source: "Granting permissions to publish event notification messages to a destination" in the Amazon S3 User Guide.
 */
function queueDestination(queue: sqs.IQueue): s3.IBucketNotificationDestination {
  return {
    bind: (_scope, bucket) => {
      queue.addToResourcePolicy(new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal('s3.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [queue.queueArn],
        conditions: { ArnLike: { 'aws:SourceArn': bucket.bucketRef.bucketArn }, StringEquals: { 'aws:SourceAccount': Stack.of(bucket).account } },
      }));
      return { arn: queue.queueArn, type: s3.BucketNotificationDestinationType.QUEUE, dependencies: [queue] };
    },
  };
}

/**
 * A bucket of another stack as an imported one: that stack would otherwise need this one, which needs it for every grant. One for all triggers of the stack,
 * for what sets the notifications of a bucket reads those that are there before.
 */
function notifyingBucket(scope: Construct, bucket: s3.IBucket): s3.IBucket {
  const stack = Stack.of(scope);
  if (Stack.of(bucket) === stack) { return bucket; }
  scope.node.addValidation({ validate: () => setsAll(bucket) ? [ownNotifications(scope, bucket).message] : [] });
  const id = `CdkHybridBucket${stableKey(scope, bucket, bucket.bucketArn)}`;
  return stack.node.tryFindChild(id) as s3.IBucket | undefined
    ?? s3.Bucket.fromBucketAttributes(stack, id, { bucketArn: bucket.bucketArn, bucketName: bucket.bucketName });
}

/** Whether the stack of the bucket sets its notifications, and takes away what others have added. */
function setsAll(bucket: s3.IBucket): boolean {
  const keeps = FeatureFlags.of(bucket).isEnabled(S3_KEEP_NOTIFICATION_IN_IMPORTED_BUCKET);
  return bucket instanceof s3.Bucket && !keeps && bucket.node.tryFindChild('Notifications') !== undefined;
}

function ownNotifications(scope: Construct, bucket: s3.IBucket): Error {
  return problem(scope, 'BUCKET_EVENTS', {
    property: 'bucket',
    given: `${bucket.node.path} of another stack, which has notifications there`,
    accepted: 'a bucket of this stack, or one whose own stack sets no notifications: it would take this one away',
    mend: 'put the bucket beside the function, or use Trigger.eventPattern() with eventBridgeEnabled of the bucket',
  });
}
