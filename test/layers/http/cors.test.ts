import { ask, cleanUp, returning, serve } from './serve';
import { Cors, corsSettings } from '../../../layers/runtime/sources/http/cors';

afterEach(cleanUp);

const ORIGIN = 'https://example.com';
const cors = (given: object): Cors => new Cors(corsSettings(given, (member) => new Error(member)));
/** Names and values in turn, as an object. */
const asObject = (headers: string[] = []): Record<string, string> =>
  Object.fromEntries(headers.flatMap((name, index) => index % 2 === 0 ? [[name, headers[index + 1]]] : []));
const preflight = (given: object, headers: object = {}) => cors(given).preflight('OPTIONS', { 'origin': ORIGIN, 'access-control-request-method': 'PUT', ...headers });
const applied = (given: object, origin: string | undefined, headers: string[] = []) => {
  cors(given).apply(headers, origin);
  return asObject(headers);
};

describe('the answer to a preflight request', () => {
  test('says what is allowed', () => {
    const given = { allowOrigins: ['https://other.com', ORIGIN], allowMethods: ['GET', 'PUT'], allowHeaders: ['x-a', 'x-b'], allowCredentials: true, maxAge: 60 };
    expect(asObject(preflight(given))).toEqual({
      'Vary': 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
      'Access-Control-Allow-Origin': ORIGIN,
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Allow-Methods': 'GET,PUT',
      'Access-Control-Allow-Headers': 'x-a,x-b',
      'Access-Control-Max-Age': '60',
    });
  });

  test('allows what is asked for when everything is', () => {
    const answer = preflight({ allowOrigins: ['*'], allowMethods: ['*'], allowHeaders: ['*'] }, { 'access-control-request-headers': 'x-a, x-b,bad name' });
    expect(asObject(answer)).toMatchObject({ 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Methods': 'PUT', 'Access-Control-Allow-Headers': 'x-a,x-b' });
  });

  test('allows nothing to another origin', () => {
    expect(asObject(preflight({ allowOrigins: ['https://other.com'], allowMethods: ['*'] }))).toEqual({ Vary: expect.any(String) });
  });

  test.each([['GET', {}], ['OPTIONS', { origin: undefined }], ['OPTIONS', { 'access-control-request-method': undefined }]])('is for no other request: %s %j', (method, headers) => {
    expect(cors({ allowOrigins: ['*'] }).preflight(method, { 'origin': ORIGIN, 'access-control-request-method': 'PUT', ...headers })).toBeUndefined();
  });
});

describe('an answer', () => {
  test.each([
    ['any', ['*'], '*'],
    ['the same', [ORIGIN], ORIGIN],
    ['another case', ['HTTPS://EXAMPLE.com'], ORIGIN],
    ['any of the scheme', ['https://*'], ORIGIN],
    ['any of another scheme', ['http://*'], undefined],
    ['one that begins alike', ['https://example.co'], undefined],
    ['one that ends alike', ['https://www.example.com'], undefined],
  ])('allows the origin when %s is allowed', (_what, allowOrigins, expected) => {
    expect(applied({ allowOrigins }, ORIGIN)['Access-Control-Allow-Origin']).toBe(expected);
  });

  test.each(['https://*', 'https://a b', 'https://a,https://b', 'javascript:x', 'ü', ''])('never repeats %j, which is no origin', (origin) => {
    expect(applied({ allowOrigins: ['https://*'] }, origin)).toEqual({ Vary: 'Origin' });
  });

  test('says which headers a page may read', () => {
    expect(applied({ allowOrigins: ['*'], exposeHeaders: ['x-a', 'x-b'] }, ORIGIN)).toEqual({ 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'x-a,x-b' });
  });

  test('drops what the handler says of sharing and keeps the rest', () => {
    const headers = ['access-control-allow-origin', 'https://evil.com', 'X-A', 'b', 'Access-Control-Allow-Credentials', 'true', 'vary', 'Accept', 'Vary', 'Cookie'];
    expect(applied({ allowOrigins: [ORIGIN] }, ORIGIN, headers)).toEqual({ 'X-A': 'b', 'Vary': 'Accept, Cookie, Origin', 'Access-Control-Allow-Origin': ORIGIN });
  });

  test('to a request without origin varies all the same', () => {
    expect(applied({ allowOrigins: [ORIGIN] }, undefined)).toEqual({ Vary: 'Origin' });
    expect(applied({ allowOrigins: [ORIGIN] }, undefined, ['Vary', 'accept, ORIGIN'])).toEqual({ Vary: 'accept, ORIGIN' });
    expect(applied({ allowOrigins: [ORIGIN] }, undefined, ['Vary', '*'])).toEqual({ Vary: '*' });
  });
});

test('over HTTP: the source answers preflights, the handler\'s answers, streams and failures are shared', async () => {
  const { url, port, calls } = await serve((call) => {
    const { rawPath } = call.event as { rawPath: string };
    if (rawPath === '/fail') return call.fail();
    if (rawPath === '/options') return returning(() => 'options')(call);
    if (rawPath === '/stream') return call.stream('text/plain').end();
    call.succeed({ statusCode: 200, headers: { 'Access-Control-Allow-Origin': 'https://evil.com' }, body: 'a' });
  }, { environment: { HYBRID_HTTP_CORS: JSON.stringify({ allowOrigins: [ORIGIN], allowMethods: ['GET'] }) } });
  const asked = await ask(port, `OPTIONS / HTTP/1.1\r\nHost: x\r\nOrigin: ${ORIGIN}\r\nAccess-Control-Request-Method: GET\r\n\r\n`);
  expect([asked.status, asked.headers['access-control-allow-methods'], calls.length]).toEqual([204, 'GET', 0]);
  for (const path of ['/', '/fail', '/stream']) {
    const shared = await fetch(url + path, { headers: { Origin: ORIGIN } });
    expect([path, shared.headers.get('access-control-allow-origin'), shared.headers.get('vary')]).toEqual([path, ORIGIN, 'Origin']);
    expect((await fetch(url + path, { headers: { Origin: 'https://evil.com' } })).headers.get('access-control-allow-origin')).toBeNull();
  }
  expect(await (await fetch(`${url}/options`, { method: 'OPTIONS' })).text()).toBe('options');
});
