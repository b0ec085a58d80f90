/** Defines a timeout as Lambda words it. */
import { functionError, type FunctionError } from './invoker';

/** The last moment that a Date can hold, for an invocation without a limit: every client can read it as a number. */
const NO_DEADLINE = 8_640_000_000_000_000;

/** When an invocation that starts now has to be over, in milliseconds since the epoch. */
export function deadlineAfter(timeoutMs: number): number {
  return Math.min(Date.now() + timeoutMs, NO_DEADLINE);
}

/** A timer, or none when there is no limit. */
export function timer(ms: number, action: () => void): NodeJS.Timeout | undefined {
  return ms === Infinity ? undefined : setTimeout(action, ms);
}

function timeoutMessage(timeoutMs: number): string {
  return `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
}

/** The error type, as Lambda has it. */
export const TIMED_OUT = 'Sandbox.Timedout';

/** What the caller is told. */
export function timedOut(requestId: string, timeoutMs: number): FunctionError {
  return functionError(TIMED_OUT, `RequestId: ${requestId} Error: ${timeoutMessage(timeoutMs)}`);
}

/** The line in the log. */
export function timeoutLine(requestId: string, timeoutMs: number, format: 'text' | 'json' | undefined): string {
  const timestamp = new Date().toISOString();
  const message = timeoutMessage(timeoutMs);
  return format === 'json' ? JSON.stringify({ timestamp, level: 'ERROR', requestId, message }) : `${timestamp} ${requestId} ${message}`;
}
