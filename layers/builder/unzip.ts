/** Unpacks zip archives that `writeZip` has written. */
/* eslint-disable no-bitwise -- a binary format */
import { chmodSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';

const END_OF_DIRECTORY = 22;
const LOCAL_HEADER = 30;
/** The time that the archive gives every file, so that copies of it are alike to the last byte of a tar archive. */
const TIME = new Date('1980-01-01T00:00:00Z');

/** Writes the files of the archive below `directory`, for everybody to read whatever the umask is; returns their sizes by path. */
export function unzip(path: string, directory: string): { [file: string]: number } {
  const archive = readFileSync(path);
  const end = archive.length - END_OF_DIRECTORY;
  const sizes: { [file: string]: number } = {};
  const folders = new Set<string>();
  for (let offset = archive.readUInt32LE(end + 16), entry = 0; entry < archive.readUInt16LE(end + 10); entry++) {
    const method = archive.readUInt16LE(offset + 10);
    const nameLength = archive.readUInt16LE(offset + 28);
    const name = archive.toString('utf8', offset + 46, offset + 46 + nameLength);
    const start = archive.readUInt32LE(offset + 42) + LOCAL_HEADER + nameLength;
    const stored = archive.subarray(start, start + archive.readUInt32LE(offset + 20));
    const content = method === 0 ? stored : inflateRawSync(stored);
    if (crc32(content) !== archive.readUInt32LE(offset + 16)) { throw new Error(`'${name}' in ${path} is damaged`); }
    const file = join(directory, name);
    for (let folder = dirname(file); folder.startsWith(directory); folder = dirname(folder)) { folders.add(folder); }
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, archive.readUInt32LE(offset + 38) >>> 16 & 0o777);
    utimesSync(file, TIME, TIME);
    sizes[name] = content.length;
    offset += 46 + nameLength;
  }
  for (const folder of folders) {
    chmodSync(folder, 0o755);
    utimesSync(folder, TIME, TIME);
  }
  return sizes;
}
