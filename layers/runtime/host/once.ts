/** Defines how the host runs a handler once, as a task or as a process, and ends with its exit code. */
/* eslint-disable @typescript-eslint/no-require-imports -- a require() is a bundle of its own, loaded when it is first needed */
import { describeAwsError } from './aws-error';
import { HostError, tell } from './errors';
import { describeInitFailure } from './init-failure';
import type { S3Location } from './s3-location';
import type { HostSettings } from './settings';
import { GRACE_MS, MAX_EVENT_BYTES, type Invoker } from '../core/invoker';
import type { Metrics } from '../core/metrics';
import { EXIT, runProcess, runTask } from '../sources/once';

type Source = 'task' | 'process';

export async function runOnce(
  source: Source, invoker: Invoker, settings: HostSettings, stopRequested: Promise<void>, metrics: Metrics | undefined,
): Promise<number> {
  const event = await readEvent(source, settings, stopRequested);
  if (!event) return neverRan(source);

  let stopping: Promise<void> | undefined;
  void stopRequested.then(() => {
    // A handler that goes on for ever learns of the stop by SIGTERM alone. Ours ends what it does before it exits; a foreign
    // bootstrap may die of the signal, so a task is let finish first.
    const atOnce = source === 'process' || settings.ownBootstrap;
    const graceMs = atOnce ? settings.stopTimeoutMs : Math.min(GRACE_MS, settings.stopTimeoutMs / 2);
    stopping = invoker.stop(settings.stopTimeoutMs - graceMs, graceMs);
  });
  const initFailure = await invoker.start();
  if (stopping) {
    await stopping;
    return neverRan(source);
  }
  if (initFailure) tell(describeInitFailure(initFailure.payload));
  const startedAt = performance.now();
  const code = initFailure ? EXIT.failed : await run(source, invoker, event, settings, () => stopping !== undefined);
  metrics?.invoked(initFailure ? undefined : performance.now() - startedAt, code !== EXIT.success);
  await (stopping ?? invoker.stop(0, GRACE_MS));
  return code;
}

async function run(source: Source, invoker: Invoker, event: Buffer, settings: HostSettings, stopping: () => boolean): Promise<number> {
  const { code, result, failure } = await (source === 'task' ? runTask(invoker, event) : runProcess(invoker, event, stopping));
  if (failure !== undefined) tell(`${source}: the handler failed${stopping() ? ' after it was told to stop' : ''}: ${failure}`);
  return result && !await delivered(result, settings.resultObject) ? EXIT.failed : code;
}

/** Told to stop before the handler was called: that ends a process as any stop does, but the event of a task is left undone. */
function neverRan(source: Source): number {
  if (source === 'process') return EXIT.success;
  tell('task: told to stop before the handler was called');
  return EXIT.failed;
}

/** A task has an event; a process need not have one. Nothing when it was told to stop before the event was there. */
async function readEvent(source: Source, { event, eventObject }: HostSettings, stopRequested: Promise<void>): Promise<Buffer | undefined> {
  if (event) return checked(Buffer.from(event), 'HYBRID_EVENT');
  if (eventObject) return Promise.race([readObject(eventObject), stopRequested.then(() => undefined)]);
  if (source === 'process') return Buffer.from('{}');
  throw new HostError('EVENT_MISSING', 'HYBRID_SOURCES=task runs one event, and none is given');
}

async function readObject(location: S3Location): Promise<Buffer> {
  let content: Buffer | undefined;
  try {
    content = await s3().readObject(location, MAX_EVENT_BYTES);
  } catch (error) {
    throw new HostError('EVENT_UNREADABLE', `cannot read ${uriOf(location)}: ${describeAwsError(error)}`);
  }
  if (!content) throw new HostError('EVENT_TOO_LARGE', `the event in ${uriOf(location)} is over ${MAX_EVENT_BYTES} bytes`);
  return checked(content, uriOf(location));
}

function checked(event: Buffer, where: string): Buffer {
  try {
    JSON.parse(event.toString());
    return event;
  } catch (error) {
    throw new HostError('EVENT_INVALID', `the event in ${where} is not JSON: ${(error as Error).message}`);
  }
}

/** Whether the result is where it should be. It is printed first: what cannot be written is not lost. */
async function delivered(result: Buffer, location: S3Location | undefined): Promise<boolean> {
  process.stdout.write(`${inOneLine(result)}\n`);
  if (!location) return true;
  try {
    await s3().writeObject(location, result);
    return true;
  } catch (error) {
    tell(new HostError('RESULT_UNWRITABLE', `cannot write ${uriOf(location)}: ${describeAwsError(error)}`).message);
    return false;
  }
}

/** A newline in JSON is white space. What a streaming handler wrote need not be JSON: it stays as it is. */
function inOneLine(result: Buffer): string {
  const text = result.toString();
  if (!text.includes('\n')) return text;
  try {
    JSON.parse(text);
    return text.trim().replace(/\r?\n/g, ' ');
  } catch {
    return text;
  }
}

function uriOf({ bucket, key }: S3Location): string {
  return `s3://${bucket}/${key}`;
}

function s3(): typeof import('./s3-object') {
  return require('./s3-object') as typeof import('./s3-object');
}
