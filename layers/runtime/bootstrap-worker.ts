/** Defines the program of a worker thread: one handler, several connections to the Runtime API, an invocation on each. */
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { defineAwsLambda } from './core/awslambda';
import { contextBuilder } from './core/context';
import { formatError, logError, textOf } from './core/error-format';
import { RuntimeError } from './core/errors';
import { EXIT_EXCEPTION, EXIT_REJECTION } from './core/exit';
import { loadHandler } from './core/handler-loader';
import { InFlightTable } from './core/in-flight-table';
import type { Invoke } from './core/invocation';
import { InvokeStore } from './core/invoke-store';
import { installLogging, logOptions } from './core/logging';
import { abortStopSignal } from './core/stop-signal';
import { inlineInvoker, JSON_TEXT } from './invokers/inline';
import { STOP, type WorkerMessage, type WorkerSetup } from './invokers/worker-pool';
import { RuntimeApiClient } from './sources/runtime-api';
import { RuntimeApiSource } from './sources/runtime-api-source';

/** How long to wait before asking for an invocation again; together a little more than 15 minutes. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 90_000;
const ATTEMPTS = 20;

const setup = workerData as WorkerSetup;
const main = parentPort!;
const store = new InvokeStore();
const inFlight = new InFlightTable(setup.inFlight);
const sources: RuntimeApiSource[] = [];
const say = (message: WorkerMessage) => main.postMessage(message);
const logged = (title: string, thrown: unknown) => logError('json', title, thrown);

const initFailed = (thrown: unknown, exitCode: number) => say({ kind: 'init failed', error: formatError(thrown), exitCode });

/** Nobody can tell what is still sound in this thread: all of its invocations fail, and another thread takes over. */
const crash = (title: string, thrown: unknown, exitCode: number) => {
  if (sources.length === 0) return initFailed(thrown, exitCode);
  const busy = sources.filter((source) => source.requestId !== undefined);
  if (busy.length === 0) logged(title, thrown);
  const abort = (source: RuntimeApiSource, done: () => void) => source.abort(title, thrown, done);
  // First what waits for work: whoever learns of the failure and tries again must not be given to this thread.
  forAll(sources.filter((source) => !busy.includes(source)), abort, () => forAll(busy, abort, () => process.exit(exitCode)));
};
process.on('uncaughtException', (error) => crash('Uncaught Exception', error, EXIT_EXCEPTION));
process.on('unhandledRejection', (reason) => {
  crash('Unhandled Promise Rejection', new RuntimeError('UnhandledPromiseRejection', textOf(reason), reason), EXIT_REJECTION);
});

main.on('message', (message) => {
  if (message !== STOP) return;
  abortStopSignal();
  // A thread gets no signals: the handler's listeners are told in their place.
  const listeners = process.listenerCount('SIGTERM');
  forAll(sources, (source, done) => source.stop(done), () => {
    main.close();
    if (listeners === 0) process.exit(0);
  });
  process.emit('SIGTERM', 'SIGTERM');
});

void start();

async function start(): Promise<void> {
  try {
    const output = await logSocket(process.env._LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET);
    installLogging(console, { ...logOptions(process.env, () => store.logScope), format: 'json', output });
    if (!process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA) defineAwsLambda({ InvokeStore: store });
    const handler = await loadHandler(process.env.LAMBDA_TASK_ROOT ?? process.cwd(), process.env._HANDLER ?? '');
    const invoke = inlineInvoker(handler, { contextOf: contextBuilder(process.env), emptyLoopEnds: false, ...JSON_TEXT });
    for (let slot = 0; slot < setup.slots; slot++) sources.push(openSlot(slot, invoke));
  } catch (error) {
    return initFailed(error, 1);
  }
  say({ kind: 'ready' });
  for (const source of sources) source.start();
}

function openSlot(slot: number, invoke: Invoke): RuntimeApiSource {
  let attempt = 0;
  return new RuntimeApiSource({
    client: new RuntimeApiClient(setup.runtimeApi),
    invoke,
    keepAlive: true,
    logError: logged,
    around: (headers, run) => {
      attempt = 0;
      inFlight.set(slot, headers['lambda-runtime-aws-request-id']);
      store.enter(headers, run);
    },
    onAnswered: () => inFlight.clear(slot),
    onLost: (error, retry) => {
      logged('Runtime API Error', error);
      if (++attempt >= ATTEMPTS) process.exit(1);
      setTimeout(retry, Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_DELAY_MS)).unref();
    },
  });
}

function forAll(some: readonly RuntimeApiSource[], stop: (source: RuntimeApiSource, done: () => void) => void, allStopped: () => void): void {
  let left = some.length;
  if (left === 0) return allStopped();
  for (const source of some) stop(source, () => { if (--left === 0) allStopped(); });
}

/** Where Managed Instances take log lines: a connection to this socket. Its descriptor is written synchronously, so that a crash loses none. */
async function logSocket(path: string | undefined): Promise<number | undefined> {
  if (!path) return undefined;
  const socket = connect(path);
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.unref();
  return (socket as unknown as { _handle?: { fd?: number } })._handle?.fd;
}
