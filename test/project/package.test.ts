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
  expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'API.md', 'cli/dist/cdk-hybrid.cjs', 'layers/nodejs/Dockerfile', 'layers/nodejs/sample/index.mjs', 'layers/runtime/dist/bootstrap.cjs', 'layers/runtime/dist/host.cjs', 'layers/runtime/dist/THIRD-PARTY-LICENSES.txt', 'layers/builder/dist/build-layer.cjs', 'layers/forwarder/dist/forwarder.cjs', 'layers/starter/dist/starter.cjs', 'docs/errors.md', 'docs/host.md']));
  expect(paths.filter(path => /(^|\/)(test|bench|examples|build-tools|\.projen|\.ci|\.ci-work|rosetta|node_modules)\//.test(path))).toEqual([]);
  expect(paths.filter(path => path.endsWith('.ts') && !path.endsWith('.d.ts'))).toEqual([]);
  expect(existsSync(join(root, 'lib/index.js'))).toBe(paths.includes('lib/index.js'));
});

test('an app loads the computes and triggers that it names, and no others', () => {
  const app = `
    const { Compute, HandlerCode, HybridFunction, Trigger } = require(${JSON.stringify(join(root, 'lib'))});
    Compute.lambdaFunction(); HandlerCode.fromDirectory('.'); HybridFunction; Trigger.schedule({});
    const prefix = ${JSON.stringify(join(root, 'lib/'))};
    console.log(JSON.stringify(Object.keys(require.cache).filter(file => file.startsWith(prefix)).map(file => file.slice(prefix.length).replace(/\\\\/g, '/'))));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', app], { cwd: root, encoding: 'utf8' });
  expect(stderr).toBe('');
  const loaded = JSON.parse(stdout) as string[];
  expect(loaded).toEqual(expect.arrayContaining(['index.js', 'computes/compute.js', 'computes/lambda-function.js', 'triggers/trigger.js', 'triggers/schedule.js']));
  expect(loaded.filter(file => /^(computes\/(ecs-|service|process|task|batch-|lambda-image)|constructs\/(batch|http|image|launch|process|scheduled)|triggers\/(?!trigger\.|schedule\.))/.test(file))).toEqual([]);
});

test('everything that the index exports is there', () => {
  const names = spawnSync(process.execPath, ['-e', `
    const library = require(${JSON.stringify(join(root, 'lib'))});
    console.log(JSON.stringify(Object.keys(library).filter(name => typeof library[name] !== 'function' && typeof library[name] !== 'object')));`], { encoding: 'utf8' });
  expect([names.stderr, names.stdout]).toEqual(['', '[]\n']);
});
