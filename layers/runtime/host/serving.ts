/** Defines how the host serves: its sources listen, the handler is initialized, and on SIGTERM what was accepted is finished. */
/* eslint-disable @typescript-eslint/no-require-imports -- a require() is a bundle of its own, loaded when it is first needed */
import { HostError, tell } from './errors';
import type * as HttpServingModule from './http-serving';
import { describeInitFailure } from './init-failure';
import type * as QueueServingModule from './queue-serving';
import type { HostSettings, SourceName } from './settings';
import { GRACE_MS, type Invoker } from '../core/invoker';
import type { Metrics } from '../core/metrics';
import type * as EmulatorModule from '../sources/emulator';

/** A way in for invocations. */
export interface ServingSource {
  listen(): Promise<void>;
  /** The handler is initialized. Gives the address, or the addresses of what it takes work from. */
  ready(): string;
  /** Takes no more work; settles when what it has taken is over. */
  drain(): Promise<void>;
}

export async function serve(invoker: Invoker, settings: HostSettings, stopRequested: Promise<void>, metrics: Metrics | undefined): Promise<number> {
  let stopping = false;
  void stopRequested.then(() => { stopping = true; });
  const sources = settings.sources.map((name) => opened(name, invoker, settings, metrics));
  await Promise.all(sources.map((source) => source.listen())).catch((error) => unusable(settings, error));
  const failure = await Promise.race([invoker.start(), stopRequested]).catch((error) => unusable(settings, error));
  if (failure) {
    tell(describeInitFailure(failure.payload));
    await invoker.stop(0, GRACE_MS);
    return 1;
  }
  if (!stopping) settings.sources.forEach((name, index) => tell(`${name} ${name === 'queue' ? 'receives from' : 'listens on'} ${sources[index].ready()}`));

  await stopRequested;
  const graceMs = Math.min(GRACE_MS, settings.stopTimeoutMs / 2);
  const drained = await within(settings.stopTimeoutMs - graceMs, Promise.all(sources.map((source) => source.drain())));
  await invoker.stop(0, graceMs);
  if (!drained) tell('the stop timeout passed before everything was finished');
  return drained ? 0 : 1;
}

function unusable(settings: HostSettings, error: Error & { readonly port?: number }): never {
  throw new HostError('ADDRESS_UNUSABLE', `cannot listen on port ${error.port ?? settings.port}: ${error.message}`);
}

function opened(name: SourceName, invoker: Invoker, settings: HostSettings, metrics: Metrics | undefined): ServingSource {
  switch (name) {
    case 'http': return http(invoker, settings, metrics);
    case 'queue': return queue(invoker, settings);
    case 'gateway': return gateway(invoker, settings, metrics);
    default: return emulator(invoker, settings);
  }
}

function http(invoker: Invoker, settings: HostSettings, metrics: Metrics | undefined): ServingSource {
  const { httpSource } = require('./http-serving') as typeof HttpServingModule;
  return httpSource(invoker, settings, metrics);
}

function gateway(invoker: Invoker, settings: HostSettings, metrics: Metrics | undefined): ServingSource {
  const { gatewaySource } = require('./http-serving') as typeof HttpServingModule;
  return gatewaySource(invoker, settings, metrics);
}

function queue(invoker: Invoker, settings: HostSettings): ServingSource {
  const { queueSource } = require('./queue-serving') as typeof QueueServingModule;
  return queueSource(invoker, settings);
}

function emulator(invoker: Invoker, { port, name }: HostSettings): ServingSource {
  const { Emulator } = require('../sources/emulator') as typeof EmulatorModule;
  const server = new Emulator({ resolve: (called) => (called === 'function' || called === name ? invoker : undefined), onError: tell });
  let url: string;
  return {
    listen: async () => { url = await server.listen(port, null); },
    ready: () => url,
    drain: () => server.close(),
  };
}

/** Whether it was over in time. */
async function within(ms: number, over: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => { timer = setTimeout(() => resolve(false), ms); });
  const inTime = await Promise.race([over.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}
