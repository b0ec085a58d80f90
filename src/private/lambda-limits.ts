/** Lambda's limits on a zip function, checked at synth. Tokens, known at deployment only, are let through. */
import { Duration, Size, Token } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { problem } from './errors';
import { layerNotes } from './layer-notes';

// Source of all: "Lambda quotas" in the AWS Lambda Developer Guide.
const MAX_TIMEOUT_SECONDS = 900;
const MEMORY_MIB = { least: 128, most: 10_240 };
const EPHEMERAL_STORAGE_MIB = { least: 512, most: 10_240 };
/** 250 MB, as AWS counts it. */
const MAX_UNZIPPED_BYTES = 262_144_000;

/** What a user may set of a Lambda function's size. */
export interface LambdaSizes {
  readonly timeout: Duration;
  readonly memorySize?: number;
  readonly ephemeralStorageSize?: Size;
  readonly reservedConcurrentExecutions?: number;
}

/** Refuses sizes that Lambda does not have. */
export function checkSizes(scope: IConstruct, { timeout, memorySize, ephemeralStorageSize, reservedConcurrentExecutions }: LambdaSizes): void {
  const check = (property: string, value: number | undefined, least: number, most: number, unit: string) => {
    if (value === undefined || Token.isUnresolved(value)) { return; }
    if (!Number.isInteger(value) || value < least || value > most) {
      const range = most === Infinity ? `a whole number from ${least}` : `${least} to ${most}`;
      throw problem(scope, 'SIZE_OUT_OF_RANGE', { property, given: value, accepted: `${range}${unit}` });
    }
  };
  if (!timeout.isUnresolved()) { check('timeout', timeout.toMilliseconds() / 1000, 1, MAX_TIMEOUT_SECONDS, ' seconds'); }
  check('memorySize', memorySize, MEMORY_MIB.least, MEMORY_MIB.most, ' MiB');
  if (ephemeralStorageSize && !ephemeralStorageSize.isUnresolved()) {
    check('ephemeralStorageSize', ephemeralStorageSize.toKibibytes() / 1024, EPHEMERAL_STORAGE_MIB.least, EPHEMERAL_STORAGE_MIB.most, ' MiB');
  }
  check('reservedConcurrentExecutions', reservedConcurrentExecutions, 0, Infinity, '');
}

/** Refuses a function whose code and layers are together too large when unzipped. Layers made elsewhere count as nothing. */
export function checkUnzippedSize(scope: IConstruct, codeBytes: number, layers: lambda.ILayerVersion[]): void {
  const total = layers.reduce((sum, layer) => sum + (layerNotes(layer)?.unzippedBytes ?? 0), codeBytes);
  if (total > MAX_UNZIPPED_BYTES) {
    throw problem(scope, 'PACKAGE_TOO_LARGE', {
      property: 'code',
      given: `${total} bytes (code ${codeBytes}, layers ${total - codeBytes})`,
      accepted: `at most ${MAX_UNZIPPED_BYTES} bytes unzipped, together with all layers`,
    });
  }
}
