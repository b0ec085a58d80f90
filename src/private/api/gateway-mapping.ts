/**
 * What a private integration says of a request: headers that the gateway source of the host makes the event of (layers/runtime/sources/http/gateway.ts).
 * Each of them replaces what the client may have sent under its name; of two that differ in the case of letters, which a REST API may keep apart, the host takes none.
 * The quotas of neither kind of API limit the number of mappings; names of stage variables and their values are limited to 64 and 512 characters.
 */
import { Token } from 'aws-cdk-lib';

/** What holds for all requests of an integration. */
export interface GatewayMapping {
  /** Who lets callers in. */
  readonly authorizer: 'none' | 'jwt' | 'lambda' | 'iam';
  /** Where the authorizer finds the token: `header.Authorization`. */
  readonly token?: string;
  /** The scopes of the route. */
  readonly scopes?: string[];
  /** The keys of a Lambda authorizer's context. */
  readonly authorizerContext?: string[];
  /** The names of stage variables. */
  readonly stageVariables?: string[];
  /** Whether callers have an API key. */
  readonly apiKey?: boolean;
  /** The binary media types of a REST API. Undefined: not known here. */
  readonly binaryMediaTypes?: string[];
}

type Headers = { [name: string]: string };

const GATEWAY_HEADER = 'x-hybrid-gateway';
const PREFIX = 'x-hybrid-context-';

/** Of each request. Source: "Customize HTTP API access logs" in the API Gateway Developer Guide, whose variables mappings have. */
const ALWAYS: Headers = {
  'request-id': 'requestId',
  'api-id': 'apiId',
  'account-id': 'accountId',
  'domain-name': 'domainName',
  'stage': 'stage',
  'source-ip': 'identity.sourceIp',
  'protocol': 'protocol',
  'time-epoch': 'requestTimeEpoch',
};
const OF_REST: Headers = { 'path': 'path', 'resource-path': 'resourcePath', 'resource-id': 'resourceId', 'extended-request-id': 'extendedRequestId' };
const IDENTITY: Headers = {
  'identity-account-id': 'identity.accountId',
  'identity-caller': 'identity.caller',
  'identity-user': 'identity.user',
  'identity-user-arn': 'identity.userArn',
};
/** Of some callers. */
const IDENTITY_OF_SOME: Headers = {
  'identity-principal-org-id': 'identity.principalOrgId',
  'identity-cognito-identity-id': 'identity.cognitoIdentityId',
  'identity-cognito-identity-pool-id': 'identity.cognitoIdentityPoolId',
};
const API_KEY: Headers = { 'identity-api-key': 'identity.apiKey', 'identity-api-key-id': 'identity.apiKeyId' };

/**
 * The request parameters of an HTTP API's integration. What may be empty has a sign before it: an empty value might leave the header of the client.
 * Source for the syntax, for variables among other text, and for the reserved headers, of which ours is none: "Transform API requests and responses for HTTP APIs".
 */
export function httpApiParameters(mapping: GatewayMapping): Headers {
  const { authorizer, authorizerContext = [], stageVariables = [] } = mapping;
  const parameters: Headers = {};
  const put = (name: string, value: string) => { parameters[`overwrite:header.${name}`] = value; };
  const variable = (name: string, path: string) => put(`${PREFIX}${name}`, `$context.${path}`);
  const optional = (name: string, path: string) => put(`${PREFIX}${name}`, `=\${${path}}`);
  put(GATEWAY_HEADER, 'v2');
  put(`${PREFIX}integration`, integrationText(mapping));
  for (const [name, path] of Object.entries({ ...ALWAYS, 'route-key': 'routeKey' })) { variable(name, path); }
  if (authorizer === 'iam') {
    for (const [name, path] of Object.entries({ ...IDENTITY, ...IDENTITY_OF_SOME })) { optional(name, `context.${path}`); }
  }
  if (authorizer === 'lambda') { authorizerContext.forEach((key, index) => optional(`authorizer-${index}`, `context.authorizer.${key}`)); }
  stageVariables.forEach((name, index) => optional(`variable-${index}`, `stageVariables.${name}`));
  return parameters;
}

/**
 * The request parameters of a REST API's integration. Source for the syntax: "Parameter mapping source reference for REST APIs"; for the variables: "Variables for
 * data transformations". A mapping is one variable alone here, hence none is made of what only some callers have.
 */
export function restApiParameters(mapping: GatewayMapping): Headers {
  const { authorizer, apiKey, authorizerContext = [], stageVariables = [] } = mapping;
  const parameters: Headers = {};
  const put = (name: string, value: string) => { parameters[`integration.request.header.${name}`] = value; };
  const all = (variables: Headers) => { for (const [name, path] of Object.entries(variables)) { put(`${PREFIX}${name}`, `context.${path}`); } };
  put(GATEWAY_HEADER, "'v1'");
  put(`${PREFIX}integration`, `'${integrationText(mapping)}'`);
  all(ALWAYS);
  all(OF_REST);
  if (authorizer === 'iam') { all(IDENTITY); }
  if (apiKey) { all(API_KEY); }
  if (authorizer === 'lambda') {
    put(`${PREFIX}principal-id`, 'context.authorizer.principalId');
    authorizerContext.forEach((key, index) => put(`${PREFIX}authorizer-${index}`, `context.authorizer.${key}`));
  }
  stageVariables.forEach((name, index) => put(`${PREFIX}variable-${index}`, `stageVariables.${name}`));
  return parameters;
}

/** As the query of a URL is written, which has no letter that means anything to mappings. */
function integrationText({ authorizer, token, scopes, authorizerContext, stageVariables, apiKey, binaryMediaTypes }: GatewayMapping): string {
  const parts = [`authorizer=${authorizer}`];
  const list = (name: string, values?: string[]) => { if (values?.length) { parts.push(`${name}=${values.map(encoded).join('+')}`); } };
  if (authorizer === 'jwt') { parts.push(`token=${encoded(token ?? 'header.Authorization')}`); }
  list('scopes', scopes);
  if (authorizer === 'lambda') { list('keys', authorizerContext); }
  list('variables', stageVariables);
  if (apiKey) { parts.push('apiKey=true'); }
  if (binaryMediaTypes) { parts.push(`binary=${binaryMediaTypes.map(encoded).join('+')}`); }
  return parts.join('&');
}

const encoded = (value: string) => Token.isUnresolved(value) ? value : encodeURIComponent(value).replace(/'/g, '%27').replace(/%2F/g, '/');
