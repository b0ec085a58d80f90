/** Drops what only debuggers and profilers read from an ELF executable: symbol tables and debug sections. */
/* eslint-disable no-bitwise -- a binary format */

const SHT_NULL = 0;
const SHT_NOBITS = 8;
const SHF_ALLOC = 2n;
const PT_NULL = 0;

/** `e_machine` of the architectures that Lambda has. */
export const ELF_MACHINES: { readonly [machine: number]: string } = { 0x3e: 'x86_64', 0xb7: 'arm64' };

interface Section {
  readonly index: number;
  readonly header: Buffer;
  readonly name: number;
  readonly type: number;
  readonly flags: bigint;
  readonly offset: number;
  readonly size: number;
}

/** The machine of an ELF file, as a Lambda architecture or a number; nothing when it is no 64-bit little-endian ELF file. */
export function elfMachine(file: Buffer): string | undefined {
  if (file.length < 64 || file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) { return undefined; }
  const machine = file.readUInt16LE(18);
  return ELF_MACHINES[machine] ?? `machine ${machine}`;
}

/**
 * The executable without its symbols. What the kernel and the dynamic linker load is not changed by a byte, save the
 * three fields of the file header that say where the section table is. Anything unusual is returned as it was given.
 */
export function withoutSymbols(file: Buffer): Buffer {
  const machine = elfMachine(file);
  if (machine === undefined || file.readUInt16LE(58) !== 64 || file.readUInt16LE(54) !== 56) { return file; }
  const sections = readSections(file);
  const names = sections[file.readUInt16LE(62)];
  if (!names) { return file; }

  const loaded = sections.filter(section => section.type === SHT_NULL || (section.flags & SHF_ALLOC) !== 0n);
  // Symbols of the dynamic linker name sections by index, so the sections that stay must keep theirs.
  if (loaded.some((section, position) => section.index !== position)) { return file; }
  const end = Math.max(
    ...segmentEnds(file),
    ...loaded.filter(section => section.type !== SHT_NOBITS).map(section => section.offset + section.size),
  );
  if (!sections.some(section => !loaded.includes(section) && section !== names && section.offset >= end)) { return file; }

  const nameOf = (section: Section) => {
    const start = names.offset + section.name;
    return file.subarray(start, file.indexOf(0, start) + 1);
  };
  const strings: Buffer[] = [];
  let stringsLength = 0;
  const headers = [...loaded, names].map(section => {
    const header = Buffer.from(section.header);
    const name = nameOf(section);
    header.writeUInt32LE(stringsLength, 0);
    strings.push(name);
    stringsLength += name.length;
    return header;
  });
  const tableOffset = Math.ceil((end + stringsLength) / 8) * 8;
  const namesHeader = headers[headers.length - 1];
  namesHeader.writeBigUInt64LE(BigInt(end), 24);
  namesHeader.writeBigUInt64LE(BigInt(stringsLength), 32);

  const padding = Buffer.alloc(tableOffset - end - stringsLength);
  const stripped = Buffer.concat([file.subarray(0, end), ...strings, padding, ...headers]);
  stripped.writeBigUInt64LE(BigInt(tableOffset), 40);
  stripped.writeUInt16LE(headers.length, 60);
  stripped.writeUInt16LE(headers.length - 1, 62);
  return stripped;
}

function readSections(file: Buffer): Section[] {
  const table = Number(file.readBigUInt64LE(40));
  const count = file.readUInt16LE(60);
  if (table === 0 || table + count * 64 > file.length) { return []; }
  return Array.from({ length: count }, (_, index) => {
    const header = file.subarray(table + index * 64, table + (index + 1) * 64);
    return {
      index,
      header,
      name: header.readUInt32LE(0),
      type: header.readUInt32LE(4),
      flags: header.readBigUInt64LE(8),
      offset: Number(header.readBigUInt64LE(24)),
      size: Number(header.readBigUInt64LE(32)),
    };
  });
}

/** Where the bytes of each segment end in the file. */
function segmentEnds(file: Buffer): number[] {
  const table = Number(file.readBigUInt64LE(32));
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const header = file.subarray(table + index * 56, table + (index + 1) * 56);
    return header.readUInt32LE(0) === PT_NULL ? 0 : Number(header.readBigUInt64LE(8) + header.readBigUInt64LE(32));
  });
}
