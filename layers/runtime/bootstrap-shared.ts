/** Defines the bootstrap for concurrent invocations: worker threads that each run several. */
import { availableParallelism } from 'node:os';
import { formatError } from './core/error-format';
import { RuntimeError } from './core/errors';
import { installLogging, logOptions } from './core/logging';
import { WorkerPool } from './invokers/worker-pool';
import { RuntimeApiClient } from './sources/runtime-api';

export function startShared(runtimeApi: string, maxConcurrency: number): void {
  installLogging(console, { ...logOptions(process.env, () => ({ requestId: undefined })), format: 'json' });
  let failed = false;
  const pool = new WorkerPool({
    workerFile: require.resolve('./bootstrap-worker'),
    runtimeApi,
    workers: workerCount(process.env.AWS_LAMBDA_NODEJS_WORKER_COUNT),
    maxConcurrency,
    onInitFailed: ({ error, exitCode }) => {
      // All threads load the same handler: the first to fail speaks for them.
      if (failed) return;
      failed = true;
      const { errorType, errorMessage, stackTrace } = JSON.parse(error.body) as Record<string, unknown>;
      console.error({ errorType, errorMessage, stackTrace });
      new RuntimeApiClient(runtimeApi).initError(error, () => process.exit(exitCode));
    },
    onExit: (requestIds, exitCode, ready) => {
      if (failed) return;
      if (!ready) process.exit(exitCode);
      for (const requestId of requestIds) {
        const client = new RuntimeApiClient(runtimeApi);
        const exit = new RuntimeError('ExitError', `RequestId: ${requestId} Error: Runtime exited with error: exit status ${exitCode}`);
        client.fail(requestId, formatError(exit), () => client.close());
      }
    },
  });
  process.on('SIGTERM', () => pool.stop(() => { process.exitCode = 0; }));
  pool.start();
}

function workerCount(given: string | undefined): number {
  const count = Number(given);
  return Number.isInteger(count) && count > 0 ? count : availableParallelism();
}
