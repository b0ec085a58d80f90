/** Defines how the host takes invocations from queues of SQS. */
/* eslint-disable @typescript-eslint/no-require-imports -- a require() is a bundle of its own, loaded when it is first needed */
import { describeAwsError } from './aws-error';
import { HostError, tell } from './errors';
import { s3Setting } from './s3-location';
import type { ServingSource } from './serving';
import type { HostSettings } from './settings';
import { GRACE_MS, MAX_EVENT_BYTES, type Invoker } from '../core/invoker';
import { QueueSource } from '../sources/queue/queue-source';
import { queueSettings, type QueueSettings } from '../sources/queue/settings';
import { SqsQueue, sqsClient } from '../sources/queue/sqs-client';
import { TaskProtection } from '../sources/queue/task-protection';

const OPERATIONS = { receive: 'cannot receive messages', keep: 'cannot keep messages invisible that are worked on' } as const;

export function queueSource(invoker: Invoker, settings: HostSettings): ServingSource {
  const { workers, maxConcurrency } = settings;
  const queues = readSettings();
  const clients = new Map(queues.map(({ region }) => [region, sqsClient(region)]));
  const shared = settings.ownBootstrap && maxConcurrency > 1;
  const source = new QueueSource({
    queues,
    capacity: shared ? maxConcurrency : workers * maxConcurrency,
    invoker,
    protection: protectionOf(settings),
    clientOf: ({ region, url }) => new SqsQueue(clients.get(region)!, url),
    readBody,
    describe: ({ name }, operation, error) => new HostError('QUEUE_UNUSABLE', `queue ${name}: ${OPERATIONS[operation]}: ${describeAwsError(error)}`).message,
    log: tell,
  });
  return {
    listen: async () => {},
    ready: () => {
      source.start();
      return queues.map(({ url }) => url).join(', ');
    },
    drain: () => source.drain(),
  };
}

function readSettings(): QueueSettings[] {
  try {
    return queueSettings(process.env);
  } catch (error) {
    throw new HostError('SETTING_INVALID', (error as Error).message);
  }
}

/** Whether an invocation may take longer than a stop leaves it. */
export function mayOutlastStop({ timeoutMs, stopTimeoutMs }: Pick<HostSettings, 'timeoutMs' | 'stopTimeoutMs'>): boolean {
  return timeoutMs > stopTimeoutMs - GRACE_MS;
}

/** Nothing where the stop timeout is long enough for every invocation. */
function protectionOf(settings: HostSettings): TaskProtection | undefined {
  const { taskProtection, ecsAgentUri, timeoutMs } = settings;
  if (!taskProtection || !mayOutlastStop(settings)) return undefined;
  if (ecsAgentUri) return new TaskProtection({ agentUri: ecsAgentUri, workMs: timeoutMs, log: tell });
  tell('there is no agent of ECS (ECS_AGENT_URI): the task is not protected');
  return undefined;
}

async function readBody(uri: string): Promise<string> {
  const { readObject } = require('./s3-object') as typeof import('./s3-object');
  const location = s3Setting({ uri }, 'uri')!;
  const content = await readObject(location, MAX_EVENT_BYTES).catch((error) => {
    throw new Error(`its body is in ${uri}, which cannot be read: ${describeAwsError(error)}`);
  });
  if (!content) throw new Error(`its body in ${uri} is over ${MAX_EVENT_BYTES} bytes`);
  return content.toString();
}
