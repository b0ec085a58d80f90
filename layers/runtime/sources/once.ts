/** Defines the sources that run a handler once: a task with one event, a process that goes on until it is told to stop. Each ends with an exit code. */
import type { InvocationResult, Invoker } from '../core/invoker';
import { TIMED_OUT } from '../core/timeout';

export const EXIT = { success: 0, failed: 1, timedOut: 124 } as const;

/** How a run ended. */
export interface RunEnd {
  readonly code: number;
  /** What the handler gave, when it succeeded. */
  readonly result?: Buffer;
  /** Why it failed: one line. */
  readonly failure?: string;
}

/** One invocation with one event. */
export async function runTask(invoker: Invoker, event: Buffer): Promise<RunEnd> {
  const result = await invoker.invoke({ event });
  if (!result.functionError) return { code: EXIT.success, result: result.payload };
  return { code: result.errorType === TIMED_OUT ? EXIT.timedOut : EXIT.failed, failure: describeError(result.payload) };
}

/** One invocation without end. @param stopping whether the process has been told to stop by now */
export async function runProcess(invoker: Invoker, event: Buffer, stopping: () => boolean): Promise<RunEnd> {
  const result = await invoker.invoke({ event });
  if (!result.functionError || (stopping() && stoppedAsTold(result))) return { code: EXIT.success };
  return { code: EXIT.failed, failure: describeError(result.payload) };
}

/**
 * Who waits with the context's signal is woken by an AbortError; a listener for SIGTERM may call process.exit(0); a program
 * without a listener dies of the signal: that is how a stop ends a process, not a failure.
 */
function stoppedAsTold({ payload }: InvocationResult): boolean {
  const { errorType, errorMessage } = errorOf(payload);
  if (errorType === 'AbortError') return true;
  return errorType === 'Runtime.ExitError' && /Runtime exited (without providing a reason|with error: (signal: terminated|exit status 143))$/.test(errorMessage);
}

/** Type and message of an error that a bootstrap reported, in one line. */
export function describeError(payload: Buffer): string {
  const { errorType, errorMessage } = errorOf(payload);
  return `${errorType}: ${errorMessage}`.replace(/\s*\n\s*/g, ' | ');
}

function errorOf(payload: Buffer): { errorType: string; errorMessage: string } {
  const text = payload.toString();
  try {
    const error = JSON.parse(text) as { errorType?: unknown; errorMessage?: unknown } | null;
    if (typeof error?.errorType === 'string') return { errorType: error.errorType, errorMessage: String(error.errorMessage ?? '') };
  } catch {
    // a bootstrap that reports something else than JSON
  }
  return { errorType: 'Runtime.Unknown', errorMessage: text };
}
