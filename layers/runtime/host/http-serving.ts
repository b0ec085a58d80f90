/** Defines how the host serves HTTP: itself, or by its worker threads, each with connections of its own. */
import { tell } from './errors';
import { InvokerCarrier } from './http-carrier';
import { httpSettings } from './http-settings';
import { Refusals } from './refusals';
import type { ServingSource } from './serving';
import type { HostSettings } from './settings';
import type { Invoker } from '../core/invoker';
import type { SharedInvoker } from '../invokers/shared-invoker';
import { HttpSource } from '../sources/http/http-source';
import type { HttpSettings } from '../sources/http/settings';

/** Calls that wait in the invoker for each bootstrap, so that one which is free is given the next at once. */
const AHEAD = 1;

export function httpSource(invoker: Invoker, settings: HostSettings): ServingSource {
  const http = httpSettings(settings.memoryMiB, 1);
  if (!('servesHttp' in invoker)) return byHost(settings, sourceFor(invoker, settings.workers * (settings.maxConcurrency + AHEAD), http));
  const shared = invoker as SharedInvoker;
  const source = (): HttpSource => sourceFor(shared, settings.maxConcurrency, http);
  return shared.servesHttp ? byThreads(shared, source) : byHost(settings, source());
}

function sourceFor(invoker: Invoker, capacity: number, settings: HttpSettings): HttpSource {
  return new HttpSource({ carrier: new InvokerCarrier(invoker, capacity), settings, log: tell, onRefused: new Refusals().count });
}

function byHost({ port }: HostSettings, source: HttpSource): ServingSource {
  let url: string;
  return {
    listen: async () => { url = await source.listen({ port }); },
    ready: () => {
      source.ready();
      return url;
    },
    drain: () => source.drain(),
  };
}

/** While no thread listens, as when the only one has crashed, the host does: what comes waits for the next thread. */
function byThreads(invoker: SharedInvoker, newSource: () => HttpSource): ServingSource {
  const standIns = new Set<HttpSource>();
  let current: HttpSource | undefined;
  let draining = false;

  const standIn = async (port: number): Promise<void> => {
    const source = newSource();
    current = source;
    standIns.add(source);
    try {
      await source.listen({ port, reusePort: true });
      source.ready();
    } catch (error) {
      tell(`nothing listens on port ${port} until a thread has started: ${(error as Error).message}`);
    }
  };
  const step = (someone: boolean): void => {
    if (draining || someone !== (current !== undefined)) return;
    if (!someone) return void standIn(Number(new URL(invoker.address!).port));
    const source = current!;
    current = undefined;
    void source.retire().then(() => standIns.delete(source));
  };
  return {
    // The threads listen once their handler is initialized.
    listen: async () => {},
    ready: () => {
      invoker.onListening = step;
      return invoker.address!;
    },
    drain: async () => {
      draining = true;
      await Promise.all([invoker.drainHttp(), ...[...standIns].map((source) => source.drain())]);
    },
  };
}
