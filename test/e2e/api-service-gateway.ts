/**
 * API Gateway and the load balancer in front of a service: its private integrations, carried out as the template has them. What both do of
 * their own accord is what these pages say:
 * - "Transform API requests and responses for HTTP APIs" and "Parameter mapping source reference for REST APIs" in the API Gateway Developer
 *   Guide: what is mapped replaces what the client has sent;
 * - "Amazon API Gateway important notes" there: HTTP APIs make a header `Forwarded` of `X-Forwarded-...`;
 * - "HTTP headers and Application Load Balancers" in the User Guide of these: what they append, and what they replace.
 */
import { FoundResource, readable, resourcesOf } from './task-definition-template';
import { ask } from '../layers/http/serve';

/** A route of an HTTP API or a method of a REST API, and where it leads. */
export interface PrivateRoute {
  readonly api: 'http' | 'rest';
  readonly method: string;
  /** `/orders/{id}`, `/stock/{proxy+}`. */
  readonly path: string;
  readonly authorization: string;
  /** The path of the integration's URL, of a REST API. */
  readonly integrationPath?: string;
  /** By the names of headers: where their values come from. */
  readonly mappings: { readonly [header: string]: string };
  readonly listenerPort: number;
  readonly healthCheckPath: string;
  /** The logical id of the task definition, without its hash. */
  readonly taskDefinition: string;
  readonly containerPort: number;
}

/** What API Gateway knows of a request: `context.requestId`, `stageVariables.table`. */
export interface Variables {
  readonly [name: string]: string;
}

/** As the client sends it, without the stage of a REST API. */
export interface ClientRequest {
  readonly method?: string;
  readonly target: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string | Buffer;
}

/** What comes back. */
export interface Answer {
  readonly status: number;
  readonly type?: string | string[];
  readonly body: string;
}

const LOAD_BALANCER = 'internal-alb.eu-west-1.elb.amazonaws.com';
const VPC_LINK = '10.0.3.7';
const EGRESS = '203.0.113.200';
/** What the load balancer puts before a trace that is there. Source: "Request tracing for your Application Load Balancer". */
export const SELF = 'Self=1-67891234-12456789abcdef012345678';

/** The routes of an assembly that lead to services. */
export function privateRoutesOf(assembly: string): PrivateRoute[] {
  const all = (type: string) => resourcesOf(assembly, type);
  const byId = (type: string, id: string) => all(type).find(each => each.id === id)?.properties;
  const isPrivate = ({ ConnectionType, ConnectionId }: any) => ConnectionType === 'VPC_LINK' && byId('AWS::ApiGatewayV2::VpcLink', ConnectionId) !== undefined;
  const end = (isListener: (listener: FoundResource) => boolean) => {
    const { properties: { Port: listenerPort, Protocol, DefaultActions: [{ TargetGroupArn }] } } = all('AWS::ElasticLoadBalancingV2::Listener').find(isListener)!;
    expect(Protocol).toBe('HTTP');
    const { HealthCheckPath: healthCheckPath } = byId('AWS::ElasticLoadBalancingV2::TargetGroup', TargetGroupArn);
    const [target] = all('AWS::ECS::Service').flatMap(({ properties: { LoadBalancers = [], TaskDefinition } }) => LoadBalancers
      .filter((each: any) => each.TargetGroupArn === TargetGroupArn)
      .map(({ ContainerPort: containerPort }: any) => ({ containerPort, taskDefinition: readable(TaskDefinition) })));
    return { listenerPort, healthCheckPath, ...target };
  };
  const pathOf = (resourceId: string): string => {
    const resource = byId('AWS::ApiGateway::Resource', resourceId);
    return resource ? `${pathOf(resource.ParentId)}/${resource.PathPart}` : '';
  };
  const ofHttpApis = all('AWS::ApiGatewayV2::Route').flatMap(({ properties: { RouteKey, Target, AuthorizationType } }): PrivateRoute[] => {
    const integration = byId('AWS::ApiGatewayV2::Integration', Target.replace('integrations/', ''));
    if (!isPrivate(integration)) { return []; }
    const { IntegrationType, IntegrationMethod, IntegrationUri, RequestParameters } = integration;
    expect([IntegrationType, IntegrationMethod]).toEqual(['HTTP_PROXY', 'ANY']);
    const [method, path] = RouteKey.split(' ');
    const mappings = mappingsOf(RequestParameters, /^overwrite:header\.(.+)$/);
    return [{ api: 'http', method, path, authorization: AuthorizationType, mappings, ...end(({ id }) => id === IntegrationUri) }];
  });
  const ofRestApis = all('AWS::ApiGateway::Method').flatMap(({ properties: { HttpMethod: method, ResourceId, AuthorizationType, Integration } }): PrivateRoute[] => {
    if (!isPrivate(Integration)) { return []; }
    const { Type, IntegrationHttpMethod, IntegrationTarget, Uri, RequestParameters } = Integration;
    expect([Type, IntegrationHttpMethod]).toEqual(['HTTP_PROXY', method]);
    const [, balancer, port, integrationPath] = /^http:\/\/(.+)\.DNSName:(\d+)(\/.*)$/.exec(Uri)!;
    expect(balancer).toBe(IntegrationTarget);
    const leads = ({ properties: { LoadBalancerArn, Port } }: FoundResource) => LoadBalancerArn === IntegrationTarget && Port === Number(port);
    const mappings = mappingsOf(RequestParameters, /^integration\.request\.header\.(.+)$/);
    return [{ api: 'rest', method, path: pathOf(ResourceId), authorization: AuthorizationType, integrationPath, mappings, ...end(leads) }];
  });
  return [...ofHttpApis, ...ofRestApis];
}

