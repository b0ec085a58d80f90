/** Starts the program that builds layers, and turns what it says into errors of the construct. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { IConstruct } from 'constructs';
import { ErrorCode, HybridError, problem } from '../errors';
import { BUILDER_DIRECTORY } from './layer-assets';

/**
 * Runs one command of the builder. It is a child process because it works on all processors at once, which code that
 * has to wait for it cannot; it has the working directory of the app, so the project's npm configuration counts.
 */
export function runBuilder(scope: IConstruct, command: 'engine' | 'layer' | 'pack' | 'secrets' | 'unpack', request: object): void {
  const run = spawnSync(process.execPath, [join(BUILDER_DIRECTORY, 'build-layer.cjs'), command, JSON.stringify(request)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env: process.env });
  if (run.status !== 0) {
    throw builderError(scope, run.stdout)
      ?? new Error(`${scope.node.path}: the layer was not built (${run.error?.message ?? run.signal ?? `exit code ${run.status}`})`);
  }
}

/** The error that the builder has told on its output, which may be part of a longer log. */
export function builderError(scope: IConstruct, output: string | null): HybridError | undefined {
  const line = /\{"failure":.*\}/.exec(output ?? '')?.[0];
  if (!line) { return undefined; }
  const { code, ...what } = (JSON.parse(line) as { failure: { code: ErrorCode; property: string; given: string; accepted: string } }).failure;
  return problem(scope, code, what);
}
