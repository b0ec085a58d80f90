/** Defines how queues trigger functions and services here: from a server on this machine, by the poller of the host. */
import { hostQueues, queueIn, type HostQueue, type KnownQueue } from './queue-names';
import { localCredentials, queueEndpoint, QueueServer } from './queue-server';
import { functionError, type InvocationResult, type InvokeRequest } from '../../../layers/runtime/core/invoker';
import { backOffMs, pause } from '../../../layers/runtime/sources/queue/back-off';
import { QueueSource } from '../../../layers/runtime/sources/queue/queue-source';
import { queueSettings } from '../../../layers/runtime/sources/queue/settings';
import { SqsQueue } from '../../../layers/runtime/sources/queue/sqs-client';
import type { Assembly } from '../assembly';
import type { Container } from '../containers/containers';
import { tell } from '../errors';
import { functionsOf, type LambdaFunction } from '../functions';
import { Called } from '../routes/called';
import { resourcesOf, type Named } from '../template-resources';
import { textOf } from '../template-values';

type Invoke = (name: string, request: InvokeRequest) => Promise<InvocationResult>;

/** A function that takes messages of a queue, and how. */
interface Mapping {
  readonly function: LambdaFunction;
  readonly queue: KnownQueue;
  readonly entry: object;
}

interface Polling {
  readonly definition: string;
  readonly stopped: AbortController;
  readonly over: Promise<void>;
}

export class LocalQueues {
  private readonly server?: QueueServer;
  private readonly polling = new Map<string, Polling>();
  private told = '';

  constructor(private readonly invoke: Invoke) {
    const endpoint = queueEndpoint();
    if (endpoint) this.server = new QueueServer(endpoint, tell);
  }

  /** Takes the app as it is now; what has not changed goes on. */
  async take(assembly: Assembly): Promise<void> {
    const mappings = mappingsOf(assembly);
    if (!this.server) {
      const line = mappings.length > 0 ? notTaken(mappings) : '';
      if (line && line !== this.told) tell(line);
      this.told = line;
      return;
    }
    const wanted = new Map(mappings.map((mapping) => [`${mapping.function.name} ${mapping.queue.name}`, mapping]));
    const definitionOf = ({ function: of, queue, entry }: Mapping): string => JSON.stringify([entry, queue.arn, of.maxConcurrency]);
    for (const [key, { definition, stopped, over }] of [...this.polling]) {
      const mapping = wanted.get(key);
      if (mapping && definitionOf(mapping) === definition) continue;
      stopped.abort();
      this.polling.delete(key);
      await over;
    }
    for (const [key, mapping] of wanted) {
      if (this.polling.has(key)) continue;
      const stopped = new AbortController();
      this.polling.set(key, { definition: definitionOf(mapping), stopped, over: this.poll(mapping, assembly, stopped.signal) });
    }
  }

  /** Takes no more messages; settles when those that were taken are done with. */
  async stop(): Promise<void> {
    for (const { stopped } of this.polling.values()) stopped.abort();
    await Promise.all([...this.polling.values()].map(({ over }) => over));
    this.server?.close();
  }

  /** What the host of a service is told here, in the place of what only a deployment knows. */
  async environmentOf(of: Container, assembly: Assembly, hostName: () => Promise<string | undefined>): Promise<Record<string, string>> {
    const queues = hostQueues(of, assembly);
    if (queues.length === 0) return {};
    const without = { HYBRID_QUEUES: '[]', HYBRID_SOURCES: of.sources.filter((source) => source !== 'queue').join(',') };
    const { server } = this;
    if (!server) {
      tell(`${of.name}: ${notTaken(queues)}`);
      return without;
    }
    try {
      const withUrl = async ({ entry, queue }: HostQueue): Promise<object> =>
        ({ ...entry, arn: queue.arn, url: await server.urlOf(queue, assembly) });
      const entries = await Promise.all(queues.map(withUrl));
      const credentials = localCredentials();
      return {
        HYBRID_QUEUES: JSON.stringify(entries),
        AWS_ENDPOINT_URL_SQS: await seenFromContainer(server.endpoint, hostName),
        ...credentials && { AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey },
      };
    } catch (error) {
      this.report(queues[0].queue, error);
      return without;
    }
  }

