/** Defines the SQS of this machine: a server that is not AWS's, in which the queues of the app are made as their templates say. */
import { CreateQueueCommand, GetQueueAttributesCommand, GetQueueUrlCommand, QueueDoesNotExist, SQSClient } from '@aws-sdk/client-sqs';
import { queueIn, type KnownQueue } from './queue-names';
import { DEFAULT_REGION } from '../../../layers/runtime/core/made-up';
import { describeAwsError } from '../../../layers/runtime/host/aws-error';
import type { Assembly } from '../assembly';
import { CliError } from '../errors';
import { textOf } from '../template-values';

/** What SQS and its substitutes have for queues. Source: `CreateQueue` in the Amazon SQS API Reference. */
const PLAIN = ['VisibilityTimeout', 'DelaySeconds', 'ContentBasedDeduplication'] as const;
/** Servers on this machine take any. */
const NO_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** Where AWS_ENDPOINT_URL_SQS, or AWS_ENDPOINT_URL, leads; nothing where that is AWS itself, whose queues are for those who are deployed there. */
export function queueEndpoint(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const endpoint = environment.AWS_ENDPOINT_URL_SQS || environment.AWS_ENDPOINT_URL;
  if (!endpoint || !URL.canParse(endpoint)) return undefined;
  return /(^|\.)(amazonaws\.com(\.cn)?|api\.aws)$/.test(new URL(endpoint).hostname) ? undefined : endpoint;
}

export function localCredentials(environment: NodeJS.ProcessEnv = process.env): typeof NO_CREDENTIALS | undefined {
  return environment.AWS_ACCESS_KEY_ID ? undefined : NO_CREDENTIALS;
}

interface Redrive {
  readonly name: string;
  readonly arn: string;
  readonly receives: number;
}

export class QueueServer {
  private readonly clients = new Map<string, SQSClient>();
  /** By name: several functions can have the same. */
  private readonly urls = new Map<string, Promise<string>>();

  /** @param tell told of each queue that is made */
  constructor(readonly endpoint: string, private readonly tell: (line: string) => void) {}

  client(region = DEFAULT_REGION): SQSClient {
    const client = this.clients.get(region) ?? new SQSClient({ region, endpoint: this.endpoint, credentials: localCredentials(), maxAttempts: 1 });
    this.clients.set(region, client);
    return client;
  }

  /** That of the queue's region. */
  clientOf({ arn }: KnownQueue): SQSClient {
    return this.client(arn.split(':')[3]);
  }

  /** What is told when the server does not do what it is asked for. */
  unusable({ name }: KnownQueue, error: unknown): CliError {
    return error instanceof CliError ? error : new CliError('QUEUE_UNUSABLE', `the queue ${name} at ${this.endpoint}: ${describeAwsError(error)}`);
  }

  /** The URL of a queue, which is made when there is none of its name. */
  urlOf(queue: KnownQueue, assembly: Assembly): Promise<string> {
    const url = this.urls.get(queue.name) ?? this.find(queue, assembly);
    this.urls.set(queue.name, url);
    // It is tried again.
    url.catch(() => this.urls.delete(queue.name));
    return url;
  }

  close(): void {
    for (const client of this.clients.values()) client.destroy();
  }

  private async find(queue: KnownQueue, assembly: Assembly): Promise<string> {
    const client = this.clientOf(queue);
    try {
      return (await client.send(new GetQueueUrlCommand({ QueueName: queue.name }))).QueueUrl!;
    } catch (error) {
      // Of another server than AWS's the name of the error may be its older one.
      const { name } = error as Error;
      if (!(error instanceof QueueDoesNotExist) && !/QueueDoesNotExist|NonExistentQueue/.test(name)) throw error;
    }
    const Attributes: Record<string, string> = {};
    const fifo = queue.name.endsWith('.fifo');
    if (fifo) Attributes.FifoQueue = 'true';
    const words = fifo ? ['FIFO'] : [];
    const properties = queue.resource?.resource.Properties ?? {};
    for (const name of PLAIN) {
      const value = queue.resource && textOf(properties[name], queue.resource.stack);
      if (value !== undefined) Attributes[name] = value;
    }
    if (Attributes.VisibilityTimeout !== undefined) words.push(`visibility timeout ${Attributes.VisibilityTimeout} s`);
    const redrive = queue.resource && await this.redriveOf(properties.RedrivePolicy, queue, assembly);
    if (redrive) {
      Attributes.RedrivePolicy = JSON.stringify({ deadLetterTargetArn: redrive.arn, maxReceiveCount: redrive.receives });
      words.push(`to ${redrive.name} after ${redrive.receives} receive${redrive.receives === 1 ? '' : 's'}`);
    }
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: queue.name, Attributes }));
    this.tell(`the queue ${queue.name} was not at ${this.endpoint} and has been made${words.length > 0 ? `: ${words.join(', ')}` : ''}`);
    return QueueUrl!;
  }

  private async redriveOf(policy: any, { resource }: KnownQueue, assembly: Assembly): Promise<Redrive | undefined> {
    const target = policy && queueIn(policy.deadLetterTargetArn, resource!.stack, assembly);
    if (!target) return undefined;
    const url = await this.urlOf(target, assembly);
    // The account that the server makes up is its own.
    const { Attributes } = await this.clientOf(target).send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }));
    return { name: target.name, arn: Attributes!.QueueArn!, receives: Number(policy.maxReceiveCount) };
  }
}
