import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { BundlingOptions, ModuleFormat, SourceMapMode } from '../../src/model/handler-code';
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

/** The esbuild on the PATH, which an app without one of its own uses. */
const onPath = (directory = workspace()): Esbuild =>
  inDirectory(directory, { PATH: `${join(dirname(require.resolve('esbuild/package.json')), '../.bin')}:${process.env.PATH}` }, () => findEsbuild(directory)!);

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

test('everyone may read the bundle, whatever the umask', () => {
  const directory = workspace({ ...HANDLER, 'src/greet.ts': 'export const greet = (name: string) => `hello modes ${name}`;' });
  const before = process.umask(0o077);
  try {
    const made = bundleIn(directory, counted().esbuild);
    expect([made.directory, join(made.directory, 'index.js')].map(path => statSync(path).mode.toString(8).slice(-3))).toEqual(['755', '644']);
  } finally {
    process.umask(before);
  }
});

test('the same sources in another folder give the same bundle', () => {
  const first = bundleIn(workspace(HANDLER), counted().esbuild);
  rmSync(join(cache, 'bundles'), { recursive: true });
  expect(bundleIn(workspace(HANDLER), counted().esbuild).hash).toBe(first.hash);
});

test('source maps name the sources relative to the package', () => {
  const made = bundleIn(workspace(HANDLER), counted().esbuild);
  expect(JSON.parse(readFileSync(join(made.directory, 'index.js.map'), 'utf8')).sources.sort()).toEqual(['src/greet.ts', 'src/hello.ts']);
});

test.each([
  [SourceMapMode.NONE, ['index.js'], false],
  [SourceMapMode.INLINE, ['index.js'], true],
  [SourceMapMode.EXTERNAL, ['index.js', 'index.js.map'], false],
  [SourceMapMode.LINKED, ['index.js', 'index.js.map'], true],
])('sourceMap %s', (sourceMap, files, named) => {
  const made = bundleIn(workspace(HANDLER), counted().esbuild, { sourceMap });
  expect(readdirSync(made.directory).sort()).toEqual(files);
  expect(readFileSync(join(made.directory, 'index.js'), 'utf8').includes('sourceMappingURL')).toBe(named);
});

