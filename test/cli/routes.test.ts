/** `cdk-hybrid local` serves the routes of load balancers, APIs and function URLs: functions really run, the container engine is one that starts this test's own server. */
import { request } from 'node:http';
import { join } from 'node:path';
import { Duration, NestedStack, type Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as elbTargets from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { serveLocally, type Local } from './local';
import { ACCOUNT, REGION, synthesizeFunctions, synthesizeService, type CommonProps } from './local-apps';
import { notingClient } from './noting-client';
import { GATEWAY } from '../../layers/runtime/sources/http/event-gateway';
import { splitTarget } from '../../layers/runtime/sources/http/request';
import { Trigger } from '../../src';
import { workspace } from '../workspace';

const directory = workspace();
const FACTS = { method: 'GET', protocol: 'HTTP/1.1', socketAddress: '127.0.0.1', trustedHops: 1, requestId: '', time: 0, body: undefined };

const HANDLERS = `
  exports.echo = async (event) => ({ statusCode: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(event) });
  exports.fails = async () => { throw new Error('a secret'); };
  exports.stream = awslambda.streamifyResponse(async (event, stream) => {
    const out = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { 'X-Path': event.rawPath } });
    out.write('one ');
    out.end('two');
  });`;

beforeAll(() => {
  synthesizeFunctions(directory, 'functions.out', HANDLERS, functions);
  synthesizeService(directory, 'services.out', (web) => {
    web.addTrigger(Trigger.loadBalancer({ path: '/web/*' }));
    web.addTrigger(Trigger.httpApi({ path: '/api/{id}', methods: ['GET'] }));
    web.addTrigger(Trigger.restApi({ path: '/rest/{id}', methods: ['GET'] }));
  });
}, 60_000);

function functions(stack: Stack, props: CommonProps): void {
  const common = { ...props, timeout: Duration.seconds(30) };
  const make = (id: string, handler = 'index.echo'): lambda.Function => new lambda.Function(stack, id, { ...common, handler });

  const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc: new ec2.Vpc(stack, 'Vpc') });
  const listener = loadBalancer.addListener('Listener', { port: 80, open: false, defaultAction: elbv2.ListenerAction.fixedResponse(404) });
  const behind = (id: string, fn: lambda.IFunction, priority: number, conditions: elbv2.ListenerCondition[]): void => {
    const target = listener.addTargets(id, { targets: [new elbTargets.LambdaTarget(fn)], priority, conditions });
    if (id === 'Many') target.setAttribute('lambda.multi_value_headers.enabled', 'true');
  };
  behind('Single', make('Balanced').currentVersion, 20, [elbv2.ListenerCondition.pathPatterns(['/albs/*']), elbv2.ListenerCondition.httpRequestMethods(['GET', 'POST'])]);
  behind('Many', make('Many'), 10, [elbv2.ListenerCondition.pathPatterns(['/albs/many*'])]);
  behind('Hosts', make('Hosts'), 30, [elbv2.ListenerCondition.hostHeaders(['*.example.com'])]);
  behind('Fails', make('Fails', 'index.fails'), 40, [elbv2.ListenerCondition.pathPatterns(['/fails'])]);

  const items = make('Items');
  const httpApi = new apigatewayv2.HttpApi(stack, 'HttpApi', { corsPreflight: { allowOrigins: ['https://page.example'], allowMethods: [apigatewayv2.CorsHttpMethod.GET] } });
  const integration = new HttpLambdaIntegration('Items', items);
  httpApi.addRoutes({ path: '/items/{id}', methods: [apigatewayv2.HttpMethod.GET], integration });
  httpApi.addRoutes({ path: '/items/new', integration });
  httpApi.addRoutes({ path: '/items/{rest+}', integration });
  const staged = new apigatewayv2.HttpApi(stack, 'Staged', { createDefaultStage: false });
  staged.addStage('Beta', { stageName: 'beta', autoDeploy: true });
  staged.addRoutes({ path: '/staged/{id}', integration: new HttpLambdaIntegration('Staged', make('Beta'), { payloadFormatVersion: apigatewayv2.PayloadFormatVersion.VERSION_1_0 }) });
  staged.addRoutes({ path: '/second/{id}', integration: new HttpLambdaIntegration('Second', make('Second')) });

  const restApi = new apigateway.RestApi(stack, 'RestApi', { cloudWatchRole: false, binaryMediaTypes: ['image/png'] });
  const rest = new apigateway.LambdaIntegration(new lambda.Alias(stack, 'Alias', { aliasName: 'live', version: make('Rest').currentVersion }));
  const orders = restApi.root.addResource('orders', { defaultCorsPreflightOptions: { allowOrigins: ['https://page.example'] } });
  orders.addResource('{id}').addMethod('PUT', rest);
  orders.addMethod('GET', rest);

  make('Url').addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE });
  make('Stream', 'index.stream').addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE, invokeMode: lambda.InvokeMode.RESPONSE_STREAM });

  const nested = new NestedStack(stack, 'Nested');
  const inner = new lambda.Function(nested, 'Inner', { ...common, code: lambda.Code.fromAsset(join(directory, 'code')), handler: 'index.echo' });
  httpApi.addRoutes({ path: '/inner', integration: new HttpLambdaIntegration('Inner', inner) });
}

