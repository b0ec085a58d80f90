/** Requests over real sockets: what reaches the handler, and what comes back. */
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { ask, cleanUp, eventually, dial, returning, serve } from './serve';
import type { HttpCall } from '../../../layers/runtime/sources/http/http-call';

afterEach(cleanUp);

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const post = (body: string, ...headers: string[]): string => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n${body}`;

describe('a request', () => {
  test('becomes an event, and the result a response', async () => {
    const { url, calls } = await serve(returning(({ body }) => ({ statusCode: 201, headers: { 'X-Echo': 'yes' }, cookies: ['a=1', 'b=2'], body: `got ${body}` })));
    const response = await fetch(`${url}/a/b?c=d`, { method: 'PUT', body: 'grüße', headers: { 'x-amzn-trace-id': 'Root=1-2-3', 'cookie': 'k=v' } });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-echo')).toBe('yes');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe('got grüße');
    expect(calls[0].traceId).toBe('Root=1-2-3');
    expect(calls[0].event).toMatchObject({
      rawPath: '/a/b',
      rawQueryString: 'c=d',
      cookies: ['k=v'],
      requestContext: { requestId: calls[0].requestId, http: { method: 'PUT', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: expect.any(String) } },
    });
  });

  test('with a body in many pieces reaches the handler whole', async () => {
    const { port } = await serve(returning(({ body }) => body));
    const client = await dial(port);
    for (const byte of post('{"a":"ü"}', 'Content-Type: application/json')) {
      client.send(Buffer.from(byte));
      await new Promise(setImmediate);
    }
    expect((await client.reply()).body.toString()).toBe('{"a":"ü"}');
  });

  test('with a chunked body reaches the handler whole', async () => {
    const { port } = await serve(returning(({ body, isBase64Encoded }) => ({ statusCode: 200, body, isBase64Encoded })));
    const { body } = await ask(port, 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n', '3\r\nabc\r\n', '4;ext=1\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n');
    expect(body.toString()).toBe('abcdefg');
  });

  test('that expects 100-continue is asked for its body', async () => {
    const { port } = await serve(returning(({ body }) => ({ statusCode: 200, body: `got ${body}` })));
    const client = await dial(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n');
    expect((await client.reply()).status).toBe(100);
    expect((await client.send('abc').reply()).body.toString()).toBe('got abc');
  });

  test('may follow another before that is answered: answers keep the order', async () => {
    const { port, calls } = await serve(() => {});
    const client = await dial(port);
    client.send(GET.replace('/', '/1') + GET.replace('/', '/2') + GET.replace('/', '/3'));
    await eventually(() => calls.length === 3);
    for (const index of [2, 0, 1]) calls[index].succeed(`answer ${index + 1}`);
    expect((await client.reply()).body.toString()).toBe('answer 1');
    expect((await client.reply()).body.toString()).toBe('answer 2');
    expect((await client.reply()).body.toString()).toBe('answer 3');
  });

  test('uses the same connection as the one before', async () => {
    const { port } = await serve(returning(() => 'a'));
    const client = await dial(port);
    for (let count = 0; count < 3; count++) {
      const { headers, body } = await client.send(post('x')).reply();
      expect([body.toString(), headers.connection, headers['keep-alive']]).toEqual(['a', 'keep-alive', 'timeout=75']);
    }
  });

  test('of HTTP/1.0 is answered and the connection closed', async () => {
    const { port } = await serve(returning(({ requestContext }) => requestContext.http.protocol));
    const client = await dial(port);
    const { headers, body } = await client.send('GET / HTTP/1.0\r\n\r\n').reply();
    expect([body.toString(), headers.connection]).toEqual(['HTTP/1.0', 'close']);
    await client.closed;
  });

  test.each([['h2c', 200], ['websocket', 400]])('to upgrade to %s is answered with %i over HTTP/1.1', async (protocol, status) => {
    const { port } = await serve(returning(() => 'plain'));
    expect((await ask(port, `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`)).status).toBe(status);
  });

  test('to CONNECT is refused', async () => {
    const { port, calls } = await serve(returning(() => 'a'));
    expect((await ask(port, 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n')).status).toBe(405);
    expect(calls).toEqual([]);
  });

  test('gets the source address from the load balancer, not from the client\'s claim', async () => {
    const handler = returning(({ requestContext, headers }) => ({ ip: requestContext.http.sourceIp, ...headers }));
    const forwarded = 'GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 6.6.6.6, 203.0.113.7\r\nX-Forwarded-Proto: https\r\n\r\n';
    const [behind, first] = await Promise.all([serve(handler), serve(handler, { environment: { HYBRID_HTTP_TRUSTED_HOPS: '0' } })]);
    expect(JSON.parse((await ask(behind.port, forwarded)).body.toString())).toMatchObject({ 'ip': '203.0.113.7', 'x-forwarded-proto': 'https' });
    expect(JSON.parse((await ask(first.port, forwarded)).body.toString())).toMatchObject({
      'ip': '127.0.0.1', 'x-forwarded-for': '6.6.6.6, 203.0.113.7, 127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-port': String(first.port),
    });
  });

  test.each(['v1', 'alb', 'alb-multi-value'])('becomes an event of the shape %s', async (HYBRID_HTTP_EVENT) => {
    const { port } = await serve(returning((event) => ({ statusCode: 200, body: JSON.stringify(event) })), { environment: { HYBRID_HTTP_EVENT } });
    const event = JSON.parse((await ask(port, GET.replace('/', '/p?q=1'))).body.toString());
    expect(event).toMatchObject({ httpMethod: 'GET', path: '/p' });
    expect('multiValueHeaders' in event).toBe(HYBRID_HTTP_EVENT !== 'alb');
  });

  test('tells the descriptor of its socket until the answer begins', async () => {
    const { port, calls } = await serve(() => {});
    const client = await dial(port);
    client.send(GET + GET);
    await eventually(() => calls.length === 2);
    expect(calls[0].descriptor).toBeGreaterThan(2);
    expect(calls[1].descriptor).toBe(-1);
    calls[0].succeed('a');
    await client.reply();
    expect(calls[0].descriptor).toBe(-1);
  });
});

describe('a response', () => {
  test('to HEAD has the headers and no body', async () => {
    const { port } = await serve(returning(() => ({ statusCode: 200, body: 'hello' })));
    const client = await dial(port);
    client.send(GET.replace('GET', 'HEAD') + GET);
    const text = await client.until((received) => received.endsWith('hello'));
    expect(text.match(/Content-Length: 5/g)).toHaveLength(2);
    expect(text.match(/hello/g)).toHaveLength(1);
  });

  test.each([204, 304])('of status %i has no body, length or type', async (statusCode) => {
    const { port } = await serve(returning(() => ({ statusCode, headers: { ETag: '"x"' }, body: '' })));
    const client = await dial(port);
    const { status, headers } = await client.send(GET).reply();
    expect(status).toBe(statusCode);
    expect(Object.keys(headers)).toEqual(['etag', 'date', 'connection', 'keep-alive']);
    expect((await client.send(GET).reply()).status).toBe(statusCode);
  });

  test('of a status without body drops the one that the handler gives', async () => {
    const { port } = await serve(returning(({ rawPath }) => ({ statusCode: Number(rawPath.slice(1)), body: 'unexpected' })));
    const client = await dial(port);
    for (const status of [204, 205, 304, 204]) expect((await client.send(GET.replace('/', `/${status}`)).reply()).status).toBe(status);
    expect(client.text).toBe('');
  });

  test('may be bytes', async () => {
    const { port } = await serve(returning(() => ({ statusCode: 200, headers: { 'content-type': 'image/png' }, body: '/wCA', isBase64Encoded: true })));
    const { headers, body } = await ask(port, GET);
    expect([headers['content-type'], headers['content-length'], body]).toEqual(['image/png', '3', Buffer.from([0xff, 0, 0x80])]);
  });

  test('has the length that it has, whatever the handler says', async () => {
    const { port } = await serve(returning(() => ({ statusCode: 200, headers: { 'Content-Length': '999', 'Transfer-Encoding': 'chunked', 'Connection': 'close', 'Keep-Alive': 'x' }, body: 'ü' })));
    const { headers, body } = await ask(port, GET);
    expect(headers).toMatchObject({ 'content-length': '2', 'connection': 'keep-alive', 'keep-alive': 'timeout=75' });
    expect(headers['transfer-encoding']).toBeUndefined();
    expect(body.toString()).toBe('ü');
  });

  test.each([['text', 'ü'], ['bytes', Buffer.from('ü').toString('base64')]])('has letters beyond ASCII in headers as UTF-8, beside %s', async (kind, body) => {
    const { port } = await serve(returning(() => ({ statusCode: 200, headers: { 'X-Name': 'grüße 👋' }, body, isBase64Encoded: kind === 'bytes' })));
    const reply = await ask(port, GET);
    expect(Buffer.from(reply.headers['x-name'] as string, 'latin1').toString()).toBe('grüße 👋');
    expect(reply.body.toString()).toBe('ü');
  });

  test('has the date that the handler gives, else ours', async () => {
    const { port } = await serve(returning(({ rawPath }) => ({ statusCode: 200, headers: rawPath === '/own' ? { date: 'then' } : {}, body: '' })));
    expect((await ask(port, GET.replace('/', '/own'))).headers.date).toBe('then');
    expect((await ask(port, GET)).headers.date).toMatch(/GMT$/);
  });
});

describe('a failure', () => {
  test.each([
    ['an error', (call: HttpCall) => call.fail(), 500, 'Internal Server Error'],
    ['a timeout', (call: HttpCall) => call.timeOut(), 504, 'Endpoint request timed out'],
    ['a result that is no response', (call: HttpCall) => call.succeed({ statusCode: 200, headers: { 'a b': 'secret' } }), 500, 'Internal Server Error'],
    ['a carrier that throws', () => { throw new Error('secret'); }, 500, 'Internal Server Error'],
  ])('by %s tells the client no more than a status', async (_what, carry, status, message) => {
    const { port } = await serve(carry);
    const client = await dial(port);
    for (let count = 0; count < 2; count++) {
      const reply = await client.send(GET).reply();
      expect([reply.status, reply.headers['content-type'], reply.body.toString()]).toEqual([status, 'application/json', JSON.stringify({ message })]);
    }
  });

  test('by a result that is no response is logged with its reason', async () => {
    const { port, log, calls } = await serve(returning(() => ({ statusCode: 200, body: { a: 1 } })));
    await ask(port, GET);
    expect(log).toEqual([`request ${calls[0].requestId}: the handler's result is no HTTP response: its body must be a string, got an object: use JSON.stringify()`]);
  });

  test('frees the place of the call', async () => {
    const { port } = await serve((call) => call.fail(), { capacity: 1 });
    for (let count = 0; count < 3; count++) expect((await ask(port, GET)).status).toBe(500);
  });

  test('after the answer changes nothing', async () => {
    const { port } = await serve((call) => {
      call.succeed('first');
      call.succeed('second');
      call.fail();
      const stream = call.stream('text/plain');
      stream.write(Buffer.from('third'), () => stream.end());
    }, { capacity: 1 });
    const client = await dial(port);
    for (let count = 0; count < 3; count++) expect((await client.send(GET).reply()).body.toString()).toBe('first');
  });
});

