import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { QueueEventFormat } from '../model/queue-target';
import type { ServiceRetryOptions } from '../model/service-retries';
import type { ITrigger, TriggerConfig, TriggerContext } from '../model/trigger';
import { problem } from '../private/errors';
import { invokedByTrigger } from '../private/lambda/asynchronous-invocations';
import { attachOnce } from '../private/queues/attached-sources';
import { admitDeadLetters } from '../private/queues/dead-letters';
import { deliveryQueue } from '../private/queues/delivery-queue';
import { unsupported } from '../private/support';

/** Which messages of a topic become events, and what becomes of those that fail. */
export interface TopicTriggerProps extends ServiceRetryOptions {
  /**
   * Which message attributes a message must have. Not together with `filterPolicyWithMessageBody`.
   *
   * @default - every message becomes an event
   */
  readonly filterPolicy?: { [attribute: string]: sns.SubscriptionFilter };

  /**
   * What the body of a message, which is JSON, must have. Not together with `filterPolicy`.
   *
   * @default - every message becomes an event
   */
  readonly filterPolicyWithMessageBody?: { [attribute: string]: sns.FilterOrPolicy };

  /**
   * The queue for messages that Amazon SNS could not deliver, and for those that the handler failed to handle each time. On a Lambda compute it takes those of all
   * asynchronous invocations; on a task or a job those that started no run. It is FIFO with a FIFO topic.
   *
   * @default - a service gets one of its own, which outlives it; elsewhere they are dropped
   */
  readonly deadLetterQueue?: sqs.IQueue;

  /**
   * The construct id of the trigger. Needed where a function has two topics of the same construct id.
   *
   * @default - `Topic` and the construct id of the topic
   */
  readonly id?: string;
}

/** `Trigger.topic()`: messages of an SNS topic. */
export class TopicTrigger implements ITrigger {
  public readonly triggerName = 'topic';
  public readonly triggerId: string;

  /**
   * @param topic the topic
   * @param props which messages become events
   */
  constructor(private readonly topic: sns.ITopic, private readonly props: TopicTriggerProps) {
    this.triggerId = props.id ?? `Topic${topic.node.id}`;
  }

  public bind(scope: Construct, { compute, computeName }: TriggerContext): TriggerConfig {
    const { lambdaTarget, starterTarget, queueTarget } = compute;
    const { topic, props } = this;
    const { filterPolicy, filterPolicyWithMessageBody } = props;
    if (filterPolicy && filterPolicyWithMessageBody) {
      throw problem(scope, 'TOPIC_FILTER', { property: 'filterPolicyWithMessageBody', given: 'given', accepted: 'left out when filterPolicy is given' });
    }
    const filters = { filterPolicy, filterPolicyWithMessageBody };
    // Source: "Message delivery for FIFO topics" in the Amazon SNS Developer Guide.
    if (topic.fifo && (lambdaTarget || starterTarget)) {
      const where = lambdaTarget ? 'a Lambda compute' : `Compute.${computeName}()`;
      throw problem(scope, 'TOPIC_FIFO', { property: 'topic', given: topic.node.path, accepted: `a standard topic on ${where}: Amazon SNS invokes no functions from FIFO topics` });
    }
    const invoked = invokedByTrigger(scope, compute, props);
    if (invoked) {
      const { target, starter } = invoked;
      // To Amazon SNS a function is one subscriber, with one filter.
      if (!starter) { attachOnce(scope, compute, { resource: topic, arn: topic.topicArn }); }
      subscribe(scope, topic, new subscriptions.LambdaSubscription(target, filters), props.deadLetterQueue);
      return { starter, deadLetterQueue: props.deadLetterQueue };
    }
    if (!queueTarget) { throw unsupported(scope, 'topic', computeName, 'use a compute that is a Lambda function, or takes messages of queues'); }
    const delivery = deliveryQueue(scope, { ...props, fifo: topic.fifo });
    queueTarget.attachQueue(scope, delivery.queue, { eventFormat: QueueEventFormat.SNS });
    subscribe(scope, topic, new subscriptions.SqsSubscription(delivery.queue, filters), delivery.deadLetterQueue);
    return delivery;
  }
}

/** In the scope of the trigger: the CDK's own ids are those of topics, which may be alike. */
function subscribe(scope: Construct, topic: sns.ITopic, to: sns.ITopicSubscription, deadLetterQueue?: sqs.IQueue): void {
  const subscription = topic.addSubscription({ bind: origin => ({ ...to.bind(origin), subscriberScope: scope, subscriberId: 'Subscription' }) });
  if (!deadLetterQueue) { return; }
  admitDeadLetters(scope, deadLetterQueue, { service: 'sns.amazonaws.com', origin: topic, originArn: topic.topicArn, account: topic.env.account });
  (subscription.node.defaultChild as sns.CfnSubscription).redrivePolicy = { deadLetterTargetArn: deadLetterQueue.queueArn };
}
