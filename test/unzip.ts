/** Unpacks a zip with a library that is not ours; a machine need not have the program `unzip`. */
import { spawnSync } from 'node:child_process';
import { workspace } from './workspace';

const PROGRAM = `
const { chmodSync, createWriteStream, mkdirSync } = require('node:fs');
const { dirname, join } = require('node:path');
const [yauzl, zip, directory] = process.argv.slice(1);
require(yauzl).open(zip, { lazyEntries: true }, (error, archive) => {
  if (error) { throw error; }
  archive.on('entry', entry => {
    const path = join(directory, entry.fileName);
    if (entry.fileName.endsWith('/')) { mkdirSync(path, { recursive: true }); return archive.readEntry(); }
    mkdirSync(dirname(path), { recursive: true });
    archive.openReadStream(entry, (failure, stream) => {
      if (failure) { throw failure; }
      stream.pipe(createWriteStream(path)).on('close', () => { chmodSync(path, entry.externalFileAttributes >>> 16 & 0o777); archive.readEntry(); });
    });
  });
  archive.readEntry();
});
`;

/** The folder with the files of a zip, with their modes. */
export function unzip(zip: string): string {
  const directory = workspace();
  const run = spawnSync(process.execPath, ['-e', PROGRAM, require.resolve('yauzl'), zip, directory], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  return directory;
}
