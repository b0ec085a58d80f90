import type { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';

/** How records of a stream become events, under the names of AWS Lambda's event source mapping. */
export interface StreamTriggerProps {
  /**
   * How many records an event has at most: 1 to 10,000. An event of a service has 10 at most, whatever is asked for, because FIFO queues give no more. There,
   * what comes in an event with a record that fails each time ends in the dead-letter queue with it; with 1 no other record does.
   *
   * @default - 100; on a service 1
   */
  readonly batchSize?: number;

  /**
   * How long records are waited for until a batch is full, 0 to 5 minutes.
   *
   * @default - a batch is what is there
   */
  readonly maxBatchingWindow?: Duration;

  /**
   * How many batches of each shard are worked on at once, 1 to 10; records of a key keep their order. On a service that is how many the forwarder
   * works on: the tasks work on as many keys at once as they have workers.
   *
   * @default 1
   */
  readonly parallelizationFactor?: number;

  /**
   * Whether a batch that failed is split in two, so that records that fail are found. On a service an event then has one record, whatever `batchSize` is.
   *
   * @default false
   */
  readonly bisectBatchOnError?: boolean;

  /**
   * How old a record may become, 60 seconds to 7 days. Older ones are left out.
   *
   * @default - as old as the stream keeps them; 14 days more in the queue of a service
   */
  readonly maxRecordAge?: Duration;

  /**
   * How often a batch that failed is tried again, 0 to 10,000; a service does it 999 times at most, a minute apart. Until then it holds back what comes
   * after it: on a Lambda compute all of its shard, on a service the records of its keys.
   *
   * @default - as long as the records are not too old; on a service 999 times
   */
  readonly retryAttempts?: number;

  /**
   * Whether the handler returns `batchItemFailures` with the sequence number of the first record that failed; those before it are done.
   *
   * @default false
   */
  readonly reportBatchItemFailures?: boolean;

  /**
   * The time over which an aggregation goes, up to 15 minutes. On Lambda computes only.
   *
   * @default - none
   */
  readonly tumblingWindow?: Duration;

  /**
   * Where AWS Lambda tells of records that it gave up. On a service these are records that became too old before they got into the queue: those
   * that the handler failed to handle are in the dead-letter queue, whole.
   *
   * @default - nowhere
   */
  readonly onFailure?: lambda.IEventSourceDlq;

  /**
   * The FIFO queue for records that the handler of a service failed to handle each time. On a service only: a Lambda compute has `onFailure`.
   *
   * @default - one of its own, which outlives the service
   */
  readonly deadLetterQueue?: sqs.IQueue;

  /**
   * Patterns made by `FilterCriteria.filter()`, at most five; records that match none are left out.
   *
   * @default - every record becomes part of an event
   */
  readonly filters?: { [key: string]: any }[];

  /**
   * Whether records are read. On a service those that were read before are still handled.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * The construct id of the trigger. Needed where a function has two streams of the same construct id.
   *
   * @default - `Stream` and the construct id of the table or stream
   */
  readonly id?: string;
}
