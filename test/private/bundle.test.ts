import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ModuleFormat, SourceMapMode } from '../../src/model/handler-code';
import { bundle } from '../../src/private/bundle';
import { BundlingFailure, Esbuild, findEsbuild } from '../../src/private/esbuild';
import { addFiles, inDirectory, installEsbuild, workspace } from '../workspace';

const HANDLER = {
  'package.json': '{}',
  'src/hello.ts': 'import { greet } from \'./greet\';\nexport const handler = async (event: { name: string }) => greet(event.name);\n',
  'src/greet.ts': 'export const greet = (name: string): string => `hello ${name}`;\n',
};

/** The esbuild of this repository, counting its builds. */
function counted(): { esbuild: Esbuild; builds: () => number } {
  const real = findEsbuild(process.cwd())!;
  let builds = 0;
  return { esbuild: { identity: real.identity, bundle: options => { builds++; return real.bundle(options); } }, builds: () => builds };
}

let cache: string;
beforeAll(() => {
  cache = workspace();
  process.env.CDK_HYBRID_CACHE_DIR = cache;
});
afterAll(() => { delete process.env.CDK_HYBRID_CACHE_DIR; });

const bundleIn = (directory: string, esbuild: Esbuild, options = {}) => bundle(esbuild, join(directory, 'src/hello.ts'), options, 'node24');

/** Calls the handler of a bundle in a Node.js of its own. */
function call(directory: string, event: unknown): string {
  const script = `import(process.argv[1]).then(m => (m.handler ?? m.default.handler)(${JSON.stringify(event)})).then(r => console.log(r))`;
  const run = spawnSync(process.execPath, ['-e', script, join(directory, readdirSync(directory).find(name => /^index\.m?js$/.test(name))!)], { encoding: 'utf8' });
  return run.stdout.trim() || run.stderr;
}

test('a TypeScript entry and what it imports become one file that runs', () => {
  const made = bundleIn(workspace(HANDLER), counted().esbuild);
  expect(readdirSync(made.directory).sort()).toEqual(['index.js', 'index.js.map']);
  expect(call(made.directory, { name: 'you' })).toBe('hello you');
});

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
  ['a lock file changes', { 'package-lock.json': '{"changed":true}' }],
])('it is bundled again when %s', (_case, changed) => {
  const { esbuild, builds } = counted();
  const directory = workspace(HANDLER);
  bundleIn(directory, esbuild);
  addFiles(directory, changed);
  bundleIn(directory, esbuild);
  expect(builds()).toBe(2);
});

test('it is bundled again when an option changes, and when the bundle was damaged', () => {
  const { esbuild, builds } = counted();
  const directory = workspace({ ...HANDLER, 'src/greet.ts': 'export const greet = (name: string) => `hello damaged ${name}`;' });
  const made = bundleIn(directory, esbuild);
  bundleIn(directory, esbuild, { minify: true });
  expect(builds()).toBe(2);
  writeFileSync(join(made.directory, 'index.js'), '');
  expect(call(bundleIn(directory, esbuild).directory, { name: 'you' })).toBe('hello damaged you');
  expect(builds()).toBe(3);
});

test('the same sources in another folder give the same bundle', () => {
  const first = bundleIn(workspace(HANDLER), counted().esbuild);
  rmSync(join(cache, 'bundles'), { recursive: true });
  expect(bundleIn(workspace(HANDLER), counted().esbuild).hash).toBe(first.hash);
});

test('source maps name the sources relative to the package', () => {
  const made = bundleIn(workspace(HANDLER), counted().esbuild);
  expect(JSON.parse(readFileSync(join(made.directory, 'index.js.map'), 'utf8')).sources.sort()).toEqual(['../src/greet.ts', '../src/hello.ts']);
});

test.each([
  [SourceMapMode.NONE, ['index.js'], false],
  [SourceMapMode.INLINE, ['index.js'], true],
  [SourceMapMode.EXTERNAL, ['index.js', 'index.js.map'], false],
  [SourceMapMode.LINKED, ['index.js', 'index.js.map'], true],
])('source map mode %s', (sourceMap, files, named) => {
  const made = bundleIn(workspace(HANDLER), counted().esbuild, { sourceMap });
  expect(readdirSync(made.directory).sort()).toEqual(files);
  expect(readFileSync(join(made.directory, 'index.js'), 'utf8').includes('sourceMappingURL')).toBe(named);
});

