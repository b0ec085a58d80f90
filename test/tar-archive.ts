/** Makes small tar archives, also ones that no honest tool would make. */

export interface TarFile {
  readonly path: string;
  readonly content?: string | Buffer;
  readonly mode?: number;
  /** The type flag; `0` is a regular file. */
  readonly flag?: string;
  readonly target?: string;
}

/** An archive in the ustar format. */
export function tarArchive(files: TarFile[]): Buffer {
  return Buffer.concat([...files.map(tarEntry), Buffer.alloc(1024)]);
}

function tarEntry({ path, content = '', mode = 0o644, flag = '0', target = '' }: TarFile): Buffer {
  const data = Buffer.from(content);
  const header = Buffer.alloc(512);
  header.write(path, 0, 100);
  header.write(octal(mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(data.length, 11), 124);
  header.write(octal(0, 11), 136);
  header.write(' '.repeat(8), 148);
  header.write(flag, 156);
  header.write(target, 157, 100);
  header.write('ustar\x0000', 257);
  header.write(`${octal(header.reduce((sum, byte) => sum + byte, 0), 6)}\0 `, 148);
  return Buffer.concat([header, data, Buffer.alloc((512 - data.length % 512) % 512)]);
}

const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
