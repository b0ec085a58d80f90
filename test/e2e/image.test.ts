/**
 * Images of handlers, built by a real container engine from the cloud assembly alone and run in it. On the machines of
 * this project the base images that the Dockerfiles name are made locally by .ci/prepare; on a user's machine the
 * engine pulls them. The registry is Debian's package docker-registry.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { FunctionHost } from '../../layers/runtime/host/function-host';
import { CustomRuntimeLayer, HandlerCode, HandlerImage, HandlerImageProps, HandlerRuntime } from '../../src';
import { containerEngine, hasRealPart } from '../real-parts';
import { unzip } from '../unzip';
import { addFiles, inDirectory, workspace } from '../workspace';
import { buildImage, builtImage, Container, engine, freePorts, listens, RunOptions, runToEnd } from './containers';

const NODE_IMAGE = 'public.ecr.aws/docker/library/node:24-bookworm-slim';
const client = containerEngine();
const cache = { CDK_HYBRID_CACHE_DIR: join(tmpdir(), 'cdk-hybrid-test-cache') };

const HANDLER = `
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const fails = action => { try { action(); return false; } catch (error) { return error.code; } };
exports.handler = async event => ({
  event, version: process.version, uid: process.getuid(), user: os.userInfo().username, home: os.homedir(), cwd: process.cwd(),
  tmp: fails(() => fs.writeFileSync('/tmp/file', 'x')), root: fails(() => fs.writeFileSync('/var/task/file', 'x')),
});
exports.run = async ([program, ...args]) => execFileSync(program, args, { encoding: 'utf8' });
`;

const project = (files: { [path: string]: string } = {}) => workspace({ 'dist/index.js': HANDLER, ...files });
const nodejs = (props: Partial<HandlerImageProps> = {}) => () => ({ code: HandlerCode.fromDirectory('dist'), ...props });
const names: string[] = [];
const built = (name: string, folder: string, props: Partial<HandlerImageProps> = {}) => {
  const { image } = builtImage(name, folder, nodejs(props));
  names.push(image);
  return image;
};
afterAll(() => { if (client) { spawnSync(client, ['rmi', '--force', ...names], { stdio: 'ignore' }); } });

/** Invokes once as Lambda does: the container finds a Runtime API, and its entry becomes the bootstrap. */
async function invokeAsLambda(image: string, event: unknown, handler = 'index.handler', options: string[] = []) {
  const logs: string[] = [];
  const environment = ['AWS_LAMBDA_RUNTIME_API', 'AWS_LAMBDA_FUNCTION_NAME'].flatMap(name => ['--env', name]);
  const host = new FunctionHost({
    name: 'image',
    bootstrap: [spawnSync('sh', ['-c', `command -v ${client}`], { encoding: 'utf8' }).stdout.trim(), 'run', '--rm', '--network', 'host', ...environment, ...options, image, handler],
    taskRoot: tmpdir(),
    handler: 'not.this',
    environment: { PATH: process.env.PATH!, ...process.env.CONTAINERS_CONF && { CONTAINERS_CONF: process.env.CONTAINERS_CONF } },
    timeoutMs: 60_000,
    memoryMiB: 256,
  }, { onLog: line => logs.push(line) });
  try {
    const { functionError, payload } = await host.invoke({ event: Buffer.from(JSON.stringify(event)) });
    return { functionError, result: JSON.parse(payload.toString()), logs };
  } finally {
    await host.stop({ graceMs: 10_000 });
  }
}

const files = (directory: string) => readdirSync(directory, { recursive: true, encoding: 'utf8' })
  .filter(path => statSync(join(directory, path)).isFile()).sort();

