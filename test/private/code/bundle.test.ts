import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AWAIT_FAILURE, bundleIn, call, counted, HANDLER, onPath, TOP_LEVEL_AWAIT } from './bundling';
import { BundlingOptions, ModuleFormat, SourceMapMode } from '../../../src/model/handler-code';
import { BundlingFailure } from '../../../src/private/code/esbuild';
import { workspace } from '../../workspace';

test('a TypeScript entry and what it imports become one file that runs', () => {
  const made = bundleIn(workspace(HANDLER), counted().esbuild);
  expect(readdirSync(made.directory).sort()).toEqual(['index.js', 'index.js.map']);
  expect(call(made.directory, { name: 'you' })).toBe('hello you');
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

test('top-level await in CommonJS fails and tells which format has it', () => {
  expect(() => bundleIn(workspace(TOP_LEVEL_AWAIT), counted().esbuild)).toThrow(AWAIT_FAILURE);
});
