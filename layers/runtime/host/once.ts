/** Defines how the host runs a handler once, as a task or as a process, and ends with its exit code. */
/* eslint-disable @typescript-eslint/no-require-imports -- a require() is a bundle of its own, loaded when it is first needed */
import { HostError, tell } from './errors';
import { describeInitFailure } from './open-invoker';
import type { HostSettings } from './settings';
import type { Invoker } from '../core/invoker';
import { EXIT, runProcess, runTask } from '../sources/once';

/** How long a bootstrap may take from SIGTERM to its end when it has nothing more to do. */
const GRACE_MS = 2_000;

export async function runOnce(source: 'task' | 'process', invoker: Invoker, settings: HostSettings, stopRequested: Promise<void>): Promise<number> {
  const event = await readEvent(source, process.env);
  let stopping: Promise<void> | undefined;
  void stopRequested.then(() => {
    // A handler that goes on for ever learns of the stop by SIGTERM alone. Ours ends what it does before it exits; a foreign
    // bootstrap may die of the signal, so a task is let finish first.
    const atOnce = source === 'process' || settings.ownBootstrap;
    stopping = atOnce ? invoker.stop(0, settings.stopTimeoutMs) : invoker.stop(settings.stopTimeoutMs - GRACE_MS, GRACE_MS);
  });
  const failure = await invoker.start();
  let code: number = stopping ? EXIT.success : EXIT.failed;
  if (failure && !stopping) tell(describeInitFailure(failure.payload));
  if (!failure && !stopping) {
    code = await (source === 'task' ? runTask(invoker, event, deliverResult) : runProcess(invoker, event, () => stopping !== undefined));
  }
  await (stopping ?? invoker.stop(0, GRACE_MS));
  return code;
}

/** A task has an event; a process need not have one. */
async function readEvent(source: 'task' | 'process', { HYBRID_EVENT: event, HYBRID_EVENT_S3_URI: uri }: NodeJS.ProcessEnv): Promise<Buffer> {
  if (event) return checked(Buffer.from(event), 'HYBRID_EVENT');
  if (uri) return checked(await s3().readObject(uri), uri);
  if (source === 'process') return Buffer.from('{}');
  throw new HostError('EVENT_MISSING', 'HYBRID_SOURCES=task runs one event, and none is given');
}

function checked(event: Buffer, name: string): Buffer {
  try {
    JSON.parse(event.toString());
    return event;
  } catch (error) {
    throw new HostError('EVENT_INVALID', `the event in ${name} is not JSON: ${(error as Error).message}`);
  }
}

async function deliverResult(payload: Buffer): Promise<void> {
  process.stdout.write(`${payload}\n`);
  const uri = process.env.HYBRID_RESULT_S3_URI;
  if (uri) await s3().writeObject(uri, payload);
}

function s3(): typeof import('./s3-object') {
  return require('./s3-object') as typeof import('./s3-object');
}