  private async poll({ function: of, queue, entry }: Mapping, assembly: Assembly, signal: AbortSignal): Promise<void> {
    const url = await this.found(queue, assembly, signal);
    if (url === undefined) return;
    let queues;
    try {
      queues = queueSettings({ HYBRID_QUEUES: JSON.stringify([{ ...entry, url, arn: queue.arn }]) });
    } catch (error) {
      return tell(`${of.name}: messages of ${queue.name} are not taken: ${(error as Error).message}`);
    }
    const source = new QueueSource({
      queues,
      capacity: of.maxConcurrency,
      invoker: { healthy: true, invoke: (request) => this.invoked(of.name, request) },
      clientOf: ({ region }) => new SqsQueue(this.server!.client(region), url),
      readBody: () => Promise.reject(new Error('its body is in S3')),
      describe: (_queue, _operation, error) => this.problem(queue, error),
      log: tell,
    });
    process.stdout.write(`${of.name}  takes messages of ${queue.name} at ${this.server!.endpoint}\n`);
    source.start();
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    await source.drain();
  }

  /** The server may be started after us. */
  private async found(queue: KnownQueue, assembly: Assembly, signal: AbortSignal): Promise<string | undefined> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        return await this.server!.urlOf(queue, assembly);
      } catch (error) {
        if (attempt === 0) this.report(queue, error);
        await pause(backOffMs(attempt), signal);
      }
    }
    return undefined;
  }

  /** A function that cannot be started is one that fails: its messages come again when their visibility timeout ends, and not at once. */
  private async invoked(name: string, request: InvokeRequest): Promise<InvocationResult> {
    try {
      return await this.invoke(name, request);
    } catch (error) {
      const { payload, errorType } = functionError('Runtime.Unknown', (error as Error).message);
      return { requestId: request.requestId ?? '', functionError: 'Unhandled', errorType, payload, contentType: 'application/json', logs: () => '' };
    }
  }

  private report(queue: KnownQueue, error: unknown): void {
    tell(this.problem(queue, error));
  }

  private problem(queue: KnownQueue, error: unknown): string {
    return this.server!.unusable(queue, error).message;
  }
}

function mappingsOf(assembly: Assembly): Mapping[] {
  const functions = functionsOf(assembly);
  const thing = new Called(assembly);
  return resourcesOf('AWS::Lambda::EventSourceMapping', assembly.stacks).flatMap((mapping) => {
    const properties = propertiesOf(mapping);
    const queue = queueIn(properties.EventSourceArn, mapping.stack, assembly);
    const name = thing.functionIn(properties.FunctionName, mapping)?.name;
    const called = functions.find((each) => each.name === name);
    if (!queue || !called || String(properties.Enabled) === 'false') return [];
    const patterns = ((properties.FilterCriteria?.Filters ?? []) as { Pattern: unknown }[]).map(({ Pattern }) => textOf(Pattern, mapping.stack));
    const entry = {
      batchSize: properties.BatchSize,
      maxBatchingWindow: properties.MaximumBatchingWindowInSeconds,
      maxConcurrency: properties.ScalingConfig?.MaximumConcurrency,
      reportBatchItemFailures: (properties.FunctionResponseTypes ?? []).includes('ReportBatchItemFailures'),
      filters: patterns.length > 0 ? patterns : undefined,
    };
    return [{ function: called, queue, entry }];
  });
}

/** Also by a version or an alias. */

/** Where a container has a network of its own, the machine's loopback is not its own. @param hostName nothing where it has none */
async function seenFromContainer(endpoint: string, hostName: () => Promise<string | undefined>): Promise<string> {
  const url = new URL(endpoint);
  if (!/^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname)) return endpoint;
  const name = await hostName();
  if (name === undefined) return endpoint;
  url.hostname = name;
  return url.href.replace(/\/$/, '');
}

function notTaken(queues: readonly { readonly queue: KnownQueue }[]): string {
  const names = new Set(queues.map(({ queue: { name } }) => name));
  return `messages of ${[...names].join(', ')} are not taken: AWS_ENDPOINT_URL_SQS names no SQS server of your own`;
}

function propertiesOf({ resource }: Named): Record<string, any> {
  return resource.Properties ?? {};
}
