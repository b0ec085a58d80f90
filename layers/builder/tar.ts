/** Reads tar archives: ustar with the extensions of GNU tar and pax, as npm and container engines write them. */
/* eslint-disable no-bitwise -- a binary format */

export interface TarEntry {
  /** With `/` between names, no `/` at either end. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'link' | 'other';
  readonly mode: number;
  /** Of a file. A hard link is a file with the content of the one it points to. */
  readonly content: Buffer;
  /** What a symbolic link points to, as it is written. */
  readonly target: string;
}

const BLOCK = 512;

/** The entries of an archive, in its order. Refuses a name that leads out of the folder it is unpacked in. */
export function* readTar(archive: Buffer): Generator<TarEntry> {
  const files = new Map<string, Buffer>();
  let longPath: string | undefined;
  let longTarget: string | undefined;
  let attributes: Record<string, string> = {};

  for (let offset = 0; offset + BLOCK <= archive.length;) {
    const header = archive.subarray(offset, offset + BLOCK);
    if (header.every(byte => byte === 0)) { return; }
    checkHeader(header);
    const size = Number(attributes.size ?? number(header, 124, 12));
    const content = archive.subarray(offset + BLOCK, offset + BLOCK + size);
    if (content.length < size) { throw new Error('the tar archive ends too early'); }
    offset += BLOCK + Math.ceil(size / BLOCK) * BLOCK;

    const flag = String.fromCharCode(header[156]);
    if (flag === 'L') { longPath = text(content, 0, size); continue; }
    if (flag === 'K') { longTarget = text(content, 0, size); continue; }
    if (flag === 'x') { attributes = paxAttributes(content); continue; }
    if (flag === 'g') { continue; }

    const prefix = text(header, 257, 5) === 'ustar' && header[262] === 0 ? text(header, 345, 155) : '';
    const name = text(header, 0, 100);
    const path = safePath(attributes.path ?? longPath ?? (prefix ? `${prefix}/${name}` : name));
    const target = attributes.linkpath ?? longTarget ?? text(header, 157, 100);
    const mode = number(header, 100, 8);
    [longPath, longTarget, attributes] = [undefined, undefined, {}];

    if (flag === '0' || flag === '\0' || flag === '7') {
      files.set(path, content);
      yield { path, type: 'file', mode, content, target: '' };
    } else if (flag === '1') {
      const original = files.get(safePath(target));
      if (!original) { throw new Error(`the tar archive has a hard link to '${target}', which is not in it`); }
      files.set(path, original);
      yield { path, type: 'file', mode, content: original, target: '' };
    } else {
      yield { path, type: flag === '5' ? 'directory' : flag === '2' ? 'link' : 'other', mode, content: Buffer.alloc(0), target };
    }
  }
}

function safePath(path: string): string {
  const parts = path.split('/').filter(part => part !== '' && part !== '.');
  if (path.startsWith('/') || path.includes('\\') || parts.includes('..')) { throw new Error(`the tar archive has the unsafe name '${path}'`); }
  return parts.join('/');
}

/** The sum of the header's bytes, its own field counted as spaces: what tells a tar archive from other data. */
function checkHeader(header: Buffer): void {
  let sum = 8 * 0x20;
  for (let index = 0; index < BLOCK; index++) { if (index < 148 || index >= 156) { sum += header[index]; } }
  if (sum !== number(header, 148, 8)) { throw new Error('not a tar archive, or a damaged one'); }
}

function text(buffer: Buffer, start: number, length: number): string {
  const field = buffer.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? field.length : end);
}

/** Octal digits, or GNU's base 256 for what is too large for them. */
function number(buffer: Buffer, start: number, length: number): number {
  if (buffer[start] & 0x80) { return Number(buffer.readBigUInt64BE(start + length - 8)); }
  return parseInt(text(buffer, start, length).trim() || '0', 8);
}

/** Records of the form `<length> <key>=<value>\n`. */
function paxAttributes(content: Buffer): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (let offset = 0; offset < content.length;) {
    const length = parseInt(content.toString('latin1', offset, content.indexOf(0x20, offset)), 10);
    if (!(length > 0)) { break; }
    const record = content.toString('utf8', content.indexOf(0x20, offset) + 1, offset + length - 1);
    attributes[record.slice(0, record.indexOf('='))] = record.slice(record.indexOf('=') + 1);
    offset += length;
  }
  return attributes;
}
