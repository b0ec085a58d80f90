/** Fingerprints of files and folders: what the bundle cache compares to see that nothing has changed. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, Stats } from 'node:fs';
import { dirname, join } from 'node:path';

/** A file that many functions import is read once per state of the file, not once per function. */
const known = new Map<string, { state: string; hash: string }>();

/** The SHA-256 of a file's content; `absent` when there is no such file. */
export function fingerprintFile(path: string): string {
  const found = fileAt(path);
  if (!found) { return 'absent'; }
  const state = `${found.ino}:${found.size}:${found.mtimeMs}:${found.ctimeMs}`;
  const before = known.get(path);
  if (before?.state === state) { return before.hash; }
  const hash = sha256(readFileSync(path));
  known.set(path, { state, hash });
  return hash;
}

/**
 * The SHA-256 of the names of the files in a folder: a new file may change what an import resolves to. A new folder may
 * not, since a file `x.ts` wins over `x/index.ts`.
 */
export function fingerprintListing(path: string): string {
  try {
    return sha256(readdirSync(path, { withFileTypes: true }).filter(entry => !entry.isDirectory()).map(entry => entry.name).sort().join('\n'));
  } catch {
    return 'absent';
  }
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The file at this path; nothing when there is none, or none that this user may look at. */
export function fileAt(path: string): Stats | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found?.isFile() ? found : undefined;
  } catch {
    return undefined;
  }
}

/** A folder and all above it, nearest first. */
export function ancestors(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [path, ...ancestors(parent)];
}

/** The nearest folder at or above `path` that holds a file of this name. */
export function nearestWith(path: string, name: string): string | undefined {
  return ancestors(path).find(directory => fileAt(join(directory, name)));
}
