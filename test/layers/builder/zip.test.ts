import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { inflateRawSync } from 'node:zlib';
import * as yauzl from 'yauzl';
import { deflate } from '../../../layers/builder/deflate';
import { emptyFolder, regularFile, symbolicLink } from '../../../layers/builder/layer-files';
import { writeZip } from '../../../layers/builder/zip';
import { workspace } from '../../workspace';

const files = () => Promise.all([
  regularFile('lib/data.txt', Buffer.from('text '.repeat(1000)), false),
  regularFile('bootstrap', Buffer.from('#!/bin/sh\n'), true),
  regularFile('Z-first', Buffer.alloc(0), false),
  regularFile('lib/noise', randomBytes(1).fill(7), false),
  symbolicLink('link', 'lib/data.txt'),
  emptyFolder('python'),
]);

async function entriesOf(path: string) {
  const zip = await yauzl.openPromise(path);
  const entries = [];
  for await (const entry of zip.eachEntry()) {
    const content = entry.fileName.endsWith('/') ? Buffer.alloc(0) : await buffer(await zip.openReadStreamPromise(entry));
    entries.push({ name: entry.fileName, mode: (Math.floor(entry.externalFileAttributes / 0x10000)).toString(8), madeBy: Math.floor(entry.versionMadeBy / 256), date: entry.getLastModDate({ timezone: 'UTC' }), content });
  }
  return entries;
}

test('an archive has its names in order, its run bits, links and contents, and one fixed date', async () => {
  const path = join(workspace(), 'layer.zip');
  writeZip(path, await files());
  const entries = await entriesOf(path);
  expect(entries.map(({ name, mode }) => [name, mode])).toEqual([
    ['Z-first', '100644'], ['bootstrap', '100755'], ['lib/data.txt', '100644'], ['lib/noise', '100644'], ['link', '120777'], ['python/', '40755'],
  ]);
  expect(entries[2].content.toString()).toBe('text '.repeat(1000));
  expect(entries[4].content.toString()).toBe('lib/data.txt');
  expect(new Set(entries.map(entry => entry.madeBy))).toEqual(new Set([3]));
  expect(new Set(entries.map(entry => entry.date.toISOString().slice(0, 10)))).toEqual(new Set(['1980-01-01']));
});

test('the same files give the same archive, in any order', async () => {
  const directory = workspace();
  writeZip(join(directory, 'a.zip'), await files());
  writeZip(join(directory, 'b.zip'), (await files()).reverse());
  expect(readFileSync(join(directory, 'a.zip'))).toEqual(readFileSync(join(directory, 'b.zip')));
});

test('data stored in another archive is copied without compressing it again', async () => {
  const directory = workspace();
  const all = await files();
  const { offsets } = writeZip(join(directory, 'a.zip'), all);
  const copied = all.map(file => ({ ...file, data: { ...file.data, stored: { file: join(directory, 'a.zip'), offset: offsets.get(file.path)! } } }));
  writeZip(join(directory, 'b.zip'), copied);
  expect(readFileSync(join(directory, 'b.zip'))).toEqual(readFileSync(join(directory, 'a.zip')));
});

/** Pseudo-random bytes, the same in every run. */
function noise(length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) => createHash('sha256').update(`${index}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}

test.each<[string, Buffer]>([
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('a')],
  ['two bytes', Buffer.from('ab')],
  ['a run that is longer than a match can be', Buffer.alloc(1_000_000, 'a')],
  ['noise', noise(300_000)],
  ['noise that repeats within the window', Buffer.concat([noise(30_000), noise(30_000)])],
  ['noise that repeats beyond the window', Buffer.concat([noise(40_000), noise(40_000)])],
  ['text', Buffer.from(Array.from({ length: 50_000 }, (_, line) => `line ${line * 7919 % 1000} of the text\n`).join(''))],
  ['several chunks', Buffer.concat([noise(50_000), Buffer.alloc(8_300_000, 'abc'), noise(50_000)])],
  ['every byte', Buffer.from(Array.from({ length: 65_536 }, (_, index) => Math.floor(index * index / 32)))],
])('what is compressed can be read back: %s', async (_, content) => {
  expect(inflateRawSync(await deflate(content)).equals(content)).toBe(true);
});
