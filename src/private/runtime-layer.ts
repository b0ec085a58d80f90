/** The layers that HybridFunctions need for their runtimes: one per stack, engine and architecture. */
import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { nodejsLayerVersion } from './nodejs-layer';
import type { HandlerRuntime } from '../model/handler-runtime';

/**
 * The layer that carries a runtime; nothing for a runtime that AWS manages.
 *
 * @param scope a construct of the function, which errors name
 */
export function runtimeLayer(scope: Construct, runtime: HandlerRuntime, architecture: lambda.Architecture): lambda.ILayerVersion | undefined {
  const { engine, layer } = runtime._parts;
  if (!engine) { return layer; }
  const stack = Stack.of(scope);
  const id = `CdkHybridRuntime-${engine.name}-${engine.version}-${architecture.name}`;
  return stack.node.tryFindChild(id) as lambda.LayerVersion | undefined
    ?? nodejsLayerVersion(scope, stack, id, { engine, architecture });
}
