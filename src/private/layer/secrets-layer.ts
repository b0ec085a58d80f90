/** The layers that read secrets for runtimes that are not ours: one per stack and runtime. */
import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { buildSecretsLayer } from './layer-build';
import type { OwnBootstrap } from './layer-notes';
import { layerVersion, nodejsLayerVersion } from './nodejs-layer';
import { Engine } from '../../model/engine';

/** What runs secrets-reading programs where a managed runtime has no Node.js of its own. */
const ENGINE = Engine.NODEJS_24;

/** For AWS's managed Node.js: what starts it with the secrets in its environment. */
export function nodejsWrapperLayer(scope: Construct, architecture: lambda.Architecture): lambda.ILayerVersion {
  return shared(scope, `CdkHybridSecrets-${architecture.name}`, (stack, id) => secretsLayer(scope, stack, id, architecture));
}

/** The same for managed runtimes of other languages: it brings a Node.js along. */
export function engineWrapperLayer(scope: Construct, architecture: lambda.Architecture): lambda.ILayerVersion {
  return shared(scope, `CdkHybridSecrets-${ENGINE.name}-${architecture.name}`, (stack, id) =>
    nodejsLayerVersion(scope, stack, id, { engine: ENGINE, architecture }, { anyRuntime: true }));
}

/** What goes over a layer with the user's own bootstrap: its `/opt/bootstrap` is ours, and starts a copy of the user's. */
export function bootstrapLayer(
  scope: Construct, layer: lambda.ILayerVersion, own: OwnBootstrap, architecture: lambda.Architecture,
): lambda.ILayerVersion {
  return shared(scope, `CdkHybridSecrets-${layer.node.addr}`, (stack, id) => secretsLayer(scope, stack, id, architecture, own));
}

function secretsLayer(user: Construct, stack: Stack, id: string, architecture: lambda.Architecture, own?: OwnBootstrap): lambda.LayerVersion {
  const built = stack.bundlingRequired ? buildSecretsLayer(user, { architecture: architecture.name, ...own }) : undefined;
  return layerVersion(stack, id, built, { architecture, anyRuntime: own === undefined, description: 'Reads the secrets of functions before their runtime starts' });
}

function shared(scope: Construct, id: string, make: (stack: Stack, id: string) => lambda.LayerVersion): lambda.ILayerVersion {
  const stack = Stack.of(scope);
  return stack.node.tryFindChild(id) as lambda.LayerVersion | undefined ?? make(stack, id);
}
