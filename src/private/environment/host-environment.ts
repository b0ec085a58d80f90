/** The environment of a container outside Lambda: what its host is told, or what a container without our host was promised. */
import { Duration, Stack, Token, Tokenization } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { warnUnchecked } from './environment-schema';
import type { ComputeContext } from '../../model/compute';
import type { EnvironmentRule } from '../../model/environment-rule';
import type { IHandlerImage } from '../../model/handler-image';
import type { HandlerRuntime } from '../../model/handler-runtime';
import { problem } from '../errors';

type Environment = { [name: string]: string };

/** What a compute tells the host beside what the function is. */
export interface HostOptions {
  /** The name of the function, in its ARN and its metrics. */
  readonly name: string;
  /** Where invocations come from. */
  readonly source: 'http' | 'process' | 'task';
  /** The memory that the container may use. */
  readonly memoryMiB?: number;
  /** How long it has from SIGTERM to its end. */
  readonly stopTimeout?: Duration;
  /** Where it listens. */
  readonly port?: number;
  /** Settings of this compute alone. */
  readonly settings?: Environment;
}

/** What a timer of the host can hold, 24 days. */
const MAX_TIMEOUT_SECONDS = 2_147_483;

/** Whether the image has our host: ours, and containers that take it. */
export function hasHost({ _parts: { engine, container } }: HandlerRuntime): boolean {
  return engine !== undefined || container?.host === true;
}

/** Why some things are not there. */
export const NO_HOST = 'a container without our host';

/** The environment of the handler's container. The user's own values win. */
export function hostEnvironment(scope: IConstruct, context: ComputeContext, image: IHandlerImage, options: HostOptions): Environment {
  const { port, settings } = options;
  const own = context.environment.PORT;
  if (port !== undefined && own !== undefined && own !== String(port) && !Token.isUnresolved(own) && !Token.isUnresolved(port)) {
    throw problem(scope, 'PORT_CONFLICT', { property: 'environment.PORT', given: own, accepted: `${text(port)}, which is the port of the compute, or not given` });
  }
  if (!hasHost(context.runtime) && context.environmentSchema) { warnUnchecked(scope, context.environmentSchema, NO_HOST); }
  return {
    ...image.environment,
    ...port !== undefined && { PORT: text(port) },
    ...hasHost(context.runtime) && hostSettings(scope, context, options),
    ...settings,
    ...context.environment,
  };
}

function hostSettings(scope: IConstruct, context: ComputeContext, { name, source, memoryMiB, stopTimeout }: HostOptions): Environment {
  const { environmentSchema, logFormat, logLevel, timeout } = context;
  const { account, region } = Stack.of(scope);
  checkTimeout(scope, timeout);
  return {
    AWS_REGION: region,
    AWS_ACCOUNT_ID: account,
    AWS_LAMBDA_FUNCTION_NAME: name,
    ...memoryMiB !== undefined && { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: text(memoryMiB) },
    ...source !== 'process' && { AWS_LAMBDA_FUNCTION_TIMEOUT: seconds(timeout) },
    ...logFormat === lambda.LoggingFormat.JSON && { AWS_LAMBDA_LOG_FORMAT: 'JSON' },
    ...logLevel && { AWS_LAMBDA_LOG_LEVEL: logLevel },
    HYBRID_SOURCES: source,
    HYBRID_METRICS: 'emf',
    ...stopTimeout && { HYBRID_STOP_TIMEOUT: seconds(stopTimeout) },
    ...environmentSchema && { HYBRID_ENVIRONMENT_SCHEMA: schemaText(scope, environmentSchema) },
  };
}

/** The rules that the start of the handler checks, as the runtime reads them. Defaults are in the environment by now. */
export function schemaText(scope: IConstruct, schema: { [name: string]: EnvironmentRule }): string {
  const rules = Object.entries(schema).map(([name, { required = true, kind, description }]) => [name, { required, kind, description }]);
  return Stack.of(scope).toJsonString(Object.fromEntries(rules));
}

function checkTimeout(scope: IConstruct, timeout: Duration): void {
  if (timeout.isUnresolved()) { return; }
  const given = timeout.toSeconds({ integral: false });
  if (given < 1 || given > MAX_TIMEOUT_SECONDS) {
    throw problem(scope, 'SIZE_OUT_OF_RANGE', { property: 'timeout', given, accepted: `1 to ${MAX_TIMEOUT_SECONDS} seconds` });
  }
}

const seconds = (duration: Duration) => text(duration.isUnresolved() ? duration.toSeconds() : Math.ceil(duration.toSeconds({ integral: false })));

/** A number of the environment; of a token what it will be. */
const text = (value: number) => Tokenization.stringifyNumber(value);
