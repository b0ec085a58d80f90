/** Defines the program of the host's worker threads: the handler, what the host hands in, and the HTTP requests that the thread answers itself. */
/* eslint-disable @typescript-eslint/no-require-imports -- a require() is a bundle of its own, loaded when it is first needed */
import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { defineAwsLambda } from './core/awslambda';
import { contextBuilder } from './core/context';
import { logError, textOf } from './core/error-format';
import { RuntimeError } from './core/errors';
import { describeExit, EXIT_EXCEPTION, EXIT_REJECTION } from './core/exit';
import { loadHandler, type Handler } from './core/handler-loader';
import { InFlightTable } from './core/in-flight-table';
import { InvokeStore } from './core/invoke-store';
import { limitedText } from './core/json-value';
import { installLogging, logOptions } from './core/logging';
import { abortStopSignal } from './core/stop-signal';
import { timeoutLine } from './core/timeout';
import type * as ThreadHttpModule from './host/thread-http';
import { HostAnswer, posted } from './invokers/host-answer';
import { inlineInvoker, parseEvent, serialize } from './invokers/inline';
import { ThreadCarrier } from './invokers/thread-carrier';
import type { FromThread, ThreadInvocation, ThreadSetup, ToThread } from './invokers/thread-protocol';

/** How long the answers of a thread that cannot go on may take on their way out. */
const LAST_ANSWERS_MS = 1_000;

const setup = workerData as ThreadSetup;
const host = parentPort!;
const say = (message: FromThread): void => host.postMessage(message);
const store = new InvokeStore();
const logged = (title: string, thrown: unknown): void => logError(setup.logFormat, title, thrown);
/** Of what the host has handed in and is not over. */
const answers = new Map<string, HostAnswer>();
let http: ThreadHttpModule.ThreadHttp | undefined;
let initialized = false;

const inFlight = new InFlightTable(setup.inFlight);
const carrier = new ThreadCarrier({
  inFlight,
  timeoutMs: setup.timeoutMs,
  invokedFunctionArn: setup.invokedFunctionArn,
  store,
  logError: logged,
  onTimeout: (requestId) => {
    writeSync(2, `${timeoutLine(requestId, setup.timeoutMs, setup.logFormat)}\n`);
    say({ kind: 'worn out' });
  },
});

function initFailed(thrown: unknown): void {
  logged('Init Error', thrown);
  say({ kind: 'init failed', ...posted(thrown) });
  setImmediate(() => process.exit(1));
}

/** Ends a thread that cannot go on, once the host knows. */
let end: (() => void) | undefined;

/** Nobody can tell what is still sound in this thread: all of its invocations fail, and another thread takes over. */
function crash(title: string, thrown: unknown, exitCode: number): void {
  if (!initialized) return initFailed(thrown);
  if (end) return logged(title, thrown);
  end = () => {
    end = () => {};
    // First what comes: whoever learns of the failure and tries again must not be given to this thread.
    const drained = Promise.resolve(http?.drain());
    carrier.abort(title, thrown);
    void drained.then(() => process.exit(exitCode));
  };
  // The host takes connections before this thread takes none any more, and says so.
  say({ kind: 'ending' });
  setTimeout(() => process.exit(exitCode), LAST_ANSWERS_MS).unref();
}
process.on('uncaughtException', (error) => crash('Uncaught Exception', error, EXIT_EXCEPTION));
process.on('unhandledRejection', (reason) => {
  crash('Unhandled Promise Rejection', new RuntimeError('UnhandledPromiseRejection', textOf(reason), reason), EXIT_REJECTION);
});

/** The handler ends the thread, which takes everything in flight along: their clients are told, as far as that can be done at once. */
process.on('exit', (code) => {
  for (const { requestId } of inFlight.entries()) {
    logged('Invoke Error', new RuntimeError('ExitError', describeExit({ code, signal: null }, requestId)));
  }
  http?.breakOff();
});

void start();

async function start(): Promise<void> {
  const handler = await load().catch((error: unknown) => void initFailed(error));
  if (!handler) return;
  const options = { contextOf: contextBuilder(process.env), emptyLoopEnds: false };
  const invoke = inlineInvoker(handler, { ...options, parse: parseEvent, serialize: (result) => limitedText(result, serialize) });
  listenToHost((invocation) => {
    const { requestId } = invocation;
    const answer = new HostAnswer(say, requestId, () => answers.delete(requestId));
    answers.set(requestId, answer);
    carrier.carry(invoke, invocation, answer);
  });
  if (setup.http) {
    const { ThreadHttp } = require('./host/thread-http') as typeof ThreadHttpModule;
    http = new ThreadHttp(handler, options, carrier, setup.slots, setup.http, setup.metricsOf);
    try {
      await http.listen(setup.httpPort!);
    } catch (error) {
      return say({ kind: 'cannot listen', message: (error as Error).message });
    }
  }
  initialized = true;
  http?.ready();
  say({ kind: 'ready' });
}

async function load(): Promise<Handler> {
  installLogging(console, { ...logOptions(process.env, () => store.logScope), format: setup.logFormat, output: setup.logOutput });
  if (!process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA) defineAwsLambda({ InvokeStore: store });
  return loadHandler(process.env.LAMBDA_TASK_ROOT!, process.env._HANDLER ?? '');
}

function listenToHost(invoke: (invocation: ThreadInvocation) => void): void {
  host.on('message', (message: ToThread) => {
    switch (message.kind) {
      case 'invoke':
        return invoke(message.invocation);
      case 'written':
        return answers.get(message.requestId)?.written();
      case 'retire':
        return void Promise.resolve(http?.retire()).then(() => say({ kind: 'drained' }));
      case 'drain':
        if (end) return end();
        return void Promise.resolve(http?.drain()).then(() => say({ kind: 'drained' }));
      case 'stop':
        return stop();
    }
  });
}

/** A thread gets no signals: the handler's listeners are told in their place, and decide when the thread may end. */
function stop(): void {
  const listeners = process.listenerCount('SIGTERM');
  abortStopSignal();
  process.emit('SIGTERM', 'SIGTERM');
  carrier.onceIdle(() => {
    host.close();
    if (listeners === 0) process.exit(0);
  });
}
