import type { Duration } from 'aws-cdk-lib';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { ITrigger, TriggerConfig, TriggerContext } from '../model/trigger';
import { checkBatches } from '../private/batches';
import { unsupported } from '../private/support';

/** How messages of a queue become events, under the names of AWS Lambda's event source mapping. */
export interface QueueTriggerProps {
  /**
   * How many messages an event has at most: 1 to 10; with `maxBatchingWindow` of a second or more up to 10,000 of a standard queue.
   *
   * @default 10
   */
  readonly batchSize?: number;

  /**
   * How long messages are waited for until a batch is full, 0 to 5 minutes. Not with FIFO queues.
   *
   * @default - a batch is what is there
   */
  readonly maxBatchingWindow?: Duration;

  /**
   * How many batches may be worked on at once, 2 to 1,000. A service divides it among the tasks that it may have; while a deployment replaces tasks, it may be exceeded.
   *
   * @default - as many as the compute can work on
   */
  readonly maxConcurrency?: number;

  /**
   * Whether the handler returns `batchItemFailures` with the messages that failed; the others are deleted. Without it a batch fails or succeeds as one.
   *
   * @default false
   */
  readonly reportBatchItemFailures?: boolean;

  /**
   * Patterns made by `FilterCriteria.filter()`, at most five; messages that match none are deleted.
   *
   * @default - every message becomes an event
   */
  readonly filters?: { [key: string]: any }[];

  /**
   * Whether messages are taken.
   *
   * @default true
   */
  readonly enabled?: boolean;

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

  public bind(scope: Construct, { compute: { queueTarget }, computeName }: TriggerContext): TriggerConfig {
    if (!queueTarget) { throw unsupported(scope, 'queue', computeName, 'use a compute that takes messages of queues'); }
    const { id: _, ...options } = this.props;
    checkBatches(scope, options, this.queue.fifo);
    return { eventSourceMapping: queueTarget.attachQueue(scope, this.queue, options) };
  }
}
