import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { regularFile } from '../../../layers/builder/layer-files';
import { unzip } from '../../../layers/builder/unzip';
import { writeZip } from '../../../layers/builder/zip';
import { workspace } from '../../workspace';

const text = 'again and again '.repeat(1000);
async function archive(): Promise<string> {
  const path = join(workspace(), 'layer.zip');
  writeZip(path, [
    await regularFile('bootstrap', Buffer.from('#!/bin/sh\n'), true),
    await regularFile('cdk-hybrid/licenses/node/LICENSE', Buffer.from(text), false),
    await regularFile('empty', Buffer.alloc(0), false),
    await regularFile('ünï', Buffer.from('umlauts'), false),
  ]);
  return path;
}

test('what was zipped comes out again, with its mode, whatever the umask is', async () => {
  const zip = await archive();
  const directory = join(workspace(), 'opt');
  const before = process.umask(0o077);
  try {
    expect(unzip(zip, directory)).toEqual({ 'bootstrap': 10, 'cdk-hybrid/licenses/node/LICENSE': text.length, 'empty': 0, 'ünï': 7 });
  } finally {
    process.umask(before);
  }
  const mode = (path: string) => (statSync(join(directory, path)).mode % 0o1000).toString(8);
  expect(['bootstrap', 'empty', 'cdk-hybrid/licenses/node/LICENSE', 'cdk-hybrid/licenses', '.'].map(mode)).toEqual(['755', '644', '644', '755', '755']);
  expect(readFileSync(join(directory, 'cdk-hybrid/licenses/node/LICENSE'), 'utf8')).toBe(text);
});

test('files have one time, so that images of them are alike', async () => {
  const directory = join(workspace(), 'opt');
  unzip(await archive(), directory);
  expect(['bootstrap', 'cdk-hybrid', '.'].map(path => statSync(join(directory, path)).mtime.toISOString())).toEqual(Array(3).fill('1980-01-01T00:00:00.000Z'));
});

test('a damaged archive is refused', async () => {
  const zip = await archive();
  const bytes = readFileSync(zip);
  bytes[30 + 'bootstrap'.length] ^= 1; // eslint-disable-line no-bitwise -- one bit of the first file
  writeFileSync(zip, bytes);
  expect(() => unzip(zip, join(workspace(), 'opt'))).toThrow("'bootstrap' in");
});
