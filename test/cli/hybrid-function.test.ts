/** The real thing: a HybridFunction on the layer that synthesis builds, run from cdk.out. */
import { chmodSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { bundlePrograms, cdkHybrid, type Run } from './command';
import { serveLocally } from './local';
import { Compute, Engine, HandlerCode, HandlerImage, HybridFunction } from '../../src';
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
  expect((await cdkHybrid(['list'], { cwd: directory, env })).out).toMatch(/^Stack\/Hello +layer +provided\.al2023 +\w+ +index\.handler\n$/);

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

test('a HandlerImage is built by its own name, whoever runs it, and --all builds those that nobody runs', async () => {
  const directory = workspace({ 'code/index.js': 'exports.handler = async () => 1;', 'client': '#!/bin/sh\nexit 0\n' });
  chmodSync(join(directory, 'client'), 0o755);
  const places = inDirectory(directory, env, () => {
    const app = new App({ outdir: join(directory, 'cdk.out') });
    const image = (scope: Stack, id: string, handler: string): HandlerImage =>
      new HandlerImage(scope, id, { code: HandlerCode.fromDirectory('code'), handler, architecture });
    const stack = new Stack(app, 'Stack');
    const shared = image(stack, 'Shared', 'index.handler');
    for (const id of ['One', 'Two']) new HybridFunction(stack, id, { handler: 'index.handler', architecture, compute: Compute.lambdaImage({ image: shared }) });
    const alone = image(stack, 'Alone', 'index.other');
    const nested = image(new NestedStack(new Stack(new Stage(app, 'Prod'), 'Stack'), 'Nested'), 'Alone', 'index.third');
    app.synth();
    return [shared, alone, nested].map(({ asset }) => `cdkasset-${asset.assetHash}\n`);
  });
  const build = (name: string): Promise<Run> => cdkHybrid(['build', name], { cwd: directory, env: { ...env, CDK_DOCKER: join(directory, 'client') } });
  const [shared, alone, nested] = places;
  for (const name of ['Stack/Shared', 'Shared', 'Stack/Shared/Image', 'Stack/One', 'Two']) {
    expect([name, await build(name)]).toEqual([name, { code: 0, out: shared, err: '' }]);
  }
  expect([await build('Stack/Alone'), await build('Prod/Stack/Nested/Alone')].map(({ out }) => out)).toEqual([alone, nested]);
  expect((await build('Alone')).err).toMatch(/'Alone' can be Prod\/Stack\/Nested\/Alone or Stack\/Alone; .*FUNCTION_AMBIGUOUS\]\n$/);
  expect((await build('Nope')).err).toMatch(/it has Stack\/One, Stack\/Two, Prod\/Stack\/Nested\/Alone, Stack\/Shared, Stack\/Alone; /);
  expect((await build('--all')).out.split('\n').sort()).toEqual(places.join('').split('\n').sort());
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
  expect((await cdkHybrid(['list'], { cwd: directory, env })).out).toMatch(/^Stack\/Hello +image +- +\w+ +index\.handler\n$/);
  expect(await cdkHybrid(['build', 'Hello'], { cwd: directory, env })).toMatchObject({ code: 0, out: expect.stringMatching(/^cdkasset-\w+\n$/) });
  const { code, out } = await cdkHybrid(['invoke', 'Hello', '--event', '[1]'], { cwd: directory, env });
  expect([code, JSON.parse(out)]).toEqual([0, { event: [1], functionName: expect.stringMatching(/^Hello/), node: '/opt/bin/node', user: 993 }]);
});