(client ? describe : describe.skip)('with a container engine', () => {
  test('the image runs in Lambda as nobody, with a read-only file system, a writable /tmp and a memory limit', async () => {
    const image = built('plain', project());
    const { functionError, result } = await invokeAsLambda(image, { a: 1 }, 'index.handler', ['--read-only', '--memory=256m']);
    expect([functionError, result]).toEqual([undefined, {
      event: { a: 1 }, version: 'v24.21.0', uid: 65534, user: 'nobody', home: '/tmp', cwd: '/var/task', tmp: false, root: 'EROFS',
    }]);
  }, 240_000);

  test('one image has every handler of its code', async () => {
    expect(await invokeAsLambda(built('plain', project()), ['echo', 'hi'], 'index.run')).toMatchObject({ functionError: undefined, result: 'hi\n' });
  }, 240_000);

  test('its /opt is the layer, file by file', () => {
    const image = built('plain', project());
    const zip = inDirectory(workspace(), cache, () => {
      const app = new App({ outdir: workspace() });
      new CustomRuntimeLayer(new Stack(app, 'Stack'), 'Runtime');
      app.synth();
      return join(app.outdir, readdirSync(app.outdir).find(name => name.endsWith('.zip'))!);
    });
    const layer = unzip(zip);
    const expected = files(layer).map(path => `${statSync(join(layer, path)).mode.toString(8).slice(-3)} ./${path}`).sort();
    const listing = (...command: string[]) => engine('run', '--rm', '--network', 'none', '--entrypoint', 'sh', image, '-c', `cd /opt && ${command.join(' ')}`).trim().split('\n').sort();
    expect(listing('find . -type f -printf "%m %p\\n"')).toEqual(expected);
    const sums = spawnSync('sh', ['-c', 'find . -type f -exec sha256sum {} +'], { cwd: layer, encoding: 'utf8' }).stdout.trim().split('\n').sort();
    expect(listing('find . -type f -exec sha256sum {} +')).toEqual(sums);
  }, 240_000);

  test('an extended one has packages of its distribution, its own files and its own base', async () => {
    const directory = project({ 'image/motd': 'welcome\n' });
    const runtime = HandlerRuntime.NODEJS_24
      .extend({ instructions: ['RUN apt-get update -qq && apt-get install -qq --no-install-recommends jq >/dev/null'] })
      .extend({ instructions: ['ARG WHO', 'COPY motd /etc/motd', 'RUN echo "$WHO" >>/etc/motd'], buildArgs: { WHO: 'you' }, additionalFiles: [{ source: 'image/motd', destination: 'motd' }] });
    const image = built('extended', directory, { runtime });
    expect((await invokeAsLambda(image, ['jq', '--version'], 'index.run')).result).toMatch(/^jq-1/);
    expect((await invokeAsLambda(image, ['cat', '/etc/motd'], 'index.run')).result).toBe('welcome\nyou\n');
  }, 300_000);

  test('another distribution is as good: the runtime brings its own Node.js', async () => {
    const image = built('based', project(), { runtime: HandlerRuntime.NODEJS_22.extend({ baseImage: NODE_IMAGE }) });
    expect((await invokeAsLambda(image, 1)).result).toMatchObject({ version: 'v22.23.3' });
    expect((await invokeAsLambda(image, ['/usr/local/bin/node', '--version'], 'index.run')).result).toBe('v24.21.0\n');
  }, 240_000);

  test('an image for the other architecture is built without running anything of it', () => {
    const context = workspace({ Dockerfile: 'FROM scratch\nCOPY empty /etc/\n', empty: '' });
    const base = 'localhost/cdk-hybrid-test-arm64-base';
    engine('build', '--quiet', '--platform', 'linux/arm64', '--tag', base, context);
    names.push(base);
    const runtime = HandlerRuntime.NODEJS_24.extend({ baseImage: base });
    const image = built('arm64', project(), { runtime, architecture: lambda.Architecture.ARM_64 });
    expect(engine('inspect', '--type', 'image', '--format', '{{.Architecture}}', image).trim()).toBe('arm64');
    const mount = engine('create', image, 'none').trim();
    const output = workspace();
    engine('cp', `${mount}:/opt/bin/node`, join(output, 'node'));
    engine('rm', mount);
    expect(readFileSync(join(output, 'node')).readUInt16LE(18)).toBe(0xb7); // EM_AARCH64
  }, 240_000);

  test('a base image of the wrong architecture is the engine\'s to refuse, in its own words', () => {
    const runtime = HandlerRuntime.NODEJS_24.extend({ baseImage: 'localhost/cdk-hybrid-test-amd64-only' });
    engine('build', '--quiet', '--platform', 'linux/amd64', '--tag', 'localhost/cdk-hybrid-test-amd64-only', workspace({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' }));
    names.push('localhost/cdk-hybrid-test-amd64-only');
    expect(() => built('wrong', project(), { runtime, architecture: lambda.Architecture.ARM_64 })).toThrow(/build ended with \d+:[^]*cdk-hybrid-test-amd64-only/);
  }, 240_000);

  describe('its entry', () => {
    const host = `
      process.stdout.write('host ' + JSON.stringify({ args: process.argv.slice(2), handler: process.env._HANDLER, pid: process.pid }) + '\\n');
      require('node:child_process').spawn('sh', ['-c', 'sleep 0.1 & exit'], { stdio: 'ignore' }); // an orphan
      for (const signal of ['SIGTERM', 'SIGUSR2']) { process.on(signal, () => { process.stdout.write(signal + '\\n'); if (signal === 'SIGTERM') process.exit(7); }); }
      setInterval(() => {}, 1000);
      setTimeout(() => process.stdout.write('up\\n'), 500);`;
    const directory = workspace({ 'host.cjs': host });
    const asHost: RunOptions = { options: [`--volume=${join(directory, 'host.cjs')}:/opt/cdk-hybrid/runtime/host.cjs:ro`] };

    test('is the first process, hands signals on, collects orphans and ends as the host ends', async () => {
      const container = new Container(built('plain', project()), asHost);
      await container.until('host', () => container.stdout.includes('up'));
      expect(JSON.parse(/host (.*)/.exec(container.stdout)![1])).toMatchObject({ args: [], handler: 'index.handler' });
      const processes = container.exec('sh', '-c', 'for status in /proc/[0-9]*/status; do sed -n "s/^State:\\t//p" "$status" 2>/dev/null; done');
      expect(processes).not.toContain('zombie');
      container.signal('SIGUSR2');
      await container.until('signal', () => container.stdout.includes('SIGUSR2'));
      container.signal('SIGTERM');
      expect(await container.end()).toBe(7);
    }, 240_000);

    test('hands a bootstrap of another language to the host, and becomes it in Lambda', async () => {
      const image = built('plain', project());
      const command = ['--', 'echo', 'app.handler'];
      const container = new Container(image, { ...asHost, command });
      await container.until('host', () => container.stdout.includes('up'));
      expect(JSON.parse(/host (.*)/.exec(container.stdout)![1])).toMatchObject({ args: ['echo', 'app.handler'] });
      container.signal('SIGTERM');
      expect(await container.end()).toBe(7);
      expect(await runToEnd(image, { command, environment: { AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9' } })).toMatchObject({ status: 0, stdout: 'app.handler\n' });
    }, 240_000);

    test('says what is missing behind the dashes', async () => {
      expect(await runToEnd(built('plain', project()), { command: ['--'] })).toMatchObject({
        status: 2, stdout: '', stderr: "cdk-hybrid: '--' must be followed by the command that runs the handler, got nothing; write entrypoint -- command [argument ...]\n",
      });
    }, 240_000);

    test('needs to be no first process', async () => {
      const container = new Container(built('plain', project()), { options: [...asHost.options!, '--init'] });
      await container.until('host', () => container.stdout.includes('up'));
      container.signal('SIGTERM');
      expect(await container.end()).toBe(7);
    }, 240_000);
  });

  describe('with a registry', () => {
    const hasRegistry = () => hasRealPart('an image registry (docker-registry)', !spawnSync('docker-registry', ['--version']).error);

    (hasRegistry() ? test : test.skip)('another handler changes one layer, and less than its size and 1 MB is pushed', async () => {
      const [port] = await freePorts(1);
      const storage = workspace();
      writeFileSync(join(storage, 'config.yml'), `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${join(storage, 'data')} } }\nhttp: { addr: 127.0.0.1:${port} }\n`);
      const registry = spawn('docker-registry', ['serve', join(storage, 'config.yml')], { stdio: 'ignore' });
      const ended = new Promise(resolve => registry.once('exit', resolve));
      try {
        while (!await listens(port)) { expect(registry.exitCode).toBeNull(); }
        const directory = project();
        const push = async (tag: string, ...options: string[]) => {
          const image = built('pushed', directory);
          engine('push', '--quiet', '--tls-verify=false', ...options, image, `docker://127.0.0.1:${port}/handlers:${tag}`);
          const accept = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'].join(',');
          const manifest = await fetch(`http://127.0.0.1:${port}/v2/handlers/manifests/${tag}`, { headers: { accept } });
          return (await manifest.json() as { layers: { digest: string; size: number }[] }).layers;
        };
        const stored = () => files(join(storage, 'data')).reduce((sum, path) => sum + statSync(join(storage, 'data', path)).size, 0);
        const first = await push('one');
        const before = stored();
        addFiles(directory, { 'dist/index.js': 'exports.handler = async () => 2;\n' });
        const second = await push('two');
        expect(second.map(({ digest }, index) => digest === first[index].digest)).toEqual([...first.slice(1).map(() => true), false]);
        expect(stored() - before).toBeLessThan(1_000_000);
      } finally {
        registry.kill();
        await ended;
      }
    }, 300_000);
  });

  test('a cloud assembly that was moved is built as before', () => {
    const moved = join(workspace(), 'elsewhere');
    inDirectory(project(), cache, () => {
      const app = new App({ outdir: workspace() });
      new HandlerImage(new Stack(app, 'Stack'), 'Image', nodejs()());
      cpSync(app.synth().directory, moved, { recursive: true });
    });
    names.push(buildImage(moved, 'moved'));
    expect(relative('/', moved)).not.toBe('');
  }, 240_000);
});
