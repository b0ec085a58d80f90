/** Checks an executable that the user gives as the bootstrap of a layer. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { IConstruct } from 'constructs';
import { problem } from '../errors';
import { hasRunBit } from '../files/run-bit';

/** The absolute path of the user's bootstrap. */
export function ownBootstrap(scope: IConstruct, path: string): string {
  const absolute = resolve(path);
  const found = statSync(absolute, { throwIfNoEntry: false });
  const refuse = (code: 'BOOTSTRAP_NOT_FOUND' | 'BOOTSTRAP_NOT_A_FILE' | 'BOOTSTRAP_NOT_EXECUTABLE', what: string, mend?: string) =>
    problem(scope, code, { property: 'bootstrap', given: `${path}${what}`, accepted: 'the path of an executable file', mend });

  if (!found) { throw refuse('BOOTSTRAP_NOT_FOUND', ''); }
  if (!found.isFile()) { throw refuse('BOOTSTRAP_NOT_A_FILE', found.isDirectory() ? ' (a directory)' : ' (not a regular file)'); }
  if (process.platform === 'win32') {
    // Windows has no run bits; what Linux can start shows in the first bytes.
    const start = readFileSync(absolute).subarray(0, 4).toString('latin1');
    if (!start.startsWith('#!') && start !== '\x7fELF') {
      throw refuse('BOOTSTRAP_NOT_EXECUTABLE', ' (neither a script nor a Linux program)', 'begin the script with #!/bin/sh, or give a program built for Linux');
    }
  } else if (!hasRunBit(found)) {
    throw refuse('BOOTSTRAP_NOT_EXECUTABLE', ' (without run bit)', `chmod +x ${path}`);
  }
  return absolute;
}
