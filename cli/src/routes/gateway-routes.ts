/** Defines the routes of API Gateway's HTTP and REST APIs, and the URLs of functions. */
import type { Called, CalledThing } from './called';
import { braces, type Front, type GatewayTarget, type Route, type Target } from './route';
import { corsSettings, type CorsSettings } from '../../../layers/runtime/sources/http/cors';
import type { Stack } from '../assembly';
import { isSame, resourcesOf, type Named } from '../template-resources';
import { textOf } from '../template-values';

type Properties = Record<string, any>;

const DEFAULT_STAGE = '$default';

export function functionUrlFronts(stacks: readonly Stack[], called: Called): Front[] {
  return resourcesOf('AWS::Lambda::Url', stacks).flatMap((url) => {
    const { TargetFunctionArn: arn, InvokeMode: mode, Cors: cors } = propertiesOf(url);
    const thing = called.functionIn(arn, url);
    if (!thing) return [];
    const target: GatewayTarget = {
      ...thing,
      kind: 'gateway',
      shape: 'v2',
      apiId: url.logicalId,
      routeKey: '$default',
      resourcePath: '$default',
      stage: DEFAULT_STAGE,
      stack: url.stack,
      streams: mode === 'RESPONSE_STREAM',
    };
    return [{ id: idOf(url), kind: 'functionUrl', cors: corsOf(cors), routes: [routeOf([], '$default', target)] }];
  });
}

export function httpApiFronts(stacks: readonly Stack[], called: Called): Front[] {
  const stages = resourcesOf('AWS::ApiGatewayV2::Stage', stacks);
  const apis = new Map<string, { api?: Named; cors?: unknown; routes: Route[] }>();
  for (const route of resourcesOf('AWS::ApiGatewayV2::Route', stacks)) {
    const { ApiId: apiId, RouteKey: key, Target: to } = propertiesOf(route);
    const [api] = called.resources(apiId, route.stack);
    if (api && propertiesOf(api).ProtocolType === 'WEBSOCKET') continue;
    const integration = called.resources(to, route.stack).find(({ resource }) => resource.Type === 'AWS::ApiGatewayV2::Integration');
    const { IntegrationUri: uri, PayloadFormatVersion: version } = integration ? propertiesOf(integration) : {};
    const thing = integration && (called.functionIn(uri, integration) ?? called.ofIntegration(uri, undefined, integration));
    const routeKey = textOf(key, route.stack);
    if (!thing || routeKey === undefined) continue;
    const [method, path] = routeKey === '$default' ? ['ANY', routeKey] : routeKey.split(' ');
    const stage = stages.find((each) => api && called.resources(propertiesOf(each).ApiId, each.stack).some((other) => isSame(other, api)));
    const versioned = thing.port === undefined && String(version) === '1.0';
    const target: GatewayTarget = {
      ...thing,
      kind: 'gateway',
      shape: versioned ? 'v1' : 'v2',
      versioned,
      apiId: api?.logicalId ?? textOf(apiId, route.stack) ?? 'api',
      routeKey,
      resourcePath: path,
      stage: (stage && textOf(propertiesOf(stage).StageName, stage.stack)) ?? DEFAULT_STAGE,
      stack: route.stack,
      streams: false,
    };
    const id = api ? idOf(api) : JSON.stringify(apiId);
    const front = apis.get(id) ?? { api, routes: [] };
    front.routes.push(routeOf(method === 'ANY' ? [] : [method], path, target));
    apis.set(id, front);
  }
  return [...apis].map(([id, { api, routes }]) => ({ id, kind: 'httpApi', cors: api && corsOf(propertiesOf(api).CorsConfiguration), routes: routes.sort(bySpecificity) }));
}

export function restApiFronts(stacks: readonly Stack[], called: Called): Front[] {
  const stages = resourcesOf('AWS::ApiGateway::Stage', stacks);
  const apis = new Map<string, Route[]>();
  for (const method of resourcesOf('AWS::ApiGateway::Method', stacks)) {
    const { RestApiId: apiId, ResourceId: resourceId, HttpMethod: name, Integration: integration = {} } = propertiesOf(method);
    const [api] = called.resources(apiId, method.stack);
    const path = resourcePath(resourceId, method.stack, called);
    const target = restTarget(method, api, path, integration, stages, called);
    if (!target) continue;
    const id = api ? idOf(api) : JSON.stringify(apiId);
    apis.set(id, [...apis.get(id) ?? [], routeOf(name === 'ANY' ? [] : [name], path, target)]);
  }
  return [...apis].map(([id, routes]) => ({ id, kind: 'restApi', routes: routes.sort(bySpecificity) }));
}

