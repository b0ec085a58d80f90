import type { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** What the messages of a queue become. */
export enum QueueEventFormat {
  /** An event of SQS, with a batch of messages. */
  SQS = 'sqs',
  /** An event of SNS for each message, which is what a topic sends to a queue without raw delivery. */
  SNS = 'sns',
  /** Each message is an event: that of S3, of EventBridge, or any other that is JSON. */
  BODY = 'body',
  /** Each message is a record of a stream; an event has a batch of them. */
  RECORDS = 'records',
}

/** How messages of a queue become events, under the names of AWS Lambda's event source mapping. */
export interface QueueEventOptions {
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
   * How many batches may be worked on at once, 2 to 1,000. A service divides it among the tasks that it may have, each of which takes one at least; while a deployment replaces tasks, it may be exceeded.
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
}

/** How messages of a queue reach a handler. */
export interface QueueTargetOptions extends QueueEventOptions {
  /**
   * What the messages become.
   *
   * @default QueueEventFormat.SQS
   */
  readonly eventFormat?: QueueEventFormat;
}

/** A handler that takes messages of queues: what computes give to triggers. */
export interface IQueueTarget {
  /**
   * Lets the handler take messages of a queue.
   *
   * @param scope where its resources belong; MUST get static construct ids
   * @param queue the queue
   * @param options how messages become events
   * @returns the event source mapping, where AWS Lambda takes the messages
   */
  attachQueue(scope: Construct, queue: sqs.IQueue, options: QueueTargetOptions): lambda.IEventSourceMapping | undefined;
}
