import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { QueueEventOptions } from '../model/queue-target';
import type { ITrigger, TriggerConfig, TriggerContext } from '../model/trigger';
import { attachOnce } from '../private/queues/attached-sources';
import { checkBatches } from '../private/queues/batches';
import { unsupported } from '../private/support';

/** How messages of a queue become events, and the id of the trigger. */
export interface QueueTriggerProps extends QueueEventOptions {
  /**
   * The construct id of the trigger. Needed where a function has two queues of the same construct id.
   *
   * @default - `Queue` and the construct id of the queue
   */
  readonly id?: string;
}

/** `Trigger.queue()`: messages of an SQS queue. */
export class QueueTrigger implements ITrigger {
  public readonly triggerName = 'queue';
  public readonly triggerId: string;

  /**
   * @param queue the queue
   * @param props how messages become events
   */
  constructor(private readonly queue: sqs.IQueue, private readonly props: QueueTriggerProps) {
    this.triggerId = props.id ?? `Queue${queue.node.id}`;
  }

  public bind(scope: Construct, { compute, computeName }: TriggerContext): TriggerConfig {
    const { queueTarget } = compute;
    if (!queueTarget) { throw unsupported(scope, 'queue', computeName, 'use a compute that takes messages of queues'); }
    const { id: _, ...options } = this.props;
    checkBatches(scope, options, this.queue.fifo);
    attachOnce(scope, compute, { resource: this.queue, arn: this.queue.queueArn });
    return { eventSourceMapping: queueTarget.attachQueue(scope, this.queue, options) };
  }
}
