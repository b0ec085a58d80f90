/** Makes the image of a handler: its build context and its Dockerfile, as an asset of the stack. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { IgnoreMode, IgnoreStrategy, Stage, SymlinkFollowMode, Token } from 'aws-cdk-lib';
import * as ecr_assets from 'aws-cdk-lib/aws-ecr-assets';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as cxapi from 'aws-cdk-lib/cx-api';
import type { Construct } from 'constructs';
import { BuildContext } from './build-context';
import { imageDockerfile } from './image-dockerfile';
import { checkExtensions } from './runtime-extension';
import { runtimeFolder } from './runtime-folder';
import { Engine } from '../../model/engine';
import type { HandlerCode } from '../../model/handler-code';
import type { IHandlerImage } from '../../model/handler-image';
import type { ContainerRuntimeProps, HandlerRuntime } from '../../model/handler-runtime';
import { computesOf } from '../../model/support';
import { handlerFiles } from '../code/handler-code-asset';
import { containerEnvironment } from '../environment/container-environment';
import { problem } from '../errors';

/** What an image is made of. */
export interface HandlerImageOptions {
  readonly code?: HandlerCode;
  readonly handler?: string;
  readonly runtime: HandlerRuntime;
  readonly architecture: lambda.Architecture;
  readonly stage?: string;
  /** Whether the image runs the handler by itself; otherwise images of the same code are one, whatever the handlers. */
  readonly startsHandler: boolean;
}

/** A build that is ready to be staged. */
interface Build {
  readonly context: BuildContext;
  readonly dockerfile: string;
  readonly buildArgs: { [name: string]: string };
  readonly target?: string;
  /** Whose layer is there as the build context `cdk-hybrid`. */
  readonly engine?: Engine;
}

const DOCKERFILE = 'Dockerfile';
/** The folder of the build context that has the handler's code. */
const CODE_FOLDER = 'code';
/** The build context that has our layer. */
const RUNTIME_CONTEXT = 'cdk-hybrid';

/**
 * The image of a handler.
 *
 * @param scope the construct that gets the asset and that errors name
 */
export function handlerImage(scope: Construct, options: HandlerImageOptions): IHandlerImage {
  const { code, handler, runtime, architecture, stage } = options;
  const { container } = runtime._parts;
  checkExtensions(scope, runtime);
  const files = code || !container ? handlerFiles(scope, options) : undefined;
  const context = new BuildContext(scope);
  const build = container ? containerBuild(scope, context, container) : nodejsBuild(scope, context, options);
  if (files) {
    const ignore = IgnoreStrategy.git(files.directory, files.exclude ?? []);
    context.addFolder(CODE_FOLDER, files.directory, {
      owner: 'the code', isLeftOut: (path, isFolder) => isFolder ? ignore.completelyIgnores(path) : ignore.ignores(path),
    });
  }
  return {
    asset: imageAsset(scope, build, architecture),
    code,
    handler,
    runtime,
    architecture,
    environment: { ...files?.environment, ...containerEnvironment(scope, runtime, handler, stage) },
  };
}

/** Our own image. */
function nodejsBuild(scope: Construct, context: BuildContext, { runtime, handler, startsHandler }: HandlerImageOptions): Build {
  const { engine, managed, extensions = [] } = runtime._parts;
  if (!engine) {
    throw problem(scope, 'RUNTIME_NOT_FOR_IMAGES', {
      property: 'runtime',
      given: runtime.name,
      accepted: 'HandlerRuntime.NODEJS_20 to NODEJS_26, one that extends them, or HandlerRuntime.container() for an image',
      mend: `use one of these runtimes, or a compute that runs zips: ${computesOf(managed ? 'AWS_* and managed()' : 'custom()')}`,
    });
  }
  const command = startsHandler && !Token.isUnresolved(handler) ? handler : undefined;
  context.addText(DOCKERFILE, imageDockerfile(scope, { extensions, handler: command, codeFolder: CODE_FOLDER }), 'the Dockerfile');
  for (const { additionalFiles = [] } of extensions) { additionalFiles.forEach(file => context.addAdditionalFile(file)); }
  return { context, dockerfile: DOCKERFILE, buildArgs: Object.assign({}, ...extensions.map(({ buildArgs }) => buildArgs)), engine };
}

/** The image of a user's own Dockerfile. */
function containerBuild(scope: Construct, context: BuildContext, container: ContainerRuntimeProps): Build {
  const { path, dockerfile, additionalFiles = [], buildArgs = {}, target, host } = container;
  const folder = resolve(path ?? '.');
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw problem(scope, 'CONTAINER_CONTEXT', { property: 'path', given: path, accepted: 'the path of an existing directory' });
  }
  const file = resolve(folder, dockerfile);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw problem(scope, 'CONTAINER_CONTEXT', { property: 'dockerfile', given: dockerfile, accepted: `the path of a Dockerfile${path === undefined ? '' : `, relative to ${path}`} (looked for ${file})` });
  }
  const inContext = relative(folder, file).split(sep).join('/');
  const belongs = path !== undefined && !inContext.startsWith('../');
  const name = belongs ? inContext : DOCKERFILE;
  context.addDockerfile(name, file, dockerfile, folder);
  if (path !== undefined) { context.addContext(folder, belongs ? inContext : undefined, [file, Stage.of(scope)!.assetOutdir], `a file of ${path}`); }
  additionalFiles.forEach(additional => context.addAdditionalFile(additional));
  return { context, dockerfile: name, buildArgs, target, engine: host ? Engine.NODEJS_24 : undefined };
}

function imageAsset(scope: Construct, build: Build, architecture: lambda.Architecture): ecr_assets.DockerImageAsset {
  const { context, dockerfile, buildArgs, target, engine } = build;
  if (Object.values(buildArgs).some(value => Token.isUnresolved(value))) {
    throw problem(scope, 'CONTAINER_BUILD_ARG', { property: 'buildArgs', given: 'a value that is known at deployment only', accepted: 'values that are known at synth' });
  }
  const fingerprint = context.fingerprint();
  const outdir = Stage.of(scope)!.assetOutdir;
  mkdirSync(outdir, { recursive: true });
  const directory = mkdtempSync(join(outdir, 'image-'));
  const isStaged = !scope.node.tryGetContext(cxapi.DISABLE_ASSET_STAGING_CONTEXT);
  try {
    context.write(directory);
    const runtime = engine && runtimeFolder(scope, engine, architecture);
    const asset = new ecr_assets.DockerImageAsset(scope, 'Image', {
      directory: isStaged ? directory : kept(directory, join(outdir, `image-${fingerprint}`)),
      file: dockerfile,
      buildArgs: Object.keys(buildArgs).length > 0 ? buildArgs : undefined,
      target,
      platform: ecr_assets.Platform.custom(architecture.dockerPlatform),
      // From the folder of the build, so that the cloud assembly can be moved. Its name has the hash of what is in it.
      buildContexts: runtime === undefined ? undefined : { [RUNTIME_CONTEXT]: relative(directory, runtime).split(sep).join('/') },
      extraHash: fingerprint,
      ignoreMode: IgnoreMode.DOCKER,
      followSymlinks: SymlinkFollowMode.NEVER,
    });
    if (isStaged) { context.writeFolders(join(outdir, `asset.${asset.assetHash}`)); }
    return asset;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Gives a folder a name that lasts, for a CDK that does not stage. */
function kept(directory: string, name: string): string {
  if (!existsSync(name)) { renameSync(directory, name); }
  return name;
}
