/** Inference, default types and merging are those of the API Gateway Developer Guide and of aws-lambda-dotnet's test tool, which AWS checks against the service. */
import { InvalidResult } from '../../../layers/runtime/sources/http/header-list';
import { answerOf, streamHead } from '../../../layers/runtime/sources/http/result';
import type { EventShape } from '../../../layers/runtime/sources/http/settings';

const ALL: EventShape[] = ['v2', 'v1', 'alb', 'alb-multi-value'];

describe('a result without a status', () => {
  test.each<[unknown, string]>([
    ['Hello from Lambda!', 'Hello from Lambda!'],
    [{ message: 'Hello from Lambda!' }, '{"message":"Hello from Lambda!"}'],
    [{ body: 'a', headers: { 'Content-Type': 'text/html' } }, '{"body":"a","headers":{"Content-Type":"text/html"}}'],
    [[1, 2], '[1,2]'],
    [42, '42'],
    [false, 'false'],
    [null, 'null'],
    [undefined, 'null'],
    ['', ''],
    [{ statusCode: null, a: 1 }, '{"statusCode":null,"a":1}'],
  ])('is the body to an HTTP API: %j', (result, body) => {
    expect(answerOf(result, 'v2')).toEqual({ status: 200, headers: ['Content-Type', 'application/json'], body });
  });

  test.each<EventShape>(['v1', 'alb', 'alb-multi-value'])('is refused by %s, unless there is none', (shape) => {
    expect(answerOf(null, shape)).toEqual({ status: 200, headers: [], body: '' });
    expect(() => answerOf({ body: 'a' }, shape)).toThrow('it has no statusCode');
    expect(() => answerOf('text', shape)).toThrow('it is a string, not an object with a statusCode');
    expect(() => answerOf([1], shape)).toThrow('it is a list');
  });
});

describe('the status', () => {
  test.each([200, 204, 418, 599, '201'])('may be %j', (statusCode) => {
    expect(answerOf({ statusCode }, 'v2').status).toBe(Number(statusCode));
  });

  test.each([100, 199, 600, 0, -1, 200.5, NaN, 'ok', '20', '200\r\nX: y', {}, true])('must not be %j', (statusCode) => {
    for (const shape of ALL) expect(() => answerOf({ statusCode }, shape)).toThrow(/its statusCode must be a whole number from 200 to 599, got /);
  });
});

describe('the content type', () => {
  test.each<[EventShape, string]>([['v2', 'text/plain; charset=utf-8'], ['v1', 'application/json'], ['alb', 'application/octet-stream'], ['alb-multi-value', 'application/octet-stream']])(
    'that %s gives a body without one is %s', (shape, type) => {
      expect(answerOf({ statusCode: 200, body: 'a' }, shape).headers).toEqual(['Content-Type', type]);
      expect(answerOf({ statusCode: 200, body: 'a', headers: { 'content-type': 'text/html' } }, shape).headers).toEqual(['content-type', 'text/html']);
      expect(answerOf({ statusCode: 204 }, shape).headers).toEqual([]);
    });
});

