/** Layers on disk: built once by content, taken from the cache ever after. */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { IConstruct } from 'constructs';
import { ContainerError, exportFromImage, hasContainerClient, ImageBuild } from './container-export';
import { EnginePackage } from './engine-package';
import { HybridError, problem } from '../errors';
import { BUILDER_DIRECTORY, LAYERS_DIRECTORY, NODEJS_DOCKERFILE, NODEJS_SCRIPTS, RUNTIME_DIRECTORY, SECRETS_SCRIPTS } from './layer-assets';
import { builderError, runBuilder } from './layer-builder';
import type { OwnBootstrap } from './layer-notes';
import { cacheDirectory, publish, readJson } from '../files/cache';
import { fingerprintFile, sha256 } from '../files/file-fingerprints';

/** A layer in the cache. */
export interface BuiltLayer {
  readonly zip: string;
  /** Over names, modes and contents: the same wherever and however the layer was built. */
  readonly contentHash: string;
  readonly unzippedBytes: number;
}

/** What a Node.js layer is made of. */
export interface NodejsLayer extends EnginePackage {
  /** As Lambda names it. */
  readonly architecture: string;
  /** The path of the user's own bootstrap. */
  readonly bootstrap?: string;
}

/** How a Node.js layer is built. */
export interface BuildWay {
  readonly local: boolean;
  readonly docker: boolean;
  /** The base image of the build in a container. */
  readonly nodeImage?: string;
}

/** What a layer of the user's own Dockerfile is made of. */
export interface DockerfileLayer {
  readonly build: ImageBuild;
  /** Of everything in the build context. */
  readonly fingerprint: string;
  /** The folder of the image that becomes `/opt`. */
  readonly imagePath: string;
  readonly architecture: string;
}

/** What a layer that reads secrets is made of. */
export interface SecretsLayer extends OwnBootstrap {
  readonly architecture: string;
}

/** What the builder writes beside `engine.zip` or `layer.zip`. */
interface Manifest {
  readonly contentHash: string;
  readonly unzippedBytes: number;
  readonly zipBytes: number;
}

export function buildNodejsLayer(scope: IConstruct, layer: NodejsLayer, way: BuildWay): BuiltLayer {
  // The way it is built is no part of the key: both ways give the same files.
  return cached(nodejsKey(layer), output => {
    if (way.local) {
      try {
        return buildLocally(scope, layer, output);
      } catch (error) {
        const npmIsMissing = error instanceof HybridError && error.code === 'CDK_HYBRID_NPM_NOT_FOUND';
        if (!npmIsMissing || !way.docker || !hasContainerClient()) { throw error; }
      }
    }
    buildInContainer(scope, layer, way.nodeImage, output);
  });
}

/** Whether `buildNodejsLayer` would take the layer from the cache. */
export function isNodejsLayerCached(layer: NodejsLayer): boolean {
  return isLayer(layerDirectory(nodejsKey(layer)));
}

export function buildDockerfileLayer(scope: IConstruct, { build, fingerprint, imagePath, architecture }: DockerfileLayer): BuiltLayer {
  const { path: _path, ...options } = build;
  const key = hashOf(JSON.stringify([options, imagePath, architecture]), fingerprint, contentsOf(BUILDER_DIRECTORY));
  return cached(key, output => {
    const tar = exportTar(scope, 'path', build, key, imagePath, output);
    runBuilder(scope, 'pack', { tar, architecture, output });
    rmSync(tar);
  });
}

export function buildSecretsLayer(scope: IConstruct, { architecture, bootstrap, bootstrapOf }: SecretsLayer): BuiltLayer {
  const own = bootstrap ?? bootstrapOf;
  const key = hashOf('secrets', architecture, contentsOf(BUILDER_DIRECTORY), contentsOf(RUNTIME_DIRECTORY), ...SECRETS_SCRIPTS.map(fingerprintFile),
    own === undefined ? '' : fingerprintFile(own), bootstrapOf === undefined ? '' : 'zip');
  return cached(key, output => runBuilder(scope, 'secrets', { layers: LAYERS_DIRECTORY, architecture, bootstrap, bootstrapOf, output }));
}

/** The files of a layer as they are, in the folder `opt` of the folder that this returns. */
export function unpackedLayer(scope: IConstruct, { zip, contentHash }: BuiltLayer): string {
  const directory = join(cacheDirectory('runtimes'), contentHash);
  publish(directory, output => runBuilder(scope, 'unpack', { zip, output }), isUnpacked);
  return directory;
}

