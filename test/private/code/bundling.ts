/** Bundles of a small handler, in a cache of their own, for tests. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundle } from '../../../src/private/code/bundle';
import { Esbuild, findEsbuild } from '../../../src/private/code/esbuild';
import { inDirectory, workspace } from '../../workspace';

export const HANDLER = {
  'package.json': '{}',
  'src/hello.ts': 'import { greet } from \'./greet\';\nexport const handler = async (event: { name: string }) => greet(event.name);\n',
  'src/greet.ts': 'export const greet = (name: string): string => `hello ${name}`;\n',
};

/** The esbuild of this repository, counting its builds. */
export function counted(): { esbuild: Esbuild; builds: () => number } {
  const real = findEsbuild(process.cwd())!;
  let builds = 0;
  return { esbuild: { identity: real.identity, bundle: options => { builds++; return real.bundle(options); } }, builds: () => builds };
}


export const cache = workspace();
beforeAll(() => { process.env.CDK_HYBRID_CACHE_DIR = cache; });
afterAll(() => { delete process.env.CDK_HYBRID_CACHE_DIR; });

/** The esbuild on the PATH, which an app without one of its own uses. */
export const onPath = (directory = workspace()): Esbuild =>
  inDirectory(directory, { PATH: `${join(dirname(require.resolve('esbuild/package.json')), '../.bin')}:${process.env.PATH}` }, () => findEsbuild(directory)!);

export const bundleIn = (directory: string, esbuild: Esbuild, options = {}) => bundle(esbuild, join(directory, 'src/hello.ts'), options, 'node24');

/** Calls the handler of a bundle in a Node.js of its own. */
export function call(directory: string, event: unknown): string {
  const script = `import(process.argv[1]).then(m => (m.handler ?? m.default.handler)(${JSON.stringify(event)})).then(r => console.log(r))`;
  const run = spawnSync(process.execPath, ['-e', script, join(directory, readdirSync(directory).find(name => /^index\.m?js$/.test(name))!)], { encoding: 'utf8' });
  return run.stdout.trim() || run.stderr;
}

export const TOP_LEVEL_AWAIT = { ...HANDLER, 'src/hello.ts': 'export const handler = await Promise.resolve(1);\n' };
export const AWAIT_FAILURE = 'src/hello.ts:1:23: Top-level await is currently not supported with the "cjs" output format (format: ModuleFormat.ESM allows it)';