function restTarget(
  method: Named, api: Named | undefined, path: string, integration: Properties, stages: readonly Named[], called: Called,
): Target | undefined {
  const { Type: type, Uri: uri, IntegrationTarget: balancer } = integration;
  if (type === 'MOCK') return mocked(integration);
  const thing: CalledThing | undefined = type === 'AWS_PROXY' ? called.functionIn(uri, method)
    : type === 'HTTP_PROXY' ? called.ofIntegration(balancer, uri, method) : undefined;
  if (!thing) return undefined;
  const stage = stages.find((each) => api && called.resources(propertiesOf(each).RestApiId, each.stack).some((other) => isSame(other, api)));
  return {
    ...thing,
    kind: 'gateway',
    shape: 'v1',
    apiId: api?.logicalId ?? 'api',
    routeKey: `${propertiesOf(method).HttpMethod} ${path}`,
    resourcePath: path,
    stage: (stage && textOf(propertiesOf(stage).StageName, stage.stack)) ?? 'prod',
    stack: method.stack,
    streams: integration.ResponseTransferMode === 'STREAM',
    binaryTypes: ((api && propertiesOf(api).BinaryMediaTypes) ?? []) as string[],
  };
}

/** The answer to a preflight request, where its headers are always the same. */
function mocked({ IntegrationResponses: answers }: Properties): Target | undefined {
  const [answer]: Properties[] = answers ?? [];
  const headers = Object.entries<unknown>(answer?.ResponseParameters ?? {}).flatMap(([name, value]) => {
    const literal = /^'(.*)'$/s.exec(String(value))?.[1];
    return name.startsWith('method.response.header.') && literal !== undefined ? [name.slice('method.response.header.'.length), literal] : [];
  });
  return headers.length > 0 ? { kind: 'fixed', status: Number(answer.StatusCode), headers, body: '' } : undefined;
}

function resourcePath(resourceId: unknown, stack: Stack, called: Called): string {
  const parts: string[] = [];
  let [at] = called.resources(resourceId, stack).filter(({ resource }) => resource.Type === 'AWS::ApiGateway::Resource');
  while (at) {
    const { PathPart: part, ParentId: parent } = propertiesOf(at);
    parts.unshift(textOf(part, at.stack) ?? '');
    [at] = called.resources(parent, at.stack).filter(({ resource }) => resource.Type === 'AWS::ApiGateway::Resource');
  }
  return `/${parts.join('/')}`;
}

function routeOf(methods: readonly string[], path: string, target: Target): Route {
  const pattern = path === '$default' ? /^/ : braces(path);
  const matches: Route['matches'] = (request) => (methods.length === 0 || methods.includes(request.method)) && pattern.test(request.path);
  return { methods, hosts: [], path, target, matches };
}

/** Literal before variable before greedy, and last what takes everything. Source: "Create routes for HTTP APIs in API Gateway". */
function bySpecificity(a: Route, b: Route): number {
  const ranks = ({ path }: Route): number[] => path === '$default' ? [3]
    : path.split('/').slice(1).map((part) => part.endsWith('+}') ? 2 : part.startsWith('{') ? 1 : 0);
  const [left, right] = [ranks(a), ranks(b)];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    if (left[at] !== right[at]) return left[at] - right[at];
  }
  return right.length - left.length || Number(a.methods.length === 0) - Number(b.methods.length === 0);
}

function corsOf(given: Properties | undefined): CorsSettings | undefined {
  if (!given) return undefined;
  const settings = Object.entries(given).map(([name, value]) => [name[0].toLowerCase() + name.slice(1), value]);
  try {
    return corsSettings(Object.fromEntries(settings), (member) => new Error(member));
  } catch {
    // What AWS would refuse, or what only a deployment knows.
    return undefined;
  }
}

function idOf({ stack, logicalId }: Named): string {
  return `${stack.path}/${logicalId}`;
}

function propertiesOf({ resource }: Named): Properties {
  return resource.Properties ?? {};
}
