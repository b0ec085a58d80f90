/** Defines the sources that run a handler once: a task with one event, a process that goes on until it is told to stop. Each ends with an exit code. */
import type { InvocationResult, Invoker } from '../core/invoker';

export const EXIT = { success: 0, failed: 1, timedOut: 124 } as const;

/** One invocation with one event. @param onResult takes the result before the task counts as done */
export async function runTask(invoker: Invoker, event: Buffer, onResult: (payload: Buffer) => Promise<void>): Promise<number> {
  const result = await invoker.invoke({ event });
  if (result.functionError) return result.errorType === 'Sandbox.Timedout' ? EXIT.timedOut : EXIT.failed;
  await onResult(result.payload);
  return EXIT.success;
}

/** One invocation without end. @param stopping whether the process has been told to stop by now */
export async function runProcess(invoker: Invoker, event: Buffer, stopping: () => boolean): Promise<number> {
  const result = await invoker.invoke({ event });
  if (!result.functionError) return EXIT.success;
  // Whoever waits with the context's signal is woken by an AbortError: that is how a stop ends it, not a failure.
  return stopping() && typeOf(result) === 'AbortError' ? EXIT.success : EXIT.failed;
}

function typeOf(result: InvocationResult): unknown {
  try {
    return (JSON.parse(result.payload.toString()) as { errorType?: unknown } | null)?.errorType;
  } catch {
    return undefined;
  }
}