function isUnpacked(directory: string): boolean {
  const files = readJson<{ [path: string]: number }>(join(directory, 'files.json'));
  return files !== undefined && Object.entries(files).every(([path, bytes]) => statSync(join(directory, 'opt', path), { throwIfNoEntry: false })?.size === bytes);
}

function nodejsKey({ version, npmPackage, checksum, architecture, bootstrap }: NodejsLayer): string {
  return hashOf(version, npmPackage, checksum, architecture, contentsOf(BUILDER_DIRECTORY), contentsOf(RUNTIME_DIRECTORY),
    ...NODEJS_SCRIPTS.map(fingerprintFile), bootstrap ? fingerprintFile(bootstrap) : '');
}

function buildLocally(scope: IConstruct, { version, npmPackage, checksum, architecture, bootstrap }: NodejsLayer, output: string): void {
  // The compressed engine is an entry of its own: a new run-time program needs neither a download nor a compression.
  const engine = join(cacheDirectory('engines'), hashOf(version, npmPackage, checksum, contentsOf(BUILDER_DIRECTORY)));
  publish(engine, directory => runBuilder(scope, 'engine', { version, npmPackage, checksum, output: directory }),
    directory => isWhole(join(directory, 'engine.json'), join(directory, 'engine.zip')));
  runBuilder(scope, 'layer', { layers: LAYERS_DIRECTORY, engine, version, architecture, bootstrap, output });
}

function buildInContainer(scope: IConstruct, layer: NodejsLayer, nodeImage: string | undefined, output: string): void {
  const { version, checksum, architecture, bootstrap } = layer;
  const registry = npmRegistry();
  const build = {
    path: LAYERS_DIRECTORY,
    file: NODEJS_DOCKERFILE,
    targetStage: 'layer',
    buildArgs: {
      ARCHITECTURE: architecture,
      ENGINE_VERSION: version,
      [`SHA512_${architecture.toUpperCase()}`]: checksum,
      ...registry && { NPM_REGISTRY: registry },
      ...nodeImage && { NODE_IMAGE: nodeImage },
    },
  };
  const tar = exportTar(scope, 'buildMethod', build, nodejsKey(layer), '/opt', output);
  runBuilder(scope, 'pack', { tar, architecture, bootstrap, output });
  rmSync(tar);
}

/** The registry that the user's npm is set to; without an npm here, that of the image counts. */
function npmRegistry(): string | undefined {
  const npm = spawnSync('npm', ['config', 'get', 'registry'], {
    env: process.env, encoding: 'utf8', shell: process.platform === 'win32', stdio: ['ignore', 'pipe', 'ignore'],
  });
  return npm.status === 0 ? npm.stdout.trim() : undefined;
}

function exportTar(scope: IConstruct, property: string, build: ImageBuild, key: string, imagePath: string, output: string): string {
  const tar = join(output, 'export.tar');
  try {
    exportFromImage(build, `cdk-hybrid-layer:${key.slice(0, 32)}`, imagePath, tar);
  } catch (error) {
    if (!(error instanceof ContainerError)) { throw error; }
    const told = builderError(scope, error.output);
    if (told) { throw told; }
    process.stderr.write(`${error.output.trimEnd()}\n`);
    throw problem(scope, 'CONTAINER_BUILD', {
      property,
      given: `${build.path}, where ${error.command} says '${error.output.trim().split('\n').pop()}'`,
      accepted: property === 'path' ? `a folder whose image can be built and has '${imagePath}'` : 'a way that works on this machine: a container engine that builds',
    });
  }
  return tar;
}

function cached(key: string, make: (output: string) => void): BuiltLayer {
  const directory = layerDirectory(key);
  publish(directory, make, isLayer);
  const { contentHash, unzippedBytes } = readJson<Manifest>(join(directory, 'manifest.json'))!;
  return { zip: join(directory, 'layer.zip'), contentHash, unzippedBytes };
}

const layerDirectory = (key: string) => join(cacheDirectory('layers'), key);
const isLayer = (directory: string) => isWhole(join(directory, 'manifest.json'), join(directory, 'layer.zip'));

/** Whether an archive has the size that its manifest says: a damaged disk aside, nothing else can be wrong with it. */
function isWhole(manifest: string, zip: string): boolean {
  const bytes = statSync(zip, { throwIfNoEntry: false })?.size;
  return bytes !== undefined && bytes === readJson<Manifest>(manifest)?.zipBytes;
}

const hashOf = (...parts: string[]) => sha256(parts.join('\0'));

/** Of the bundled programs in a folder; files that are just being written have another extension. */
function contentsOf(directory: string): string {
  return hashOf(...readdirSync(directory).filter(name => !name.endsWith('.tmp')).sort()
    .flatMap(name => [name, fingerprintFile(join(directory, name))]));
}
