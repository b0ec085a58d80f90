/** Defines the bootstrap: loads the handler and carries out the invocations that the Lambda Runtime API delivers. */
/* eslint-disable @typescript-eslint/no-require-imports -- a require() is a bundle of its own, loaded when it is first needed */
import type * as BootstrapShared from './bootstrap-shared';
import { defineAwsLambda } from './core/awslambda';
import { contextBuilder } from './core/context';
import type * as ErrorFormat from './core/error-format';
import { RuntimeError } from './core/errors';
import { EXIT_EXCEPTION, EXIT_REJECTION } from './core/exit';
import { loadHandler, type Handler } from './core/handler-loader';
import { installLogging, logOptions, type LogScope } from './core/logging';
import { abortStopSignal } from './core/stop-signal';
import { inlineInvoker, JSON_TEXT } from './invokers/inline';
import type * as Preparation from './preparation';
import { RuntimeApiClient } from './sources/runtime-api';
import { RuntimeApiSource } from './sources/runtime-api-source';
import { connectOpened } from './sources/runtime-api-transport';

const environment = process.env;
const address = environment.AWS_LAMBDA_RUNTIME_API;
/** Where a host of ours serves the Runtime API besides. */
const descriptor = environment.HYBRID_RUNTIME_API_FD;
delete environment.HYBRID_RUNTIME_API_FD;

if (!address) {
  process.stderr.write('cdk-hybrid: AWS_LAMBDA_RUNTIME_API is not set: the bootstrap is started by Lambda or by a host that serves the Runtime API (host:port); to try a function on this machine use: npx cdk-hybrid invoke\n');
  process.exitCode = 1;
} else if (Number(environment.AWS_LAMBDA_MAX_CONCURRENCY) > 1) {
  (require('./bootstrap-shared') as typeof BootstrapShared).startShared(address, Number(environment.AWS_LAMBDA_MAX_CONCURRENCY));
} else {
  startSingle(address);
}

/** One invocation at a time, in this thread. */
function startSingle(runtimeApi: string): void {
  let scope: LogScope = { requestId: undefined };
  let source: RuntimeApiSource | undefined;
  const options = logOptions(environment, () => scope);
  installLogging(console, options);
  if (!environment.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA) defineAwsLambda();

  const errorFormat = () => require('./core/error-format') as typeof ErrorFormat;
  const logError = (title: string, thrown: unknown) => errorFormat().logError(options.format, title, thrown);
  const client = new RuntimeApiClient(runtimeApi, {
    connect: descriptor ? connectOpened(Number(descriptor)) : undefined,
    onRefusal: (message) => console.error('Runtime API Error:', message),
  });
  client.open();

  let initFailure = false;
  const initFailed = (title: string, thrown: unknown, code: number) => {
    logError(title, thrown);
    // The first failure is the one that is told.
    if (initFailure) return;
    initFailure = true;
    client.keepAlive(true);
    client.initError(errorFormat().formatError(thrown), () => process.exit(code));
  };
  const crash = (title: string, thrown: unknown, code: number) => {
    if (!source) return initFailed(title, thrown, code);
    // Between two invocations nobody can be answered: the log tells.
    if (source.requestId === undefined) logError(title, thrown);
    source.abort(title, thrown, () => process.exit(code));
  };
  process.on('uncaughtException', (error) => crash('Uncaught Exception', error, EXIT_EXCEPTION));
  process.on('unhandledRejection', (reason) => {
    crash('Unhandled Promise Rejection', new RuntimeError('UnhandledPromiseRejection', errorFormat().textOf(reason), reason), EXIT_REJECTION);
  });
  process.on('beforeExit', () => {
    if (source) source.atEmptyLoop();
    else initFailed('Init Error', new RuntimeError('ExitError', 'the handler module never finished loading: a top-level await waits for what cannot happen'), 1);
  });
  process.on('SIGTERM', () => {
    if (!source) process.exit(0);
    abortStopSignal();
    source.stop(() => {
      // A listener of the handler's decides when the process may end: it goes on until nothing is left to run.
      if (process.listenerCount('SIGTERM') === 1) process.exit(0);
    });
  });

  const enter = (headers: Readonly<Record<string, string>>, run: () => void) => {
    scope = { requestId: headers['lambda-runtime-aws-request-id'], tenantId: headers['lambda-runtime-aws-tenant-id'] };
    const traceId = headers['lambda-runtime-trace-id'];
    if (traceId) environment._X_AMZN_TRACE_ID = traceId;
    else delete environment._X_AMZN_TRACE_ID;
    run();
  };
  const start = (handler: Handler) => {
    if (initFailure) return;
    const invoke = inlineInvoker(handler, { contextOf: contextBuilder(environment), emptyLoopEnds: true, ...JSON_TEXT });
    source = new RuntimeApiSource({
      client,
      invoke,
      around: enter,
      keepAlive: false,
      pipelined: descriptor !== undefined,
      logError,
      onLost: (error) => {
        logError('Runtime API Error', error);
        process.exit(1);
      },
    });
    client.keepAlive(true);
    source.start();
  };
  const failed = (error: unknown) => initFailed('Init Error', error, 1);

  const load = () => {
    try {
      const handler = loadHandler(environment.LAMBDA_TASK_ROOT ?? process.cwd(), environment._HANDLER ?? '');
      if (typeof handler === 'function') return start(handler);
      client.keepAlive(false);
      handler.then(start).catch(failed);
    } catch (error) {
      failed(error);
    }
  };
  if (environment.HYBRID_SECRETS || environment.HYBRID_ENVIRONMENT_SCHEMA || environment.HYBRID_GRACEFUL_SHUTDOWN) {
    (require('./preparation') as typeof Preparation).prepare(environment, runtimeApi).then(load, failed);
  } else {
    load();
  }
}
