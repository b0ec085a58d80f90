/** The size of a folder's files, for limits on what is deployed. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The sum of the sizes of all files in a folder, in bytes; links count as what they point to. */
export function directorySize(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .map(entry => statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false }))
    .reduce((sum, found) => sum + (found?.isFile() ? found.size : 0), 0);
}
