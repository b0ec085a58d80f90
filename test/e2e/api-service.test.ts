/**
 * The example api-and-events on Fargate: the container of its APIs, run as its task definition says, behind the private integrations of its
 * template. The image is built from the assembly; a user's container engine pulls the base image, which .ci/prepare makes here.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GATEWAY_GAPS } from '../../layers/runtime/sources/http/gateway-gaps';
import { exampleAssembly } from '../project/examples';
import { containerEngine } from '../real-parts';
import { installEsbuild, workspace } from '../workspace';
import { Answer, ClientRequest, parametersOf, passOn, PrivateRoute, privateRoutesOf, SELF, Variables } from './api-service-gateway';
import { buildImage, freePorts } from './containers';
import { Task } from './task-definition-run';
import { definitionsOf, resourcesOf } from './task-definition-template';

const name = 'api-and-events';
const engine = containerEngine();
const documented = (event: string): any => JSON.parse(readFileSync(join(__dirname, '../fixtures/events', `${event}.json`), 'utf8'));

/** A token that the authorizer of the route has found good. */
const token = (claims: object) => `Bearer e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

/** What API Gateway knows of the documented requests. */
const COMMON: Variables = {
  'context.accountId': '123456789012',
  'context.domainName': 'id.execute-api.us-east-1.amazonaws.com',
  'context.identity.sourceIp': '192.0.2.1',
  'context.protocol': 'HTTP/1.1',
};
const OF_HTTP: Variables = {
  ...COMMON,
  'context.apiId': 'api-id',
  'context.requestId': 'id',
  'context.requestTimeEpoch': '1583348638390',
  'context.routeKey': 'ANY /orders/{id}',
  'context.stage': '$default',
};
const OF_REST: Variables = {
  ...COMMON,
  'context.apiId': 'id',
  'context.requestId': 'id=',
  'context.extendedRequestId': 'request-id',
  'context.requestTimeEpoch': '1583349317135',
  'context.path': '/prod/stock/my/path',
  'context.resourceId': 'abc123',
  'context.resourcePath': '/stock/{proxy+}',
  'context.stage': 'prod',
  'context.identity.accountId': '123456789012',
  'context.identity.caller': 'AROA:me',
  'context.identity.user': 'AROA:me',
  'context.identity.userArn': 'arn:aws:sts::123456789012:assumed-role/partner/me',
};

/** A request of API Gateway has an id of X-Ray by then. */
const TRACE = 'Root=1-67891233-abcdef012345678912345678';

/** What the page of the triggers says to be otherwise than on Lambda. */
const gaps = (shape: string) => GATEWAY_GAPS.filter(gap => gap.shape === shape).map(({ field }) => field);

/** The container of the APIs, and how clients get to it. */
interface Running {
  readonly task: Task;
  /** Of this machine. */
  readonly port: number;
  readonly routes: PrivateRoute[];
  ask(request: ClientRequest, variables?: Variables): Promise<Answer>;
}

async function start(assembly: string, image: string): Promise<Running> {
  const routes = privateRoutesOf(assembly);
  const definition = definitionsOf(assembly).find(({ id }) => id === 'ApiTaskDefinition')!;
  const hash = definition.task.ContainerDefinitions[0].Image.split(':').at(-1)!;
  const images = { [hash]: buildImage(assembly, image, hash) };
  const [port] = await freePorts(1);
  const task = await Task.start(definition, { images, published: { [routes[0].containerPort]: port } });
  await task.healthy('handler');
  const ask = (request: ClientRequest, variables: Variables = {}) => {
    const route = routes.find(each => parametersOf(each, request))!;
    return passOn(route, port, request, { ...route.api === 'http' ? OF_HTTP : OF_REST, ...variables });
  };
  return { task, port, routes, ask };
}

const service = { name, context: { compute: 'service' } };

test('the APIs have the routes and authorizers that they have on Lambda, whose events have the payload formats 2.0 and 1.0', () => {
  const [onLambda, onService] = [exampleAssembly({ name, context: {} }), exampleAssembly(service)];
  const all = (assembly: string, type: string) => resourcesOf(assembly, type).map(({ properties }) => properties);
  const routes = (assembly: string) => [
    ...all(assembly, 'AWS::ApiGatewayV2::Route').map(({ RouteKey, AuthorizationType }) => [RouteKey, AuthorizationType]),
    ...all(assembly, 'AWS::ApiGateway::Method').map(({ HttpMethod, AuthorizationType, ResourceId }) => [HttpMethod, ResourceId, AuthorizationType]),
  ];
  expect(routes(onService)).toEqual(routes(onLambda));
  expect(all(onLambda, 'AWS::ApiGatewayV2::Integration')).toEqual([expect.objectContaining({ IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' })]);
  expect(all(onLambda, 'AWS::ApiGateway::Method')).toEqual([expect.objectContaining({ Integration: expect.objectContaining({ Type: 'AWS_PROXY' }) })]);
  expect(privateRoutesOf(onService)).toEqual([
    expect.objectContaining({ api: 'http', method: 'ANY', path: '/orders/{id}', authorization: 'JWT', taskDefinition: 'ApiTaskDefinition' }),
    expect.objectContaining({ api: 'rest', method: 'ANY', path: '/stock/{proxy+}', authorization: 'AWS_IAM', taskDefinition: 'ApiTaskDefinition' }),
  ]);
});

(engine ? describe : describe.skip)('the APIs of a service', () => {
  test('lead to the handlers of the example, and nobody else gets there', async () => {
    const { task, port, routes: [{ healthCheckPath }], ask } = await start(exampleAssembly(service), 'example-api-and-events');
    const authorization = token({ sub: 'jane' });
    expect(await ask({ target: '/orders/7', headers: [['authorization', authorization]] })).toEqual({
      status: 200, type: 'application/json', body: '{"order":"7","customer":"jane"}',
    });
    expect(await ask({ target: '/stock/books/1?all' }, { 'context.path': '/prod/stock/books/1' })).toEqual({
      status: 200, type: 'application/json', body: `{"item":"books/1","partner":"${OF_REST['context.identity.userArn']}"}`,
    });
    const directly = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization } })).status;
    expect([await directly(healthCheckPath), await directly('/orders/7')]).toEqual([200, 400]);
    expect(await task.stop()).toEqual({ handler: 0 });
  }, 240_000);

  describe('give the handler the event that AWS documents, field by field:', () => {
    let running: Running;
    beforeAll(async () => {
      // The example's own app, with another handler in its folder: it gives back its event.
      const folder = workspace({
        'src/api.ts': 'export const handler = async (event: object) => ({ statusCode: 200, body: JSON.stringify(event) });',
        'src/events.ts': 'export const handler = () => {};',
      });
      installEsbuild(folder);
      running = await start(exampleAssembly(service, folder), 'api-service-events');
    }, 240_000);

    async function eventOf(request: ClientRequest): Promise<any> {
      const { status, body } = await running.ask(request);
      expect([status, body]).toEqual([200, expect.stringMatching(/^\{/)]);
      return JSON.parse(body);
    }

    test('payload format 2.0', async () => {
      const { stageVariables, ...sample } = documented('api-gateway-v2');
      const { authentication, authorizer, ...requestContext } = sample.requestContext;
      expect(gaps('v2')).toEqual(expect.arrayContaining(['stageVariables', 'requestContext.authentication', 'requestContext.authorizer.jwt.scopes']));
      const authorization = token(authorizer.jwt.claims);
      const event = await eventOf({
        method: 'POST',
        target: `/orders/7?${sample.rawQueryString}`,
        headers: [
          ['Content-Type', 'application/json'], ['Content-Length', '20'], ['Header1', 'value1'], ['Header2', 'value1'], ['header2', 'value2'],
          ['Cookie', sample.cookies.join('; ')], ['User-Agent', 'agent'], ['Authorization', authorization], ['X-Amzn-Trace-Id', TRACE],
          // What a client claims.
          ['x-hybrid-context-source-ip', '6.6.6.6'], ['X-Hybrid-Context-Stage', 'mine'], ['x-hybrid-gateway', 'v1'],
        ],
        body: sample.body,
      });
      expect(event).toEqual({
        ...sample,
        routeKey: 'ANY /orders/{id}',
        rawPath: '/orders/7',
        pathParameters: { id: '7' },
        headers: {
          ...sample.headers,
          authorization,
          'content-length': '20',
          'user-agent': 'agent',
          'x-amzn-trace-id': `${SELF};${TRACE}`,
          'x-forwarded-for': '192.0.2.1',
          'x-forwarded-port': '443',
          'x-forwarded-proto': 'https',
        },
        requestContext: {
          ...requestContext,
          // The route asks for none.
          authorizer: { jwt: { ...authorizer.jwt, scopes: null } },
          routeKey: 'ANY /orders/{id}',
          http: { ...requestContext.http, path: '/orders/7' },
          // The two times of the sample are not the same.
          time: '04/Mar/2020:19:03:58 +0000',
        },
      });
    });

    test('payload format 1.0', async () => {
      const sample = documented('api-gateway-v1');
      const { authorizer, ...requestContext } = sample.requestContext;
      expect(gaps('v1')).toEqual(expect.arrayContaining(['requestContext.authorizer', 'requestContext.identity.clientCert']));
      const event = await eventOf({
        target: '/stock/my/path?parameter1=value1&parameter1=value2&parameter2=value',
        headers: [
          ['header1', 'value1'], ['header2', 'value1'], ['header2', 'value2'], ['User-Agent', 'user-agent'], ['Content-Length', '18'], ['X-Amzn-Trace-Id', TRACE],
          ['X-Hybrid-Context-Path', '/mine'],
        ],
        body: sample.body,
      });
      const headers = {
        'header1': 'value1',
        'header2': 'value2',
        'User-Agent': 'user-agent',
        'Content-Length': '18',
        'Host': requestContext.domainName,
        'X-Amzn-Trace-Id': `${SELF};${TRACE}`,
        'X-Forwarded-For': '192.0.2.1',
        'X-Forwarded-Port': '443',
        'X-Forwarded-Proto': 'https',
      };
      const { 'context.identity.accountId': accountId, 'context.identity.userArn': userArn } = OF_REST;
      expect(event).toEqual({
        ...sample,
        resource: '/stock/{proxy+}',
        path: '/stock/my/path',
        pathParameters: { proxy: 'my/path' },
        headers,
        multiValueHeaders: { ...Object.fromEntries(Object.entries(headers).map(([header, value]) => [header, [value]])), header2: ['value1', 'value2'] },
        // As API Gateway has it: the last value of a name.
        queryStringParameters: { parameter1: 'value2', parameter2: 'value' },
        requestContext: {
          ...requestContext,
          path: '/prod/stock/my/path',
          resourceId: 'abc123',
          resourcePath: '/stock/{proxy+}',
          stage: 'prod',
          identity: { ...requestContext.identity, clientCert: null, apiKey: null, apiKeyId: null, sourceIp: '192.0.2.1', accountId, caller: 'AROA:me', user: 'AROA:me', userArn },
        },
      });
    });
  });
});
