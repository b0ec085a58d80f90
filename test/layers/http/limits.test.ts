/** Clients that send too much, too slowly or nonsense: they get a fitting answer, and others are served. */
import { connect } from 'node:net';
import { ask, cleanUp, eventually, dial, RawClient, returning, serve, type Reply } from './serve';

afterEach(cleanUp);

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const head = (length: number, type = 'text/plain', ...more: string[]): string =>
  `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n${more.map((line) => `${line}\r\n`).join('')}\r\n`;
const MIB = 1024 * 1024;

describe('a body over the limit', () => {
  const settings = { maxBodyBytes: 1000 };
  const length = returning(({ body }) => String(body.length));

  test('that may be as large as the limit passes', async () => {
    const { port } = await serve(length, { settings });
    expect((await ask(port, head(1000), Buffer.alloc(1000, 'x'))).body.toString()).toBe('1000');
    expect((await ask(port, head(750, 'image/png'), Buffer.alloc(750))).body.toString()).toBe('1000');
  });

  test.each([['text', 1001, 'text/plain'], ['bytes, which are longer as base64', 751, 'image/png']])('is refused by its length: %s', async (_what, bytes, type) => {
    const { port, calls, refused } = await serve(length, { settings });
    const { status, headers, body } = await ask(port, head(bytes, type));
    expect([status, headers.connection, body.toString()]).toEqual([413, 'close', '{"message":"Payload Too Large"}']);
    expect([calls.length, refused]).toEqual([0, [413]]);
  });

  test('is refused before the client sends it when it asks', async () => {
    const { port } = await serve(length, { settings });
    const client = await dial(port);
    expect((await client.send(head(1001, 'text/plain', 'Expect: 100-continue')).reply()).status).toBe(413);
    await client.closed;
  });

  test('is refused as soon as it shows, when its length does not', async () => {
    const { port, refused } = await serve(length, { settings });
    const client = await dial(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n', '258\r\n' + 'x'.repeat(600) + '\r\n');
    expect(client.text).toBe('');
    client.send('258\r\n' + 'x'.repeat(600) + '\r\n');
    expect((await client.reply()).status).toBe(413);
    expect(refused).toEqual([413]);
  });

  test('does not lose the client its answer while it is still sending', async () => {
    const { port } = await serve(length, { settings });
    for (let count = 0; count < 5; count++) {
      const reply = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: Buffer.alloc(3 * MIB) });
      expect([reply.status, await reply.json()]).toEqual([413, { message: 'Payload Too Large' }]);
    }
  });
});

describe('the queue', () => {
  test('takes so many requests; what is over them is refused and counted, with and without a body', async () => {
    const { port, calls, refused } = await serve(() => {}, { capacity: 1, settings: { queueLimit: 2 } });
    const waiting = [await dial(port), await dial(port), await dial(port)];
    for (const client of waiting) client.send(GET);
    await eventually(() => calls.length === 1);
    expect((await ask(port, GET.replace('/', '/_health'))).status).toBe(200);
    for (const request of [GET, head(MIB)]) {
      const { status, headers, body } = await ask(port, request);
      expect([status, headers['retry-after'], body.toString()]).toEqual([503, '1', '{"message":"Service Unavailable"}']);
    }
    expect(refused).toEqual([503, 503]);
    for (let index = 0; index < 3; index++) {
      await eventually(() => calls.length > index);
      calls[index].succeed(String(index));
    }
    const bodies = await Promise.all(waiting.map((client) => client.reply().then(({ body }) => body.toString())));
    expect(bodies.sort()).toEqual(['0', '1', '2']);
  });

  test('that may hold none refuses what cannot be carried at once', async () => {
    const { port, calls } = await serve(() => {}, { capacity: 1, settings: { queueLimit: 0 } });
    const client = await dial(port);
    client.send(GET);
    await eventually(() => calls.length === 1);
    expect((await ask(port, GET)).status).toBe(503);
    calls[0].succeed('a');
    expect((await client.reply()).status).toBe(200);
  });

  test('keeps the connection of a request that it refuses', async () => {
    const { port, calls } = await serve(() => {}, { capacity: 1, settings: { queueLimit: 0 } });
    (await dial(port)).send(GET);
    await eventually(() => calls.length === 1);
    const client = await dial(port);
    expect((await client.send(GET).reply()).status).toBe(503);
    expect((await client.send(GET.replace('/', '/_health')).reply()).status).toBe(200);
  });
});

