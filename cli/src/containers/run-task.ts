/** Defines how a task or a job runs here: its container once, with the event that it is given. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { removeContainer } from './container-names';
import type { Container } from './containers';
import { engineClient } from './engine';
import { buildImage } from './images';
import { createContainer, STOP_SECONDS, tellDifferences } from './run-container';
import { functionError, type InvocationResult, type InvokeRequest } from '../../../layers/runtime/core/invoker';
import { BootstrapProcess } from '../../../layers/runtime/invokers/bootstrap-process';
import { EXIT } from '../../../layers/runtime/sources/once';
import { containerEnvironment } from '../environment';
import { CliError, tellLog } from '../errors';
import type { LocalFunction } from '../functions';
import { isJson } from '../json';
import { endOnSignal } from '../signals';

/** What Linux takes for one variable, name and all. */
const MAX_VARIABLE_BYTES = 128 * 1024 - 1;
/** What Lambda gives of the log with a result. */
const LOG_TAIL_BYTES = 4096;

/** Runs the container once with this event: its output is ours. @returns its exit code */
export async function runTask(of: Container, event: Buffer, given: Readonly<Record<string, string>>): Promise<number> {
  checkEvent(of, event);
  let client: ChildProcess | undefined;
  let signalled: number | undefined;
  // The container is told to end, and has its time to do so; a second signal, or one before it runs, ends it at once.
  endOnSignal((code) => {
    if (!client) process.exit(code);
    signalled = code;
    client.kill('SIGTERM');
    setTimeout(() => process.exit(code), stopMs(of)).unref();
  });
  const image = await buildImage(of);
  const values = await containerEnvironment(of, given);
  tellDifferences(of);
  const name = await createContainer(of, image, { ...values, HYBRID_EVENT: event.toString() });
  client = spawn(engineClient(), ['start', '--attach', name], {
    stdio: ['ignore', 'inherit', 'inherit'], detached: process.platform !== 'win32', windowsHide: true,
  });
  const code = await new Promise<number>((resolve, reject) => client!.once('error', reject).once('exit', (status) => resolve(status ?? 1)));
  await removeContainer(name);
  return signalled ?? code;
}

/** A function whose every invocation is a run of its own, several at once where they are asked for. @param prefix what each line of the logs begins with */
export async function taskFunction(of: Container, given: Readonly<Record<string, string>>, prefix?: string): Promise<LocalFunction> {
  const image = await buildImage(of);
  const values = await containerEnvironment(of, given);
  tellDifferences(of);
  const running = new Set<Promise<unknown>>();
  return {
    invoke: (request) => {
      const run = runOnce(of, image, values, request, prefix).finally(() => running.delete(run));
      running.add(run);
      return run;
    },
    stop: async () => { await Promise.allSettled(running); },
  };
}

async function runOnce(
  of: Container, image: string, values: Readonly<Record<string, string>>, { event, requestId = randomUUID() }: InvokeRequest, prefix?: string,
): Promise<InvocationResult> {
  checkEvent(of, Buffer.from(event));
  const name = await createContainer(of, image, { ...values, HYBRID_EVENT: event.toString() });
  let log = '';
  /** Its last line on stdout, which is its result if it ends well. */
  let last: string | undefined;
  const write = (line: string): void => {
    log = `${log}${line}\n`.slice(-LOG_TAIL_BYTES);
    tellLog(line, prefix);
  };
  const client = new BootstrapProcess({ argv: [engineClient(), 'start', '--attach', name], cwd: process.cwd(), env: { ...process.env } as Record<string, string> },
    (line, source) => {
      if (source === 'stdout' && last !== undefined) write(last);
      if (source === 'stdout') last = line;
      else write(line);
    });
  const { code, startError } = await client.exited;
  await removeContainer(name);
  if (startError) throw new CliError('CONTAINER_NOT_STARTED', `${of.name}: '${engineClient()} start' failed: ${startError.message}`);
  const result = last !== undefined && isJson(last) ? last : undefined;
  if (last !== undefined && (code !== EXIT.success || result === undefined)) write(last);
  const common = { requestId, contentType: 'application/json', logs: () => log };
  if (code === EXIT.success) return { ...common, payload: Buffer.from(result ?? 'null') };
  const timedOut = code === EXIT.timedOut;
  return {
    ...common,
    functionError: 'Unhandled',
    ...functionError(timedOut ? 'Sandbox.Timedout' : 'Runtime.ExitError', `${of.kind === 'job' ? 'The job' : 'The task'} ${timedOut ? 'timed out' : `ended with exit code ${code}`}`),
  };
}

function checkEvent(of: Container, event: Buffer): void {
  if (event.length + 'HYBRID_EVENT='.length <= MAX_VARIABLE_BYTES) return;
  throw new CliError('EVENT_TOO_LARGE', `the event of ${of.name} has ${event.length} bytes, and here a ${of.kind} is given its event in a variable of at most ${MAX_VARIABLE_BYTES}`);
}

function stopMs({ definition }: Container): number {
  return (definition.StopTimeout ?? STOP_SECONDS) * 1000;
}
