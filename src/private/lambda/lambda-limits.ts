/** Lambda's limits on a function, checked at synth. Tokens, known at deployment only, are let through. */
import { Duration, Size, Token } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { checkRange, checkSeconds, Range, secondsOf } from '../check-range';
import { problem } from '../errors';
import { layerNotes } from '../layer/layer-notes';

// Source of all: "Lambda quotas" in the AWS Lambda Developer Guide, unless something else is said.
const MAX_TIMEOUT_SECONDS = 900;
const MEMORY_MIB = { least: 128, most: 10_240 };
/** Source: "Best practices for Lambda Managed Instances" there, and the API's own limit. */
export const INSTANCE_MEMORY_MIB = { least: 2_048, most: 32_768 };
const EPHEMERAL_STORAGE_MIB = { least: 512, most: 10_240 };
/** 250 MB, as AWS counts it. */
const MAX_UNZIPPED_BYTES = 262_144_000;
const MAX_LAYERS = 5;
/** Source: "Configuring error handling settings for asynchronous invocations". */
const EVENT_AGE_SECONDS = { least: 60, most: 21_600 };
const MAX_RETRY_ATTEMPTS = 2;

const TOO_LONG = 'use Compute.task(), Compute.batchJob() or Compute.process(), which have no such limit';

/** What a user may set of a Lambda function's size. */
export interface LambdaSizes {
  readonly timeout: Duration;
  readonly memorySize?: number;
  readonly ephemeralStorageSize?: Size;
  readonly reservedConcurrentExecutions?: number;
  readonly provisionedConcurrentExecutions?: number;
  readonly provisionedConcurrencyMax?: number;
  readonly provisionedConcurrencyTargetUtilization?: number;
  readonly retryAttempts?: number;
  readonly maxEventAge?: Duration;
  /** Set: the function is on Managed Instances. */
  readonly capacityProvider?: unknown;
}

/** Refuses sizes that Lambda does not have. */
export function checkSizes(scope: IConstruct, sizes: LambdaSizes): void {
  const check = (property: keyof LambdaSizes, value: number | undefined, range: Range) => checkRange(scope, property, value, range);
  const { timeout, ephemeralStorageSize, reservedConcurrentExecutions: reserved } = sizes;
  const isTooLong = (secondsOf(timeout) ?? 0) > MAX_TIMEOUT_SECONDS;
  checkSeconds(scope, 'timeout', timeout, { least: 1, most: MAX_TIMEOUT_SECONDS, mend: isTooLong ? TOO_LONG : undefined });
  const memory = sizes.capacityProvider ? { ...INSTANCE_MEMORY_MIB, unit: 'MiB on Managed Instances' } : { ...MEMORY_MIB, unit: 'MiB' };
  check('memorySize', sizes.memorySize, memory);
  if (ephemeralStorageSize && !ephemeralStorageSize.isUnresolved()) {
    check('ephemeralStorageSize', ephemeralStorageSize.toKibibytes() / 1024, { ...EPHEMERAL_STORAGE_MIB, unit: 'MiB' });
  }
  check('reservedConcurrentExecutions', reserved, { least: 0, most: Infinity });
  // Lambda provisions no more than a function may run.
  const provisioned = reserved === undefined || Token.isUnresolved(reserved) ? { least: 1, most: Infinity } : { least: 1, most: reserved, unit: '(the reserved concurrency)' };
  check('provisionedConcurrentExecutions', sizes.provisionedConcurrentExecutions, provisioned);
  const { provisionedConcurrentExecutions: least } = sizes;
  check('provisionedConcurrencyMax', sizes.provisionedConcurrencyMax, { ...provisioned, least: least === undefined || Token.isUnresolved(least) ? 1 : least });
  check('provisionedConcurrencyTargetUtilization', sizes.provisionedConcurrencyTargetUtilization, { least: 0.1, most: 0.9, fraction: true });
  checkAsynchronousInvocations(scope, sizes);
}

/** Refuses what Lambda does not do with asynchronous invocations. */
export function checkAsynchronousInvocations(
  scope: IConstruct, { retryAttempts, maxEventAge }: Pick<LambdaSizes, 'retryAttempts' | 'maxEventAge'>, where = 'on a Lambda compute',
): void {
  checkRange(scope, 'retryAttempts', retryAttempts, { least: 0, most: MAX_RETRY_ATTEMPTS, unit: where });
  checkSeconds(scope, 'maxEventAge', maxEventAge, { ...EVENT_AGE_SECONDS, unit: `seconds ${where}` });
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

/**
 * Refuses more layers than a function may have.
 *
 * @param given those of the user
 * @param needed which others the function needs, by names for the message
 */
export function checkLayerCount(scope: IConstruct, given: number, needed: { readonly [name: string]: boolean }): void {
  const added = Object.keys(needed).filter(name => needed[name]);
  if (given + added.length > MAX_LAYERS) {
    throw problem(scope, 'LAYERS_TOO_MANY', {
      property: 'layers', given, accepted: `at most ${MAX_LAYERS - added.length} layers${added.length ? ` beside ${added.join(', ')}` : ''}`,
    });
  }
}