describe('the routes of functions', () => {
  let local: Local;
  let ended = (): void => {};
  let serving: Promise<void>;
  beforeAll(async () => {
    await new Promise<void>((resolve, reject) => {
      serving = serveLocally({ cwd: directory, env: { AWS_REGION: REGION } }, async (started) => {
        local = started;
        resolve();
        await new Promise<void>((end) => { ended = end; });
      }, ['--app', 'functions.out']);
      serving.catch(reject);
    });
  }, 60_000);
  afterAll(async () => {
    ended();
    await serving;
  }, 30_000);

  const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${local.url}${path}`, init);
  const event = async (path: string, init?: RequestInit): Promise<any> => (await get(path, init)).json();
  const urlOf = (name: string, kind = ''): string => new RegExp(`^Stack/${name} {2}ANY (\\S+)/\\* {2}functionUrl${kind}$`, 'm').exec(local.lines())![1];

  test('are told, each with its function and what it belongs to', () => {
    const lines = local.lines().replaceAll(local.url, '<url>');
    expect(lines.split('\n').filter((line) => line.includes('<url>/') && !line.includes('/functions/'))).toEqual([
      'Stack/Many  ANY <url>/albs/many*  loadBalancer',
      'Stack/Balanced  GET,POST <url>/albs/*  loadBalancer',
      'Stack/Hosts  ANY <url>/* (Host: *.example.com)  loadBalancer',
      'Stack/Fails  ANY <url>/fails  loadBalancer',
      'Stack/Items  ANY <url>/items/new  httpApi',
      'Stack/Items  GET <url>/items/{id}  httpApi',
      'Stack/Items  ANY <url>/items/{rest+}  httpApi',
      'Stack/Nested/Inner  ANY <url>/inner  httpApi',
      'Stack/Beta  ANY <url>/staged/{id}  httpApi',
      'Stack/Second  ANY <url>/second/{id}  httpApi',
      'Stack/Rest  PUT <url>/orders/{id}  restApi',
      'Stack/Rest  GET <url>/orders  restApi',
      'Stack/Url  ANY <url>/*  functionUrl',
    ]);
  });

  test("a load balancer's function gets the load balancer's event, with one value for each name", async () => {
    const got = await event('/albs/one?a=1&a=2', { method: 'POST', body: 'text', headers: { 'Content-Type': 'text/plain', 'X-Own': 'own' } });
    expect(got).toEqual({
      requestContext: { elb: { targetGroupArn: expect.stringMatching(/^arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup\/\w+\/\d+$/) } },
      httpMethod: 'POST',
      path: '/albs/one',
      queryStringParameters: { a: '2' },
      body: 'text',
      isBase64Encoded: false,
      headers: expect.objectContaining({ 'x-own': 'own', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-port': new URL(local.url).port, 'host': new URL(local.url).host }),
    });
  });

  test('with many values where the target group says so, and by priority', async () => {
    const { multiValueQueryStringParameters, headers } = await event('/albs/many?a=1&a=2');
    expect([multiValueQueryStringParameters, headers]).toEqual([{ a: ['1', '2'] }, undefined]);
  });

  test("an HTTP API's function gets its route key, its parameters and its stage", async () => {
    const got = await event('/items/7%20a?x=1', { headers: { 'Cookie': 'a=b', 'x-hybrid-context-stage': 'forged' } });
    expect(got).toMatchObject({
      version: '2.0',
      routeKey: 'GET /items/{id}',
      rawPath: '/items/7 a',
      rawQueryString: 'x=1',
      cookies: ['a=b'],
      pathParameters: { id: '7 a' },
      queryStringParameters: { x: '1' },
      requestContext: { accountId: ACCOUNT, routeKey: 'GET /items/{id}', stage: '$default', http: { method: 'GET', path: '/items/7 a', sourceIp: '127.0.0.1' } },
    });
    expect(got.headers).toMatchObject({ 'host': new URL(local.url).host, 'x-forwarded-proto': 'https' });
    expect(Object.keys(got.headers).filter((name) => name.startsWith('x-hybrid'))).toEqual([]);
    expect([(await event('/items/new')).routeKey, (await event('/items/7', { method: 'POST' })).routeKey]).toEqual(['ANY /items/new', 'ANY /items/{rest+}']);
    expect(await event('/second/4')).toMatchObject({ rawPath: '/beta/second/4', pathParameters: { id: '4' }, requestContext: { stage: 'beta', http: { path: '/beta/second/4' } } });
  });

  test('an HTTP API with the format 1.0 says so', async () => {
    expect(await event('/staged/4')).toMatchObject({
      version: '1.0', resource: '/staged/{id}', path: '/staged/4', pathParameters: { id: '4' }, requestContext: { stage: 'beta', resourcePath: '/staged/{id}' },
    });
  });

  test("a REST API's function gets the resource, its parameters and binary bodies", async () => {
    const png = { method: 'PUT', body: Buffer.from([0, 255]), headers: { 'Content-Type': 'image/png' } };
    expect(await event('/orders/5', png)).toMatchObject({
      resource: '/orders/{id}',
      path: '/orders/5',
      httpMethod: 'PUT',
      pathParameters: { id: '5' },
      body: 'AP8=',
      isBase64Encoded: true,
      requestContext: { resourcePath: '/orders/{id}', stage: 'prod', httpMethod: 'PUT', accountId: ACCOUNT },
    });
    expect((await event('/orders/5', { ...png, headers: { 'Content-Type': 'text/plain' } })).isBase64Encoded).toBe(false);
  });

  test('preflight requests are answered where the API shares its answers', async () => {
    const ask = { method: 'OPTIONS', headers: { 'Origin': 'https://page.example', 'Access-Control-Request-Method': 'GET' } };
    for (const path of ['/items/3', '/orders']) {
      const answer = await get(path, ask);
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([204, 'https://page.example']);
    }
    expect((await get('/items/3', { headers: { Origin: 'https://page.example' } })).headers.get('access-control-allow-origin')).toBe('https://page.example');
  });

  test('the URL of a function takes what no route takes; a second one has a port of its own', async () => {
    expect(await event('/elsewhere')).toMatchObject({ version: '2.0', routeKey: '$default', rawPath: '/elsewhere', requestContext: { stage: '$default' } });
    expect(urlOf('Url')).toBe(local.url);
    const own = urlOf('Stream');
    expect(own).not.toBe(local.url);
    const answer = await fetch(`${own}/a`);
    expect([answer.status, answer.headers.get('x-path'), await answer.text()]).toEqual([201, '/a', 'one two']);
  });

  test('a function that fails gives away nothing, a body that Lambda does not take is refused', async () => {
    const failed = await get('/fails');
    expect([failed.status, await failed.text()]).toEqual([502, '{"message":"Internal Server Error"}']);
    expect((await get('/elsewhere', { method: 'POST', body: 'x'.repeat(6 * 1024 * 1024 + 1), headers: { 'Content-Type': 'text/plain' } })).status).toBe(413);
  });

  test("a name that leads here by somebody else's doing is refused", async () => {
    const ask = (host: string, url = local.url): Promise<[number, string]> => new Promise((resolve, reject) => {
      request(`${url}/x`, { headers: { Host: host } }, (response) => {
        let text = '';
        response.on('data', (chunk) => { text += chunk; }).on('end', () => resolve([response.statusCode!, text]));
      }).once('error', reject).end();
    });
    expect((await ask('evil.example'))[0]).toBe(403);
    expect((await ask('evil.example', urlOf('Stream')))[0]).toBe(404);
    expect(JSON.parse((await ask('api.example.com'))[1]).requestContext.elb.targetGroupArn).toMatch(/Hosts/);
  });
});

test('requests to a service go to its container as from a load balancer', async () => {
  const server = 'require("http").createServer((q, s) => { let body = ""; q.on("data", (c) => { body += c; }).on("end", () => { s.setHeader("Set-Cookie", ["a", "b"]); s.end(JSON.stringify({ url: q.url, headers: q.headers, body })); }); })';
  const { path } = notingClient(directory, 'web', `case $1 in
    inspect) echo bridge;;
    create) for port in 8080 8081; do echo "$@" | sed "s/.*--publish 127.0.0.1:\\([0-9]*\\):$port .*/\\1/" > '${directory}'/$port; done;;
    start) exec '${process.execPath}' -e 'for (const port of [8080, 8081]) ${server}.listen(require("fs").readFileSync("${directory}/" + port, "utf8").trim(), "127.0.0.1", () => console.log("listens at " + port))';;
    esac`);
  await serveLocally({ cwd: directory, env: { CDK_DOCKER: path } }, async ({ url, said, stop }) => {
    await said(new RegExp(`^Stack/Web {2}ANY ${url}/web/\\* {2}loadBalancer$`, 'm'));
    await said(/listens at 8080/);
    await said(/listens at 8081/);
    const answer = await fetch(`${url}/web/a?b=1`, { method: 'POST', body: 'the body', headers: { 'X-Forwarded-For': '192.0.2.1' } });
    expect(answer.headers.getSetCookie()).toEqual(['a', 'b']);
    expect(await answer.json()).toMatchObject({
      url: '/web/a?b=1', body: 'the body', headers: { 'host': new URL(url).host, 'x-forwarded-for': '192.0.2.1, 127.0.0.1', 'x-forwarded-port': new URL(url).port, 'x-forwarded-proto': 'http' },
    });
    // What the host makes of a request of a private integration is tested with it: here, that this is one.
    const told = async (target: string): Promise<any> => {
      const got = await (await fetch(`${url}${target}`)).json() as { url: string; headers: Record<string, string> };
      const rawHeaders = Object.entries(got.headers).flat();
      return GATEWAY.eventOf({ ...FACTS, path: splitTarget(got.url).path, query: splitTarget(got.url).query, rawHeaders }, { accountId: '', region: REGION, apiId: '' })!.event;
    };
    expect(await told('/api/7?x=1')).toMatchObject({
      version: '2.0', routeKey: 'GET /api/{id}', rawPath: '/api/7', pathParameters: { id: '7' }, queryStringParameters: { x: '1' }, requestContext: { accountId: ACCOUNT, stage: '$default', http: { sourceIp: '127.0.0.1' } },
    });
    expect(await told('/rest/7')).toMatchObject({ resource: '/rest/{id}', path: '/rest/7', pathParameters: { id: '7' }, requestContext: { stage: 'prod', identity: { sourceIp: '127.0.0.1' } } });
    expect((await fetch(`${url}/other`)).status).toBe(404);
    expect(await stop('SIGTERM')).toBe(0);
  }, ['--app', 'services.out']);
}, 60_000);
