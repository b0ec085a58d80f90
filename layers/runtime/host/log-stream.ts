/** Defines where the handler's log lines go. */
import type { HostSettings } from './settings';

/** The standard output of a task is for its result alone. */
export function logStream({ sources }: HostSettings, standardOutput: boolean): NodeJS.WriteStream {
  return standardOutput && !sources.includes('task') ? process.stdout : process.stderr;
}
