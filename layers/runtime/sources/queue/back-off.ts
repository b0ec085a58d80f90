/** Defines how long to wait before something that failed is tried again: longer each time, and by chance, so that many hosts do not come back at once. */
import { setTimeout as delay } from 'node:timers/promises';

const FIRST_MS = 100;
const LONGEST_MS = 20_000;

/** @param attempt 0 = the first that failed */
export function backOffMs(attempt: number): number {
  const limit = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 20));
  return limit / 2 + Math.random() * limit / 2;
}

/** Ends early, without an error, when it is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}
