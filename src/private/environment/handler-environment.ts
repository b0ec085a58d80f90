/** Checks the environment that a user gives a handler. */
import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { HandlerSecret } from '../../model/handler-secret';
import { problem } from '../errors';

/**
 * Names that Lambda keeps for itself and refuses in a function's configuration.
 * Source: "Defined runtime environment variables" in the AWS Lambda Developer Guide, the reserved ones.
 */
const RESERVED = new Set([
  '_HANDLER', '_X_AMZN_TRACE_ID', 'AWS_ACCESS_KEY', 'AWS_ACCESS_KEY_ID', 'AWS_DEFAULT_REGION', 'AWS_EXECUTION_ENV', 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME', 'AWS_LAMBDA_FUNCTION_VERSION', 'AWS_LAMBDA_INITIALIZATION_TYPE', 'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME', 'AWS_LAMBDA_MAX_CONCURRENCY', 'AWS_LAMBDA_RUNTIME_API', 'AWS_REGION', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR', 'LAMBDA_TASK_ROOT',
]);

/** Refuses names that Lambda reserves or does not accept: they would fail at deployment, on every compute alike. */
export function checkEnvironment(scope: IConstruct, environment: { [name: string]: string }): void {
  for (const [name, value] of Object.entries(environment)) {
    if (RESERVED.has(name)) {
      throw problem(scope, 'ENVIRONMENT_RESERVED', { property: 'environment', given: name, accepted: 'names that Lambda does not reserve' });
    }
    // The pattern of Lambda's API (CreateFunction, Environment.Variables).
    if (!Token.isUnresolved(name) && !/^[a-zA-Z][a-zA-Z0-9_]+$/.test(name)) {
      throw problem(scope, 'ENVIRONMENT_NAME', { property: 'environment', given: name, accepted: 'names of letters, digits and _, two at least, starting with a letter' });
    }
    if (typeof value !== 'string') {
      throw problem(scope, 'ENVIRONMENT_VALUE', { property: `environment.${name}`, given: value, accepted: 'a string' });
    }
  }
}

/** Refuses secrets whose variables the environment cannot have, or has already, and those of which nobody could say which version is meant. */
export function checkSecrets(scope: IConstruct, secrets: { [name: string]: HandlerSecret }, environment: { [name: string]: string }): void {
  checkEnvironment(scope, Object.fromEntries(Object.keys(secrets).map(name => [name, ''])));
  for (const [name, { _options: { versionStage, versionId } }] of Object.entries(secrets)) {
    // Source: "Pass Secrets Manager secrets through Amazon ECS environment variables" in the Amazon ECS Developer Guide.
    if (versionStage && versionId) {
      throw problem(scope, 'SECRET_VERSION', { property: `secrets.${name}`, given: `${versionStage} and ${versionId}`, accepted: 'a secret with versionStage or versionId, not both' });
    }
    if (Object.hasOwn(environment, name)) {
      throw problem(scope, 'SECRET_CONFLICT', { property: `secrets.${name}`, given: 'a name that environment has, too', accepted: 'a name of its own' });
    }
  }
}

/** The environment without what Lambda sets itself. */
export function withoutReserved(environment: { [name: string]: string }): { [name: string]: string } {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !RESERVED.has(name)));
}
