/** Writes zip archives that depend on nothing but names, modes and contents. */
/* eslint-disable no-bitwise -- a binary format */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { deflate } from './deflate';

/** What a zip archive holds under one name. */
export interface ZipEntry {
  readonly path: string;
  /** With the type of file: 0o100755, 0o100644, 0o120777, 0o040755. */
  readonly mode: number;
  readonly data: ZipData;
}

/** Contents as a zip archive stores them: in memory, or in a part of another file. */
export interface ZipData {
  readonly method: 0 | 8;
  readonly size: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly stored: Buffer | { readonly file: string; readonly offset: number };
}

const METHOD_STORED = 0;
const METHOD_DEFLATED = 8;
const VERSION = 20;
const MADE_BY_UNIX = 3 << 8;
const UTF8_NAMES = 0x800;
const DATE_1980_01_01 = 0x21;
const COPY_BYTES = 1 << 20;

/** Compresses contents, unless that makes them larger. */
export async function zipData(content: Buffer, onProgress?: (done: number) => void): Promise<ZipData> {
  const compressed = content.length === 0 ? content : await deflate(content, onProgress);
  const smaller = compressed.length < content.length;
  return {
    method: smaller ? METHOD_DEFLATED : METHOD_STORED,
    size: content.length,
    crc32: crc32(content),
    compressedSize: smaller ? compressed.length : content.length,
    stored: smaller ? compressed : content,
  };
}

/** Writes an archive, entries ordered by name; returns for each name the offset of its data, and the size of the archive. */
export function writeZip(path: string, entries: readonly ZipEntry[]): { offsets: Map<string, number>; bytes: number } {
  const sorted = [...entries].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const offsets = new Map<string, number>();
  const directory: Buffer[] = [];
  const output = openSync(path, 'wx');
  let position = 0;
  const write = (part: Buffer) => {
    for (let written = 0; written < part.length;) { written += writeSync(output, part, written); }
    position += part.length;
  };
  try {
    for (const { path: name, mode, data } of sorted) {
      const fields = commonFields(Buffer.byteLength(name), data);
      directory.push(Buffer.concat([directoryHeader(fields, mode, position), Buffer.from(name)]));
      write(Buffer.concat([signature('PK\x03\x04'), fields, Buffer.from(name)]));
      offsets.set(name, position);
      for (const part of parts(data)) { write(part); }
    }
    const start = position;
    for (const header of directory) { write(header); }
    write(endOfDirectory(directory.length, position - start, start));
  } finally {
    closeSync(output);
  }
  return { offsets, bytes: position };
}

function* parts(data: ZipData): Generator<Buffer> {
  if (Buffer.isBuffer(data.stored)) { return yield data.stored; }
  const input = openSync(data.stored.file, 'r');
  try {
    for (let left = data.compressedSize, position = data.stored.offset; left > 0;) {
      const part = Buffer.alloc(Math.min(COPY_BYTES, left));
      const read = readSync(input, part, 0, part.length, position);
      if (read === 0) { throw new Error(`${data.stored.file} ends too early`); }
      yield part.subarray(0, read);
      left -= read;
      position += read;
    }
  } finally {
    closeSync(input);
  }
}

const signature = (text: string) => Buffer.from(text, 'latin1');

/** The 26 bytes that the header before the data and the one in the directory have in common. */
function commonFields(nameLength: number, data: ZipData): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(VERSION, 0);
  fields.writeUInt16LE(UTF8_NAMES, 2);
  fields.writeUInt16LE(data.method, 4);
  fields.writeUInt16LE(DATE_1980_01_01, 8);
  fields.writeUInt32LE(data.crc32, 10);
  fields.writeUInt32LE(data.compressedSize, 14);
  fields.writeUInt32LE(data.size, 18);
  fields.writeUInt16LE(nameLength, 22);
  return fields;
}

function directoryHeader(fields: Buffer, mode: number, offset: number): Buffer {
  const header = Buffer.alloc(46);
  header.write('PK\x01\x02', 'latin1');
  header.writeUInt16LE(MADE_BY_UNIX | VERSION, 4);
  fields.copy(header, 6);
  header.writeUInt32LE(mode * 0x10000, 38);
  header.writeUInt32LE(offset, 42);
  return header;
}

function endOfDirectory(count: number, size: number, offset: number): Buffer {
  if (count > 0xffff || offset > 0xffffffff) { throw new Error('too many or too large files for a zip archive of Lambda'); }
  const record = Buffer.alloc(22);
  record.write('PK\x05\x06', 'latin1');
  record.writeUInt16LE(count, 8);
  record.writeUInt16LE(count, 10);
  record.writeUInt32LE(size, 12);
  record.writeUInt32LE(offset, 16);
  return record;
}
