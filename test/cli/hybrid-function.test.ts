/** The real thing: a HybridFunction on the layer that synthesis builds, run from cdk.out. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { bundlePrograms, cdkHybrid } from './command';
import { serveLocally } from './local';
import { Compute, Engine, HandlerCode, HybridFunction } from '../../src';
import { containerEngine } from '../real-parts';
import { inDirectory, installEsbuild, workspace } from '../workspace';

// A folder that stays: engine and layer are not fetched and built for each run of the tests.
const env = { CDK_HYBRID_CACHE_DIR: join(tmpdir(), 'cdk-hybrid-test-cache') };

const architecture = process.arch === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64;
const withEngine = containerEngine() ? test : test.skip;

beforeAll(bundlePrograms);

test('a HybridFunction goes by its own name and runs on its own layer', async () => {
  const directory = workspace({
    'hello.ts': 'export const handler = async (event: unknown) => ({ event, version: process.version, program: process.argv[1], node: process.execPath });',
  });
  installEsbuild(directory);
  inDirectory(directory, env, () => {
    const app = new App({ outdir: join(directory, 'cdk.out') });
    new HybridFunction(new Stack(app, 'Stack'), 'Hello', {
      code: HandlerCode.fromEntry('hello.ts'),
      architecture,
    });
    app.synth();
  });
  expect((await cdkHybrid(['list'], { cwd: directory, env })).out).toMatch(/^Stack\/Hello +provided\.al2023 +\w+ +index\.handler\n$/);

  const { code, out, err } = await cdkHybrid(['invoke', 'Hello', '--event', '[1]'], { cwd: directory, env });
  expect(err).not.toContain('cdk-hybrid:');
  const { event, version, program, node } = JSON.parse(out);
  expect([code, event, version]).toEqual([0, [1], `v${Engine.NODEJS_24.version}`]);
  expect(program).toMatch(/cdk-hybrid[/\\]runtime[/\\]bootstrap\.cjs$/);
  expect(node).toContain(env.CDK_HYBRID_CACHE_DIR);
});

test('--watch bundles a HybridFunction anew when a module changes that its entry imports', async () => {
  const directory = workspace({
    'hello.ts': 'import { greeting } from "./lib/greeting"; export const handler = async () => greeting;',
    'lib/greeting.ts': 'export const greeting = "before";',
    // As ts-node runs an app; the library as it is here.
    'app.js': `
      require(${JSON.stringify(require.resolve('ts-node'))}).register({ transpileOnly: true, projectSearchDir: ${JSON.stringify(__dirname)}, compilerOptions: { module: 'commonjs', target: 'es2022' } });
      const { App, Stack } = require(${JSON.stringify(require.resolve('aws-cdk-lib'))});
      const lambda = require(${JSON.stringify(require.resolve('aws-cdk-lib/aws-lambda'))});
      const { HandlerCode, HybridFunction } = require(${JSON.stringify(require.resolve('../../src'))});
      const app = new App({ outdir: 'cdk.out' });
      new HybridFunction(new Stack(app, 'Stack'), 'Hello', {
        code: HandlerCode.fromEntry('hello.ts'),
        architecture: process.arch === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64,
      });
      app.synth();`,
  });
  installEsbuild(directory);
  await serveLocally({ cwd: directory, env }, async ({ url, said }) => {
    const invoke = async (): Promise<unknown> => (await fetch(`${url}/2015-03-31/functions/Hello/invocations`, { method: 'POST' })).json();
    await said(/Watching/);
    expect(await invoke()).toBe('before');
    writeFileSync(join(directory, 'lib/greeting.ts'), 'export const greeting: string = ;');
    await said(/CDK_HYBRID_CLI_SYNTH\]; what runs goes on as it is/);
    expect(await invoke()).toBe('before');
    writeFileSync(join(directory, 'lib/greeting.ts'), 'export const greeting: string = "after";');
    await said(/Stack\/Hello has changed/);
    expect(await invoke()).toBe('after');
  }, ['--watch', '--synth', 'node app.js']);
});

withEngine('a HybridFunction on Compute.lambdaImage() is built, and run in the container engine', async () => {
  const directory = workspace({
    'hello.ts': 'export const handler = async (event: unknown, { functionName }: any) => ({ event, functionName, node: process.execPath, user: process.getuid!() });',
  });
  installEsbuild(directory);
  inDirectory(directory, env, () => {
    const app = new App({ outdir: join(directory, 'cdk.out') });
    new HybridFunction(new Stack(app, 'Stack'), 'Hello', { code: HandlerCode.fromEntry('hello.ts'), architecture, compute: Compute.lambdaImage() });
    app.synth();
  });
  expect((await cdkHybrid(['list'], { cwd: directory, env })).out).toMatch(/^Stack\/Hello +container image +\w+\n$/);
  expect(await cdkHybrid(['build', 'Hello'], { cwd: directory, env })).toMatchObject({ code: 0, out: expect.stringMatching(/^cdkasset-\w+\n$/) });
  const { code, out } = await cdkHybrid(['invoke', 'Hello', '--event', '[1]'], { cwd: directory, env });
  expect([code, JSON.parse(out)]).toEqual([0, { event: [1], functionName: expect.stringMatching(/^Hello/), node: '/opt/bin/node', user: 993 }]);
});
