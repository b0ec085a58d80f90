/** Defines a clock that nobody can set, the same for all threads of the process. */

/** performance.now() begins anew in each thread, hrtime() does not; the first costs less. */
const OFFSET_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** In milliseconds. */
export function monotonicNow(): number {
  return performance.now() + OFFSET_MS;
}
