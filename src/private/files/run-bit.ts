/** Whether anybody may execute a file; always false on Windows, which has no run bits. */
import type { Stats } from 'node:fs';

export function hasRunBit({ mode }: Stats): boolean {
  return (mode & 0o111) !== 0; // eslint-disable-line no-bitwise -- a mode is a set of bits
}