describe('the memory for bodies', () => {
  const settings = { maxBodyBytes: MIB, bodyBudgetBytes: 2 * MIB };
  const body = Buffer.alloc(MIB, 'x');

  test('is given to as many requests as fit; the others wait for theirs and are served', async () => {
    const { port, calls } = await serve(() => {}, { settings });
    const clients = await Promise.all(Array.from({ length: 6 }, () => dial(port)));
    for (const client of clients) client.send(head(MIB), body);
    for (let answered = 0; answered < 6; answered++) {
      await eventually(() => calls.length > answered);
      // Two have their share, the rest none yet.
      expect((await ask(port, GET.replace('/', '/_health'))).status).toBe(200);
      expect(calls.length).toBeLessThanOrEqual(answered + 2);
      calls[answered].succeed('a');
    }
    for (const client of clients) expect((await client.reply()).status).toBe(200);
  });

  test('does not run out for small ones while large ones hold theirs', async () => {
    const { port } = await serve(returning(({ body: text }) => text), { settings });
    for (let count = 0; count < 2; count++) (await dial(port)).send(head(MIB));
    expect((await ask(port, head(5), 'small')).body.toString()).toBe('small');
  });

  test('is given back by clients that leave', async () => {
    const { port } = await serve(returning(({ body: text }) => String(text.length)), { settings });
    for (let round = 0; round < 3; round++) {
      const clients = await Promise.all(Array.from({ length: 4 }, () => dial(port)));
      for (const client of clients) client.send(head(MIB), 'half');
      expect((await ask(port, GET.replace('/', '/_health'))).status).toBe(200);
      for (const client of clients) client.socket.destroy();
    }
    expect((await ask(port, head(MIB), body)).body.toString()).toBe(String(MIB));
  });

  test('is refused to those that wait too long or are too many', async () => {
    const { port, refused } = await serve(() => {}, { settings: { ...settings, queueLimit: 2, requestTimeoutMs: 400 } });
    for (let count = 0; count < 2; count++) (await dial(port)).send(head(MIB), 'half');
    const waiting = await Promise.all([0, 1].map(() => dial(port)));
    for (const client of waiting) client.send(head(MIB), 'half');
    expect((await ask(port, GET.replace('/', '/_health'))).status).toBe(200);
    expect((await ask(port, head(MIB))).status).toBe(503);
    const replies = await Promise.all(waiting.map((client) => client.reply()));
    expect(replies.map(({ status, headers }) => [status, headers['retry-after']])).toEqual([[503, '1'], [503, '1']]);
    expect(refused).toEqual([503, 503, 503]);
  });

  test('is kept when it is asked for in chunks', async () => {
    const { port, calls } = await serve(() => {}, { settings });
    const chunked = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
    // Once its length is known it holds no more than that.
    for (let count = 0; count < 4; count++) {
      (await dial(port)).send(chunked);
      await eventually(() => calls.length === count + 1);
    }
  });
});

