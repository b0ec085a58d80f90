/** The cache outside the project: what is costly to make, by the content of all that went into it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { problem } from '../errors';

const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

/** The folder of one kind of entries, e.g. `layers`. Not made by this call. */
export function cacheDirectory(kind: string): string {
  return join(cacheRoot(process.platform, process.env), kind);
}

/** Where the cache is: where the user says, else where the operating system keeps caches. */
export function cacheRoot(platform: string, env: { [name: string]: string | undefined }): string {
  if (env.CDK_HYBRID_CACHE_DIR) { return resolve(env.CDK_HYBRID_CACHE_DIR); }
  if (env.XDG_CACHE_HOME) { return join(env.XDG_CACHE_HOME, 'cdk-hybrid'); }
  switch (platform) {
    case 'darwin': return join(homedir(), 'Library/Caches/cdk-hybrid');
    case 'win32': return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData/Local'), 'cdk-hybrid');
    default: return join(homedir(), '.cache/cdk-hybrid');
  }
}

/**
 * Makes sure that a good folder is at `directory`. `make` fills a temporary folder beside it, which is then renamed into
 * place, so nobody ever sees half an entry; of two processes that make the same one, the first one's stays.
 *
 * @param make fills the folder whose path it is given; when it throws, nothing is left behind
 * @param isGood tells, cheaply, a whole entry from a damaged one
 */
export function publish(directory: string, make: (temporary: string) => void, isGood: (directory: string) => boolean): void {
  if (isGood(directory)) { return; }
  const parent = dirname(directory);
  const temporary = temporaryFolder(parent, `.${basename(directory).slice(0, 16)}-`);
  removeAbandoned(parent);
  try {
    make(temporary);
    for (let attempt = 1; ; attempt++) {
      try {
        return renameSync(temporary, directory);
      } catch (error) {
        if (isGood(directory)) { return; }
        if (attempt === 3) { throw error; }
        // What is there is damaged. It is moved away before it is removed, so that nobody meets half of it.
        setAside(directory, `${temporary}.old${attempt}`);
      }
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Writes a file so that readers see the old one or the new one, and nothing between. */
export function writeAtomically(path: string, content: string): void {
  const folder = temporaryFolder(dirname(path), '.write-');
  try {
    writeFileSync(join(folder, 'content'), content);
    renameSync(join(folder, 'content'), path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The content of a JSON file; nothing when it is missing or damaged. */
export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/** A new folder in the cache; whatever stands against it is a cache that cannot be used. */
function temporaryFolder(parent: string, prefix: string): string {
  try {
    mkdirSync(parent, { recursive: true });
    return mkdtempSync(join(parent, prefix));
  } catch (error) {
    throw problem(undefined, 'CACHE_UNUSABLE', { property: 'CDK_HYBRID_CACHE_DIR', given: (error as Error).message, accepted: 'a folder that can be written' });
  }
}

function setAside(directory: string, aside: string): void {
  try {
    renameSync(directory, aside);
  } catch {
    return; // another process was quicker
  }
  rmSync(aside, { recursive: true, force: true });
}

/** Removes what processes that were killed have left: temporary folders a day old. */
function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent).filter(entry => entry.startsWith('.'))) {
    const path = join(parent, name);
    try {
      if (Date.now() - statSync(path).mtimeMs > ABANDONED_AFTER_MS) { rmSync(path, { recursive: true, force: true }); }
    } catch {
      // gone already
    }
  }
}