test('an ES module bundle has top-level await, and CommonJS packages in it find require and __dirname', () => {
  const directory = workspace({
    'package.json': '{}',
    'src/hello.ts': 'import { where } from \'old\';\nconst start = await Promise.resolve(\'up\');\nexport const handler = async () => `${start} ${where()}`;\n',
    'node_modules/old/package.json': '{"name":"old","main":"index.js"}',
    'node_modules/old/index.js': 'const fs = require(\'fs\'); exports.where = () => fs.existsSync(__dirname) && typeof __filename;',
  });
  const made = bundleIn(directory, counted().esbuild, { format: ModuleFormat.ESM });
  expect(existsSync(join(made.directory, 'index.mjs'))).toBe(true);
  expect(call(made.directory, {})).toBe('up string');
});

test('externals, define, alias, loader, banner and footer reach esbuild', () => {
  const directory = workspace({
    ...HANDLER,
    'src/hello.ts': 'import \'sharp\';\nimport other from \'replaced\';\nimport text from \'./page.html\';\ndeclare const FLAVOUR: string;\nexport const handler = async () => [FLAVOUR, other, text];\n',
    'src/other.ts': 'export default \'the other\';',
    'src/page.html': '<p>page</p>',
  });
  const made = bundleIn(directory, counted().esbuild, {
    externals: ['sharp'], define: { FLAVOUR: '"dark"' }, alias: { replaced: './src/other.ts' }, loader: { '.html': 'text' }, banner: '/* top */', footer: '/* end */',
  });
  const text = readFileSync(join(made.directory, 'index.js'), 'utf8');
  for (const part of ['require("sharp")', '"dark"', 'the other', '<p>page</p>', '/* top */', '/* end */']) { expect(text).toContain(part); }
});

test('a handler that does not bundle fails with esbuild\'s own words, file and line', () => {
  const directory = workspace({ ...HANDLER, 'src/hello.ts': 'import \'./nowhere\';\nexport const handler = 1;\n' });
  expect(() => bundleIn(directory, counted().esbuild)).toThrow(new BundlingFailure('src/hello.ts:1:7: Could not resolve "./nowhere"'));
});

describe('without an esbuild in the app', () => {
  /** Only the program on the PATH: a folder with its executable, as a global install makes it. */
  const programOnly = (directory: string) => inDirectory(directory, { PATH: `${join(dirname(require.resolve('esbuild/package.json')), '../.bin')}:${process.env.PATH}` },
    () => findEsbuild(directory)!);

  test('the program on the PATH makes the same bundle', () => {
    const directory = workspace(HANDLER);
    const program = programOnly(directory);
    expect(program.identity).toMatch(/[\\/]esbuild@/);
    expect(bundleIn(directory, program).hash).toBe(bundleIn(directory, counted().esbuild).hash);
    expect(readdirSync(directory).sort()).toEqual(['package.json', 'src']);
  });

  test('the program on the PATH makes the same ES module with every option', () => {
    const directory = workspace({ ...HANDLER, 'tsconfig.other.json': '{}' });
    const options = {
      format: ModuleFormat.ESM,
      minify: true,
      keepNames: true,
      sourcesContent: true,
      externals: ['a', 'b'],
      define: { X: '"y"' },
      loader: { '.html': 'text' },
      alias: { replaced: './src/greet.ts' },
      banner: '/* top */',
      footer: '/* end */',
      mainFields: ['main'],
      conditions: ['special'],
      tsconfig: join(directory, 'tsconfig.other.json'),
    };
    expect(bundleIn(directory, programOnly(directory), options).hash).toBe(bundleIn(directory, counted().esbuild, options).hash);
  });

  test('a failure of the program reads as one of the module', () => {
    const directory = workspace({ ...HANDLER, 'src/hello.ts': 'import \'./nowhere\';\nexport const handler = 1;\n' });
    expect(() => bundleIn(directory, programOnly(directory))).toThrow(new BundlingFailure('src/hello.ts:1:7: Could not resolve "./nowhere"'));
    expect(readdirSync(directory).sort()).toEqual(['package.json', 'src']);
  });

  test('nothing is found where there is none', () => {
    const directory = workspace();
    expect(inDirectory(directory, { PATH: directory }, () => findEsbuild(directory))).toBeUndefined();
  });

  test('the app\'s own comes first', () => {
    const directory = workspace();
    installEsbuild(directory);
    expect(findEsbuild(directory)!.identity).toMatch(/^esbuild@\d/);
  });
});
