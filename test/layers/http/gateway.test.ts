/** What API Gateway documents to send to Lambda functions is what a private integration's request becomes: the samples are those of test/fixtures/events/README.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import serverlessExpress from '@codegenie/serverless-express';
import type {
  APIGatewayProxyEvent, APIGatewayProxyEventV2, APIGatewayProxyEventV2WithIAMAuthorizer, APIGatewayProxyEventV2WithJWTAuthorizer,
  APIGatewayProxyEventV2WithLambdaAuthorizer,
} from 'aws-lambda';
import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import { ALWAYS, bytesOf, type Sent, type Shape } from './private-integration';
import { ask, cleanUp, dial, returning, serve } from './serve';
import { GATEWAY } from '../../../layers/runtime/sources/http/event-gateway';
import { GATEWAY_GAPS } from '../../../layers/runtime/sources/http/gateway-gaps';
import type { HttpCarrier } from '../../../layers/runtime/sources/http/http-call';

// It ships no types.
const express: any = jest.requireActual('express');

afterEach(cleanUp);

const documented = (name: string): any => JSON.parse(readFileSync(join(__dirname, '../../fixtures/events', `${name}.json`), 'utf8'));

/** Over a real socket, to a source whose handler keeps the event. */
async function eventOf<T>(shape: Shape, sent: Sent): Promise<T> {
  let event: any;
  const { port } = await serve(returning((given) => {
    event = JSON.parse(JSON.stringify(given));
    return { statusCode: 200 };
  }), { gateway: GATEWAY });
  expect((await ask(port, bytesOf(shape, sent))).status).toBe(200);
  return event;
}
const v2 = (sent: Sent = {}) => eventOf<APIGatewayProxyEventV2>('v2', sent);
const v1 = (sent: Sent = {}) => eventOf<APIGatewayProxyEvent>('v1', sent);
/** Why a request is refused, as the host says it. */
const reasonOf = async (shape: Shape, sent: Sent) => {
  const { port, log, calls } = await serve(returning(() => ({ statusCode: 200 })), { gateway: GATEWAY });
  expect((await ask(port, bytesOf(shape, sent))).status).toBe(400);
  expect(calls).toEqual([]);
  return log.join().replace(/^request [\w-]+: it is none of a private integration of this library: /, '');
};
const statusOf = async (shape: Shape, sent: Sent) => {
  const { port } = await serve(returning(() => ({ statusCode: 200 })), { gateway: GATEWAY });
  return (await ask(port, bytesOf(shape, sent))).status;
};

