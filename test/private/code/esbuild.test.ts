import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { AWAIT_FAILURE, bundleIn, call, counted, HANDLER, onPath, TOP_LEVEL_AWAIT } from './bundling';
import { ModuleFormat, SourceMapMode } from '../../../src/model/handler-code';
import { BundlingFailure, findEsbuild } from '../../../src/private/code/esbuild';
import { inDirectory, installEsbuild, workspace } from '../../workspace';

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
