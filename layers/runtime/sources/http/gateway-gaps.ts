/** Defines what events of private integrations lack, or have otherwise than those that API Gateway sends to Lambda functions. */
import type { GatewayShape } from './gateway';

export interface GatewayGap {
  readonly shape: GatewayShape;
  /** Where it is in the event. */
  readonly field: string;
  /** What is there instead. */
  readonly instead: string;
}

export const GATEWAY_GAPS: readonly GatewayGap[] = [
  { shape: 'v2', field: 'requestContext.authentication', instead: 'not there: the certificate of a client' },
  { shape: 'v2', field: 'requestContext.authorizer.iam.accessKey', instead: 'null' },
  { shape: 'v2', field: 'requestContext.authorizer.iam.cognitoIdentity.amr', instead: 'null' },
  { shape: 'v2', field: 'requestContext.authorizer.jwt.claims', instead: 'what is in the token: lists as `[one two]`, objects as JSON, anything else as text' },
  { shape: 'v2', field: 'requestContext.authorizer.jwt.scopes', instead: 'those of the route that the token has' },
  { shape: 'v2', field: 'requestContext.authorizer.lambda', instead: 'the keys that `authorizerContext` names, as strings' },
  { shape: 'v2', field: 'stageVariables', instead: 'those that `stageVariables` names' },
  { shape: 'v2', field: 'headers.forwarded, headers.via', instead: 'not there' },
  { shape: 'v2', field: 'headers.x-amzn-trace-id', instead: 'begins with what the load balancer has added: `Self`' },
  { shape: 'v2', field: 'headers', instead: 'only those whose names are letters, digits and hyphens' },
  { shape: 'v1', field: 'requestContext.identity.clientCert', instead: 'null' },
  { shape: 'v1', field: 'requestContext.identity.accessKey', instead: 'null' },
  { shape: 'v1', field: 'requestContext.identity.principalOrgId, cognito...', instead: 'null: API Gateway has them for some callers only, and then the headers of the others are their own' },
  { shape: 'v1', field: 'requestContext.identity.vpcId, vpceId', instead: 'not there: callers of private APIs' },
  { shape: 'v1', field: 'requestContext.authorizer.claims', instead: 'what is in the token: lists with commas, objects as JSON, anything else as text; times as numbers' },
  { shape: 'v1', field: 'requestContext.authorizer', instead: 'of a Lambda authorizer: `principalId` and the keys that `authorizerContext` names; no `integrationLatency`' },
  { shape: 'v1', field: 'stageVariables', instead: 'those that `stageVariables` names; else null' },
  { shape: 'v1', field: 'headers.Forwarded, headers.Via', instead: 'not there' },
  { shape: 'v1', field: 'headers.X-Amzn-Trace-Id', instead: 'begins with what the load balancer has added: `Self`' },
  { shape: 'v1', field: 'headers', instead: 'only those whose names are letters, digits and hyphens; some as `x-amzn-Remapped-...`, as API Gateway sends them to HTTP integrations' },
];
