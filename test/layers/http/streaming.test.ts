/** Streamed answers over real sockets. */
import { cleanUp, eventually, dial, serve, ask } from './serve';
import type { StreamFailure, StreamSink } from '../../../layers/runtime/core/invocation';
import type { HttpCall } from '../../../layers/runtime/sources/http/http-call';

afterEach(cleanUp);

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const WITH_PRELUDE = 'application/vnd.awslambda.http-integration-response';
const NULS = '\0'.repeat(8);
const LAST_CHUNK = '\r\n0\r\n\r\n';

/** A handler that writes these pieces, each when the one before is written. */
const streaming = (contentType: string, pieces: (string | Buffer)[], failure?: StreamFailure) => async (call: HttpCall) => {
  const stream = call.stream(contentType);
  for (const piece of pieces) await write(stream, piece);
  stream.end(failure);
};
const write = (stream: StreamSink, piece: string | Buffer): Promise<void> => new Promise((resolve) => stream.write(Buffer.from(piece), resolve));

/** What was sent with chunked encoding. */
function dechunked(text: string): string {
  let rest = text.slice(text.indexOf('\r\n\r\n') + 4);
  let body = '';
  for (;;) {
    const size = parseInt(rest, 16);
    const start = rest.indexOf('\r\n') + 2;
    if (!(size > 0)) return body;
    body += rest.slice(start, start + size);
    rest = rest.slice(start + size + 2);
  }
}

test('a stream without prelude has status 200 and its content type', async () => {
  const { port } = await serve(streaming('text/event-stream', ['one', 'two']));
  const client = await dial(port);
  const text = await client.send(GET).until((received) => received.endsWith(LAST_CHUNK));
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Type: text\/event-stream\r\n/);
  expect(dechunked(text)).toBe('onetwo');
});

test('a prelude gives status, headers and cookies', async () => {
  const prelude = JSON.stringify({ statusCode: 201, headers: { 'Content-Type': 'text/plain', 'X-A': 'b', 'Content-Length': '1' }, cookies: ['a=1', 'b=2'] });
  const { port } = await serve(streaming(WITH_PRELUDE, [prelude, NULS, 'body']));
  const client = await dial(port);
  const text = await client.send(GET).until((received) => received.endsWith(LAST_CHUNK));
  const lines = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n');
  expect(lines).toEqual(['HTTP/1.1 201 Created', 'Content-Type: text/plain', 'X-A: b', 'Set-Cookie: a=1', 'Set-Cookie: b=2', expect.stringMatching(/^Date: /), 'Connection: keep-alive', 'Keep-Alive: timeout=75', 'Transfer-Encoding: chunked']);
  expect(dechunked(text)).toBe('body');
});

test('a prelude may come byte by byte, and the body with its last byte', async () => {
  const bytes = Buffer.from(`{"statusCode":202}${NULS}`);
  const { port } = await serve(streaming(WITH_PRELUDE, [...[...bytes.subarray(0, -1)].map((byte) => Buffer.from([byte])), '\0body', '\0more']));
  const client = await dial(port);
  const text = await client.send(GET).until((received) => received.endsWith(LAST_CHUNK));
  expect(text).toMatch(/^HTTP\/1\.1 202 /);
  expect(dechunked(text)).toBe('body\0more');
});

test('the head goes out before the first byte of the body', async () => {
  const { port, calls } = await serve(() => {});
  const client = await dial(port);
  client.send(GET);
  await eventually(() => calls.length === 1);
  const stream = calls[0].stream(WITH_PRELUDE);
  await write(stream, `{"statusCode":200}${NULS}`);
  expect(await client.until((received) => received.includes('\r\n\r\n'))).toMatch(/^HTTP\/1\.1 200 /);
  stream.end();
  await client.until((received) => received.endsWith('0\r\n\r\n'));
});

test('a head with letters beyond ASCII goes out as UTF-8', async () => {
  const { port } = await serve(streaming(WITH_PRELUDE, [`{"headers":{"X-Name":"grüße"}}${NULS}`, 'body']));
  const client = await dial(port);
  await client.send(GET).until((received) => received.endsWith(LAST_CHUNK));
  expect(client.received.toString('utf8')).toContain('X-Name: grüße\r\n');
});

test('an empty stream is an empty answer', async () => {
  const { port } = await serve(streaming('text/plain', []));
  const client = await dial(port);
  for (let count = 0; count < 2; count++) {
    expect(await client.send(GET).until((received) => received.endsWith('\r\n\r\n0\r\n\r\n'))).toMatch(/^HTTP\/1\.1 200 /);
    client.received = Buffer.alloc(0);
  }
});

test.each([['HEAD / HTTP/1.1', 200], ['GET / HTTP/1.1', 204], ['GET / HTTP/1.1', 304]])('%s with status %i has no body, and the handler is not held up', async (line, statusCode) => {
  const { port } = await serve(streaming(WITH_PRELUDE, [`{"statusCode":${statusCode}}${NULS}`, 'body', 'more']));
  const client = await dial(port);
  client.send(`${line}\r\nHost: x\r\n\r\n`, GET.replace('/', '/_health'));
  const text = await client.until((received) => received.endsWith('ok'));
  expect(text).toContain(`HTTP/1.1 ${statusCode} `);
  expect(text).not.toContain('body');
});

test('a client of HTTP/1.0 gets the body as it is, ended by the connection', async () => {
  const { port } = await serve(streaming('text/plain', ['one', 'two']));
  const client = await dial(port);
  client.send('GET / HTTP/1.0\r\n\r\n');
  await client.closed;
  expect(client.text).toMatch(/\r\n\r\nonetwo$/);
});

