/** Defines how an event of a trigger gets to a service: by the queue that its host polls, in messages as the trigger's origin puts them there. */
import { createHash, randomUUID } from 'node:crypto';
import { SendMessageCommand, type MessageAttributeValue, type SendMessageRequest } from '@aws-sdk/client-sqs';
import { hostQueues, queueIn, type HostQueue } from './queue-names';
import { queueEndpoint, QueueServer } from './queue-server';
import type { Assembly } from '../assembly';
import type { Container } from '../containers/containers';
import { CliError, tell } from '../errors';
import { FORWARDER_VARIABLE } from '../names';
import { isSame, resourcesIn } from '../template-resources';
import type { FoundTrigger } from '../triggers';

type Properties = Record<string, any>;
type Body = Omit<SendMessageRequest, 'QueueUrl'>;

/** Nothing where requests trigger it. */
export function queueOfTrigger({ queue, connection, details }: FoundTrigger, called: Container, assembly: Assembly): HostQueue | undefined {
  const queues = hostQueues(called, assembly);
  if (queue) return queues.find((each) => each.queue.arn === queue.arn);
  if (!connection) return undefined;
  const target: unknown = details?.target ?? details ?? connection.resource.Properties;
  const ends = resourcesIn(target, connection.stack, assembly.stacks).flatMap((end) => {
    const forwardsTo: unknown = end.resource.Properties?.Environment?.Variables?.[FORWARDER_VARIABLE];
    return queueIn(forwardsTo, end.stack, assembly)?.resource ?? end;
  });
  return queues.find(({ queue: { resource } }) => resource && ends.some((end) => isSame(end, resource)));
}

export async function sendEvent(event: unknown, { entry, queue }: HostQueue, called: Container, assembly: Assembly): Promise<void> {
  const endpoint = queueEndpoint();
  if (!endpoint) {
    throw new CliError('QUEUE_SERVER_MISSING', `${called.name} takes this event from the queue ${queue.name}, and AWS_ENDPOINT_URL_SQS names no SQS server of your own`);
  }
  const messages = messagesOf(event, entry.event ?? 'sqs', queue.name.endsWith('.fifo'));
  const server = new QueueServer(endpoint, tell);
  try {
    const QueueUrl = await server.urlOf(queue, assembly);
    for (const message of messages) {
      const { MessageId } = await server.clientOf(queue).send(new SendMessageCommand({ QueueUrl, ...message }));
      tell(`the message ${MessageId} is in the queue ${queue.name} at ${endpoint}`);
    }
  } catch (error) {
    throw server.unusable(queue, error);
  } finally {
    server.close();
  }
}

/** @param as what the host makes of a message: the `event` of its queue */
function messagesOf(event: unknown, as: string, fifo: boolean): Body[] {
  const inOrder = (group: unknown, { MessageGroupId, MessageDeduplicationId }: Properties = {}): Partial<Body> => fifo ? {
    MessageGroupId: MessageGroupId ?? createHash('sha256').update(JSON.stringify(group)).digest('hex'),
    MessageDeduplicationId: MessageDeduplicationId ?? randomUUID(),
  } : {};
  switch (as) {
    case 'sqs': return recordsOf(event).map(({ body, messageAttributes, attributes }) => ({
      MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
      MessageAttributes: attributesOf(messageAttributes),
      ...inOrder('', attributes),
    }));
    case 'sns': return recordsOf(event).map(({ Sns = {} }) => ({ MessageBody: JSON.stringify(envelopeOf(Sns)), ...inOrder('') }));
    case 'records': return recordsOf(event).map((record) => ({ MessageBody: JSON.stringify(record), ...inOrder(record.dynamodb?.Keys ?? record.kinesis?.partitionKey) }));
    default: return [{ MessageBody: JSON.stringify(event), ...inOrder('') }];
  }
}

function recordsOf(event: unknown): Properties[] {
  const { Records: records } = event as Properties;
  if (Array.isArray(records) && records.every((record) => typeof record === 'object' && record !== null)) return records;
  throw new CliError('SET_INVALID', `Records must be an array of objects, got ${JSON.stringify(records)}`);
}

/** What SNS calls other names than Lambda does. Source: "Amazon SNS message and JSON formats" in the Amazon SNS Developer Guide. */
function envelopeOf({ SigningCertUrl, UnsubscribeUrl, Subject, ...same }: Properties): Properties {
  return { ...same, ...Subject !== null && { Subject }, SigningCertURL: SigningCertUrl, UnsubscribeURL: UnsubscribeUrl };
}

function attributesOf(attributes: Properties = {}): Record<string, MessageAttributeValue> {
  return Object.fromEntries(Object.entries(attributes).map(([name, { dataType, stringValue, binaryValue }]) => [name, {
    DataType: dataType, StringValue: stringValue, BinaryValue: binaryValue === undefined ? undefined : Buffer.from(binaryValue, 'base64'),
  }]));
}