describe('a client that leaves', () => {
  test('is told to who carries its call; the place is free when that has answered', async () => {
    const abandoned: string[] = [];
    const { port, calls } = await serve((call) => { call.onAbandoned = () => abandoned.push(call.requestId); }, { capacity: 1 });
    const [first, second] = [await dial(port), await dial(port)];
    first.send(GET);
    await eventually(() => calls.length === 1);
    second.send(GET);
    first.socket.destroy();
    await eventually(() => abandoned.length === 1);
    expect(abandoned).toEqual([calls[0].requestId]);
    expect(calls).toHaveLength(1);
    calls[0].succeed('nobody reads this');
    await eventually(() => calls.length === 2);
    calls[1].succeed('second');
    expect((await second.reply()).body.toString()).toBe('second');
  });

  test('takes its waiting call with it', async () => {
    const { port, calls } = await serve(() => {}, { capacity: 1 });
    const [first, second, third] = [await dial(port), await dial(port), await dial(port)];
    first.send(GET.replace('/', '/1'));
    await eventually(() => calls.length === 1);
    second.send(GET.replace('/', '/2'));
    second.socket.end();
    await second.closed;
    third.send(GET.replace('/', '/3'));
    calls[0].succeed('');
    await eventually(() => calls.length === 2);
    expect((calls[1].event as { rawPath: string }).rawPath).toBe('/3');
  });
});

