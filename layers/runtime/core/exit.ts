/** Defines how what runs a handler ends: exit codes, and Lambda's words for them. */

/** Exit codes that AWS's client uses for the same. */
export const EXIT_REJECTION = 128;
export const EXIT_EXCEPTION = 129;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Whether a bootstrap that ended with this code has logged its error, or ended as it should. */
export function isToldExit(code: number | null): boolean {
  return code === 0 || code === EXIT_REJECTION || code === EXIT_EXCEPTION;
}

/** Lambda's words for how a runtime went away. @param requestId the invocation that it left without an answer */
export function describeExit({ code, signal }: Exit, requestId?: string): string {
  const what = requestId === undefined ? '' : `RequestId: ${requestId} Error: `;
  if (signal) return `${what}Runtime exited with error: signal: ${SIGNAL_WORDS[signal] ?? signal}`;
  return `${what}${code === 0 ? 'Runtime exited without providing a reason' : `Runtime exited with error: exit status ${code}`}`;
}

const SIGNAL_WORDS: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGPIPE: 'broken pipe',
  SIGQUIT: 'quit',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
};