describe('headers', () => {
  test('may be numbers and booleans; null leaves one out', () => {
    expect(answerOf({ statusCode: 204, headers: { 'X-A': 1, 'X-B': true, 'X-C': null, 'X-D': '' } }, 'v1').headers).toEqual(['X-A', '1', 'X-B', 'true', 'X-D', '']);
    expect(answerOf({ statusCode: 204, headers: null, multiValueHeaders: null, cookies: null, body: null }, 'v2')).toEqual({ status: 204, headers: [], body: '' });
  });

  test.each(ALL)('may have several values in %s', (shape) => {
    expect(answerOf({ statusCode: 204, multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'], 'X-Empty': [] } }, shape).headers).toEqual(['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']);
  });

  test('said twice are merged, the type is said once', () => {
    const result = { statusCode: 200, body: 'a', headers: { 'x-a': '1', 'X-B': '3', 'Content-Type': 'text/plain' }, multiValueHeaders: { 'X-A': ['1', '2'], 'content-type': ['text/html'] } };
    expect(answerOf(result, 'v1').headers).toEqual(['X-A', '1', 'X-A', '2', 'content-type', 'text/html', 'X-B', '3']);
  });

  test('of cookies come from the list of an HTTP API\'s result', () => {
    const result = { statusCode: 204, cookies: ['a=1', 'b=2; Secure'], headers: { 'set-cookie': 'c=3' } };
    expect(answerOf(result, 'v2').headers).toEqual(['set-cookie', 'c=3', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2; Secure']);
    expect(answerOf(result, 'v1').headers).toEqual(['set-cookie', 'c=3']);
  });

  test.each(['Connection', 'keep-alive', 'Transfer-Encoding', 'Content-Length', 'upgrade', 'TE', 'Trailer', 'Proxy-Connection'])('do not pass %s on', (name) => {
    expect(answerOf({ statusCode: 204, headers: { [name]: '7' }, multiValueHeaders: { [name]: ['a'] } }, 'v1').headers).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['a name with a space', { headers: { 'a b': 'x' } }],
    ['a name with a colon', { headers: { 'a:b': 'x' } }],
    ['a name that ends the line', { headers: { 'a\r\nb': 'x' } }],
    ['an empty name', { headers: { '': 'x' } }],
    ['a value that ends the line', { headers: { a: 'x\r\nSet-Cookie: y' } }],
    ['a value with NUL', { headers: { a: 'x\0' } }],
    ['a value that is a list', { headers: { a: ['x'] } }],
    ['a value that is an object', { headers: { a: {} } }],
    ['a list as headers', { headers: ['a'] }],
    ['a text as headers', { headers: 'a: b' }],
    ['one value in place of a list', { multiValueHeaders: { a: 'x' } }],
    ['a value in a list that ends the line', { multiValueHeaders: { a: ['x', 'y\n'] } }],
    ['a cookie that ends the line', { cookies: ['a=b\r\nX: y'] }],
    ['a cookie that is no text', { cookies: [{}] }],
    ['cookies that are no list', { cookies: 'a=b' }],
  ])('are refused with %s', (_what, result) => {
    expect(() => answerOf({ statusCode: 200, ...(result as object) }, 'v2')).toThrow(InvalidResult);
  });

  test('beyond ASCII go out as UTF-8, beside a body of bytes', () => {
    const { headers, body } = answerOf({ statusCode: 200, headers: { 'X-Name': 'grüße 👋' }, body: 'ü' }, 'v2');
    expect(Buffer.from(headers[1], 'latin1').toString('utf8')).toBe('grüße 👋');
    expect(body).toEqual(Buffer.from('ü'));
  });
});

describe('the body', () => {
  test('is decoded when it is base64', () => {
    expect(answerOf({ statusCode: 200, body: '/wCA', isBase64Encoded: true }, 'v2').body).toEqual(Buffer.from([0xff, 0, 0x80]));
    expect(answerOf({ statusCode: 200, body: 'YQ==', isBase64Encoded: true }, 'alb').body).toEqual(Buffer.from('a'));
    expect(answerOf({ statusCode: 200, body: 'YWFh\r\nYWFh\r\n', isBase64Encoded: true }, 'v1').body).toEqual(Buffer.from('aaaaaa'));
    expect(answerOf({ statusCode: 200, body: 'YQ==', isBase64Encoded: false }, 'v2').body).toBe('YQ==');
  });

  test('is refused when it should be base64 and is not', () => {
    expect(() => answerOf({ statusCode: 200, body: '{"a":1}', isBase64Encoded: true }, 'v2')).toThrow('its body is not base64');
  });

  test.each([[{ a: 1 }, 'an object'], [[1], 'a list'], [1, 'a number'], [true, 'a boolean']])('must be a text, not %j', (body, kind) => {
    for (const shape of ALL) expect(() => answerOf({ statusCode: 200, body }, shape)).toThrow(`its body must be a string, got ${kind}: use JSON.stringify()`);
  });
});

describe('the prelude of a stream', () => {
  test('gives status, headers and cookies', () => {
    const { status, headers } = streamHead({ statusCode: 201, headers: { 'Content-Type': 'text/plain', 'X-A': 'b' }, cookies: ['a=1'] });
    expect([status, headers.flat]).toEqual([201, ['Content-Type', 'text/plain', 'X-A', 'b', 'Set-Cookie', 'a=1']]);
  });

  test('may leave everything out', () => {
    const { status, headers } = streamHead({});
    expect([status, headers.flat]).toEqual([200, ['Content-Type', 'application/octet-stream']]);
  });
});
