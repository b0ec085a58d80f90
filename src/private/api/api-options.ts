/** Refuses what neither kind of API takes of a trigger. */
import { Duration, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { checkRange } from '../check-range';
import { problem } from '../errors';

/** How an API reaches a handler. */
export interface ApiIntegrationOptions {
  readonly authorizerContext?: string[];
  readonly stageVariables?: string[];
  readonly integrationTimeout?: Duration;
}

/** Refuses integrations that API Gateway does not have. Source: the quotas of both kinds of API in the API Gateway Developer Guide. */
export function checkIntegration(scope: IConstruct, options: ApiIntegrationOptions, mostSeconds: number): void {
  const { authorizerContext, stageVariables, integrationTimeout } = options;
  checkNames(scope, 'authorizerContext', authorizerContext);
  checkNames(scope, 'stageVariables', stageVariables);
  const milliseconds = integrationTimeout?.isUnresolved() ? undefined : integrationTimeout?.toMilliseconds();
  checkRange(scope, 'integrationTimeout', milliseconds, { least: 50, most: 1_000 * mostSeconds, unit: 'milliseconds' });
}

/** Refuses names that API Gateway does not map. Source: "Transform API requests and responses for HTTP APIs": "only the special characters . and _ are supported". */
function checkNames(scope: IConstruct, property: string, names: string[] = []): void {
  for (const name of names) {
    if (!Token.isUnresolved(name) && /^[A-Za-z0-9_.]+$/.test(name)) { continue; }
    throw problem(scope, 'GATEWAY_NAME', { property, given: Token.isUnresolved(name) ? 'a token' : name, accepted: 'names of letters, digits, dots and underscores' });
  }
}
