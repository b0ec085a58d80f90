/** Defines how messages become events: alone or as a batch, and a batch in as many events as its size needs. */
import { groupOf, type Message } from './message';
import { isSingle, type QueueEvent, type QueueSettings } from './settings';
import { snsEvent } from './sns-event';
import { sqsRecord } from './sqs-record';
import { MAX_EVENT_BYTES } from '../../core/invoker';

/** A message that is to be delivered. */
export interface Item {
  readonly message: Message;
  /** Its part of the event, as JSON text: the whole one where a message is an invocation of its own. */
  readonly text: string;
  readonly bytes: number;
  /** What an answer of the handler names it by. */
  readonly identifier?: string;
  readonly group?: string;
}

/** What happens with a message: it is delivered, is nothing for the handler and deleted, or cannot be delivered and is left to the queue. */
export type Sorted = { readonly item: Item } | { readonly unwanted: true } | { readonly undeliverable: string };

const HEAD = '{"Records":[';
const TAIL = ']}';
/** A comma. */
const BETWEEN = 1;

export function sorted(message: Message, queue: QueueSettings): Sorted {
  const record = sqsRecord(message, queue);
  if (queue.filter && !queue.filter(record)) return { unwanted: true };
  switch (queue.event) {
    case 'sqs': return delivered(queue, message, JSON.stringify(record), message.MessageId);
    case 'sns': {
      const event = snsEvent(message.Body);
      return event ? delivered(queue, message, JSON.stringify(event)) : { undeliverable: 'it is no notification of SNS (is raw message delivery on?)' };
    }
    case 'body': {
      const body = parsed(message.Body);
      if (body === undefined) return { undeliverable: 'its body is not JSON' };
      return isTestEvent(body.value) ? { unwanted: true } : delivered(queue, message, message.Body);
    }
    case 'records': {
      const body = parsed(message.Body);
      if (typeof body?.value !== 'object' || body.value === null) return { undeliverable: 'its body is no record of a stream' };
      return delivered(queue, message, message.Body, sequenceNumberOf(body.value));
    }
  }
}

function delivered(queue: QueueSettings, message: Message, text: string, identifier?: string): Sorted {
  const bytes = Buffer.byteLength(text);
  if (bytes + (isSingle(queue.event) ? 0 : HEAD.length + TAIL.length) > MAX_EVENT_BYTES) return { undeliverable: `its event would be over ${MAX_EVENT_BYTES} bytes` };
  return { item: { message, text, bytes, identifier, group: queue.fifo ? groupOf(message) : undefined } };
}

/** As many of the first items as one event may have. */
export function nextBatch(event: QueueEvent, items: readonly Item[]): readonly Item[] {
  if (isSingle(event)) return items.slice(0, 1);
  let bytes = HEAD.length + TAIL.length - BETWEEN;
  const end = items.findIndex((item) => (bytes += item.bytes + BETWEEN) > MAX_EVENT_BYTES);
  return end < 0 ? items : items.slice(0, end);
}

export function eventOf(event: QueueEvent, items: readonly Item[]): string {
  return isSingle(event) ? items[0].text : `${HEAD}${items.map(({ text }) => text).join(',')}${TAIL}`;
}

/** What goes on side by side: messages that are invocations of their own. The events of a batch come one after the other. */
export function lanesOf(event: QueueEvent, items: readonly Item[]): readonly (readonly Item[])[] {
  if (isSingle(event)) return items.map((item) => [item]);
  return items.length > 0 ? [items] : [];
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** S3 sends it once, when notifications are set up; a Lambda function never sees it. */
function isTestEvent(body: unknown): boolean {
  return (body as { Event?: unknown } | null)?.Event === 's3:TestEvent';
}

function sequenceNumberOf(record: object): string | undefined {
  const { dynamodb, kinesis } = record as { dynamodb?: { SequenceNumber?: string }; kinesis?: { sequenceNumber?: string } };
  return dynamodb?.SequenceNumber ?? kinesis?.sequenceNumber;
}
