/** How single events reach a service: through a queue of their own, which its host polls. */
import type * as events from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { IQueueTarget, QueueEventFormat } from '../model/queue-target';
import type { EventDeliveryOptions, EventTargetOptions, IEventTarget, RuleTargetOptions } from '../model/trigger-target';
import { checkDelivery, ruleTarget } from '../private/events/event-delivery';
import { lambdaEventInput } from '../private/events/event-input';
import { scheduleTarget } from '../private/events/schedule-target';
import { Delivery, deliveryQueue } from '../private/queues/delivery-queue';

/** A service that takes single events. */
export class ServiceEventTarget implements IEventTarget {
  /** @param queues how messages of queues reach the service */
  constructor(private readonly queues: IQueueTarget) {}

  public scheduleTarget(scope: Construct, options: EventTargetOptions): scheduler.IScheduleTarget {
    const { queue: { queueArn }, deadLetterQueue } = this.delivery(scope, options);
    return scheduleTarget(scope, {
      ...options,
      deadLetterQueue,
      arn: queueArn,
      // A message has the text of the event, which is what Lambda gets.
      input: lambdaEventInput(scope, options.input),
      statements: [new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queueArn] })],
    });
  }

  public ruleTarget(scope: Construct, options: RuleTargetOptions): events.IRuleTarget {
    const { queue, deadLetterQueue } = this.delivery(scope, options);
    return ruleTarget(scope, new SqsQueue(queue, { message: options.input }), { ...options, deadLetterQueue });
  }

  private delivery(scope: Construct, options: EventDeliveryOptions): Delivery {
    checkDelivery(scope, options);
    const delivery = deliveryQueue(scope, options);
    this.queues.attachQueue(scope, delivery.queue, { eventFormat: QueueEventFormat.BODY });
    return delivery;
  }
}