function mappingsOf(parameters: { [place: string]: string }, place: RegExp): PrivateRoute['mappings'] {
  return Object.fromEntries(Object.entries(parameters).flatMap(([key, source]) => {
    const name = place.exec(key)?.[1];
    return name === undefined ? [] : [[name, source]];
  }));
}

/** Whether the route takes the request, and what its braces stand for. */
export function parametersOf({ path, method }: PrivateRoute, { target, method: given = 'GET' }: ClientRequest): { [name: string]: string } | undefined {
  const pattern = path.replace(/\{(\w+)\+\}/g, '(?<$1>.+)').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  const match = new RegExp(`^${pattern}$`).exec(target.split('?')[0]);
  return match && (method === 'ANY' || method === given) ? { ...match.groups } : undefined;
}

/**
 * Sends a request through integration and load balancer.
 *
 * @param port where the container's port is reached here
 */
export async function passOn(route: PrivateRoute, port: number, request: ClientRequest, variables: Variables): Promise<Answer> {
  const mapped = Object.entries(route.mappings).map(([name, source]): [string, string] => [name, valueOf(route, source, variables)]);
  const ofClient = (request.headers ?? []).filter(([name]) => !(name.toLowerCase() in route.mappings) && name.toLowerCase() !== 'host');
  const sourceIp = variables['context.identity.sourceIp'];
  const headers = byLoadBalancer(route, [...route.api === 'http' ? byHttpApi(ofClient, sourceIp) : byRestApi(ofClient, sourceIp, variables), ...mapped]);
  const { method = 'GET', body = '' } = request;
  const lines = headers.map(pair => pair.join(': '));
  // Byte by byte, for a client of Node's has headers of its own.
  const { status, headers: { 'content-type': type }, body: answer } = await ask(port, `${method} ${integrationTarget(route, request)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, body);
  return { status, type, body: answer.toString() };
}

/** A variable among other text of an HTTP API; one alone, or a literal in quotes, of a REST API. */
function valueOf({ api }: PrivateRoute, source: string, variables: Variables): string {
  const variable = (name: string) => variables[name] ?? '';
  if (api === 'http') { return source.replace(/\$\{([\w.]+)\}|\$([\w.]+)/g, (_, braced, bare) => variable(braced ?? bare)); }
  return source.startsWith("'") ? source.slice(1, -1) : variable(source);
}

function integrationTarget(route: PrivateRoute, request: ClientRequest): string {
  if (route.integrationPath === undefined) { return request.target; }
  const [, query = ''] = /(\?.*)$/.exec(request.target) ?? [];
  return route.integrationPath.replace(/\{(\w+)\}/g, (_, name) => parametersOf(route, request)![name]) + query;
}

type Headers = readonly (readonly [string, string])[];

function byHttpApi(headers: Headers, sourceIp: string): Headers {
  const forwarded = `by=${EGRESS};for=${sourceIp};host=id.execute-api.us-east-1.amazonaws.com;proto=https`;
  return [...headers.filter(([name]) => !/^x-forwarded-/i.test(name)), ['Host', LOAD_BALANCER], ['Forwarded', forwarded], ['Via', 'HTTP/1.1 AmazonAPIGateway']];
}

function byRestApi(headers: Headers, sourceIp: string, variables: Variables): Headers {
  const chain = headers.filter(([name]) => /^x-forwarded-for$/i.test(name)).map(([, value]) => value);
  return [
    ...headers.filter(([name]) => !/^x-forwarded-/i.test(name)), ['Host', LOAD_BALANCER], ['X-Forwarded-For', [...chain, sourceIp].join(', ')],
    ['X-Forwarded-Proto', 'https'], ['X-Forwarded-Port', '443'], ['x-amzn-apigateway-api-id', variables['context.apiId']],
  ];
}

function byLoadBalancer({ listenerPort }: PrivateRoute, headers: Headers): Headers {
  const valuesOf = (name: string) => headers.filter(([each]) => each === name).map(([, value]) => value);
  const own = ['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Port', 'X-Amzn-Trace-Id'];
  return [
    ...headers.filter(([name]) => !own.includes(name)),
    ['X-Forwarded-For', [...valuesOf('X-Forwarded-For'), VPC_LINK].join(', ')],
    ['X-Forwarded-Proto', 'http'],
    ['X-Forwarded-Port', `${listenerPort}`],
    ['X-Amzn-Trace-Id', [SELF, ...valuesOf('X-Amzn-Trace-Id')].join(';')],
  ];
}
