/** Refuses what neither kind of API takes of a trigger. */
import type { Duration } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { checkRange } from '../check-range';
import { checkNames } from './gateway-mapping';

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
