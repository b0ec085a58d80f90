/** Defines the settings of the queue source: which queues, and how their messages become invocations. */
import { parseFilters, type Filter } from './filter';
import { SettingError, type Environment } from '../../core/settings';

const NAME = 'HYBRID_QUEUES';

/** Of what a message is: one of a batch in Lambda's `SQSEvent`, an envelope of SNS, an event itself, a record of a stream. */
export const QUEUE_EVENTS = ['sqs', 'sns', 'body', 'records'] as const;
export type QueueEvent = (typeof QUEUE_EVENTS)[number];

/** Those whose messages are invocations of their own: AWS's services deliver one record per invocation. */
export function isSingle(event: QueueEvent): boolean {
  return event === 'sns' || event === 'body';
}

export interface QueueSettings {
  readonly url: string;
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  readonly fifo: boolean;
  readonly event: QueueEvent;
  /** The most messages of an invocation. */
  readonly batchSize: number;
  /** How long a batch may be collected. */
  readonly windowMs: number;
  /** The most invocations at once. @default - what the invoker can carry */
  readonly maxConcurrency?: number;
  /** Whether the handler's answer may name messages that failed. */
  readonly reportBatchItemFailures: boolean;
  /** Which messages are delivered; others are deleted. @default - all */
  readonly filter?: Filter;
}

/** Source: "Amazon SQS queues" in the AWS Lambda API reference, CreateEventSourceMapping: BatchSize, MaximumBatchingWindowInSeconds. */
const MOST_OF_A_BATCH = 10_000;
const MOST_OF_A_FIFO_BATCH = 10;
const MOST_OF_A_WINDOW_SECONDS = 300;

const ENTRY_NAMES = ['url', 'arn', 'event', 'batchSize', 'maxBatchingWindow', 'maxConcurrency', 'reportBatchItemFailures', 'filters'];

export function queueSettings(environment: Environment): QueueSettings[] {
  const given = environment.HYBRID_QUEUES;
  if (!given) throw new SettingError(NAME, given ?? '', 'a JSON array of queues where HYBRID_SOURCES has queue');
  let entries: unknown;
  try {
    entries = JSON.parse(given);
  } catch (error) {
    throw new SettingError(NAME, given, `JSON (${(error as Error).message})`);
  }
  if (!Array.isArray(entries) || entries.length === 0) throw new SettingError(NAME, given, 'a JSON array of at least one queue');
  const queues = entries.map((entry, index) => queueOf(entry, index));
  const twice = queues.find(({ arn }, index) => queues.findIndex((other) => other.arn === arn) !== index);
  if (twice) throw new SettingError(NAME, twice.arn, 'queues that differ');
  return queues;
}

function queueOf(entry: unknown, index: number): QueueSettings {
  const at = `${NAME}[${index}]`;
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) throw new SettingError(at, JSON.stringify(entry), 'an object with url and arn');
  const given = entry as Record<string, unknown>;
  const unknown = Object.keys(given).find((name) => !ENTRY_NAMES.includes(name));
  if (unknown !== undefined) throw new SettingError(at, unknown, `an object of ${ENTRY_NAMES.join(', ')}`);
  const url = textOf(given.url, `${at}.url`, /^https?:\/\/[^/]+\/./, 'the URL of a queue');
  const arn = textOf(given.arn, `${at}.arn`, /^arn:[^:]+:sqs:[^:]+:\d+:[^:]+$/, 'the ARN of a queue');
  const [, , , region, , name] = arn.split(':');
  const fifo = name.endsWith('.fifo');
  const event = given.event ?? 'sqs';
  if (!QUEUE_EVENTS.includes(event as QueueEvent)) throw new SettingError(`${at}.event`, String(event), `one of ${QUEUE_EVENTS.join(', ')}`);
  const report = given.reportBatchItemFailures ?? false;
  if (typeof report !== 'boolean') throw new SettingError(`${at}.reportBatchItemFailures`, JSON.stringify(report), 'true or false');
  return {
    url,
    arn,
    name,
    region,
    fifo,
    event: event as QueueEvent,
    batchSize: numberOf(given.batchSize, `${at}.batchSize`, 10, 1, fifo ? MOST_OF_A_FIFO_BATCH : MOST_OF_A_BATCH),
    windowMs: 1000 * numberOf(given.maxBatchingWindow, `${at}.maxBatchingWindow`, 0, 0, fifo ? 0 : MOST_OF_A_WINDOW_SECONDS),
    maxConcurrency: given.maxConcurrency === undefined ? undefined : numberOf(given.maxConcurrency, `${at}.maxConcurrency`, 1, 1, 10_000),
    reportBatchItemFailures: report,
    filter: filterOf(given.filters, `${at}.filters`),
  };
}

function textOf(given: unknown, name: string, form: RegExp, accepted: string): string {
  if (typeof given !== 'string' || !form.test(given)) throw new SettingError(name, String(given ?? ''), accepted);
  return given;
}

function numberOf(given: unknown, name: string, standard: number, least: number, most: number): number {
  if (given === undefined) return standard;
  if (!Number.isInteger(given) || (given as number) < least || (given as number) > most) {
    throw new SettingError(name, JSON.stringify(given), most === least ? `${most} for a FIFO queue` : `a whole number from ${least} to ${most}`);
  }
  return given as number;
}

function filterOf(given: unknown, name: string): Filter | undefined {
  if (given === undefined) return undefined;
  if (!Array.isArray(given) || given.some((pattern) => typeof pattern !== 'string')) throw new SettingError(name, JSON.stringify(given), 'a list of patterns, each as JSON text');
  try {
    return given.length === 0 ? undefined : parseFilters(given as string[]);
  } catch (error) {
    throw new SettingError(name, JSON.stringify(given), `patterns of Lambda's event filtering (${(error as Error).message})`);
  }
}
