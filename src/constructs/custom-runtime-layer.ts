import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { Engine } from '../model/engine';
import { problem } from '../private/errors';
import { contextFingerprint } from '../private/image/context-fingerprint';
import { buildDockerfileLayer } from '../private/layer/layer-build';
import { layerVersion, LayerVersionOptions, nodejsLayerVersion } from '../private/layer/nodejs-layer';

/** How the layer is built. Every way gives the same files. */
export enum LayerBuildMethod {
  /** On this machine; in a container where npm is missing. */
  AUTO = 'auto',
  /** On this machine, with npm. */
  LOCAL = 'local',
  /** In a container, with Docker or what the variable `CDK_DOCKER` names. */
  DOCKER = 'docker',
}

/** What every custom runtime layer can be told. */
export interface CustomRuntimeLayerOptions {
  /**
   * The instruction set of the functions that use the layer.
   *
   * @default Architecture.X86_64
   */
  readonly architecture?: lambda.Architecture;

  /**
   * What the layer is for.
   *
   * @default - the engine and the architecture; none for a layer of your own Dockerfile
   */
  readonly description?: string;

  /**
   * The name of the layer.
   *
   * @default - CloudFormation makes one up
   */
  readonly layerVersionName?: string;

  /**
   * The licence of the layer: its SPDX identifier, a URL, or its text.
   *
   * @default - none
   */
  readonly license?: string;

  /**
   * Whether an old version of the layer is kept when a new one takes its place.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** What a layer of ours is made of. */
export interface CustomRuntimeLayerProps extends CustomRuntimeLayerOptions {
  /**
   * The language binary that the layer ships.
   *
   * @default Engine.NODEJS_24
   */
  readonly engine?: Engine;

  /**
   * The path of an executable of your own that takes the place of our `/opt/bootstrap`: a script that loops over
   * `/opt/bin/node`, say. Ours is then `cdk-hybrid/bootstrap` beside it.
   *
   * @default - our bootstrap
   */
  readonly bootstrap?: string;

  /**
   * How the layer is built.
   *
   * @default LayerBuildMethod.AUTO
   */
  readonly buildMethod?: LayerBuildMethod;

  /**
   * The image with Node.js and npm in which the layer is built, when it is built in a container: a mirror, a
   * pull-through cache, a digest.
   *
   * @default - Debian's Node.js image of Docker's official images, from the public registry of Amazon ECR
   */
  readonly nodeImage?: string;
}

/** What a layer of your own Dockerfile is made of. */
export interface DockerfileLayerProps extends CustomRuntimeLayerOptions {
  /** The folder that is the build context, relative to the working directory of the app. */
  readonly path: string;

  /**
   * The Dockerfile, relative to `path`.
   *
   * @default Dockerfile
   */
  readonly file?: string;

  /**
   * The build arguments.
   *
   * @default - none
   */
  readonly buildArgs?: { [name: string]: string };

  /**
   * The stage of the Dockerfile that holds the layer.
   *
   * @default - the last one
   */
  readonly targetStage?: string;

  /**
   * The folder of the image that becomes `/opt` of the function.
   *
   * @default /opt
   */
  readonly imagePath?: string;
}

/**
 * A Lambda layer that is a runtime: its `/opt` holds `bootstrap`, the executable that Lambda starts.
 *
 * By default it ships a pinned Node.js in `/opt/bin/node` and our program. It is built without Docker, kept in a cache
 * outside the project, and has the same asset hash wherever it is built.
 *
 * @example
 * const runtime = new CustomRuntimeLayer(this, 'Runtime', { engine: Engine.NODEJS_24 });
 * new lambda.Function(this, 'Function', {
 *   runtime: lambda.Runtime.PROVIDED_AL2023,
 *   handler: 'index.handler',
 *   code: lambda.Code.fromAsset('dist'),
 *   layers: [runtime.layerVersion],
 * });
 */
export class CustomRuntimeLayer extends Construct {
  /**
   * A layer whose `/opt` is a folder of an image that your own Dockerfile builds. It must hold an executable
   * `bootstrap`. The image is built again when the build context or an argument changes; name base images by digest
   * when they must not change underneath.
   *
   * @param scope where the layer belongs
   * @param id its construct id
   * @param props what it is made of
   */
  public static fromDockerBuild(scope: Construct, id: string, props: DockerfileLayerProps): CustomRuntimeLayer {
    return new DockerfileRuntimeLayer(scope, id, props);
  }