const token = (claims: object) => `Bearer e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
/** What is not in the sample: the headers of the way. */
const WAY = { 'host': 'id.execute-api.us-east-1.amazonaws.com', 'x-forwarded-for': '192.0.2.1', 'x-forwarded-port': '443', 'x-forwarded-proto': 'https' };

describe('the event of an HTTP API', () => {
  test('equals the documented one, field by field', async () => {
    const sample = documented('api-gateway-v2');
    const event = await v2({
      method: 'POST',
      target: `${sample.rawPath}?${sample.rawQueryString}`,
      headers: [['Header1', 'value1'], ['Header2', 'value1'], ['header2', 'value2'], ['Cookie', 'cookie1; cookie2'], ['User-Agent', 'agent'], ['Content-Type', 'text/plain']],
      body: sample.body,
      context: { 'request-id': 'id', 'integration': 'variables=stageVariable1', 'variable-0': '=value1' },
    });
    const { authentication: _, authorizer: __, ...requestContext } = sample.requestContext;
    expect(event).toEqual({
      ...sample,
      cookies: ['cookie1', 'cookie2'],
      headers: { 'header1': 'value1', 'header2': 'value1,value2', 'user-agent': 'agent', 'content-type': 'text/plain', 'content-length': '20', ...WAY },
      requestContext: {
        ...requestContext,
        http: { ...requestContext.http, sourceIp: '192.0.2.1' },
        time: '04/Mar/2020:19:03:58 +0000',
      },
      // The sample has some for a route that has none.
      pathParameters: undefined,
    });
  });

  test('has the route, its parameters and the stage in its path', async () => {
    const event = await v2({ target: '/test/shops/caf%C3%A9/items/a%2Fb', context: { 'stage': 'test', 'route-key': 'GET /shops/{shop}/items/{item}' } });
    expect(event).toMatchObject({
      routeKey: 'GET /shops/{shop}/items/{item}',
      rawPath: '/test/shops/café/items/a/b',
      pathParameters: { shop: 'café', item: 'a/b' },
      requestContext: { stage: 'test', routeKey: 'GET /shops/{shop}/items/{item}', http: { path: '/test/shops/café/items/a/b' } },
    });
    expect((await v2({ target: '/files/a/b/c', context: { 'route-key': 'ANY /files/{path+}' } })).pathParameters).toEqual({ path: 'a/b/c' });
    expect((await v2({ target: '/base/items/7', context: { 'route-key': 'GET /items/{id}' } })).pathParameters).toEqual({ id: '7' });
    expect(await v2({ target: '/items', context: { 'route-key': 'GET /items' } })).not.toHaveProperty('pathParameters');
  });

  test('has cookies, parameters and headers that come twice', async () => {
    const event = await v2({ target: '/?a=1&b=%20x&a=2&c', headers: [['Cookie', 'a=1; b=2'], ['X-Tag', 'one'], ['cookie', 'c=3'], ['x-tag', 'two']] });
    expect(event).toMatchObject({
      rawQueryString: 'a=1&b=%20x&a=2&c', queryStringParameters: { a: '1,2', b: ' x', c: '' }, cookies: ['a=1', 'b=2', 'c=3'], headers: { 'x-tag': 'one,two' },
    });
    expect(event.headers).not.toHaveProperty('cookie');
  });

  test('has a body that is no text as base64', async () => {
    expect(await v2({ method: 'POST', headers: [['Content-Type', 'image/png']], body: Buffer.from([1, 2, 255]) })).toMatchObject({ body: 'AQL/', isBase64Encoded: true });
  });

  test('has the headers of the client, and none of the integration or the way', async () => {
    const { headers } = await v2({ headers: [['X-Hybrid', 'mine'], ['x-hybrid-context-unknown', 'a claim']] });
    expect(headers).toEqual({ ...WAY, 'x-hybrid': 'mine' });
  });

  test('says which address API Gateway was called from, whatever the client claims', async () => {
    const event = await v2({ headers: [['X-Forwarded-For', '6.6.6.6']], context: { 'source-ip': '203.0.113.9' } });
    expect(event.requestContext.http.sourceIp).toBe('203.0.113.9');
    expect(event.headers['x-forwarded-for']).toMatch(/, 203\.0\.113\.9$/);
  });

  test('says when it came, in milliseconds', async () => {
    expect((await v2({ context: { 'time-epoch': '1583348638390' } })).requestContext).toMatchObject({ timeEpoch: 1583348638390, time: '04/Mar/2020:19:03:58 +0000' });
    expect((await v2({ context: { 'time-epoch': '1583348638' } })).requestContext).toMatchObject({ timeEpoch: 1583348638000, time: '04/Mar/2020:19:03:58 +0000' });
    expect(await statusOf('v2', { context: { 'time-epoch': 'soon' } })).toBe(400);
  });

  test('has the claims of a token that API Gateway has checked', async () => {
    const claims = { 'sub': 'jane', 'exp': 1583798639, 'cognito:groups': ['admin', 'user'], 'email_verified': true, 'scope': 'read write' };
    const sent = { headers: [['authorization', token(claims)]] as [string, string][], context: { integration: 'authorizer=jwt&token=header.Authorization&scopes=write+delete' } };
    const { requestContext } = await eventOf<APIGatewayProxyEventV2WithJWTAuthorizer>('v2', sent);
    expect(requestContext.authorizer).toEqual({
      jwt: { claims: { 'sub': 'jane', 'exp': '1583798639', 'cognito:groups': '[admin user]', 'email_verified': 'true', 'scope': 'read write' }, scopes: ['write'] },
    });
    const unscoped = await eventOf<APIGatewayProxyEventV2WithJWTAuthorizer>('v2', { ...sent, context: { integration: 'authorizer=jwt' } });
    expect(unscoped.requestContext.authorizer.jwt.scopes).toBeNull();
    const inQuery = { target: `/?token=${encodeURIComponent(token({ sub: 'joe' }).slice(7))}`, context: { integration: 'authorizer=jwt&token=querystring.token' } };
    expect((await eventOf<APIGatewayProxyEventV2WithJWTAuthorizer>('v2', inQuery)).requestContext.authorizer.jwt.claims).toEqual({ sub: 'joe' });
  });

  test('has the context of a Lambda authorizer, without what it left out', async () => {
    const context = { 'integration': 'authorizer=lambda&keys=tenant+role+plan', 'authorizer-0': '=ü', 'authorizer-1': '=', 'authorizer-2': '=-' };
    const { requestContext } = await eventOf<APIGatewayProxyEventV2WithLambdaAuthorizer<object>>('v2', { context });
    expect(requestContext.authorizer).toEqual({ lambda: { tenant: 'ü' } });
  });

  test('has a caller of IAM', async () => {
    const context = {
      'integration': 'authorizer=iam',
      'identity-account-id': '=1234567890',
      'identity-caller': '=AROA:me',
      'identity-user': '=AROA:me',
      'identity-user-arn': '=arn:aws:sts::1:me',
      'identity-principal-org-id': '=o-1',
      'identity-cognito-identity-id': '=',
      'identity-cognito-identity-pool-id': '=',
    };
    const { requestContext } = await eventOf<APIGatewayProxyEventV2WithIAMAuthorizer>('v2', { context });
    expect(requestContext.authorizer.iam).toEqual({
      accessKey: null, accountId: '1234567890', callerId: 'AROA:me', cognitoIdentity: null, principalOrgId: 'o-1', userArn: 'arn:aws:sts::1:me', userId: 'AROA:me',
    });
  });
});

describe('the event of a REST API', () => {
  test('equals the documented one, field by field', async () => {
    const sample = documented('api-gateway-v1');
    const event = await v1({
      target: '/whatever?parameter1=value1&parameter1=value2&parameter2=value',
      headers: [['header1', 'value1'], ['header2', 'value1'], ['Header2', 'value2'], ['User-Agent', 'user-agent'], ['Content-Type', 'text/plain']],
      body: sample.body,
      context: { 'request-id': 'id=', 'api-id': 'id', 'time-epoch': '1583349317135' },
    });
    const { authorizer: _, ...requestContext } = sample.requestContext;
    const headers = {
      'header1': 'value1',
      'header2': 'value2',
      'User-Agent': 'user-agent',
      'Content-Type': 'text/plain',
      'Content-Length': '18',
      'Host': 'id.execute-api.us-east-1.amazonaws.com',
      'X-Forwarded-For': '192.0.2.1',
      'X-Forwarded-Port': '443',
      'X-Forwarded-Proto': 'https',
    };
    expect(event).toEqual({
      ...sample,
      headers,
      multiValueHeaders: { ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])), header2: ['value1', 'value2'] },
      // As API Gateway has it: the last value of a name.
      queryStringParameters: { parameter1: 'value2', parameter2: 'value' },
      requestContext: {
        ...requestContext,
        identity: { ...requestContext.identity, sourceIp: '192.0.2.1', clientCert: null, apiKey: null, apiKeyId: null },
        path: '/prod/my/path',
        stage: 'prod',
        resourceId: 'abc123',
      },
    });
  });

  test('has the resource, its parameters and stage variables; the stage, or a base path', async () => {
    const context = { 'path': '/prod/files/a/b', 'resource-path': '/files/{proxy+}', 'integration': 'variables=table', 'variable-0': 'orders' };
    expect(await v1({ context })).toMatchObject({
      resource: '/files/{proxy+}', path: '/files/a/b', pathParameters: { proxy: 'a/b' }, stageVariables: { table: 'orders' }, requestContext: { path: '/prod/files/a/b', stage: 'prod' },
    });
    expect(await v1({ context: { ...context, 'domain-name': 'api.example.com', 'path': '/prod/items/7', 'resource-path': '/items/{id}' } }))
      .toMatchObject({ path: '/prod/items/7', pathParameters: { id: '7' }, headers: { Host: 'api.example.com' } });
  });

  test('takes bodies for bytes as the API does', async () => {
    const sent = { method: 'POST', headers: [['Content-Type', 'image/png; q=1']] as [string, string][], body: 'abc' };
    expect(await v1({ ...sent, context: { integration: 'binary=image/png' } })).toMatchObject({ body: 'YWJj', isBase64Encoded: true });
    expect(await v1({ ...sent, context: { integration: 'binary=' } })).toMatchObject({ body: 'abc', isBase64Encoded: false });
    expect(await v1({ ...sent, context: { integration: 'binary=*/*' } })).toMatchObject({ isBase64Encoded: true });
    expect(await v1({ ...sent, context: { integration: 'authorizer=none' } })).toMatchObject({ isBase64Encoded: true });
  });

  test('has who calls: a user of Cognito, a Lambda authorizer\'s principal, a caller of IAM, an API key', async () => {
    const claims = { 'sub': 'jane', 'cognito:groups': ['a', 'b'], 'auth_time': 7 };
    expect((await v1({ headers: [['Authorization', token(claims).slice(7)]], context: { integration: 'authorizer=jwt' } })).requestContext.authorizer)
      .toEqual({ claims: { 'sub': 'jane', 'cognito:groups': 'a,b', 'auth_time': '7' } });
    expect((await v1({ context: { 'integration': 'authorizer=lambda&keys=tenant', 'principal-id': 'user', 'authorizer-0': 'acme' } })).requestContext.authorizer)
      .toEqual({ principalId: 'user', tenant: 'acme' });
    const identity = { 'identity-account-id': '1', 'identity-caller': 'c', 'identity-user': 'u', 'identity-user-arn': 'arn', 'identity-principal-org-id': 'a claim', 'identity-api-key': 'k', 'identity-api-key-id': 'i' };
    expect((await v1({ context: { integration: 'authorizer=iam&apiKey=true', ...identity } })).requestContext.identity)
      .toMatchObject({ accountId: '1', caller: 'c', user: 'u', userArn: 'arn', principalOrgId: null, apiKey: 'k', apiKeyId: 'i', cognitoIdentityId: null });
  });

  test('believes nothing that its integration does not map', async () => {
    const { requestContext } = await v1({ context: { 'principal-id': 'admin', 'authorizer-0': 'acme', 'identity-user': 'root', 'identity-api-key': 'k' } });
    expect(requestContext.authorizer).toBeUndefined();
    expect(requestContext.identity).toMatchObject({ user: null, apiKey: null });
  });
});

describe('a request that is none of an integration', () => {
  test.each(['stage', 'source-ip', 'route-key', 'integration'])('is refused without %s', async (without) => {
    expect(await reasonOf('v2', { without })).toBe(`x-hybrid-context-${without} is missing`);
  });

  test('is refused when a header of the integration is there twice: one of them would be the client\'s', async () => {
    expect(await reasonOf('v1', { headers: [['X-Hybrid-Context-Stage', 'mine']] })).toBe('x-hybrid-context-stage is there twice');
    expect(await reasonOf('v2', { headers: [['x-hybrid-gateway', 'v1']] })).toBe('x-hybrid-gateway is there twice');
  });

  test('is refused when the token is not where the authorizer finds it', async () => {
    const reason = 'one token must be in header.authorization, where the authorizer finds it';
    for (const given of [[], ['Bearer nonsense'], ['Bearer a.b.c']]) {
      const headers = given.map((value): [string, string] => ['Authorization', value]);
      expect(await reasonOf('v2', { headers, context: { integration: 'authorizer=jwt' } })).toBe(reason);
    }
  });

  test('is refused when there are two tokens: only API Gateway knows which one it has checked', async () => {
    const [good, forged] = [token({ sub: 'jane' }), token({ sub: 'admin' })];
    const context = { integration: 'authorizer=jwt' };
    expect(await statusOf('v2', { headers: [['Authorization', good]], context })).toBe(200);
    expect(await statusOf('v2', { headers: [['Authorization', good], ['authorization', forged]], context })).toBe(400);
    expect(await statusOf('v2', { headers: [['Authorization', `${forged}, ${good}`]], context })).toBe(400);
    const inQuery = { integration: 'authorizer=jwt&token=querystring.t' };
    expect(await statusOf('v2', { target: `/?t=${good.slice(7)}&t=${forged.slice(7)}`, context: inQuery })).toBe(400);
  });

  test('is answered when it asks for the health, which with an integration is the handler\'s path', async () => {
    const { port } = await serve(returning(() => ({ statusCode: 201 })), { gateway: GATEWAY });
    expect((await ask(port, 'GET /_health HTTP/1.1\r\nHost: a\r\n\r\n')).body.toString()).toBe('ok');
    expect((await ask(port, bytesOf('v2', { target: '/_health' }))).status).toBe(201);
    expect((await ask(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).status).toBe(400);
  });

  test('on the port of the load balancer has headers as any others', async () => {
    let event: any;
    const { port } = await serve(returning((given) => {
      event = given;
      return {};
    }));
    await ask(port, bytesOf('v2', { context: { 'source-ip': '6.6.6.6', 'stage': 'mine' } }));
    expect(event).toMatchObject({
      headers: { 'x-hybrid-gateway': 'v2', 'x-hybrid-context-stage': 'mine' }, requestContext: { stage: '$default', http: { sourceIp: '10.0.3.7' } },
    });
  });
});

describe('results', () => {
  const answers = async (shape: Shape, result: unknown) => {
    const { port } = await serve(returning(() => result), { gateway: GATEWAY });
    const { status, headers, body } = await ask(port, bytesOf(shape, {}));
    return { status, type: headers['content-type'], cookies: headers['set-cookie'], body: body.toString() };
  };

  test('are taken as those of the API whose request it is', async () => {
    expect(await answers('v2', { hello: 'world' })).toMatchObject({ status: 200, type: 'application/json', body: '{"hello":"world"}' });
    expect(await answers('v1', { hello: 'world' })).toMatchObject({ status: 500 });
    expect(await answers('v2', { statusCode: 200, cookies: ['a=1', 'b=2'] })).toMatchObject({ cookies: ['a=1', 'b=2'] });
    expect(await answers('v1', { statusCode: 200, multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] }, body: 'x' })).toMatchObject({ cookies: ['a=1', 'b=2'], type: 'application/json' });
  });

  test('of several requests on one connection keep to their APIs', async () => {
    const { port } = await serve(returning((event) => ({ version: event.version ?? 'rest', statusCode: event.version ? undefined : 204 })), { gateway: GATEWAY });
    const client = await dial(port);
    client.send(bytesOf('v2', {}), bytesOf('v1', {}));
    expect((await client.reply()).body.toString()).toBe('{"version":"2.0"}');
    expect((await client.reply()).status).toBe(204);
  });
});

describe.each(['v2', 'v1'] as const)('libraries for handlers, unchanged, with an event of the shape %s', (shape) => {
  const carrying = (handler: (event: any, context: any) => Promise<unknown>): HttpCarrier['carry'] => (call) => {
    handler(call.event, {}).then((result) => call.succeed(JSON.parse(JSON.stringify(result))), () => call.fail());
  };
  const sent: Sent = {
    method: 'POST',
    target: '/users/jane?tag=a&tag=b',
    headers: [['Content-Type', 'application/json']],
    body: '{"age":1}',
    context: shape === 'v2' ? { 'route-key': 'ANY /{proxy+}' } : { 'path': '/prod/users/jane', 'resource-path': '/{proxy+}' },
  };

  test('Express', async () => {
    const app = express();
    app.post('/users/:name', express.json(), ({ params, query, body, hostname }: any, response: any) => response.cookie('a', '1').status(201).json({ ...params, query, body, hostname }));
    const { port } = await serve(carrying(serverlessExpress({ app }) as any), { gateway: GATEWAY });
    const { status, headers, body } = await ask(port, bytesOf(shape, sent));
    expect([status, headers['set-cookie']]).toEqual([201, 'a=1; Path=/']);
    expect(JSON.parse(body.toString())).toEqual({ name: 'jane', query: { tag: ['a', 'b'] }, body: { age: 1 }, hostname: ALWAYS['domain-name'] });
  });

  test('Hono', async () => {
    const app = new Hono().post('/users/:name', async (context) => context.json({ name: context.req.param('name'), tags: context.req.queries('tag'), ...await context.req.json() }, 201));
    const { port } = await serve(carrying(handle(app) as any), { gateway: GATEWAY });
    const { status, body } = await ask(port, bytesOf(shape, sent));
    expect([status, JSON.parse(body.toString())]).toEqual([201, { name: 'jane', tags: ['a', 'b'], age: 1 }]);
  });
});

test('docs/triggers-http.md says what cannot be had', () => {
  const page = readFileSync(join(__dirname, '../../../docs/triggers-http.md'), 'utf8');
  const rows = GATEWAY_GAPS.map(({ shape, field, instead }) => `| ${shape} | \`${field}\` | ${instead} |`);
  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  expect(page.split('\n').filter((line) => /^\| v[12] \|/.test(line))).toEqual(rows);
});
