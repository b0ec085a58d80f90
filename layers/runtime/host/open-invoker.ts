/** Defines which invoker the host uses. */
/* eslint-disable @typescript-eslint/no-require-imports -- a require() is a bundle of its own, loaded when it is first needed */
import { functionArn, isolatedFunction } from './function-host';
import { httpSettings } from './http-settings';
import { lambdaEnvironment } from './lambda-environment';
import { logStream } from './log-stream';
import type { HostSettings } from './settings';
import type { Invoker } from '../core/invoker';
import type { Metrics } from '../core/metrics';
import type * as SharedInvokerModule from '../invokers/shared-invoker';

/** SO_REUSEPORT: since Node.js 22.12 and 23.1, on Linux. */
const [MAJOR, MINOR] = process.versions.node.split('.').map(Number);
const CAN_REUSE_PORT = process.platform === 'linux' && (MAJOR > 23 || (MAJOR === 23 && MINOR >= 1) || (MAJOR === 22 && MINOR >= 12));

export function openInvoker(settings: HostSettings, metrics: Metrics | undefined): Invoker {
  return settings.ownBootstrap && settings.maxConcurrency > 1 ? openShared(settings, metrics) : openIsolated(settings);
}

function openIsolated(settings: HostSettings): Invoker {
  return isolatedFunction(settings, {
    onLog: (line, source) => logStream(settings, source === 'stdout').write(`${line}\n`),
    // They are for who stands in for Lambda; a service would log three lines for each request.
    platformLines: settings.sources.includes('emulator'),
  });
}

function openShared(settings: HostSettings, metrics: Metrics | undefined): SharedInvokerModule.SharedInvoker {
  const { SharedInvoker } = require('../invokers/shared-invoker') as typeof SharedInvokerModule;
  process.chdir(settings.taskRoot);
  const output = logStream(settings, true);
  return new SharedInvoker({
    threads: settings.threads,
    maxConcurrency: settings.maxConcurrency,
    timeoutMs: settings.timeoutMs,
    logFormat: settings.logFormat,
    workerFile: require.resolve('../host-worker'),
    environment: lambdaEnvironment({ ...settings, runtimeApi: undefined }),
    invokedFunctionArn: functionArn(settings),
    output,
    logOutput: output === process.stdout ? 1 : 2,
    log: (line) => process.stderr.write(`${line}\n`),
    onLost: metrics && (() => metrics.invoked(undefined, true)),
    metricsOf: metrics && settings.name,
    http: settings.sources.includes('http') && CAN_REUSE_PORT ? httpSettings(settings.memoryMiB, settings.threads) : undefined,
  });
}
