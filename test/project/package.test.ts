import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');

interface Packed { files: { path: string; mode: number }[] }

/** What `npm pack` would ship of this checkout; lib/ is there once the library is compiled. */
function pack(): Packed['files'] {
  const run = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, shell: process.platform === 'win32' });
  const answer = JSON.parse(run.stdout.slice(run.stdout.search(/[[{]/))) as Packed[] | Record<string, Packed>;
  return Object.values(answer)[0].files;
}

test('the package ships the programs with their run bits, and none of our sources', () => {
  const files = pack();
  const paths = files.map(file => file.path);
  for (const path of ['cli/bin/cdk-hybrid', 'layers/nodejs/bootstrap', 'layers/nodejs/entrypoint', 'layers/nodejs/exec-wrapper', 'layers/nodejs/bootstrap-with-secrets', 'layers/nodejs/health']) {
    expect(files.find(file => file.path === path)?.mode.toString(8)).toMatch(/755$/);
  }
  expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'API.md', 'cli/dist/cdk-hybrid.cjs', 'layers/nodejs/Dockerfile', 'layers/nodejs/sample/index.mjs', 'layers/runtime/dist/bootstrap.cjs', 'layers/runtime/dist/host.cjs', 'layers/runtime/dist/THIRD-PARTY-LICENSES.txt', 'layers/builder/dist/build-layer.cjs', 'layers/forwarder/dist/forwarder.cjs', 'docs/errors.md', 'docs/host.md']));
  expect(paths.filter(path => /(^|\/)(test|bench|examples|build-tools|\.projen|\.ci|\.ci-work|rosetta|node_modules)\//.test(path))).toEqual([]);
  expect(paths.filter(path => path.endsWith('.ts') && !path.endsWith('.d.ts'))).toEqual([]);
  expect(existsSync(join(root, 'lib/index.js'))).toBe(paths.includes('lib/index.js'));
});