describe('the health path', () => {
  const HEALTH = GET.replace('/', '/_health');

  test('says 503 until the handler takes calls, then 200; what comes before waits', async () => {
    const { source, port, calls } = await serve(returning(() => 'late'), { ready: false });
    const early = await dial(port);
    early.send(GET);
    expect((await ask(port, HEALTH)).status).toBe(503);
    expect(calls).toHaveLength(0);
    source.ready();
    expect((await early.reply()).body.toString()).toBe('late');
    const { status, body } = await ask(port, HEALTH.replace('_health', '_health?x'));
    expect([status, body.toString()]).toEqual([200, 'ok']);
    expect(calls).toHaveLength(1);
  });

  test('is answered whatever the queue', async () => {
    const { port } = await serve(() => {}, { capacity: 1, settings: { queueLimit: 0 } });
    (await dial(port)).send(GET);
    await eventually(() => true);
    expect((await ask(port, HEALTH)).status).toBe(200);
  });

  test('is one path, not what begins with it', async () => {
    const { port, calls } = await serve(returning(() => 'a'), { environment: { HYBRID_HTTP_HEALTH_PATH: '/up' } });
    expect((await ask(port, GET.replace('/', '/upper'))).body.toString()).toBe('a');
    expect((await ask(port, GET.replace('/', '/up/'))).body.toString()).toBe('a');
    expect((await ask(port, GET.replace('/', '/up'))).body.toString()).toBe('ok');
    expect(calls).toHaveLength(2);
  });
});

