/** The expected events are those of AWS's documentation (test/fixtures/events/README.md); what it leaves open is said at the test. */
import { readFileSync } from 'node:fs';
import { IncomingMessage, type IncomingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { ALBEvent, APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda';
import { eventBuilder } from '../../../layers/runtime/sources/http/event';
import { splitTarget, type RequestFacts } from '../../../layers/runtime/sources/http/request';
import type { EventShape } from '../../../layers/runtime/sources/http/settings';

const documented = (name: string): any => JSON.parse(readFileSync(join(__dirname, '../../fixtures/events', `${name}.json`), 'utf8'));
const DEPLOYMENT = { accountId: '123456789012', region: 'us-east-2', apiId: 'api-id' };

interface Given extends Partial<Omit<RequestFacts, 'headers'>> {
  readonly target?: string;
  readonly headers?: string[];
  readonly parsed?: IncomingHttpHeaders;
  readonly content?: string | Buffer;
}

function eventOf<T = APIGatewayProxyEventV2>({ target = '/', headers = [], parsed, content, ...facts }: Given, shape: EventShape = 'v2'): T {
  const event = eventBuilder(shape)({
    method: 'GET',
    ...splitTarget(target),
    protocol: 'HTTP/1.1',
    rawHeaders: headers,
    headers: parsed,
    socketAddress: '10.0.0.1',
    trustedHops: 1,
    requestId: 'id',
    time: 1583348638390,
    body: content === undefined ? undefined : Buffer.from(content),
    ...facts,
  }, DEPLOYMENT);
  // An event is plain JSON: nothing that JSON.parse() would not give.
  expect(isPlain(event)).toBe(true);
  expect(event).toEqual(JSON.parse(JSON.stringify(event)));
  return event as T;
}
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value !== undefined;
  // By name: the test and Node have an Object each.
  const plain = Array.isArray(value) ? 'Array' : 'Object';
  return Object.getPrototypeOf(value)?.constructor.name === plain && Object.values(value).every(isPlain);
}
const v1 = (given: Given) => eventOf<APIGatewayProxyEvent>(given, 'v1');
const alb = (given: Given) => eventOf<ALBEvent>(given, 'alb');
const albMulti = (given: Given) => eventOf<ALBEvent>(given, 'alb-multi-value');

describe('the event of an HTTP API (payload 2.0)', () => {
  test('equals the documented one but for what only API Gateway knows', () => {
    const expected = documented('api-gateway-v2');
    const { content, headers } = { content: expected.body, headers: Object.entries<string>(expected.headers) };
    const event = eventOf({
      method: 'POST',
      target: `${expected.rawPath}?${expected.rawQueryString}`,
      headers: [...headers.filter(([name]) => name !== 'header2').flat(), 'Header2', 'value1', 'HEADER2', 'value2', 'Cookie', 'cookie1=one; cookie2=two',
        'User-Agent', 'agent', 'X-Forwarded-For', '192.0.2.1'],
      content,
    });
    const { pathParameters, stageVariables, ...rest } = expected;
    const { authorizer, authentication, ...requestContext } = expected.requestContext;
    expect(event).toEqual({
      ...rest,
      headers: { ...expected.headers, 'user-agent': 'agent', 'x-forwarded-for': '192.0.2.1' },
      // The two times of the documented event are eight days apart.
      requestContext: { ...requestContext, time: '04/Mar/2020:19:03:58 +0000' },
    });
  });

  test('has no body, cookies or parameters when the request has none', () => {
    const event = eventOf({ content: '' });
    expect(Object.keys(event)).not.toEqual(expect.arrayContaining(['body']));
    expect(Object.keys(event).sort()).toEqual(['headers', 'isBase64Encoded', 'rawPath', 'rawQueryString', 'requestContext', 'routeKey', 'version']);
    expect(event).toMatchObject({ rawQueryString: '', isBase64Encoded: false });
  });

  // Seen on real HTTP APIs: honojs/hono#2156, fastify/aws-lambda-fastify#169. The query string stays as it was sent.
  test('decodes the path, not the query string', () => {
    const event = eventOf({ target: '/a%2Fb%20c/%C3%BC?x=%20y%26' });
    expect(event).toMatchObject({ rawPath: '/a/b c/ü', rawQueryString: 'x=%20y%26', queryStringParameters: { x: ' y&' }, requestContext: { http: { path: '/a/b c/ü' } } });
  });

  test('leaves a path that is not well encoded as it is', () => {
    expect(eventOf({ target: '/100%/%ff' }).rawPath).toBe('/100%/%ff');
  });

  test('joins repeated parameters, and takes those without a value', () => {
    expect(eventOf({ target: '/?a=1&b&a=2&c=&a=x=y&&d=%2' }).queryStringParameters).toEqual({ a: '1,2,x=y', b: '', c: '', d: '%2' });
  });

  test('takes + for a space in parameters', () => {
    expect(eventOf({ target: '/?na+me=a+b%2B' }).queryStringParameters).toEqual({ 'na me': 'a b+' });
  });

  test('takes the cookies of several headers', () => {
    expect(eventOf({ headers: ['Cookie', 'a=1;b=2', 'cookie', ' c=3 ; '] }).cookies).toEqual(['a=1', 'b=2', 'c=3']);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('takes %s for a name like any other', (name) => {
    const event = eventOf({ target: `/?${name}=a&${name}=b`, headers: [name, 'x', name.toUpperCase(), 'y', 'accept', '*/*'] });
    expect(Object.entries(event.queryStringParameters!)).toEqual([[name, 'a,b']]);
    expect(Object.entries(event.headers)).toContainEqual([name.toLowerCase(), 'x,y']);
    expect(Object.prototype).not.toHaveProperty('a');
  });

  test('names the domain of the Host header, without its port', () => {
    expect(eventOf({ headers: ['Host', 'api.example.com:8080'] }).requestContext).toMatchObject({ domainName: 'api.example.com', domainPrefix: 'api' });
    expect(eventOf({ headers: ['Host', '[::1]:8080'] }).requestContext).toMatchObject({ domainName: '[::1]', domainPrefix: '[::1]' });
    expect(eventOf({}).requestContext).toMatchObject({ domainName: '', domainPrefix: '' });
  });

  test('takes a whole URL for the target', () => {
    expect(eventOf({ target: 'http://example.com/a/b?c=d' })).toMatchObject({ rawPath: '/a/b', rawQueryString: 'c=d' });
    expect(eventOf({ target: 'http://example.com?c=d' })).toMatchObject({ rawPath: '/', rawQueryString: 'c=d' });
    expect(eventOf({ target: '*' }).rawPath).toBe('*');
  });
});

/** As Node gives them beside those as sent. */
const parsedHeaders = (rawHeaders: string[]): IncomingHttpHeaders => {
  const message = new IncomingMessage(new Socket());
  message.rawHeaders = rawHeaders;
  for (let at = 0; at < rawHeaders.length; at += 2) (message as any)._addHeaderLine(rawHeaders[at], rawHeaders[at + 1], message.headers);
  return message.headers;
};

test.each([
  [[]],
  [['Host', 'x', 'Accept', '*/*', 'User-Agent', 'y']],
  [['Host', 'x', 'Cookie', 'a=1; b=2', 'X-A', 'c']],
  [['Host', 'x', 'Cookie', 'a=1', 'Cookie', 'b=2']],
  [['Host', 'x', 'Accept', 'a', 'accept', 'b', 'Age', '1', 'Age', '2']],
  [['Host', 'x', 'Set-Cookie', 'a']],
  [['__proto__', 'x', 'constructor', 'y']],
])('headers that Node has parsed already give the same event: %j', (headers) => {
  expect(eventOf({ headers: headers, parsed: parsedHeaders(headers) })).toEqual(eventOf({ headers: headers }));
});

describe('a body', () => {
  const bytes = Buffer.from([0, 0xff, 0x80]);

  // Tried on a real HTTP API by ministackorg/ministack#766; the list of load balancers is documented.
  test.each(['text/plain', 'text/html; charset=utf-8', 'application/json', 'Application/JSON;charset=utf-8', 'application/xml', 'application/javascript'])('of type %s is text', (type) => {
    for (const event of [eventOf, v1, alb, albMulti].map((build) => build({ headers: ['Content-Type', type], content: 'grüße' }))) {
      expect(event).toMatchObject({ body: 'grüße', isBase64Encoded: false });
    }
  });

  test.each(['application/octet-stream', 'image/png', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/json-seq', undefined])('of type %s is base64', (type) => {
    for (const event of [eventOf, v1, alb, albMulti].map((build) => build({ headers: type ? ['content-type', type] : [], content: bytes }))) {
      expect(event).toMatchObject({ body: bytes.toString('base64'), isBase64Encoded: true });
    }
  });

  test('that is compressed is base64 to a load balancer', () => {
    const headers = ['Content-Type', 'text/plain', 'Content-Encoding', 'gzip'];
    expect(alb({ headers, content: bytes })).toMatchObject({ body: bytes.toString('base64'), isBase64Encoded: true });
  });

  test('that is empty is null in a REST event and empty in a load balancer\'s', () => {
    expect(v1({ content: '' })).toMatchObject({ body: null, isBase64Encoded: false });
    expect(alb({})).toMatchObject({ body: '', isBase64Encoded: false });
    expect(albMulti({ content: '' })).toMatchObject({ body: '', isBase64Encoded: false });
  });
});

describe('the event of a REST API', () => {
  test('equals the documented one but for what only API Gateway knows', () => {
    const expected = documented('api-gateway-v1');
    const event = v1({
      target: '/my/path?parameter1=value1&parameter1=value2&parameter2=value',
      headers: ['header1', 'value1', 'header2', 'value1', 'Header2', 'value2', 'Host', expected.requestContext.domainName, 'User-Agent', 'user-agent', 'X-Forwarded-For', '203.0.113.1',
        'Content-Type', 'text/plain'],
      content: expected.body,
      time: expected.requestContext.requestTimeEpoch,
    });
    const { authorizer, ...requestContext } = expected.requestContext;
    expect(event).toEqual({
      ...expected,
      headers: expect.objectContaining(expected.headers),
      multiValueHeaders: expect.objectContaining(expected.multiValueHeaders),
      // The documented event has the first of the values; the page says, and the service gives, the last.
      queryStringParameters: { parameter1: 'value2', parameter2: 'value' },
      resource: '/{proxy+}',
      pathParameters: { proxy: 'my/path' },
      requestContext: {
        ...requestContext,
        apiId: 'api-id',
        extendedRequestId: 'id',
        requestId: 'id',
        resourcePath: '/{proxy+}',
        identity: { ...requestContext.identity, apiKey: null, apiKeyId: null, clientCert: null, sourceIp: '203.0.113.1' },
      },
    });
  });

  test('keeps the letters of header names, and the last of several values', () => {
    const event = v1({ headers: ['X-Custom', 'a', 'x-custom', 'b', 'Accept', '*/*'] });
    expect(event.headers).toEqual({ 'X-Custom': 'b', 'Accept': '*/*' });
    expect(event.multiValueHeaders).toEqual({ 'X-Custom': ['a', 'b'], 'Accept': ['*/*'] });
  });

  // Seen on real REST APIs: akrylysov/algnhsa#10, localstack/localstack#7728.
  test('decodes parameters, not the path', () => {
    const event = v1({ target: '/a%2Fb?x%5B%5D=1&x%5B%5D=a+b' });
    expect(event).toMatchObject({ path: '/a%2Fb', multiValueQueryStringParameters: { 'x[]': ['1', 'a b'] }, pathParameters: { proxy: 'a%2Fb' } });
  });

  test('has null for parameters that there are none of', () => {
    expect(v1({})).toMatchObject({ resource: '/', queryStringParameters: null, multiValueQueryStringParameters: null, pathParameters: null, stageVariables: null });
  });

  test.each(['__proto__', 'constructor'])('takes %s for a name like any other', (name) => {
    const event = v1({ target: `/?${name}=a&${name}=b`, headers: [name, 'x', name, 'y'] });
    expect(Object.entries(event.multiValueQueryStringParameters!)).toEqual([[name, ['a', 'b']]]);
    expect(Object.entries(event.queryStringParameters!)).toEqual([[name, 'b']]);
    expect(Object.entries(event.headers)).toEqual([[name, 'y']]);
  });
});

describe('the event of a load balancer', () => {
  const headers = (name: string): string[] => Object.entries<string | string[]>(documented(name).headers ?? documented(name).multiValueHeaders)
    .flatMap(([header, values]) => [values].flat().flatMap((value) => [header.replace(/^./, (letter) => letter.toUpperCase()), value]));
  const arn = 'arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/api-id/0000000000000000';

  test('equals the documented one but for the target group', () => {
    const event = alb({ target: '/?&myKey=val1&myKey=val2', headers: ['Accept-Language', 'de', ...headers('alb')], content: 'request_body' });
    expect(event).toEqual({ ...documented('alb'), requestContext: { elb: { targetGroupArn: arn } } });
  });

  test('equals the documented one with multiple values', () => {
    const event = albMulti({ target: '/?&myKey=val1&myKey=val2', headers: headers('alb-multi-value'), content: 'request_body' });
    expect(event).toEqual({ ...documented('alb-multi-value'), requestContext: { elb: { targetGroupArn: arn } } });
  });

  test('decodes nothing', () => {
    expect(alb({ target: '/a%20b?x%5B%5D=a+b%2B' })).toMatchObject({ path: '/a%20b', queryStringParameters: { 'x%5B%5D': 'a+b%2B' } });
  });

  test('has empty parameters when there are none', () => {
    expect(alb({}).queryStringParameters).toEqual({});
    expect(albMulti({}).multiValueQueryStringParameters).toEqual({});
  });
});
