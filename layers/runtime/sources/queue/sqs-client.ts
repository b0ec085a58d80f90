/** Defines SQS by AWS's own client: credentials from where every AWS SDK takes them, on ECS the role of the task. */
import {
  ChangeMessageVisibilityBatchCommand, DeleteMessageBatchCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient,
  type BatchResultErrorEntry,
} from '@aws-sdk/client-sqs';
import type { Message, QueueClient, Refusal } from './message';

const CONNECTION_MS = 5_000;
/** A receive may wait for 20 seconds. */
const SILENCE_MS = 40_000;
/** Receives that wait must not keep other requests from a connection. */
const MOST_CONNECTIONS = 1_000;

/** One for the queues of a region. */
export function sqsClient(region: string, environment: NodeJS.ProcessEnv = process.env): SQSClient {
  const endpoint = environment.AWS_ENDPOINT_URL_SQS || environment.AWS_ENDPOINT_URL;
  const agent = { maxSockets: MOST_CONNECTIONS, keepAlive: true };
  return new SQSClient({
    region,
    requestHandler: { connectionTimeout: CONNECTION_MS, socketTimeout: SILENCE_MS, httpAgent: agent, httpsAgent: agent },
    // A queue's URL says where its server is; another server than AWS's may go by another name here.
    ...(endpoint && { endpoint }),
  });
}

export class SqsQueue implements QueueClient {
  constructor(private readonly client: SQSClient, private readonly url: string) {}

  async visibilityTimeout(): Promise<number> {
    const { Attributes } = await this.client.send(new GetQueueAttributesCommand({ QueueUrl: this.url, AttributeNames: ['VisibilityTimeout'] }));
    return Number(Attributes?.VisibilityTimeout ?? 30);
  }

  async receive(most: number, waitSeconds: number, visibilitySeconds: number, signal: AbortSignal): Promise<Message[]> {
    const { Messages = [] } = await this.client.send(new ReceiveMessageCommand({
      QueueUrl: this.url,
      MaxNumberOfMessages: most,
      WaitTimeSeconds: waitSeconds,
      VisibilityTimeout: visibilitySeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }), { abortSignal: signal });
    return Messages.map((message) => ({ ...message, MessageId: message.MessageId!, ReceiptHandle: message.ReceiptHandle!, Body: message.Body ?? '' }));
  }

  async remove(messages: readonly Message[]): Promise<Refusal<Message>[]> {
    const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    const { Failed } = await this.client.send(new DeleteMessageBatchCommand({ QueueUrl: this.url, Entries }));
    return refusals(messages, Failed);
  }

  async changeVisibility(messages: readonly Message[], seconds: number): Promise<Refusal<Message>[]> {
    const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: seconds }));
    const { Failed } = await this.client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.url, Entries }));
    return refusals(messages, Failed);
  }
}

function refusals(messages: readonly Message[], failed: readonly BatchResultErrorEntry[] = []): Refusal<Message>[] {
  return failed.map(({ Id, Code, Message: text, SenderFault }) => ({
    message: messages[Number(Id)],
    reason: `${Code}${text ? `: ${text}` : ''}`,
    final: SenderFault === true,
  }));
}
