/** `local --watch` on real files, with a real app that is synthesized by its own command. */
import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundlePrograms, cdkHybrid } from './command';
import { serveLocally, type Local } from './local';
import { containerEngine } from '../real-parts';
import { addFiles, workspace } from '../workspace';

const [major] = process.versions.node.split('.');
const COMMON = `
const { App, Stack, Duration } = require('aws-cdk-lib');
const lambda = require('aws-cdk-lib/aws-lambda');
const stack = new Stack(new App({ outdir: 'cdk.out', analyticsReporting: false }), 'App');
const runtime = new lambda.Runtime('nodejs${major}.x');
const add = (id, more) => new lambda.Function(stack, id, { runtime, handler: 'index.handler', code: lambda.Code.fromAsset(id.toLowerCase()), timeout: Duration.seconds(60), ...more });
`;
const handler = (says: string): string => `exports.handler = async () => ({ says: '${says}', pid: process.pid });\n`;
const SYNTH = 'node app.js';

function project(files: Record<string, string>): string {
  const directory = workspace(files);
  symlinkSync(join(__dirname, '../../node_modules'), join(directory, 'node_modules'), 'junction');
  return directory;
}

const twoFunctions = (): string => project({
  'app.js': `${COMMON}add('One'); add('Two'); stack.node.root.synth();`,
  'one/index.js': handler('first'),
  'two/index.js': handler('two'),
});

const watched = (directory: string, body: (local: Local) => Promise<void>, args: string[] = ['--synth', SYNTH]): Promise<void> =>
  serveLocally({ cwd: directory, env: { CDK_HYBRID_CACHE_DIR: join(directory, '.cache'), JSII_DEPRECATED: 'quiet' } }, body, ['--watch', ...args]);

async function invoke(url: string, name: string): Promise<any> {
  return (await fetch(`${url}/2015-03-31/functions/${name}/invocations`, { method: 'POST', body: '{}' })).json();
}

beforeAll(bundlePrograms);

test('synthesizes at the start and on each change, and replaces the function that has changed, and no other', async () => {
  const directory = twoFunctions();
  await watched(directory, async ({ url, said, lines }) => {
    await said(/Watching for changes/);
    const [one, two] = [await invoke(url, 'One'), await invoke(url, 'Two')];
    expect([one.says, two.says]).toEqual(['first', 'two']);
    for (const says of ['second', 'third']) {
      const from = lines().length;
      writeFileSync(join(directory, 'one/index.js'), handler(says));
      await said(/App\/One has changed: its next invocation runs it as it is now/, from);
      expect((await invoke(url, 'One')).says).toBe(says);
    }
    expect(await invoke(url, 'Two')).toEqual(two);
    expect(lines()).toMatch(/^cdk-hybrid: one\/index\.js changed: the app is synthesized$/m);
    expect(lines()).not.toContain('has not written');
  });
});

test('lets an invocation in flight finish on the old code', async () => {
  const directory = project({
    'app.js': `${COMMON}add('Slow'); stack.node.root.synth();`,
    'slow/index.js': 'exports.handler = async () => { console.log("has begun"); while (!require("fs").existsSync(process.env.GO)) await new Promise((resolve) => setTimeout(resolve, 20)); return "old"; };',
  });
  const go = join(workspace(), 'go');
  await watched(directory, async ({ url, said }) => {
    await said(/Watching/);
    const old = invoke(url, 'Slow');
    await said(/has begun/);
    writeFileSync(join(directory, 'slow/index.js'), 'exports.handler = async () => "new";');
    await said(/App\/Slow has changed/);
    expect(await invoke(url, 'Slow')).toBe('new');
    writeFileSync(go, '');
    expect(await old).toBe('old');
  }, ['--synth', SYNTH, '--env', `GO=${go}`]);
});

test('tells a synthesis that succeeds but writes the assembly elsewhere: what runs is another one', async () => {
  const directory = twoFunctions();
  expect(spawnSync(process.execPath, ['app.js'], { cwd: directory, env: { ...process.env, JSII_DEPRECATED: 'quiet' } }).status).toBe(0);
  const elsewhere = `${JSON.stringify(process.execPath)} -p 1`;
  await watched(directory, async ({ url, said, lines }) => {
    const line = /^cdk-hybrid: '.* -p 1' succeeded, but has not written cdk\.out, .* --app.*$/m;
    await said(line);
    await said(/Watching/);
    expect((await invoke(url, 'One')).says).toBe('first');
    const from = lines().length;
    writeFileSync(join(directory, 'one/index.js'), handler('second'));
    await said(line, from);
    expect((await invoke(url, 'One')).says).toBe('first');
  }, ['--synth', elsewhere]);
});

test('tells a failing synthesis; the old code goes on until the app is mended', async () => {
  const directory = twoFunctions();
  await watched(directory, async ({ url, said }) => {
    await said(/Watching/);
    const one = await invoke(url, 'One');
    writeFileSync(join(directory, 'app.js'), 'throw new Error("the words of the app");');
    await said(/the words of the app/);
    await said(/^cdk-hybrid: 'node app\.js' failed with exit code 1; .* \[CDK_HYBRID_CLI_SYNTH\]; what runs goes on as it is$/m);
    expect(await invoke(url, 'One')).toEqual(one);
    addFiles(directory, { 'app.js': `${COMMON}add('Two'); add('Three'); stack.node.root.synth();`, 'three/index.js': handler('three') });
    // What is new is listed, what is gone is ended.
    await said(/^App\/Three {2}http:\S+\/functions\/Three\/invocations$/m);
    await said(/App\/One is no longer in the app/);
    expect((await invoke(url, 'Three')).says).toBe('three');
    expect((await invoke(url, 'One')).message).toContain('Function not found: One');
  });
});

