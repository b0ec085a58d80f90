/** Defines the bootstrap for concurrent invocations: worker threads that each run several. */
import { availableParallelism } from 'node:os';
import { formatError, type FormattedError } from './core/error-format';
import { RuntimeError } from './core/errors';
import { describeExit } from './core/exit';
import { installLogging, logOptions } from './core/logging';
import { WorkerPool } from './invokers/worker-pool';
import { prepare } from './preparation';
import { RuntimeApiClient } from './sources/runtime-api';

export function startShared(runtimeApi: string, maxConcurrency: number): void {
  installLogging(console, { ...logOptions(process.env, () => ({ requestId: undefined })), format: 'json' });
  let failed = false;
  const initFailed = (error: FormattedError, exitCode: number): void => {
    failed = true;
    new RuntimeApiClient(runtimeApi).initError(error, () => process.exit(exitCode));
  };
  const pool = new WorkerPool({
    workerFile: require.resolve('./bootstrap-worker'),
    runtimeApi,
    workers: workerCount(process.env.AWS_LAMBDA_NODEJS_WORKER_COUNT),
    maxConcurrency,
    onInitFailed: ({ error, exitCode }) => {
      // All threads load the same handler: the first to fail speaks for them.
      if (failed) return;
      const { errorType, errorMessage, stackTrace } = JSON.parse(error.body) as Record<string, unknown>;
      console.error({ errorType, errorMessage, stackTrace });
      initFailed(error, exitCode);
    },
    onExit: (requestIds, exitCode, ready) => {
      if (failed) return;
      if (!ready) process.exit(exitCode);
      for (const requestId of requestIds) {
        const client = new RuntimeApiClient(runtimeApi);
        const exit = new RuntimeError('ExitError', describeExit({ code: exitCode, signal: null }, requestId));
        client.fail(requestId, formatError(exit), () => client.close());
      }
    },
  });
  let prepared = false;
  process.on('SIGTERM', () => {
    if (!prepared) process.exit(0);
    pool.stop(() => { process.exitCode = 0; });
  });
  // Threads are started with a copy of this environment.
  prepare(process.env, runtimeApi).then(() => {
    prepared = true;
    pool.start();
  }, (thrown) => {
    console.error(thrown);
    initFailed(formatError(thrown), 1);
  });
}

function workerCount(given: string | undefined): number {
  const count = Number(given);
  return Number.isInteger(count) && count > 0 ? count : availableParallelism();
}