describe('an answer that fails', () => {
  test.each([
    ['before its first byte', streaming('text/plain', [], { thrown: new Error('secret') }), 'its stream failed before its first byte'],
    ['within the prelude', streaming(WITH_PRELUDE, ['{"statusCode":'], { thrown: new Error('secret') }), 'its stream failed before its first byte'],
    ['by ending within the prelude', streaming(WITH_PRELUDE, ['{"statusCode":200}']), 'its stream ended within the prelude'],
    ['by a prelude that is no JSON', streaming(WITH_PRELUDE, [`nonsense${NULS}`, 'body', 'more']), 'the prelude of its stream is no good'],
    ['by a prelude with a forbidden header', streaming(WITH_PRELUDE, [`{"headers":{"a":"b\\r\\nc"}}${NULS}`, 'body']), 'the value of its header "a" has a character that HTTP forbids'],
    ['by a prelude with a status that is none', streaming(WITH_PRELUDE, [`{"statusCode":"ok"}${NULS}body`]), 'its statusCode must be'],
  ])('%s is a 500, and its place is free', async (_what, carry, reason) => {
    const { port, log } = await serve(carry, { capacity: 1 });
    for (let count = 0; count < 2; count++) {
      const { status, body } = await ask(port, GET);
      expect([status, body.toString()]).toEqual([500, '{"message":"Internal Server Error"}']);
    }
    expect(log.join()).toContain(reason);
    expect(log.join()).not.toContain('secret');
  });

  test.each([
    ['before its first byte', 'text/plain', []],
    ['within the prelude', WITH_PRELUDE, ['{"statusCode":']],
  ])('%s by taking too long is a 504, and its place is free', async (_what, contentType, pieces) => {
    const { port } = await serve(streaming(contentType, pieces, { thrown: new Error('secret'), timedOut: true }), { capacity: 1 });
    for (let count = 0; count < 2; count++) {
      const { status, body } = await ask(port, GET);
      expect([status, body.toString()]).toEqual([504, '{"message":"Endpoint request timed out"}']);
    }
  });

  test('within the body breaks the connection off, so that the client can tell', async () => {
    const { port, calls } = await serve(streaming('text/plain', ['half'], { thrown: new Error('x') }), { capacity: 1 });
    const client = await dial(port);
    client.send(GET);
    await client.closed;
    expect(client.text).toContain('half');
    expect(client.text).not.toMatch(/0\r\n\r\n$/);
    await expect(fetch(`http://127.0.0.1:${port}/`).then((response) => response.text())).rejects.toThrow();
    expect(calls).toHaveLength(2);
  });
});

describe('the pace', () => {
  const piece = Buffer.alloc(256 * 1024, 'x');

  test('is the client\'s: a piece is written when it has left', async () => {
    let pieces = 0;
    const { port, calls } = await serve(() => {});
    const client = await dial(port);
    client.socket.pause();
    client.send(GET);
    await eventually(() => calls.length === 1);
    const stream = calls[0].stream('text/plain');
    let stuck = false;
    const done = (async () => {
      while (pieces < 100) {
        const written = write(stream, piece);
        // The buffers of the kernel take some.
        stuck = !await Promise.race([written.then(() => true), new Promise((resolve) => setTimeout(resolve, 200, false))]);
        if (stuck) client.socket.resume();
        await written;
        pieces++;
        if (stuck) break;
      }
      stream.end();
    })();
    await done;
    expect(stuck).toBe(true);
    expect(dechunked(await client.until((received) => received.endsWith(LAST_CHUNK)))).toHaveLength(pieces * piece.length);
  });

  test('does not hold up a handler whose client has gone', async () => {
    let abandoned = 0;
    const { port, calls } = await serve(() => {}, { capacity: 1 });
    const client = await dial(port);
    client.socket.pause();
    client.send(GET);
    await eventually(() => calls.length === 1);
    const stream = calls[0].stream('text/plain');
    stream.onAbandoned = () => abandoned++;
    const written = Array.from({ length: 50 }, () => write(stream, piece));
    client.socket.destroy();
    await Promise.all(written);
    await eventually(() => abandoned > 0);
    await write(stream, piece);
    expect(abandoned).toBe(1);
    // Its place is taken until it ends.
    const next = ask(port, GET);
    stream.end();
    await eventually(() => calls.length === 2);
    calls[1].succeed('next');
    expect((await next).body.toString()).toBe('next');
  });

  test('is not waited for by a client that takes in nothing at all', async () => {
    const { source, port, calls } = await serve(() => {}, { settings: { requestTimeoutMs: 200 } });
    const client = await dial(port);
    client.socket.pause();
    client.send(GET);
    await eventually(() => calls.length === 1);
    const stream = calls[0].stream('text/plain');
    await Promise.all(Array.from({ length: 50 }, () => write(stream, piece)));
    stream.end();
    await source.drain();
  });
});

test('draining waits for the end of a stream, then closes its connection', async () => {
  const { source, port, calls } = await serve(() => {});
  const client = await dial(port);
  client.send(GET);
  await eventually(() => calls.length === 1);
  const stream = calls[0].stream('text/plain');
  await write(stream, 'first');
  const drained = source.drain();
  await write(stream, 'last');
  stream.end();
  await Promise.all([drained, client.closed]);
  expect(dechunked(client.text)).toBe('firstlast');
  expect(client.text.endsWith(LAST_CHUNK)).toBe(true);
});
