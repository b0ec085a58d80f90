import { spawnSync } from 'node:child_process';
import { chmodSync, linkSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readTar } from '../../../layers/builder/tar';
import { tarArchive } from '../../tar-archive';
import { workspace } from '../../workspace';

const long = `${'directory-'.repeat(15)}/${'name-'.repeat(40)}`;

/** What the machine's own tar writes. */
function archive(format: string): Buffer {
  const directory = workspace({ 'opt/bootstrap': '#!/bin/sh\n', 'opt/empty': '', [`opt/${long}`]: 'long', 'opt/ünï': 'umlauts' });
  chmodSync(join(directory, 'opt/bootstrap'), 0o750);
  linkSync(join(directory, 'opt/bootstrap'), join(directory, 'opt/zz-hard'));
  symlinkSync('bootstrap', join(directory, 'opt/link'));
  const run = spawnSync('tar', [`--format=${format}`, '-cf', 'archive.tar', 'opt'], { cwd: directory, encoding: 'utf8' });
  expect(run.stderr).toBe('');
  return readFileSync(join(directory, 'archive.tar'));
}

test.each(['gnu', 'pax'])('reads long names, modes, links and empty files of the %s format', format => {
  const entries = Object.fromEntries([...readTar(archive(format))].map(entry => [entry.path, entry]));
  expect(entries['opt/bootstrap']).toMatchObject({ type: 'file', mode: 0o750 });
  expect(entries['opt/zz-hard'].content.toString()).toBe('#!/bin/sh\n');
  expect(entries['opt/link']).toMatchObject({ type: 'link', target: 'bootstrap' });
  expect(entries['opt/empty'].content).toHaveLength(0);
  expect(entries[`opt/${long}`].content.toString()).toBe('long');
  expect(entries['opt/ünï'].content.toString()).toBe('umlauts');
  expect(entries.opt.type).toBe('directory');
});

test.each(['../escape', '/etc/passwd', 'a/../../b', 'a\\..\\b'])('refuses the name %s, which leads out of the folder', path => {
  expect(() => [...readTar(tarArchive([{ path }]))]).toThrow(`unsafe name '${path}'`);
});

test('refuses a hard link to a file that is not in the archive', () => {
  expect(() => [...readTar(tarArchive([{ path: 'a', flag: '1', target: 'b' }]))]).toThrow("hard link to 'b'");
});

test('refuses what is no tar archive, and one that ends too early', () => {
  expect(() => [...readTar(Buffer.alloc(1024, 'x'))]).toThrow('not a tar archive');
  expect(() => [...readTar(tarArchive([{ path: 'a', content: Buffer.alloc(5000) }]).subarray(0, 2048))]).toThrow('ends too early');
});
