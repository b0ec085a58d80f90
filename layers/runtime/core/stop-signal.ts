/** Defines the signal by which a handler learns that it is to stop: one for all invocations of a thread, as SIGTERM is. */

let controller: AbortController | undefined;
let stopped = false;

/** Made when a handler first asks for it: most never do. */
export function stopSignal(): AbortSignal {
  controller ??= new AbortController();
  if (stopped) controller.abort();
  return controller.signal;
}

export function abortStopSignal(): void {
  stopped = true;
  controller?.abort();
}

/** Who waits with the signal is woken by an AbortError: a handler that ends with it has stopped as it was told. */
export function isStop(thrown: unknown): boolean {
  return stopped && (thrown as Partial<Error> | null | undefined)?.name === 'AbortError';
}
