/** Defines the cache outside the project: folders made once, under the key of what they were made from. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** What an interrupted run left behind may go after this long. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

/** The folder that holds everything of ours; the same one that synthesis uses for its downloads. */
export function cacheDirectory(): string {
  const { CDK_HYBRID_CACHE_DIR, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (CDK_HYBRID_CACHE_DIR) return CDK_HYBRID_CACHE_DIR;
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'cdk-hybrid');
  if (process.platform === 'win32') return join(LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'cdk-hybrid');
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'cdk-hybrid');
}

/**
 * The folder of a key. When it is not there, `fill` makes it in a temporary folder beside it, which is then renamed into
 * place: nobody ever sees half a folder, and of two processes that do so at once one wins and both go on.
 */
export async function cached(kind: string, key: string, fill: (directory: string) => Promise<void>): Promise<string> {
  const local = resolve(cacheDirectory(), 'local');
  const parent = join(local, kind);
  const target = join(parent, key);
  mkdirSync(parent, { recursive: true });
  isolate(local);
  if (existsSync(target)) return target;
  removeAbandoned(parent);
  const temporary = mkdtempSync(join(parent, 'tmp-'));
  try {
    await fill(temporary);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

/** Node.js looks for a package.json upwards: this one keeps it from one of a project that the cache is in. */
function isolate(local: string): void {
  const file = join(local, 'package.json');
  if (existsSync(file)) return;
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, '{}\n');
  renameSync(temporary, file);
}

function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const path = join(parent, name);
    if (!name.startsWith('tmp-')) continue;
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > ABANDONED_MS) rmSync(path, { recursive: true, force: true });
  }
}
