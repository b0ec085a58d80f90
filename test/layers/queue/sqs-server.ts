/** Defines ElasticMQ for tests: an SQS with visibility timeouts, FIFO groups and dead letters of its own, used through AWS's own client. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateQueueCommand, DeleteMessageBatchCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageBatchCommand, SQSClient,
  type Message, type SendMessageBatchRequestEntry,
} from '@aws-sdk/client-sqs';

const REGION = 'eu-west-1';
const CREDENTIALS = { accessKeyId: 'x', secretAccessKey: 'x' };

export interface QueueProps {
  readonly fifo?: boolean;
  /** Seconds. @default 30 */
  readonly visibilityTimeout?: number;
  /** How often a message may be received before it goes to a dead-letter queue. @default - as often as it takes */
  readonly maxReceiveCount?: number;
}

export class TestQueue {
  /** Its dead-letter queue. */
  deadLetters?: TestQueue;

  constructor(private readonly client: SQSClient, readonly url: string, readonly arn: string) {}

  /** What the host is told of it. */
  entry(options: object = {}): object {
    return { url: this.url, arn: this.arn, ...options };
  }

  /** Ten at a time, in order. Bodies, or entries with more than a body. */
  async send(...messages: (string | Partial<SendMessageBatchRequestEntry>)[]): Promise<void> {
    for (let start = 0; start < messages.length; start += 10) {
      const Entries = messages.slice(start, start + 10).map((message, index) => ({
        Id: String(index), MessageBody: '{}', ...typeof message === 'string' ? { MessageBody: message } : message,
      }));
      const { Failed = [] } = await this.client.send(new SendMessageBatchCommand({ QueueUrl: this.url, Entries }));
      if (Failed.length > 0) throw new Error(`not sent: ${JSON.stringify(Failed)}`);
    }
  }

  /** To a group of a FIFO queue. */
  async sendTo(group: string, ...bodies: string[]): Promise<void> {
    await this.send(...bodies.map((MessageBody) => ({ MessageBody, MessageGroupId: group, MessageDeduplicationId: randomUUID() })));
  }

  /** How many messages there are: those that can be received, and those that somebody has received. */
  async count(): Promise<{ visible: number; inFlight: number }> {
    const { Attributes } = await this.client.send(new GetQueueAttributesCommand({ QueueUrl: this.url, AttributeNames: ['All'] }));
    return { visible: Number(Attributes!.ApproximateNumberOfMessages), inFlight: Number(Attributes!.ApproximateNumberOfMessagesNotVisible) };
  }

  async isEmpty(): Promise<boolean> {
    const { visible, inFlight } = await this.count();
    return visible + inFlight === 0;
  }

  /** All that can be received now; they are deleted, because others of their FIFO group come only then. */
  async takeAll(): Promise<Message[]> {
    const all: Message[] = [];
    for (;;) {
      const { Messages = [] } = await this.client.send(new ReceiveMessageCommand({
        QueueUrl: this.url, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All'], MessageAttributeNames: ['All'],
      }));
      if (Messages.length === 0) return all;
      all.push(...Messages);
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await this.client.send(new DeleteMessageBatchCommand({ QueueUrl: this.url, Entries }));
    }
  }
}

export class SqsServer {
  /**
   * @param program what `queueServer()` of the real parts gives
   * @param address where it listens: containers with a network of their own do not get to the loopback of this machine
   */
  static async start(program: string, address = '127.0.0.1'): Promise<SqsServer> {
    const directory = mkdtempSync(join(tmpdir(), 'cdk-hybrid-sqs-'));
    writeFileSync(join(directory, 'server.conf'), `
      include classpath("application.conf")
      generate-node-address = true
      rest-sqs { enabled = true, bind-port = 0, bind-hostname = "${address}", sqs-limits = strict }
      rest-stats { enabled = false }
      aws { region = ${REGION}, accountId = 123456789012 }
    `);
    const child = spawn(program, [join(directory, 'server.conf')], { stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const port = await new Promise<string>((resolve, reject) => {
      let text = '';
      const read = (chunk: string): void => {
        text += chunk;
        const found = /Started SQS rest server, bind address [^ ]*:(\d+)/.exec(text)?.[1];
        if (found) resolve(found);
      };
      child.stdout.setEncoding('utf8').on('data', read);
      child.stderr.setEncoding('utf8').on('data', read);
      child.once('exit', () => reject(new Error(`ElasticMQ ended: ${text}`)));
    });
    return new SqsServer(`http://127.0.0.1:${port}`, async () => {
      child.kill('SIGKILL');
      await exited;
      rmSync(directory, { recursive: true, force: true });
    });
  }

  readonly client: SQSClient;

  private constructor(readonly endpoint: string, private readonly end: () => Promise<void>) {
    this.client = new SQSClient({ endpoint, region: REGION, credentials: CREDENTIALS });
  }

  /** What a host needs to use it. */
  get environment(): Record<string, string> {
    return { AWS_ENDPOINT_URL_SQS: this.endpoint, AWS_REGION: REGION, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };
  }

  async queue({ fifo, visibilityTimeout = 30, maxReceiveCount }: QueueProps = {}): Promise<TestQueue> {
    const deadLetters = maxReceiveCount === undefined ? undefined : await this.queue({ fifo });
    const { QueueUrl } = await this.client.send(new CreateQueueCommand({
      QueueName: `${randomUUID()}${fifo ? '.fifo' : ''}`,
      Attributes: {
        VisibilityTimeout: String(visibilityTimeout),
        ...fifo && { FifoQueue: 'true' },
        ...deadLetters && { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount }) },
      },
    }));
    const { Attributes } = await this.client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    const queue = new TestQueue(this.client, QueueUrl!, Attributes!.QueueArn!);
    queue.deadLetters = deadLetters;
    return queue;
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.end();
  }
}

/** Waits until it is so. */
export async function until(what: string, condition: () => Promise<boolean> | boolean, seconds = 45): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${seconds} seconds: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