test('format: an ES module bundle has top-level await, and CommonJS packages in it find require and __dirname', () => {
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

const MODULE_WITH_OWN_NAMES = {
  'package.json': '{}',
  'src/hello.ts': `import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
const require = createRequire(import.meta.url);
const __filename = fileURLToPath(import.meta.url);
const __dirname = path.dirname(__filename);
export const handler = async () => [path.basename(__filename), path.join(__dirname, 'index.mjs') === __filename, typeof require('node:fs')].join();
`,
};

test.each([[false], [true]])('an ES module may declare __filename, __dirname and require itself (minified: %s)', minify => {
  const made = bundleIn(workspace(MODULE_WITH_OWN_NAMES), counted().esbuild, { format: ModuleFormat.ESM, minify });
  expect(call(made.directory, {})).toBe('index.mjs,true,object');
});

test('the banner of an ES module may declare require, __filename and __dirname', () => {
  const directory = workspace({
    'package.json': '{}',
    'src/hello.ts': 'import { where } from \'old\';\nexport const handler = async () => where();\n',
    'node_modules/old/index.js': 'const path = require(\'path\'); exports.where = () => path.join(__dirname, \'index.mjs\') === __filename && !__dirname.endsWith(path.sep);',
  });
  const banner = 'import { createRequire } from "module"; const require = createRequire(import.meta.url); const __filename = "mine", __dirname = "mine";';
  expect(call(bundleIn(directory, counted().esbuild, { format: ModuleFormat.ESM, banner }).directory, {})).toBe('true');
});

test('minify, keepNames, sourcesContent, mainFields and conditions change the bundle as esbuild says', () => {
  const directory = workspace({
    'package.json': '{}',
    'src/hello.ts': 'import where from \'pkg\';\nimport kind from \'other\';\nclass LongName {}\nexport const handler = async () => `${where} ${kind} ${LongName.name}`;\n',
    'node_modules/pkg/package.json': '{"name":"pkg","main":"main.js","special":"special.js"}',
    'node_modules/pkg/main.js': 'module.exports = \'main\';',
    'node_modules/pkg/special.js': 'module.exports = \'special\';',
    'node_modules/other/package.json': '{"name":"other","exports":{"edge":"./edge.js","default":"./plain.js"}}',
    'node_modules/other/edge.js': 'module.exports = \'edge\';',
    'node_modules/other/plain.js': 'module.exports = \'plain\';',
  });
  const made = (options: BundlingOptions) => bundleIn(directory, counted().esbuild, options).directory;
  const text = (options: BundlingOptions, file = 'index.js') => readFileSync(join(made(options), file), 'utf8');
  expect(call(made({}), {})).toBe('main plain LongName');
  expect(call(made({ mainFields: ['special'] }), {})).toBe('special plain LongName');
  expect(call(made({ conditions: ['edge'] }), {})).toBe('main edge LongName');
  expect(text({ minify: true }).length).toBeLessThan(text({}).length);
  expect(call(made({ minify: true }), {})).not.toContain('LongName');
  expect(call(made({ minify: true, keepNames: true }), {})).toBe('main plain LongName');
  expect([{}, { sourcesContent: true }].map(options => text(options, 'index.js.map').includes('class LongName'))).toEqual([false, true]);
});

test('target and tsconfig: how new the JavaScript of a bundle is', () => {
  const directory = workspace({ ...HANDLER, 'src/hello.ts': 'export const handler = async (event?: { a: number }) => event?.a ?? 1;\n', 'old.json': '{"compilerOptions":{"target":"es2019"}}' });
  const text = (options: BundlingOptions) => readFileSync(join(bundleIn(directory, counted().esbuild, options).directory, 'index.js'), 'utf8');
  expect([text({}), text({ target: 'es2019' })].map(made => made.includes('?.'))).toEqual([true, false]);
  expect(() => text({ tsconfig: join(directory, 'missing.json') })).toThrow(BundlingFailure);
  expect(text({ tsconfig: join(directory, 'old.json') })).toContain('handler');
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

const ENTRY_OF_MANY = `import { add } from './more';
export * from './more';
export { add as plus };
export const api = { users: { list: async () => add(1, 1) } };
export async function handler() { return 1; }
export class Worker { work() { switch (this.work.length) { default: return 1; } } }
`;

describe.each([ModuleFormat.COMMONJS, ModuleFormat.ESM])('the exports of a bundle (%s)', format => {
  const more = { 'package.json': '{}', 'src/more.ts': 'export const add = (a: number, b: number) => a + b;\nexport const delete_ = 1;\n', 'src/old.js': 'module.exports = { a: 1 };' };
  const exported = (entry: string, options: BundlingOptions = {}, esbuild = counted().esbuild) =>
    bundleIn(workspace({ ...more, 'src/hello.ts': entry }), esbuild, { format, externals: ['elsewhere'], ...options }).exports;

  test.each<[string, string, BundlingOptions | undefined, string[]]>([
    ['its own and those of other files', ENTRY_OF_MANY, undefined, ['Worker', 'add', 'api', 'delete_', 'handler', 'plus']],
    ['minified', ENTRY_OF_MANY, { minify: true, keepNames: true }, ['Worker', 'add', 'api', 'delete_', 'handler', 'plus']],
    ['for an old JavaScript', 'export const handler = () => 1;', { target: 'es2015' }, ['handler']],
    ['none', 'import { add } from "./more";\nconst handler = async () => add(1, 1);\nconsole.log(handler);', undefined, []],
    ['with CommonJS inside', 'import old from "./old.js";\nexport const main = () => old.a;', undefined, ['main']],
    ['a word that JavaScript reserves', 'const x = 1;\nexport { x as delete, x as handler };', undefined, ['delete', 'handler']],
  ])('are known: %s', (_case, entry, options, names) => {
    expect(exported(entry, options)).toEqual(names);
    expect(exported(entry, options, onPath())).toEqual(names);
  });

  test.each<[string, string, BundlingOptions | undefined]>([
    ['of CommonJS', 'exports.handler = async () => 1;', undefined],
    ['of other modules that are left out', 'export * from "elsewhere";\nexport const main = 1;', undefined],
    ['of other modules that are left out, minified', 'export * from "elsewhere";\nexport const main = 1;', { minify: true }],
    ['of a default export, which may have handlers', 'export default { handler: async () => 1 };\nexport const main = 1;', undefined],
    ['of a default export, minified', 'export default { handler: async () => 1 };\nexport const main = 1;', { minify: true }],
    ['of a default export, for an old JavaScript', 'export default { handler: 1 };\nexport var main = 1;', { target: 'es5', format: ModuleFormat.COMMONJS }],
    ['of a footer', 'export const main = 1;', { footer: format === ModuleFormat.ESM ? 'export { main as handler };' : 'exports.handler = 1;' }],
    ['of an entry that adds to its exports', 'export const main = 1;\ndeclare const module: any;\nmodule.exports.handler = async () => 1;', { format: ModuleFormat.COMMONJS }],
  ])('are not certain: %s', (_case, entry, options) => {
    expect(exported(entry, options)).toBeUndefined();
  });

  test('are known of a bundle from the cache', () => {
    const { esbuild, builds } = counted();
    const directory = workspace({ ...more, 'src/hello.ts': ENTRY_OF_MANY });
    const made = bundleIn(directory, esbuild, { format });
    expect([bundleIn(directory, esbuild, { format }), builds()]).toEqual([made, 1]);
    expect(made.exports).toContain('handler');
  });
});

test('a handler that does not bundle fails with esbuild\'s own words, file and line', () => {
  const directory = workspace({ ...HANDLER, 'src/hello.ts': 'import \'./nowhere\';\nexport const handler = 1;\n' });
  expect(() => bundleIn(directory, counted().esbuild)).toThrow(new BundlingFailure('src/hello.ts:1:7: Could not resolve "./nowhere"'));
});

const TOP_LEVEL_AWAIT = { ...HANDLER, 'src/hello.ts': 'export const handler = await Promise.resolve(1);\n' };
const AWAIT_FAILURE = 'src/hello.ts:1:23: Top-level await is currently not supported with the "cjs" output format (format: ModuleFormat.ESM allows it)';

test('top-level await in CommonJS fails and tells which format has it', () => {
  expect(() => bundleIn(workspace(TOP_LEVEL_AWAIT), counted().esbuild)).toThrow(AWAIT_FAILURE);
});

describe('without an esbuild in the app', () => {
  /** Only the program on the PATH: a folder with its executable, as a global install makes it. */
  test('the program on the PATH makes the same bundle', () => {
    const directory = workspace(HANDLER);
    const program = onPath(directory);
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
    expect(bundleIn(directory, onPath(directory), options).hash).toBe(bundleIn(directory, counted().esbuild, options).hash);
  });

  test('the program takes the same files of a package as the module', () => {
    const directory = workspace({
      'package.json': '{}',
      'src/hello.ts': 'import value from \'both\';\nexport const handler = async () => value;\n',
      'node_modules/both/package.json': '{"name":"both","exports":{"module":"./esm.js","default":"./cjs.js"}}',
      'node_modules/both/esm.js': 'export default \'module\';',
      'node_modules/both/cjs.js': 'module.exports = \'default\';',
    });
    const made = [onPath(directory), counted().esbuild].map(esbuild => bundleIn(directory, esbuild));
    expect(made.map(({ directory: folder }) => call(folder, {}))).toEqual(['module', 'module']);
  });

  test.each([[SourceMapMode.INLINE], [SourceMapMode.EXTERNAL], [SourceMapMode.LINKED]])('the program makes the same source map: %s', sourceMap => {
    const directory = workspace({
      'package.json': '{}',
      'shared/über #1%.ts': 'export const shared = 1;\n',
      'my app/package.json': '{}',
      'my app/src/hello.ts': 'import { shared } from \'../../shared/über #1%\';\nimport \'./page.css\';\nexport const handler = async () => shared;\n',
      'my app/src/page.css': 'p { color: red }',
    });
    const [program, own] = [onPath(directory), counted().esbuild]
      .map(esbuild => bundleIn(join(directory, 'my app'), esbuild, { sourceMap, sourcesContent: true, footer: '/* end */' }));
    expect(program.hash).toBe(own.hash);
    expect(readdirSync(program.directory)).toContain('index.css');
  });

  test('the program writes nothing into the project, which may be read-only', () => {
    const directory = workspace(HANDLER);
    const folders = [directory, join(directory, 'src')];
    const inside = () => folders.map(folder => statSync(folder).mtimeMs);
    folders.forEach(folder => chmodSync(folder, 0o555));
    try {
      const before = inside();
      bundleIn(directory, onPath(directory));
      expect(inside()).toEqual(before);
    } finally {
      folders.forEach(folder => chmodSync(folder, 0o755));
    }
  });

  test('a program that prints much is heard to its end', () => {
    const lines = Array.from({ length: 12_000 }, (_, index) => `if (typeof a${index} === 'strnig') {}`);
    const directory = workspace({ ...HANDLER, 'src/hello.ts': `${lines.join('\n')}\nexport const handler = 1;\n` });
    expect(bundleIn(directory, onPath(directory)).warnings).toHaveLength(lines.length);
  });

  test('the program finds packages in NODE_PATH, as the module does', () => {
    const directory = workspace({
      'package.json': '{}', 'src/hello.ts': 'import value from \'far\';\nexport const handler = async () => value;\n', 'more/far/index.js': 'module.exports = 1;',
    });
    const [program, own] = [onPath(directory), counted().esbuild]
      .map(esbuild => inDirectory(directory, { NODE_PATH: 'more' }, () => bundleIn(directory, esbuild)));
    expect(program.hash).toBe(own.hash);
  });

  test('the program, too, tells which format has top-level await', () => {
    const directory = workspace(TOP_LEVEL_AWAIT);
    expect(() => bundleIn(directory, onPath(directory))).toThrow(AWAIT_FAILURE);
  });

  test.each(['tools/node_modules/esbuild/bin/esbuild', 'esbuild/bin/esbuild'])('on Windows the JavaScript that esbuild.cmd starts is run: %s', script => {
    // Stands for npm's: JavaScript that starts the real program with the arguments it was given.
    const real = join(dirname(require.resolve('esbuild/package.json')), 'bin/esbuild');
    const directory = workspace({
      ...HANDLER,
      'tools/esbuild.cmd': 'exit 1',
      [script]: `process.exit(require('node:child_process').spawnSync(${JSON.stringify(real)}, process.argv.slice(2), { stdio: 'inherit' }).status);`,
    });
    const program = inDirectory(directory, { PATH: join(directory, 'tools') }, () => findEsbuild(directory, 'win32'))!;
    const options = { define: { TEXT: '"a b & c"' } };
    expect(bundleIn(directory, program, options).hash).toBe(bundleIn(directory, counted().esbuild, options).hash);
  });

  test('a folder on the PATH that cannot be read is passed over', () => {
    const directory = workspace();
    // A path that is too long fails for every user; a folder without the right to enter does not for root.
    const unreadable = join(directory, 'x'.repeat(300));
    mkdirSync(join(directory, 'closed'), { mode: 0 });
    expect(inDirectory(directory, { PATH: [unreadable, join(directory, 'closed')].join(delimiter) }, () => findEsbuild(directory))).toBeUndefined();
  });

  test('a failure of the program reads as one of the module', () => {
    const directory = workspace({ ...HANDLER, 'src/hello.ts': 'import \'./nowhere\';\nexport const handler = 1;\n' });
    expect(() => bundleIn(directory, onPath(directory))).toThrow(new BundlingFailure('src/hello.ts:1:7: Could not resolve "./nowhere"'));
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
