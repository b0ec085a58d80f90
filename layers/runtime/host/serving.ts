/** Defines how the host serves: its sources listen, the handler is initialized, and on SIGTERM what was accepted is finished. */
/* eslint-disable @typescript-eslint/no-require-imports -- a require() is a bundle of its own, loaded when it is first needed */
import { HostError, tell } from './errors';
import { describeInitFailure } from './open-invoker';
import type { HostSettings, SourceName } from './settings';
import type { Invoker } from '../core/invoker';
import type * as EmulatorModule from '../sources/emulator';

/** A way in for invocations. */
interface ServingSource {
  /** Gives the address. */
  listen(): Promise<string>;
  /** The handler is initialized. */
  ready(): void;
  /** Takes no more work; settles when what it has taken is over. */
  drain(): Promise<void>;
}

const GRACE_MS = 2_000;

export async function serve(invoker: Invoker, settings: HostSettings, stopRequested: Promise<void>): Promise<number> {
  const sources = settings.sources.map((name) => open(name, invoker, settings));
  const addresses = await Promise.all(sources.map((source) => source.listen().catch((error: Error) => {
    throw new HostError('ADDRESS_UNUSABLE', `cannot listen on port ${settings.port}: ${error.message}`);
  })));
  const failure = await Promise.race([invoker.start(), stopRequested]);
  if (failure) {
    tell(describeInitFailure(failure.payload));
    await invoker.stop(0, GRACE_MS);
    return 1;
  }
  sources.forEach((source) => source.ready());
  settings.sources.forEach((name, index) => tell(`${name}: ${addresses[index]}`));

  await stopRequested;
  const graceMs = Math.min(GRACE_MS, settings.stopTimeoutMs / 2);
  const drained = await within(settings.stopTimeoutMs - graceMs, Promise.all(sources.map((source) => source.drain())));
  await invoker.stop(0, graceMs);
  if (!drained) tell('the stop timeout passed before everything was finished');
  return drained ? 0 : 1;
}

function open(name: SourceName, invoker: Invoker, settings: HostSettings): ServingSource {
  if (name === 'http') throw new Error('not yet');
  const { Emulator } = require('../sources/emulator') as typeof EmulatorModule;
  const emulator = new Emulator({ resolve: (called) => (called === 'function' || called === settings.name ? invoker : undefined), onError: tell });
  return { listen: () => emulator.listen(settings.port, null), ready: () => {}, drain: () => emulator.close() };
}

/** Whether it was over in time. */
async function within(ms: number, over: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => { timer = setTimeout(() => resolve(false), ms); });
  const inTime = await Promise.race([over.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}
