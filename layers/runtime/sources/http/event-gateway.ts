/** Defines the event of a request that an API of API Gateway has passed on: the one that it sends to Lambda functions. */
import { eventV1 } from './event-v1';
import { eventV2 } from './event-v2';
import { GATEWAY_HEADER, gatewayRequest, listOf, optional, type GatewayRequest, type GatewayShape } from './gateway';
import { authorizerV1, authorizerV2, identityV1 } from './gateway-authorizer';
import { decodePath, findHeader, put, type Deployment, type RequestFacts, type Strings } from './request';

type Event = Record<string, any>;

/** How a source reads the requests of private integrations. */
export interface Gateway {
  /** The header that each of them has, by its lower-case name. */
  readonly header: string;
  /** The event, and whose results the handler's are taken for. Throws when the request does not come from an integration of ours. */
  eventOf(facts: RequestFacts, deployment: Deployment): { shape: GatewayShape; event: object };
}

export const GATEWAY: Gateway = { header: GATEWAY_HEADER, eventOf: eventGateway };

const DEFAULT_STAGE = '$default';

function eventGateway(facts: RequestFacts, { region }: Deployment): ReturnType<Gateway['eventOf']> {
  const request = gatewayRequest(facts.rawHeaders);
  const { context, rawHeaders, shape } = request;
  const told: RequestFacts = {
    ...facts, rawHeaders, headers: undefined, requestId: context['request-id'], time: milliseconds(context['time-epoch']), protocol: context.protocol,
  };
  const deployment = { region, accountId: context['account-id'], apiId: context['api-id'] };
  return { shape, event: shape === 'v2' ? ofHttpApi(told, deployment, request) : ofRestApi(told, deployment, request) };
}

function ofHttpApi(facts: RequestFacts, deployment: Deployment, request: GatewayRequest): object {
  const { context } = request;
  const { stage } = context;
  const routeKey = context['route-key'];
  const event: Event = eventV2(facts, deployment);
  event.routeKey = routeKey;
  Object.assign(event.requestContext, { routeKey, stage });
  event.requestContext.http.sourceIp = context['source-ip'];
  const authorizer = authorizerV2(request, facts.query);
  if (authorizer) event.requestContext.authorizer = authorizer;
  const template = routeKey.slice(routeKey.indexOf(' ') + 1);
  const parameters = template.startsWith('/') ? pathParameters(template, withoutStage(facts.path, stage), decodePath) : undefined;
  if (parameters) event.pathParameters = parameters;
  const variables = stageVariables(request);
  if (variables) event.stageVariables = variables;
  return event;
}

function ofRestApi(facts: RequestFacts, deployment: Deployment, request: GatewayRequest): object {
  const { context } = request;
  const { stage } = context;
  const resource = context['resource-path'];
  // What comes to us is what the integration has made of it. A custom domain shows its base path instead of the stage.
  const path = isCustomDomain(context['domain-name']) ? context.path : withoutStage(context.path, stage);
  const event: Event = eventV1({ ...facts, path }, deployment);
  event.resource = resource;
  event.pathParameters = pathParameters(resource, path, (part) => part) ?? null;
  event.stageVariables = stageVariables(request) ?? null;
  Object.assign(event.requestContext, {
    path: context.path,
    stage,
    resourcePath: resource,
    resourceId: context['resource-id'],
    extendedRequestId: context['extended-request-id'],
  });
  Object.assign(event.requestContext.identity, identityV1(request), { sourceIp: context['source-ip'] });
  const authorizer = authorizerV1(request, facts.query);
  if (authorizer) event.requestContext.authorizer = authorizer;
  if (event.body !== null) encodeBody(event, facts, request);
  return event;
}

/** A REST API takes every body for text whose type is not among its binary media types. */
function encodeBody(event: Event, { rawHeaders, body }: RequestFacts, request: GatewayRequest): void {
  if (!request.integration.has('binary')) return;
  const type = findHeader(rawHeaders, 'content-type')?.split(';')[0].trim().toLowerCase();
  const isBinary = listOf(request, 'binary').some((each) => each === '*/*' || each.toLowerCase() === type);
  event.body = body!.toString(isBinary ? 'base64' : 'utf8');
  event.isBase64Encoded = isBinary;
}

/** It is not documented of HTTP APIs whether they count seconds. */
function milliseconds(epoch: string): number {
  const given = Number(epoch);
  if (Number.isNaN(given)) throw new Error(`the time must be a number, got ${JSON.stringify(epoch)}`);
  return given < 100_000_000_000 ? given * 1_000 : given;
}

/** The private integration has the stage in the path, the default stage of an HTTP API excepted. */
function withoutStage(path: string, stage: string): string {
  const prefix = `/${stage}`;
  if (stage === DEFAULT_STAGE || !path.startsWith(prefix)) return path;
  const rest = path.slice(prefix.length);
  return rest === '' ? '/' : rest.startsWith('/') ? rest : path;
}

/** The parts of the path that the braces of a route stand for: `/items/{id}`, `/{proxy+}`. What precedes the route, a base path, is passed over. */
function pathParameters(template: string, path: string, decode: (part: string) => string): Strings | undefined {
  if (!template.includes('{')) return undefined;
  const names = template.split('/');
  const parts = path.split('/');
  const greedy = /^\{(.+)\+\}$/.exec(names.at(-1)!)?.[1];
  const skipped = greedy === undefined ? Math.max(0, parts.length - names.length) : 0;
  const parameters: Strings = {};
  names.forEach((name, index) => {
    const part = parts[index + skipped];
    const single = /^\{([^+}]+)\}$/.exec(name)?.[1];
    if (single !== undefined && part !== undefined) put(parameters, single, decode(part));
  });
  if (greedy !== undefined) put(parameters, greedy, decode(parts.slice(names.length - 1).join('/')));
  return parameters;
}

/** Those that the trigger names. */
function stageVariables(request: GatewayRequest): Strings | undefined {
  const variables: Strings = {};
  listOf(request, 'variables').forEach((name, index) => {
    const value = optional(request, `variable-${index}`);
    if (value !== undefined) put(variables, name, value);
  });
  return Object.keys(variables).length === 0 ? undefined : variables;
}

function isCustomDomain(name: string): boolean {
  return !/\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/.test(name);
}
