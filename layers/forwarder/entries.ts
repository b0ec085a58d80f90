/** Defines what an event of a stream or a log group becomes: messages of a FIFO queue, each of the group of its key. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

/** A message that is to be sent. */
export interface Entry {
  /** Messages of a group keep their order. */
  readonly group: string;
  /** Sent twice within five minutes, it is one message. */
  readonly deduplication: string;
  readonly body: string;
  /** Its sequence number in the stream, by which AWS Lambda knows from where to go on. An event of a log group has none. */
  readonly identifier?: string;
}

/** The part of a record that is looked at. Source: "Using AWS Lambda with Amazon DynamoDB", "Using Lambda with Kinesis Data Streams" in the AWS Lambda Developer Guide. */
interface StreamRecord {
  readonly eventID: string;
  readonly dynamodb?: { readonly Keys: Readonly<Record<string, object>>; readonly SequenceNumber: string };
  readonly kinesis?: { readonly partitionKey: string; readonly sequenceNumber: string };
}

/** Source: "Subscription filters with AWS Lambda" in the Amazon CloudWatch Logs User Guide. */
export interface LogsEvent {
  readonly awslogs: { readonly data: string };
}

export interface StreamEvent {
  readonly Records: readonly StreamRecord[];
}

export function entriesOf(event: StreamEvent | LogsEvent): Entry[] {
  if ('awslogs' in event) return [logsEntry(event)];
  if (Array.isArray(event.Records)) return event.Records.map(recordEntry);
  throw new Error('the event is neither one of a stream nor one of a log group');
}

function recordEntry(record: StreamRecord): Entry {
  const { dynamodb, kinesis } = record;
  if (dynamodb) return entry(canonical(dynamodb.Keys), record, dynamodb.SequenceNumber);
  if (kinesis) return entry(kinesis.partitionKey, record, kinesis.sequenceNumber);
  throw new Error('a record is neither one of DynamoDB nor one of Kinesis');
}

function entry(key: string, record: StreamRecord, identifier: string): Entry {
  return { group: sha256(key), deduplication: sha256(record.eventID), body: messageText(record), identifier };
}

/** The events of a log stream keep their order. */
function logsEntry(event: LogsEvent): Entry {
  const { data } = event.awslogs;
  const { logGroup, logStream } = JSON.parse(gunzipSync(Buffer.from(data, 'base64')).toString()) as { logGroup?: string; logStream?: string };
  return { group: sha256(`${logGroup}:${logStream}`), deduplication: sha256(data), body: messageText(event) };
}

/** The same text for the same key, in whatever order its attributes come. */
function canonical(keys: Readonly<Record<string, object>>): string {
  return JSON.stringify(Object.keys(keys).sort().map((name) => [name, keys[name]]));
}

/** JSON of the characters that SQS takes: these two it does not, and JSON leaves them as they are. Source: `SendMessageBatch` in the Amazon SQS API Reference. */
function messageText(value: object): string {
  return JSON.stringify(value).replace(/[\uFFFE\uFFFF]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}

/** Names of groups are 128 characters of ASCII at most; a key may be anything. */
function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
