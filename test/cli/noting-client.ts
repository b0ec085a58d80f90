/** Defines a client of a container engine that notes how it is called, and does what a script says. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface NotingClient {
  /** What CDK_DOCKER names. */
  readonly path: string;
  /** A line for each call. */
  calls(): string;
}

export function notingClient(directory: string, name: string, script: string): NotingClient {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\necho "$@" >> '${path}.calls'\n${script}\n`);
  chmodSync(path, 0o755);
  return { path, calls: () => existsSync(`${path}.calls`) ? readFileSync(`${path}.calls`, 'utf8') : '' };
}