describe('draining', () => {
  test('lets accepted requests finish, refuses more on open connections, and closes', async () => {
    const { source, port, calls } = await serve(() => {}, { capacity: 1 });
    const [busy, waiting, idle] = [await dial(port), await dial(port), await dial(port)];
    busy.send(GET);
    await eventually(() => calls.length === 1);
    waiting.send(post('queued', 'Content-Type: text/plain'));
    // Answered without the handler: everything sent before has been taken in.
    expect((await ask(port, GET.replace('/', '/_health'))).status).toBe(200);
    const drained = source.drain();
    await idle.closed;
    busy.send(GET + GET.replace('/', '/_health'));
    calls[0].succeed('first');
    const first = await busy.reply();
    expect([first.body.toString(), first.headers.connection]).toEqual(['first', 'close']);
    await eventually(() => calls.length === 2);
    calls[1].succeed('second');
    const second = await waiting.reply();
    expect([second.body.toString(), second.headers.connection]).toEqual(['second', 'close']);
    await drained;
    await expect(dial(port)).rejects.toThrow('ECONNREFUSED');
  });

  test('answers what still comes with 503 and closes that connection', async () => {
    const { source, port, calls, refused } = await serve(() => {});
    const client = await dial(port);
    client.send('POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n');
    expect((await ask(port, GET.replace('/', '/_health'))).status).toBe(200);
    const drained = source.drain();
    client.send('x' + GET.replace('/', '/2'));
    await eventually(() => refused.length === 1);
    calls[0].succeed('first');
    expect((await client.reply()).body.toString()).toBe('first');
    await drained;
    expect(calls).toHaveLength(1);
  });

  test('cuts no answer that is still on its way', async () => {
    const { source, port, calls } = await serve(returning(() => ({ statusCode: 200, body: 'x'.repeat(30_000_000) })));
    const socket = connect(port, '127.0.0.1', () => socket.write(GET));
    await eventually(() => calls.length === 1);
    const drained = source.drain();
    let received = 0;
    socket.on('data', (chunk) => { received += chunk.length; });
    await Promise.all([drained, new Promise((resolve) => socket.once('close', resolve))]);
    expect(received).toBeGreaterThan(30_000_000);
  });

  test('lets a request that is just being sent come in, and refuses it', async () => {
    const { source, port, calls } = await serve(() => {});
    const [busy, late] = [await dial(port), await dial(port)];
    busy.send(GET);
    late.send('GET / HTTP/1.1\r\nHo');
    await eventually(() => calls.length === 1);
    expect((await ask(port, GET.replace('/', '/_health'))).status).toBe(200);
    const drained = source.drain();
    const { status, headers } = await late.send('st: x\r\n\r\n').reply();
    expect([status, headers.connection]).toEqual([503, 'close']);
    calls[0].succeed('a');
    expect((await busy.reply()).body.toString()).toBe('a');
    await drained;
  });

  test.each([[[0, 1]], [[1, 0]]])('answers all that came on a connection, then closes it: %j', async (order) => {
    const { source, port, calls } = await serve(() => {});
    const client = await dial(port);
    client.send(GET + GET);
    await eventually(() => calls.length === 2);
    const drained = source.drain();
    for (const index of order) calls[index].succeed(`answer ${index}`);
    const replies = [await client.reply(), await client.reply()];
    expect(replies.map(({ body, headers }) => [body.toString(), headers.connection])).toEqual([['answer 0', 'keep-alive'], ['answer 1', 'close']]);
    await Promise.all([drained, client.closed]);
  });

  test('before the handler takes calls carries out what waits', async () => {
    const { source, port } = await serve(returning(() => 'a'), { ready: false });
    const client = await dial(port);
    client.send(GET);
    expect((await ask(port, GET.replace('/', '/_health'))).status).toBe(503);
    await Promise.all([source.drain(), client.reply()]);
  });

  test('with nothing to do ends at once, twice as well', async () => {
    const { source, port } = await serve(returning(() => 'a'));
    const agent = new Agent({ keepAlive: true });
    await new Promise((resolve, reject) => httpRequest({ port, agent }, (response) => response.resume().on('end', resolve)).on('error', reject).end());
    await Promise.all([source.drain(), source.drain()]);
    await source.close();
    agent.destroy();
  });
});
