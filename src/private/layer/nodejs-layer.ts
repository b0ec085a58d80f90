/** Makes the layer of a Node.js engine: checked, built or taken from the cache, as a Lambda layer version. */
import { resolve } from 'node:path';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { nodejsEngine } from './engine-package';
import { BUILDER_DIRECTORY } from './layer-assets';
import { buildNodejsLayer, BuildWay, BuiltLayer, isNodejsLayerCached } from './layer-build';
import { noteLayer, OwnBootstrap } from './layer-notes';
import { ownBootstrap } from './own-bootstrap';
import type { Engine } from '../../model/engine';
import { StagedCode } from '../files/staged-code';

/** What a Node.js layer is made of. */
export interface NodejsLayerOptions {
  readonly engine: Engine;
  readonly architecture: lambda.Architecture;
  readonly bootstrap?: string;
  readonly way?: BuildWay;
}

/** What a layer version is told beside its content. */
export interface LayerVersionOptions {
  readonly architecture: lambda.Architecture;
  readonly engine?: Engine;
  readonly description?: string;
  readonly layerVersionName?: string;
  readonly license?: string;
  readonly removalPolicy?: RemovalPolicy;
  /** Whether functions of every runtime may have it; else those that it is the runtime of. */
  readonly anyRuntime?: boolean;
  readonly ownBootstrap?: OwnBootstrap;
}

/**
 * The layer version of a Node.js engine.
 *
 * @param user the construct that errors name
 */
export function nodejsLayerVersion(
  user: Construct, scope: Construct, id: string, layer: NodejsLayerOptions, options: Partial<LayerVersionOptions> = {},
): lambda.LayerVersion {
  const { engine, architecture, bootstrap } = layer;
  return layerVersion(scope, id, builtNodejsLayer(user, layer), {
    ...options,
    architecture,
    engine,
    ownBootstrap: bootstrap === undefined ? undefined : { bootstrap: resolve(bootstrap) },
    description: options.description ?? `Node.js ${engine.version} (${architecture.name}) with the bootstrap of ${bootstrap ? 'the app' : 'cdk-hybrid'}`,
  });
}

/** The files of a Node.js layer in the cache; nothing where this synth does not need them and would have to build them. */
export function builtNodejsLayer(user: Construct, { engine, architecture, bootstrap, way }: NodejsLayerOptions): BuiltLayer | undefined {
  const parts = {
    ...nodejsEngine(user, engine, architecture, bootstrap !== undefined),
    architecture: architecture.name,
    bootstrap: bootstrap === undefined ? undefined : ownBootstrap(user, bootstrap),
  };
  const needed = Stack.of(user).bundlingRequired || isNodejsLayerCached(parts);
  return needed ? buildNodejsLayer(user, parts, way ?? { local: true, docker: true }) : undefined;
}

/** A layer version of a built layer; of a placeholder where this synth does not need it, as when the CLI only lists stacks. */
export function layerVersion(scope: Construct, id: string, built: BuiltLayer | undefined, options: LayerVersionOptions): lambda.LayerVersion {
  const { architecture, engine, anyRuntime, ownBootstrap: own, ...same } = options;
  const version = new lambda.LayerVersion(scope, id, {
    ...same,
    code: built ? new StagedCode(built.zip, built.contentHash) : lambda.Code.fromAsset(BUILDER_DIRECTORY),
    compatibleArchitectures: [architecture],
    compatibleRuntimes: anyRuntime ? undefined : [lambda.Runtime.PROVIDED_AL2023],
  });
  noteLayer(version, { architecture, engine, unzippedBytes: built?.unzippedBytes, ownBootstrap: own });
  return version;
}
