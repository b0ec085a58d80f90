/** Defines in which order messages are sent: those of a group one after the other, other groups beside them, and none after one that failed. */
import type { Entry } from './entries';

/** What SQS takes in one request, and of one message. Source: `SendMessageBatch` in the Amazon SQS API Reference. */
export const MOST_OF_A_REQUEST = 10;
export const MOST_BYTES = 1_048_576;

/** Of a message that could not be sent: why. */
export interface Failure<E> {
  readonly entry: E;
  readonly reason: string;
}

/** Sends messages of different groups at once; gives those that were not taken. */
export type Send<E> = (entries: readonly E[]) => Promise<readonly Failure<E>[]>;

export interface SendingOptions {
  /** Requests at once. */
  readonly lanes: number;
  /** No more is sent once this is so: the rest has failed. */
  readonly isLate: () => boolean;
}

/**
 * Gives those that were not sent. A request has one message of a group at most: SQS may take a later message of a request and not an earlier one, which
 * would be out of order then.
 */
export async function sendInOrder<E extends Pick<Entry, 'group' | 'body'>>(
  entries: readonly E[], send: Send<E>, { lanes, isLate }: SendingOptions,
): Promise<Failure<E>[]> {
  const groups = new Map<string, E[]>();
  for (const entry of entries) {
    const group = groups.get(entry.group);
    if (group) group.push(entry);
    else groups.set(entry.group, [entry]);
  }
  const waiting = [...groups.values()].map((group) => group.reverse());
  const failures: Failure<E>[] = [];

  const sendSome = async (): Promise<void> => {
    const taken = requestOf(waiting);
    const first = taken.map((group) => group.at(-1)!);
    const notTaken = isLate() ? first.map((entry) => ({ entry, reason: LATE })) : await send(first);
    const failed = new Map(notTaken.map((failure) => [failure.entry, failure]));
    for (const group of taken) {
      const failure = failed.get(group.at(-1)!);
      if (failure) {
        failures.push(failure, ...group.slice(0, -1).reverse().map((entry) => ({ entry, reason: HELD_BACK })));
        continue;
      }
      group.pop();
      if (group.length > 0) waiting.push(group);
    }
  };
  const lane = async (): Promise<void> => {
    while (waiting.length > 0) await sendSome();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return failures;
}

const LATE = 'there was no time left';
export const HELD_BACK = 'one before it, of the same key, was not sent';

/** Takes the groups of which a request has the first message each. The first fits always: a body that is larger is not sent itself. */
function requestOf<E extends Pick<Entry, 'body'>>(waiting: E[][]): E[][] {
  let bytes = 0;
  const end = waiting.slice(0, MOST_OF_A_REQUEST).findIndex((group, index) => (bytes += sizeOf(group.at(-1)!)) > MOST_BYTES && index > 0);
  return waiting.splice(0, end < 0 ? MOST_OF_A_REQUEST : end);
}

/** A larger one is put into a bucket, and a few characters in its place. */
export function sizeOf({ body }: Pick<Entry, 'body'>): number {
  const bytes = Buffer.byteLength(body);
  return bytes > MOST_BYTES ? IN_BUCKET_BYTES : bytes;
}

/** An attribute's name, type and value, with a name of a bucket and a key of the greatest length. */
const IN_BUCKET_BYTES = 512;
