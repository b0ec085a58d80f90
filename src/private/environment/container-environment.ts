/** The environment that custom containers are promised, whatever runs them. */
import { Stack, Stage } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { HandlerRuntime } from '../../model/handler-runtime';
import { splitHandler } from '../code/handler-name';

/** What the program of a container is told; nothing for runtimes of ours, whose images know it. A `PORT` comes from who serves. */
export function containerEnvironment(scope: Construct, runtime: HandlerRuntime, handler?: string, stage?: string): { [name: string]: string } {
  const { container } = runtime._parts;
  if (!container) { return {}; }
  const { file, exportedName } = splitHandler(handler ?? '');
  return {
    ENTRYPOINT: container.entrypoint ?? file,
    ENTRYPOINT_FUNC: exportedName,
    STAGE: stage ?? (Stage.of(scope)?.stageName || Stack.of(scope).stackName),
    AWS_REGION: Stack.of(scope).region,
    AWS_ACCOUNT_ID: Stack.of(scope).account,
  };
}
