/** The queue between an origin of single events and a service, with what Lambda has for asynchronous invocations: retries, an age, dead letters. */
import { Duration, RemovalPolicy, Token } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct, IConstruct } from 'constructs';
import type { ServiceRetryOptions } from '../../model/service-retries';
import { checkRange, checkSeconds } from '../check-range';
import { problem } from '../errors';
import { elsewhere, Place } from '../place';

/** What becomes of events that the handler does not get through with. */
export interface DeliveryOptions extends ServiceRetryOptions {
  readonly deadLetterQueue?: sqs.IQueue;
  /** Whether events keep their order within a group. */
  readonly fifo?: boolean;
  /** Of FIFO queues: whether each group has its own limits of throughput, and identifiers of its own. */
  readonly highThroughput?: boolean;
}

/** The queues of a trigger. */
export interface Delivery {
  readonly queue: sqs.IQueue;
  readonly deadLetterQueue: sqs.IQueue;
}

const QUEUE = 'Queue';
const DEAD_LETTERS = 'DeadLetterQueue';
/** Source of these three: "How Lambda handles errors and retries with asynchronous invocation" in the AWS Lambda Developer Guide. */
const RETRY_ATTEMPTS = 2;
const MAX_EVENT_AGE = Duration.hours(6);
const FIRST_WAIT = Duration.minutes(1);
/** As long as SQS keeps messages. */
export const LONGEST = Duration.days(14);
/** What the forwarder counts on, and other senders may use. Source: "Amazon SQS message quotas" in the Amazon SQS Developer Guide. */
const MOST_BYTES = 1_048_576;
/** SQS counts up to 1,000 times that a message is received. */
export const MOST_RETRIES = 999;

/** Makes the queue, and one for dead letters unless that is given. */
export function deliveryQueue(scope: Construct, options: DeliveryOptions): Delivery {
  const { retryAttempts = RETRY_ATTEMPTS, maxEventAge = MAX_EVENT_AGE, fifo, highThroughput } = options;
  if (Token.isUnresolved(retryAttempts)) {
    throw problem(scope, 'SIZE_OUT_OF_RANGE', {
      property: 'retryAttempts', given: 'a token', accepted: 'a number that is known at synth, for the queue of a service counts all attempts', mend: 'give a plain number',
    });
  }
  checkRange(scope, 'retryAttempts', retryAttempts, { least: 0, most: MOST_RETRIES });
  checkSeconds(scope, 'maxEventAge', maxEventAge, { least: 60, most: LONGEST.toSeconds() });
  checkDeadLetterQueue(scope, options.deadLetterQueue, fifo);
  const deadLetterQueue = options.deadLetterQueue ?? deadLetters(scope, DEAD_LETTERS, fifo);
  const queue = new sqs.Queue(scope, QUEUE, {
    ...queueProps(fifo),
    contentBasedDeduplication: fifo && !highThroughput || undefined,
    deduplicationScope: highThroughput ? sqs.DeduplicationScope.MESSAGE_GROUP : undefined,
    fifoThroughputLimit: highThroughput ? sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID : undefined,
    retentionPeriod: maxEventAge,
    visibilityTimeout: FIRST_WAIT,
    deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: retryAttempts + 1 },
  });
  return { queue, deadLetterQueue };
}

/** A queue for events that failed. */
export function deadLetters(scope: Construct, id: string, fifo?: boolean): sqs.Queue {
  return new sqs.Queue(scope, id, { ...queueProps(fifo), retentionPeriod: LONGEST });
}

function queueProps(fifo?: boolean): sqs.QueueProps {
  return {
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    fifo: fifo || undefined,
    maxMessageSizeBytes: MOST_BYTES,
    // Nobody else has these events any more: a change of the compute must not delete them. Without a name it does not stand in the way of the next one.
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  };
}

/** The queues of a trigger whose compute may have made them in its scope. */
export function queuesOf({ node }: IConstruct, given?: sqs.IQueue): Partial<Delivery> {
  const made = (id: string) => node.tryFindChild(id) as sqs.IQueue | undefined;
  return { queue: made(QUEUE), deadLetterQueue: given ?? made(DEAD_LETTERS) };
}

/**
 * Refuses a dead-letter queue that AWS does not take. Sources: `RedrivePolicy` in the Amazon SQS API Reference; "Amazon SNS dead-letter queues" in the
 * Amazon SNS Developer Guide; "Using dead-letter queues to process undelivered events" in the Amazon EventBridge User Guide.
 */
export function checkDeadLetterQueue(scope: Construct, deadLetterQueue: sqs.IQueue | undefined, fifo = false, places?: Place[]): void {
  if (!deadLetterQueue) { return; }
  const away = elsewhere(scope, deadLetterQueue, places);
  if (away) {
    throw problem(scope, 'DEAD_LETTER_QUEUE', {
      property: 'deadLetterQueue', given: `${deadLetterQueue.node.path} of the ${away.place} ${away.other}`, accepted: `a queue of the ${away.place} of the stack, ${away.own}`,
    });
  }
  if (deadLetterQueue.fifo === fifo) { return; }
  throw problem(scope, 'DEAD_LETTER_QUEUE', {
    property: 'deadLetterQueue', given: `a ${fifo ? 'standard' : 'FIFO'} queue (${deadLetterQueue.node.path})`, accepted: fifo ? 'a FIFO queue, as what it belongs to is' : 'a standard queue',
  });
}
