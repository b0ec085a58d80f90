/** Defines unpacking a zip as Lambda does: modes and symbolic links kept, nothing written outside the folder. */
/* eslint-disable no-bitwise -- a file's mode is a bit field */
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { open, type Entry, type ZipFile } from 'yauzl';
import { CliError } from './errors';

const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;

export async function unzip(archive: string, directory: string): Promise<void> {
  try {
    const zip = await promisify<string, object, ZipFile>(open as never)(archive, { lazyEntries: true, autoClose: true });
    await readEntries(zip, resolve(directory));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError('ARCHIVE_INVALID', `cannot unpack ${archive}: ${(error as Error).message}`);
  }
}

async function readEntries(zip: ZipFile, directory: string): Promise<void> {
  // Links are made last: nothing can be written through one.
  const links: { path: string; target: string }[] = [];
  await new Promise<void>((done, failed) => {
    zip.on('entry', (entry: Entry) => {
      extract(zip, entry, directory, links).then(() => zip.readEntry(), failed);
    });
    zip.on('end', done).on('error', failed);
    zip.readEntry();
  }).finally(() => zip.close());
  for (const { path, target } of links) {
    await mkdir(dirname(path), { recursive: true });
    await symlink(target, path);
  }
}

/** yauzl itself refuses names that are absolute, contain `..` or a backslash. */
async function extract(zip: ZipFile, entry: Entry, directory: string, links: { path: string; target: string }[]): Promise<void> {
  const path = join(directory, entry.fileName);
  if (entry.fileName.endsWith('/')) return void await mkdir(path, { recursive: true });
  const content = await promisify<Entry, Readable>(zip.openReadStream.bind(zip) as never)(entry);
  const mode = entry.externalFileAttributes >>> 16;
  if ((mode & FILE_TYPE) === SYMBOLIC_LINK) {
    const target = Buffer.concat(await content.toArray()).toString();
    if (isAbsolute(target) || leaves(directory, resolve(dirname(path), target))) {
      throw new CliError('ARCHIVE_INVALID', `the archive's link ${entry.fileName} leads outside of it, to '${target}'`);
    }
    links.push({ path, target });
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  await pipeline(content, createWriteStream(path));
  // As a mask of its own: the umask has nothing to say about what was packed. The owner can always read and clean up.
  await chmod(path, (mode & 0o777 || 0o644) | 0o600);
}

function leaves(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way.startsWith('..') || isAbsolute(way);
}
