/** SnapStart: where AWS offers it. */
import { Size } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import type { HandlerRuntime } from '../../model/handler-runtime';
import { problem } from '../errors';

/** What a user says of SnapStart, and of what it excludes. */
export interface SnapStartOptions {
  readonly snapStart?: lambda.SnapStartConf;
  readonly provisionedConcurrentExecutions?: number;
  readonly filesystem?: lambda.FileSystem;
  readonly ephemeralStorageSize?: Size;
}

/** Refuses SnapStart where Lambda does. Source: "Improving startup performance with Lambda SnapStart" in the AWS Lambda Developer Guide. */
export function checkSnapStart(scope: IConstruct, { name, _parts: { managed } }: HandlerRuntime, options: SnapStartOptions): void {
  const { snapStart, ephemeralStorageSize: storage } = options;
  if (!snapStart) { return; }
  if (!managed?.supportsSnapStart) {
    throw problem(scope, 'LAMBDA_OPTION_UNSUPPORTED', { property: 'snapStart', given: `given with the runtime ${name}`, accepted: 'left out, or with Java 11, Python 3.12, .NET 8 or later, as AWS manages them' });
  }
  for (const property of ['provisionedConcurrentExecutions', 'filesystem'] as const) {
    if (options[property] !== undefined) {
      throw problem(scope, 'LAMBDA_OPTION_CONFLICT', { property, given: 'given', accepted: 'left out with snapStart' });
    }
  }
  if (storage && !storage.isUnresolved() && storage.toKibibytes() > 512 * 1024) {
    throw problem(scope, 'LAMBDA_OPTION_CONFLICT', { property: 'ephemeralStorageSize', given: `${storage.toKibibytes() / 1024} MiB`, accepted: 'at most 512 MiB with snapStart' });
  }
}