  /** The layer itself. */
  public readonly layerVersion: lambda.LayerVersion;
  /** The instruction set that it is built for. */
  public readonly architecture: lambda.Architecture;
  /** The engine that it ships; none when the layer comes from a Dockerfile of your own. */
  public readonly engine?: Engine;

  constructor(scope: Construct, id: string, props: CustomRuntimeLayerProps = {}) {
    super(scope, id);
    this.architecture = props.architecture ?? lambda.Architecture.X86_64;
    this.engine = this._engine(props);
    this.layerVersion = this._layerVersion(props);
  }

  /** @internal */
  protected _engine(props: CustomRuntimeLayerProps): Engine | undefined {
    return props.engine ?? Engine.NODEJS_24;
  }

  /** @internal */
  protected _layerVersion(props: CustomRuntimeLayerProps): lambda.LayerVersion {
    const method = props.buildMethod ?? LayerBuildMethod.AUTO;
    return nodejsLayerVersion(this, this, 'LayerVersion', {
      engine: this.engine!,
      architecture: this.architecture,
      bootstrap: props.bootstrap,
      way: { local: method !== LayerBuildMethod.DOCKER, docker: method !== LayerBuildMethod.LOCAL, nodeImage: props.nodeImage },
    }, asGiven(props));
  }
}

/** The layer of a user's own Dockerfile. Not exported: what users see is a `CustomRuntimeLayer`. */
class DockerfileRuntimeLayer extends CustomRuntimeLayer {
  constructor(scope: Construct, id: string, props: DockerfileLayerProps) {
    super(scope, id, props);
  }

  protected override _engine(): Engine | undefined {
    return undefined;
  }

  protected override _layerVersion(props: CustomRuntimeLayerOptions): lambda.LayerVersion {
    const { path, file = 'Dockerfile', buildArgs = {}, targetStage, imagePath = '/opt' } = props as DockerfileLayerProps;
    const context = resolve(path);
    if (!statSync(context, { throwIfNoEntry: false })?.isDirectory()) {
      throw problem(this, 'CONTAINER_CONTEXT', { property: 'path', given: path, accepted: 'the path of an existing directory' });
    }
    if (!statSync(resolve(context, file), { throwIfNoEntry: false })?.isFile()) {
      throw problem(this, 'CONTAINER_CONTEXT', { property: 'file', given: file, accepted: `the path of a Dockerfile inside ${path}` });
    }
    const folder = imagePath.replace(/\/+\.?$/, '');
    if (!/^\/./.test(folder)) {
      throw problem(this, 'CONTAINER_IMAGE_PATH', { property: 'imagePath', given: imagePath, accepted: 'an absolute path below /' });
    }
    if (Object.values(buildArgs).some(value => Token.isUnresolved(value))) {
      throw problem(this, 'CONTAINER_BUILD_ARG', {
        property: 'buildArgs', given: 'a value that is known at deployment only', accepted: 'values that are known at synth',
      });
    }
    const built = !Stack.of(this).bundlingRequired ? undefined : buildDockerfileLayer(this, {
      build: { path: context, file, buildArgs, targetStage, platform: this.architecture.dockerPlatform },
      fingerprint: contextFingerprint(context, file),
      imagePath: folder,
      architecture: this.architecture.name,
    });
    return layerVersion(this, 'LayerVersion', built, { architecture: this.architecture, ownBootstrap: { bootstrapOf: built?.zip }, ...asGiven(props) });
  }
}

/** What goes into the layer version as the user gives it. */
function asGiven({ description, layerVersionName, license, removalPolicy }: CustomRuntimeLayerOptions): Partial<LayerVersionOptions> {
  return { description, layerVersionName, license, removalPolicy };
}
