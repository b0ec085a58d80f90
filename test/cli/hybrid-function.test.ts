/** The real thing: a HybridFunction on the layer that synthesis builds, run from cdk.out. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { bundlePrograms, cdkHybrid } from './command';
import { Engine, HandlerCode, HybridFunction } from '../../src';
import { inDirectory, installEsbuild, workspace } from '../workspace';

// A folder that stays: engine and layer are not fetched and built for each run of the tests.
const env = { CDK_HYBRID_CACHE_DIR: join(tmpdir(), 'cdk-hybrid-test-cache') };

test('a HybridFunction goes by its own name and runs on its own layer', async () => {
  bundlePrograms();
  const directory = workspace({
    'hello.ts': 'export const handler = async (event: unknown) => ({ event, version: process.version, program: process.argv[1], node: process.execPath });',
  });
  installEsbuild(directory);
  inDirectory(directory, env, () => {
    const app = new App({ outdir: join(directory, 'cdk.out') });
    new HybridFunction(new Stack(app, 'Stack'), 'Hello', {
      code: HandlerCode.fromEntry('hello.ts'),
      architecture: process.arch === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64,
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
