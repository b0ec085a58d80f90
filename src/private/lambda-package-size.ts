/** Lambda's limit on the unzipped size of a function's code and all its layers together. */
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { problem } from './errors';

/** 250 MB, as AWS counts it. Source: "Lambda quotas", deployment package (.zip), in the AWS Lambda Developer Guide. */
export const MAX_UNZIPPED_BYTES = 262_144_000;

/** A registered symbol, so that two copies of this library in one app see each other's layers. */
const UNZIPPED_BYTES = Symbol.for('cdk-hybrid.unzippedBytes');

/** Notes how large a layer is when unzipped. Layers made elsewhere have no note and count as nothing. */
export function noteUnzippedSize(layer: lambda.ILayerVersion, bytes: number): void {
  Object.defineProperty(layer, UNZIPPED_BYTES, { value: bytes });
}

/** The noted size of a layer; nothing when it was not made by this library. */
export function unzippedSize(layer: lambda.ILayerVersion): number | undefined {
  return (layer as unknown as { [UNZIPPED_BYTES]?: number })[UNZIPPED_BYTES];
}

/** Refuses a function whose code and layers are together over the limit. */
export function checkUnzippedSize(scope: IConstruct, codeBytes: number, layers: lambda.ILayerVersion[]): void {
  const total = layers.reduce((sum, layer) => sum + (unzippedSize(layer) ?? 0), codeBytes);
  if (total > MAX_UNZIPPED_BYTES) {
    throw problem(scope, 'PACKAGE_TOO_LARGE', {
      property: 'code',
      given: `${total} bytes (code ${codeBytes}, layers ${total - codeBytes})`,
      accepted: `at most ${MAX_UNZIPPED_BYTES} bytes unzipped, together with all layers`,
    });
  }
}