test('replaces a function whose settings or layers have changed', async () => {
  const app = (value: string): string => `${COMMON}
    const layers = [new lambda.LayerVersion(stack, 'Layer', { code: lambda.Code.fromAsset('layer') })];
    add('One', { layers, environment: { VALUE: '${value}' } }); stack.node.root.synth();`;
  const directory = project({
    'app.js': app('before'),
    'one/index.js': 'exports.handler = async () => [process.env.VALUE, require("of-the-layer")];',
    'layer/nodejs/node_modules/of-the-layer/index.js': 'module.exports = 1;',
    'layer/shared.js': '1',
  });
  await watched(directory, async ({ url, said, lines }) => {
    await said(/Watching/);
    expect(await invoke(url, 'One')).toEqual(['before', 1]);
    writeFileSync(join(directory, 'app.js'), app('after'));
    await said(/App\/One has changed/);
    expect(await invoke(url, 'One')).toEqual(['after', 1]);
    const from = lines().length;
    addFiles(directory, { 'layer/nodejs/node_modules/of-the-layer/index.js': 'module.exports = 2;', 'layer/shared.js': '2' });
    await said(/App\/One has changed/, from);
    expect(await invoke(url, 'One')).toEqual(['after', 2]);
  });
});

test('with --no-synth takes each cloud assembly that something else writes', async () => {
  const directory = twoFunctions();
  const synthesize = (): void => expect(spawnSync(process.execPath, ['app.js'], { cwd: directory }).status).toBe(0) as void;
  synthesize();
  await watched(directory, async ({ url, said, lines }) => {
    await said(/Watching/);
    expect((await invoke(url, 'One')).says).toBe('first');
    writeFileSync(join(directory, 'one/index.js'), handler('second'));
    synthesize();
    await said(/App\/One has changed/);
    expect((await invoke(url, 'One')).says).toBe('second');
    expect(lines()).not.toContain('is synthesized');
  }, ['--no-synth']);
});

test('ends on SIGINT while the app is synthesized', async () => {
  const directory = twoFunctions();
  await watched(directory, async ({ said, stop }) => {
    await said(/Watching/);
    writeFileSync(join(directory, 'app.js'), 'console.error("takes its time"); setInterval(() => {}, 1000);');
    await said(/takes its time/);
    expect(await stop('SIGINT')).toBe(0);
  });
});

test.each<[string, string[], string, RegExp]>([
  ['a synthesis that fails at the start', ['local', '--watch', '--synth', 'exit 3'], 'SYNTH', /'exit 3' failed with exit code 3/],
  ['--synth without --watch', ['local', '--synth', 'x'], 'USAGE', /--synth is for --watch/],
  ['--no-synth without --watch', ['local', '--no-synth'], 'USAGE', /--no-synth is for --watch/],
  ['--synth and --no-synth', ['local', '--watch', '--synth', 'x', '--no-synth'], 'USAGE', /exclude each other/],
  ['--no-synth and no cloud assembly', ['local', '--watch', '--no-synth'], 'ASSEMBLY_NOT_FOUND', /no cloud assembly/],
])('one line says what is wrong: %s', async (_what, args, code, message) => {
  const { code: exit, out, err } = await cdkHybrid(args, { cwd: workspace() });
  expect([exit, out]).toEqual([2, '']);
  expect(err).toMatch(message);
  expect(err).toMatch(new RegExp(`^cdk-hybrid: [^\\n]*\\[CDK_HYBRID_CLI_${code}\\]\\n$`));
});

(containerEngine() ? test : test.skip)('builds an image anew, and starts its service again on the same port; a build that fails leaves the old one', async () => {
  const server = (says: string): string => `require('node:http').createServer((_, response) => response.end('${says}')).listen(0, () => console.log('${says} listens'));
    process.on('SIGTERM', () => process.exit(0));`;
  const dockerfile = 'FROM public.ecr.aws/docker/library/node:24-bookworm-slim\nCOPY server.js /\nCMD ["node", "/server.js"]\n';
  const directory = project({
    'app.js': `${COMMON}
      const ecs = require('aws-cdk-lib/aws-ecs');
      const cpuArchitecture = process.arch === 'arm64' ? ecs.CpuArchitecture.ARM64 : ecs.CpuArchitecture.X86_64;
      new ecs.FargateTaskDefinition(stack, 'Web', { runtimePlatform: { cpuArchitecture } })
        .addContainer('Server', { image: ecs.ContainerImage.fromAsset('web'), portMappings: [{ containerPort: 8080 }] });
      stack.node.root.synth();`,
    'web/Dockerfile': dockerfile,
    'web/server.js': server('first'),
  });
  await watched(directory, async ({ said, lines, stop }) => {
    const [, url] = await said(/^App\/Web {2}(\S+)$/m);
    await said(/first listens/);
    writeFileSync(join(directory, 'web/Dockerfile'), `${dockerfile}RUN exit 9\n`);
    await said(/App\/Web: '\S+ build' of .* failed with exit code/);
    expect(lines()).not.toContain('the container ended');
    addFiles(directory, { 'web/Dockerfile': dockerfile, 'web/server.js': server('second') });
    await said(/second listens/);
    expect(lines().split('\n').filter((line) => line.startsWith('App/Web  '))).toEqual([`App/Web  ${url}`, `App/Web  ${url}`]);
    expect(lines()).not.toContain('the container ended');
    expect(await stop('SIGTERM')).toBe(0);
  });
});
