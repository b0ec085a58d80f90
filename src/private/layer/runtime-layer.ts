/** The layers that HybridFunctions need for their runtimes: one per stack, engine and architecture. */
import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { problem } from '../errors';
import { layerNotes } from './layer-notes';
import { nodejsLayerVersion } from './nodejs-layer';
import type { HandlerRuntime } from '../../model/handler-runtime';

/**
 * The layer that carries a runtime; nothing for a runtime that AWS manages.
 *
 * @param scope a construct of the function, which errors name
 */
export function runtimeLayer(scope: Construct, runtime: HandlerRuntime, architecture: lambda.Architecture): lambda.ILayerVersion | undefined {
  const { engine, layer } = runtime._parts;
  if (!engine) {
    const built = layerNotes(layer)?.architecture;
    if (built && built.name !== architecture.name) {
      throw problem(scope, 'LAYER_ARCHITECTURE', {
        property: 'architecture', given: architecture.name, accepted: `${built.name}, for which the layer of the runtime is built`,
      });
    }
    return layer;
  }
  const stack = Stack.of(scope);
  const id = `CdkHybridRuntime-${engine.name}-${engine.version}-${architecture.name}`;
  const shared = stack.node.tryFindChild(id) as lambda.LayerVersion | undefined;
  if (!shared) { return nodejsLayerVersion(scope, stack, id, { engine, architecture }); }
  if (!layerNotes(shared)?.engine?.equalTo(engine)) {
    throw problem(scope, 'ENGINE_CONFLICT', { property: 'runtime', given: `${engine} with other checksums`, accepted: `the ${engine} that other functions of the stack have` });
  }
  return shared;
}
