import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { bundleIn, cache, call, counted, HANDLER } from './bundling';
import { addFiles, inDirectory, workspace } from '../../workspace';

test('an unchanged handler is not bundled again', () => {
  const { esbuild, builds } = counted();
  const directory = workspace(HANDLER);
  const first = bundleIn(directory, esbuild);
  const second = bundleIn(directory, esbuild);
  expect(second).toEqual(first);
  expect(builds()).toBe(1);
});

test.each([
  ['the entry changes', { 'src/hello.ts': 'export const handler = async () => 1;' }],
  ['an imported file changes', { 'src/greet.ts': 'export const greet = (name: string) => `goodbye ${name}`;' }],
  ['a new file may change what an import means', { 'src/greet.tsx': 'export const greet = () => 1;' }],
  ['a tsconfig.json comes', { 'tsconfig.json': '{"compilerOptions":{"target":"es2020"}}' }],
  ['a jsconfig.json comes', { 'jsconfig.json': '{"compilerOptions":{"target":"es2020"}}' }],
  ['a lock file changes', { 'package-lock.json': '{"changed":true}' }],
])('it is bundled again when %s', (_case, changed) => {
  const { esbuild, builds } = counted();
  const directory = workspace(HANDLER);
  bundleIn(directory, esbuild);
  addFiles(directory, changed);
  bundleIn(directory, esbuild);
  expect(builds()).toBe(2);
});

test('it is bundled again when a file comes that wins over the index file of a folder', () => {
  const { esbuild, builds } = counted();
  const directory = workspace({
    'package.json': '{}', 'src/hello.ts': 'export { handler } from \'../lib/x\';', 'lib/x/index.ts': 'export const handler = async () => \'folder\';',
  });
  expect(call(bundleIn(directory, esbuild).directory, {})).toBe('folder');
  addFiles(directory, { 'lib/x.ts': 'export const handler = async () => \'file\';' });
  expect(call(bundleIn(directory, esbuild).directory, {})).toBe('file');
  expect(builds()).toBe(2);
});

test.each([
  ['a file', '"../base/one"', 'base/one.json'],
  ['one of several files', '["./none.json", /* the other ] */ "../base/one.json",]', 'base/one.json'],
  ['a package', '"@shared/base"', 'node_modules/@shared/base/tsconfig.json'],
  ['a file of a package', '"@shared/base/strict.json"', 'node_modules/@shared/base/strict.json'],
  ['the tsconfig of a package\'s manifest', '"named"', 'node_modules/named/special.json'],
  ['what a package exports', '"mapped/config"', 'node_modules/mapped/files/inner.json'],
])('it is bundled again when what tsconfig.json extends changes: %s', (_case, extended, base) => {
  const { esbuild, builds } = counted();
  const directory = workspace({
    ...HANDLER,
    'src/hello.ts': 'class A { x; }\nexport const handler = async () => Object.keys(new A()).length;\n',
    'node_modules/@shared/base/package.json': '{"name":"@shared/base"}',
    'node_modules/named/package.json': '{"name":"named","tsconfig":"special.json"}',
    'node_modules/mapped/package.json': '{"name":"mapped","exports":{"./config":"./files/inner.json"}}',
    'src/none.json': '{}',
    'src/tsconfig.json': `{\n  // "paths" may hold what looks like a comment\n  "compilerOptions": { "paths": { "@/*": ["./*"] } },\n  "extends": ${extended},\n}`,
    [base]: '{"extends":"./deeper.json"}',
    [join(dirname(base), 'deeper.json')]: '{"compilerOptions":{"useDefineForClassFields":true}}',
  });
  expect(call(bundleIn(directory, esbuild).directory, {})).toBe('1');
  addFiles(directory, { [join(dirname(base), 'deeper.json')]: '{"compilerOptions":{"useDefineForClassFields":false}}' });
  expect(call(bundleIn(directory, esbuild).directory, {})).toBe('0');
  expect(builds()).toBe(2);
});

test('it is bundled again when a package in node_modules has another main file', () => {
  const { esbuild, builds } = counted();
  const directory = workspace({
    'package.json': '{}',
    'src/hello.ts': 'import value from \'pkg\';\nexport const handler = async () => value;\n',
    'node_modules/pkg/package.json': '{"name":"pkg","main":"lib/one.js"}',
    'node_modules/pkg/lib/one.js': 'module.exports = \'one\';',
    'node_modules/pkg/lib/two.js': 'module.exports = \'two\';',
  });
  expect(call(bundleIn(directory, esbuild).directory, {})).toBe('one');
  addFiles(directory, { 'node_modules/pkg/package.json': '{"name":"pkg","main":"lib/two.js"}' });
  expect(call(bundleIn(directory, esbuild).directory, {})).toBe('two');
  expect(builds()).toBe(2);
});

test('it is bundled again when NODE_PATH changes, and packages are found there', () => {
  const { esbuild } = counted();
  const directory = workspace({
    'package.json': '{}',
    'src/hello.ts': 'import value from \'far\';\nexport const handler = async () => value;\n',
    'one/far/index.js': 'module.exports = \'one\';',
    'two/far/index.js': 'module.exports = \'two\';',
  });
  const withPath = (path: string) => inDirectory(directory, { NODE_PATH: path }, () => call(bundleIn(directory, esbuild).directory, {}));
  expect(withPath(`one${delimiter}${delimiter}`)).toBe('one');
  expect(withPath(join(directory, 'two'))).toBe('two');
});

test('it is bundled again when an option changes, and when the bundle was damaged', () => {
  const { esbuild, builds } = counted();
  const directory = workspace({ ...HANDLER, 'src/greet.ts': 'export const greet = (name: string) => `hello damaged ${name}`;' });
  const made = bundleIn(directory, esbuild);
  bundleIn(directory, esbuild, { minify: true });
  expect(builds()).toBe(2);
  const good = readFileSync(join(made.directory, 'index.js'), 'utf8');
  for (const damaged of ['', good.replace('hello damaged', 'HELLO DAMAGED')]) {
    writeFileSync(join(made.directory, 'index.js'), damaged);
    expect(call(bundleIn(directory, esbuild).directory, { name: 'you' })).toBe('hello damaged you');
  }
  writeFileSync(join(made.directory, 'more.js'), '');
  expect(readdirSync(bundleIn(directory, esbuild).directory)).not.toContain('more.js');
  expect(builds()).toBe(5);
});

test('the same sources in another folder give the same bundle', () => {
  const first = bundleIn(workspace(HANDLER), counted().esbuild);
  rmSync(join(cache, 'bundles'), { recursive: true });
  expect(bundleIn(workspace(HANDLER), counted().esbuild).hash).toBe(first.hash);
});