describe('a client that is slow', () => {
  const settings = { requestTimeoutMs: 200 };

  test.each([
    ['never sends anything', ''],
    ['never ends its headers', 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    ['never ends its body', head(100) + 'half'],
    ['never ends its chunks', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab'],
  ])('is told 408 and cut off when it %s', async (_what, sent) => {
    const { port, calls } = await serve(returning(() => 'a'), { settings });
    const client = await dial(port);
    if (sent) client.send(sent);
    expect((await client.reply()).status).toBe(408);
    await client.closed;
    expect(calls).toEqual([]);
    expect((await ask(port, GET)).status).toBe(200);
  });

  test('in taking in the answer is cut off', async () => {
    const { source, port, calls } = await serve(returning(() => ({ statusCode: 200, body: 'x'.repeat(30 * MIB) })), { settings });
    const client = await dial(port);
    client.socket.pause();
    client.send(GET);
    await eventually(() => calls.length === 1);
    await source.drain();
  });

  test('between requests keeps its connection longer than it may take for one', async () => {
    const { port } = await serve(returning(() => 'a'), { settings: { requestTimeoutMs: 100 } });
    const client = await dial(port);
    await client.send(GET).reply();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await client.send(GET).reply()).status).toBe(200);
  });

  test('to be answered is none: the handler may take longer than a request', async () => {
    const { port, calls } = await serve(() => {}, { settings: { requestTimeoutMs: 100 } });
    const client = await dial(port);
    client.send(head(1) + 'x');
    await eventually(() => calls.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    calls[0].succeed('late');
    expect((await client.reply()).body.toString()).toBe('late');
  });
});

describe('answers that wait for their clients', () => {
  const big = returning(() => ({ statusCode: 200, body: 'x'.repeat(8 * MIB) }));

  test('hold further requests back, until who takes in nothing is cut off', async () => {
    const { port, calls } = await serve(big, { settings: { answerBudgetBytes: 10 * MIB, requestTimeoutMs: 1_000 } });
    const idle = await Promise.all(Array.from({ length: 6 }, () => dial(port)));
    for (const client of idle) {
      client.socket.pause();
      client.send(GET);
    }
    await eventually(() => calls.length === 2);
    expect((await ask(port, GET.replace('/', '/_health'))).status).toBe(200);
    expect(calls.length).toBe(2);
    expect((await (await fetch(`http://127.0.0.1:${port}/`)).text()).length).toBe(8 * MIB);
    for (const client of idle) {
      client.socket.resume();
      await client.closed;
      expect(client.received.length).toBeLessThan(8 * MIB);
    }
  });

  test('are not waited for when the client takes in a trickle', async () => {
    const { port } = await serve(big, { settings: { requestTimeoutMs: 200 } });
    const client = await dial(port);
    let pieces = 0;
    client.socket.on('data', () => {
      // It is cut off meanwhile; the rest is what was on its way.
      if (++pieces > 20) return;
      client.socket.pause();
      setTimeout(() => client.socket.resume(), 50);
    });
    client.send(GET);
    await client.closed;
    expect(client.received.length).toBeLessThan(8 * MIB);
  });

  test('leave room again when they have been taken in, or their clients have gone', async () => {
    const { port } = await serve(big, { settings: { answerBudgetBytes: MIB } });
    for (let round = 0; round < 3; round++) {
      const client = await dial(port);
      client.socket.pause();
      client.send(GET).socket.destroy();
      expect((await (await fetch(`http://127.0.0.1:${port}/`)).text()).length).toBe(8 * MIB);
    }
  });
});

describe('nonsense', () => {
  test.each<[string, string, number]>([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n', 400],
    ['a tunnel', 'CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n', 405],
    ['a space in a header\'s name', 'GET / HTTP/1.1\r\nHost: x\r\na b: c\r\n\r\n', 400],
    ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: x\r\na: b\0c\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx', 400],
    ['a length and chunks', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['a length below zero', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400],
    ['a length that is no number', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n', 400],
    ['an unknown transfer encoding', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nx', 400],
    ['a chunk that is longer than its size', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n', 400],
    ['an unknown expectation', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: nothing\r\n\r\n', 417],
    ['too many bytes of headers', `GET / HTTP/1.1\r\nHost: x\r\n${'header: value\r\n'.repeat(5000)}\r\n`, 431],
    ['a header that is too long', `GET / HTTP/1.1\r\nHost: x\r\na: ${'b'.repeat(70_000)}\r\n\r\n`, 431],
    ['a target that is too long', `GET /${'a'.repeat(70_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  ])('such as %s has a fitting answer, and does no harm', async (_what, sent, status) => {
    const { port } = await serve(returning(() => 'a'));
    const client = await dial(port);
    client.send(Buffer.from(sent, 'latin1'));
    const reply: Reply = await client.reply();
    expect(reply.status).toBe(status);
    if (status === 400 && reply.headers.connection === 'close') await client.closed;
    expect((await ask(port, GET)).status).toBe(200);
  });

  test.each([
    'CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    'hello\r\n\r\n',
  ])('such as a client that resets the connection of %j does no harm, before and after the answer', async (sent) => {
    const { port } = await serve(returning(() => 'a'));
    for (const answered of [false, true]) {
      const client = await dial(port);
      client.send(sent);
      if (answered) await client.reply();
      client.socket.resetAndDestroy();
      await client.closed;
    }
    expect((await ask(port, GET)).status).toBe(200);
  });

  test('such as a client that keeps the connection of a tunnel open is cut off', async () => {
    const { port } = await serve(returning(() => 'a'));
    const client = new RawClient(connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
    expect((await client.send('CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n').reply()).status).toBe(405);
    const sending = setInterval(() => client.send('more'), 50);
    await client.closed;
    clearInterval(sending);
  });

  test.each(['', 'G', 'GET / HTTP/1.1\r\nHost: x\r\n', head(10) + 'half', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'])('such as a client that leaves after %j does no harm', async (sent) => {
    const { port, calls, refused } = await serve(returning(() => 'a'));
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const client = await dial(port);
      if (sent) client.send(sent);
      client.socket[leave]();
      await client.closed;
    }
    expect((await ask(port, GET)).status).toBe(200);
    expect([calls.length, refused]).toEqual([1, []]);
  });
});
