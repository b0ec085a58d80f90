/** Defines which invoker the host uses, and where the handler's log lines go. */
/* eslint-disable @typescript-eslint/no-require-imports -- a require() is a bundle of its own, loaded when it is first needed */
import { isolatedFunction } from './function-host';
import type { HostSettings } from './settings';
import type { Invoker } from '../core/invoker';

export function openInvoker(settings: HostSettings): Invoker {
  return isolatedFunction({ ...settings, workers: settings.workers }, {
    onLog: (line, source) => {
      // Lambda's START, END and REPORT lines are for who stands in for Lambda; a service would log three lines for each request.
      if (source === 'platform' && !settings.sources.includes('emulator')) return;
      logStream(settings, source === 'stdout').write(`${line}\n`);
    },
  });
}

/** The standard output of a task is for its result alone. */
export function logStream({ sources }: HostSettings, standardOutput: boolean): NodeJS.WriteStream {
  return standardOutput && !sources.includes('task') ? process.stdout : process.stderr;
}

/** Tells why the handler cannot be initialized. */
export function describeInitFailure(payload: Buffer): string {
  let type = 'Runtime.Unknown';
  let message = payload.toString();
  try {
    const error = JSON.parse(message) as { errorType?: string; errorMessage?: string };
    type = error.errorType ?? type;
    message = error.errorMessage ?? message;
  } catch {
    // a bootstrap that reports something else than JSON
  }
  return `the handler cannot be initialized: ${type}: ${message}`;
}
