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
