/** Defines how the host serves HTTP: itself, for bootstraps in child processes, or by its worker threads, each with connections of its own. */
import { HostError, tell } from './errors';
import { InvokerCarrier } from './http-carrier';
import type { ServingSource } from './serving';
import type { HostSettings } from './settings';
import type { Invoker } from '../core/invoker';
import type { SharedInvoker } from '../invokers/shared-invoker';
import { HttpSource } from '../sources/http/http-source';
import { readHttpSettings, type HttpSettings } from '../sources/http/settings';

/** Calls that wait in the invoker for each bootstrap, so that one which is free is given the next at once. */
const AHEAD = 1;

export function httpSource(invoker: Invoker, settings: HostSettings): ServingSource {
  const http = checkedSettings();
  return 'drainHttp' in invoker ? byThreads(invoker as SharedInvoker) : byHost(invoker, settings, http);
}

function checkedSettings(): HttpSettings {
  try {
    return readHttpSettings(process.env);
  } catch (error) {
    throw new HostError('SETTING_INVALID', (error as Error).message);
  }
}

function byThreads(invoker: SharedInvoker): ServingSource {
  return {
    // They listen once their handler is initialized.
    listen: async () => {},
    ready: () => invoker.address!,
    drain: () => invoker.drainHttp(),
  };
}

function byHost(invoker: Invoker, { port, workers, maxConcurrency }: HostSettings, settings: HttpSettings): ServingSource {
  const source = new HttpSource({ carrier: new InvokerCarrier(invoker, workers * (maxConcurrency + AHEAD)), settings, log: tell });
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
