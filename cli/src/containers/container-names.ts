/** Defines the names of the containers that this program runs, and that none of them outlives it. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { askEngine, engineClient } from './engine';

const alive = new Set<string>();

/** A new container's name, easy to recognize in the engine's list. */
export function nameContainer(of: string): string {
  const name = `cdk-hybrid-${of.replace(/[^A-Za-z0-9_.-]+/g, '-')}-${randomBytes(4).toString('hex')}`;
  alive.add(name);
  removeAtExit();
  // Once more after its client was started, which is ended at exit as well: first the client, which could still make the container.
  setImmediate(removeAtExit);
  return name;
}

function removeAtExit(): void {
  process.off('exit', removeAll).on('exit', removeAll);
}

/** Ends the container, whatever state it is in. */
export async function removeContainer(name: string): Promise<void> {
  await askEngine(['rm', '--force', name]).catch(() => {});
  alive.delete(name);
}

function removeAll(): void {
  if (alive.size > 0) spawnSync(engineClient(), ['rm', '--force', ...alive], { stdio: 'ignore', windowsHide: true });
}
