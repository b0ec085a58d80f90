/** Defines how messages get into the queue, and what is too large for it into a bucket. */
import { SendMessageBatchCommand, SQSClient, type SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import type { Entry } from './entries';
import { MOST_BYTES, type Failure } from './sending';

/** Where things go. */
export interface Destination {
  readonly queueUrl: string;
  /** For bodies that are too large for SQS. */
  readonly bucket: string;
}

/** What the host looks for where a body is not in the message. */
const S3_ATTRIBUTE = 'HybridS3Uri';

export class Queue {
  private readonly client = new SQSClient({ maxAttempts: 4, requestHandler: { connectionTimeout: 2_000, socketTimeout: 10_000 } });

  constructor(private readonly destination: Destination) {}

  /** In the order that is given. Gives those that were not taken. */
  async send(entries: readonly Entry[]): Promise<readonly Failure<Entry>[]> {
    const messages = await Promise.all(entries.map((entry, index) => this.message(entry, String(index))
      .catch((error: unknown) => ({ entry, reason: reasonOf(error) }))));
    const failures = messages.filter((message) => 'entry' in message);
    const Entries = messages.filter((message) => 'Id' in message);
    return Entries.length === 0 ? failures : [...failures, ...await this.request(entries, Entries)];
  }

  private async request(entries: readonly Entry[], Entries: SendMessageBatchRequestEntry[]): Promise<Failure<Entry>[]> {
    try {
      const { Failed = [] } = await this.client.send(new SendMessageBatchCommand({ QueueUrl: this.destination.queueUrl, Entries }));
      return Failed.map(({ Id, Code, Message }) => ({ entry: entries[Number(Id)], reason: `${Code}${Message ? `: ${Message}` : ''}` }));
    } catch (error) {
      return Entries.map(({ Id }) => ({ entry: entries[Number(Id)], reason: reasonOf(error) }));
    }
  }

  private async message(entry: Entry, Id: string): Promise<SendMessageBatchRequestEntry> {
    const { group, deduplication, body } = entry;
    const message = { Id, MessageGroupId: group, MessageDeduplicationId: deduplication };
    if (Buffer.byteLength(body) <= MOST_BYTES) return { ...message, MessageBody: body };
    const { bucket } = this.destination;
    const key = `${deduplication}.json`;
    // Few functions ever need this client.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { writeObject } = require('../runtime/host/s3-object') as typeof import('../runtime/host/s3-object');
    await writeObject({ bucket, key }, Buffer.from(body));
    return { ...message, MessageBody: '{}', MessageAttributes: { [S3_ATTRIBUTE]: { DataType: 'String', StringValue: `s3://${bucket}/${key}` } } };
  }
}

function reasonOf(error: unknown): string {
  const { name, message } = error as Error;
  return `${name}: ${message}`;
}
