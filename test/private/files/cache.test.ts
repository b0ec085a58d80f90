import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { cacheRoot, publish, readJson, writeAtomically } from '../../../src/private/files/cache';
import { workspace } from '../../workspace';

test.each([
  ['linux', {}, join(homedir(), '.cache/cdk-hybrid')],
  ['linux', { XDG_CACHE_HOME: '/var/cache/me' }, join('/var/cache/me', 'cdk-hybrid')],
  ['darwin', {}, join(homedir(), 'Library/Caches/cdk-hybrid')],
  ['win32', { LOCALAPPDATA: 'C:\\Users\\me\\AppData\\Local' }, join('C:\\Users\\me\\AppData\\Local', 'cdk-hybrid')],
  ['win32', { CDK_HYBRID_CACHE_DIR: 'here' }, resolve('here')],
])('on %s with %j the cache is in %s', (platform, env, expected) => {
  expect(cacheRoot(platform, env)).toBe(expected);
});

const isGood = (directory: string) => existsSync(join(directory, 'whole'));
const fill = (content: string) => (directory: string) => writeFileSync(join(directory, 'whole'), content);

test('an entry is made once', () => {
  const entry = join(workspace(), 'kind/entry');
  publish(entry, fill('first'), isGood);
  publish(entry, () => { throw new Error('made again'); }, isGood);
  expect(readFileSync(join(entry, 'whole'), 'utf8')).toBe('first');
});

test('of two that make the same entry at once, the first one stays', () => {
  const entry = join(workspace(), 'kind/entry');
  publish(entry, directory => {
    publish(entry, fill('the quicker one'), isGood);
    fill('the slower one')(directory);
  }, isGood);
  expect(readFileSync(join(entry, 'whole'), 'utf8')).toBe('the quicker one');
  expect(readdirSync(join(entry, '..'))).toEqual(['entry']);
});

test('a failure leaves nothing behind', () => {
  const entry = join(workspace(), 'kind/entry');
  expect(() => publish(entry, directory => {
    writeFileSync(join(directory, 'half'), '');
    throw new Error('no more');
  }, isGood)).toThrow('no more');
  expect(readdirSync(join(entry, '..'))).toEqual([]);
});

test('a damaged entry is replaced', () => {
  const entry = join(workspace(), 'kind/entry');
  mkdirSync(entry, { recursive: true });
  writeFileSync(join(entry, 'half'), '');
  publish(entry, fill('new'), isGood);
  expect(readdirSync(entry)).toEqual(['whole']);
  expect(readdirSync(join(entry, '..'))).toEqual(['entry']);
});

test('what killed processes have left is removed a day later, what others are just making is not', () => {
  const entry = join(workspace(), 'kind/entry');
  const kind = join(entry, '..');
  for (const name of ['.old', '.new']) { mkdirSync(join(kind, name), { recursive: true }); }
  utimesSync(join(kind, '.old'), new Date(), new Date(Date.now() - 25 * 60 * 60 * 1000));
  publish(entry, fill('x'), isGood);
  expect(readdirSync(kind).sort()).toEqual(['.new', 'entry']);
});

test('a record is written whole, and a damaged one counts as none', () => {
  const path = join(workspace(), 'kind/record.json');
  expect(readJson(path)).toBeUndefined();
  writeAtomically(path, '{"a":1}');
  expect(readJson(path)).toEqual({ a: 1 });
  expect(readdirSync(join(path, '..'))).toEqual(['record.json']);
  writeFileSync(path, '{"a":');
  expect(readJson(path)).toBeUndefined();
});

test('a cache that cannot be written says which variable names another one', () => {
  const file = join(workspace({ 'a-file': '' }), 'a-file');
  for (const use of [() => publish(join(file, 'kind/entry'), fill(''), isGood), () => writeAtomically(join(file, 'record.json'), '{}')]) {
    expect(use).toThrow(/^'CDK_HYBRID_CACHE_DIR' must be a folder that can be written, got 'E[A-Z]+: .*'; make the folder writable.* \[CDK_HYBRID_CACHE_UNUSABLE\]$/);
  }
});
