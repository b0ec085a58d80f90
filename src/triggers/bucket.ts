import { Names, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { LambdaDestination } from 'aws-cdk-lib/aws-s3-notifications';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { QueueEventFormat } from '../model/queue-target';
import type { ServiceRetryOptions } from '../model/service-retries';
import type { ITrigger, TriggerConfig, TriggerContext } from '../model/trigger';
import { deliveryQueue } from '../private/delivery-queue';
import { problem } from '../private/errors';
import { refuseOnLambda, unsupported } from '../private/support';

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
   * The queue for events that the handler failed to handle each time. On a service only: a Lambda compute says it for all its asynchronous invocations.
   *
   * @default - one of its own, which outlives the service
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

  public bind(scope: Construct, { compute: { lambdaTarget, queueTarget }, computeName }: TriggerContext): TriggerConfig {
    const { deadLetterQueue, retryAttempts, maxEventAge } = this.props;
    if (lambdaTarget) {
      refuseOnLambda(scope, { deadLetterQueue, retryAttempts, maxEventAge });
      this.notify(scope, new LambdaDestination(lambdaTarget));
      return {};
    }
    if (!queueTarget) { throw unsupported(scope, 'bucket', computeName, 'use a compute that is a Lambda function, or takes messages of queues'); }
    const delivery = deliveryQueue(this.queueScope(scope), this.props);
    queueTarget.attachQueue(scope, delivery.queue, { eventFormat: QueueEventFormat.BODY });
    this.notify(scope, queueDestination(delivery.queue));
    return delivery;
  }

  /** A bucket of another stack names the queue, and the queue the bucket: the two have to be in one stack. */
  private queueScope(scope: Construct): Construct {
    const { bucket } = this;
    return Stack.of(bucket) === Stack.of(scope) ? scope : new Construct(bucket, Names.uniqueId(scope));
  }

  private notify(scope: Construct, destination: s3.IBucketNotificationDestination): void {
    const { events = [s3.EventType.OBJECT_CREATED], prefix, suffix } = this.props;
    checkEvents(scope, events);
    const filters: s3.NotificationKeyFilter[] = prefix || suffix ? [{ prefix, suffix }] : [];
    events.forEach(type => this.bucket.addEventNotification(type, destination, ...filters));
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

/** S3 refuses notifications that overlap. Source: "Configuring notifications with object key name filtering" in the Amazon S3 User Guide. */
function checkEvents(scope: Construct, events: s3.EventType[]): void {
  const includes = (one: string, other: string) => one === other || (one.endsWith('*') && other.startsWith(one.slice(0, -1)));
  const overlap = events.some((one, at) => events.some((other, otherAt) => at !== otherAt && includes(one, other)));
  if (events.length > 0 && !overlap) { return; }
  throw problem(scope, 'BUCKET_EVENTS', {
    property: 'events',
    given: events.join(', ') || 'none',
    accepted: 'one event or several of which none includes another',
    mend: events.length === 0 ? 'name one, or leave it out' : undefined,
  });
}
