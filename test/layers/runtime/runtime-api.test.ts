import { ACCEPTED, invocation, ScriptedService, type Answer, type Request } from './scripted-service';
import type { FormattedError } from '../../../layers/runtime/core/error-format';
import { RuntimeApiClient } from '../../../layers/runtime/sources/runtime-api';
import { streamAnswer } from '../../../layers/runtime/sources/runtime-api-stream';

const ERROR: FormattedError = { body: '{"errorType":"E"}', headers: 'Lambda-Runtime-Function-Error-Type: E\r\n' };

let service: ScriptedService | undefined;
let client: RuntimeApiClient | undefined;
const refusals: string[] = [];

async function connected(script: (request: Request) => Answer): Promise<RuntimeApiClient> {
  service = await ScriptedService.start(script);
  client = new RuntimeApiClient(service.address, { onRefusal: (message) => refusals.push(message) });
  return client;
}

interface Result { readonly error?: string; readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }

/** One call of the client, its reply as a promise. */
function reply(call: (onReply: Parameters<RuntimeApiClient['next']>[0]) => void): Promise<Result> {
  return new Promise((resolve) => call((error, status, headers, body) => resolve({ error: error?.message, status, headers, body: body.toString() })));
}

afterEach(async () => {
  client?.close();
  await service?.stop();
  client = service = undefined;
  refusals.length = 0;
});

test('asks, answers and asks again on one connection', async () => {
  const api = await connected(({ method }) => (method === 'GET' ? invocation('{"ü":1}') : ACCEPTED));
  const next = await reply((onReply) => api.next(onReply));
  expect(next).toMatchObject({ status: 200, body: '{"ü":1}', headers: { 'lambda-runtime-aws-request-id': 'id-1' } });
  expect(await reply((onReply) => api.respond('id-1', '"ü"', onReply))).toMatchObject({ status: 202 });
  expect(await reply((onReply) => api.fail('id-1', ERROR, onReply))).toMatchObject({ status: 202 });
  expect(await reply((onReply) => api.initError(ERROR, onReply))).toMatchObject({ status: 202 });
  expect(service!.calls).toEqual(['GET /invocation/next', 'POST /invocation/id-1/response', 'POST /invocation/id-1/error', 'POST /init/error']);
  expect(service!.requests.map(({ connection }) => connection)).toEqual([1, 1, 1, 1]);
  expect(service!.requests[1]).toMatchObject({ body: '"ü"', headers: { 'content-length': '4', 'content-type': 'application/json', 'host': service!.address } });
  expect(service!.requests[2]).toMatchObject({ body: ERROR.body, headers: { 'lambda-runtime-function-error-type': 'E' } });
});

test('an invocation that arrives byte by byte', async () => {
  const api = await connected(() => [...invocation('{"a":[1,2,3]}')]);
  expect(await reply((onReply) => api.next(onReply))).toMatchObject({ status: 200, body: '{"a":[1,2,3]}' });
});

test('an event of several megabytes, in chunks', async () => {
  const event = JSON.stringify('ä'.repeat(3_000_000));
  const size = Buffer.byteLength(event).toString(16);
  const api = await connected(() => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${size}\r\n${event}\r\n0\r\n\r\n`);
  const { body } = await reply((onReply) => api.next(onReply));
  expect(body === event).toBe(true);
});

test('a result of several megabytes', async () => {
  const api = await connected(() => ACCEPTED);
  const result = JSON.stringify('ö'.repeat(3_000_000));
  await reply((onReply) => api.respond('id-1', result, onReply));
  expect(service!.requests[0].body === result).toBe(true);
});

test.each([400, 403, 413, 500])('hands %i on, and tells of it in one line', async (status) => {
  const api = await connected(() => `HTTP/1.1 ${status} No\r\nContent-Length: 15\r\n\r\n{"errorType":1}`);
  expect(await reply((onReply) => api.respond('id-1', '1', onReply))).toMatchObject({ status });
  expect(refusals).toEqual([`the Runtime API answered ${status} to POST /2018-06-01/runtime/invocation/id-1/response: {"errorType":1}`]);
});

test('opens another connection when the service closes one', async () => {
  const api = await connected(() => ACCEPTED.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  await reply((onReply) => api.respond('id-1', '1', onReply));
  expect(await reply((onReply) => api.respond('id-2', '2', onReply))).toMatchObject({ status: 202 });
  expect(service!.requests.map(({ connection }) => connection)).toEqual([1, 2]);
});

test('sends a request once more when its connection is lost without a reply', async () => {
  let lost = 0;
  const api = await connected(() => (lost++ === 0 ? 'close' : ACCEPTED));
  expect(await reply((onReply) => api.respond('id-1', '1', onReply))).toMatchObject({ status: 202 });
  expect(service!.calls).toHaveLength(2);
});

test('gives up when the connection is lost again', async () => {
  const api = await connected(() => 'close');
  expect(await reply((onReply) => api.next(onReply))).toMatchObject({ status: 0, error: expect.stringMatching(/^no reply from the Runtime API at 127\.0\.0\.1:\d+: /) });
  expect(service!.calls).toHaveLength(2);
});

test('does not send again what the service has begun to answer', async () => {
  const api = await connected(() => ['HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc', 'close']);
  expect((await reply((onReply) => api.next(onReply))).error).toContain('ends in the middle');
  expect(service!.calls).toHaveLength(1);
});

test.each(['nonsense\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n'])('tells of a malformed reply: %j', async (bytes) => {
  const api = await connected(() => bytes);
  expect((await reply((onReply) => api.next(onReply))).error).toContain('malformed reply from the Runtime API: it has');
});

test('a reply that nothing asked for closes the connection; the next request has a new one', async () => {
  let first = true;
  const api = await connected(() => {
    const answer = first ? ACCEPTED + ACCEPTED : ACCEPTED;
    first = false;
    return answer;
  });
  expect(await reply((onReply) => api.respond('id-1', '1', onReply))).toMatchObject({ status: 202 });
  expect(await reply((onReply) => api.respond('id-2', '1', onReply))).toMatchObject({ status: 202 });
  expect(service!.requests.at(-1)).toMatchObject({ connection: 2 });
});

test('nobody listens', async () => {
  service = await ScriptedService.start(() => 'wait');
  const { address } = service;
  await service.stop();
  service = undefined;
  client = new RuntimeApiClient(address);
  const { error } = await reply((onReply) => client!.next(onReply));
  expect(error).toMatch(/^no reply from the Runtime API at 127\.0\.0\.1:\d+: connect ECONNREFUSED/);
});

describe('a streamed answer', () => {
  test('goes out in chunks, its error in the trailers', async () => {
    const api = await connected(() => ACCEPTED);
    const done = reply((onReply) => {
      const stream = streamAnswer(api, 'id-1', 'text/plain', onReply);
      stream.write(Buffer.from('one '), () => {
        stream.write(Buffer.alloc(0), () => {
          stream.write(Buffer.from('two'), () => stream.end({ thrown: new TypeError('broken') }));
        });
      });
    });
    expect(await done).toMatchObject({ status: 202 });
    const [request] = service!.requests;
    expect(request).toMatchObject({
      body: 'one two',
      headers: {
        'content-type': 'text/plain',
        'lambda-runtime-function-response-mode': 'streaming',
        'transfer-encoding': 'chunked',
        'trailer': 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
      },
    });
    expect(request.trailers['lambda-runtime-function-error-type']).toBe('TypeError');
    expect(JSON.parse(Buffer.from(request.trailers['lambda-runtime-function-error-body'], 'base64').toString())).toMatchObject({ errorType: 'TypeError', errorMessage: 'broken' });
  });

  test('is given up when the connection is lost; writing to it then goes nowhere', async () => {
    service = await ScriptedService.start(() => 'wait');
    const api = client = new RuntimeApiClient(service.address);
    let write!: (written: () => void) => void;
    const done = reply((onReply) => {
      const stream = streamAnswer(api, 'id-1', 'text/plain', onReply);
      write = (written) => stream.write(Buffer.alloc(1000), written);
    });
    await new Promise<void>((resolve) => write(resolve));
    await service.stop();
    service = undefined;
    expect((await done).error).toContain('no reply from the Runtime API');
    await new Promise<void>((resolve) => write(resolve));
  });
});

test('a second request before the first is answered is a mistake of ours', async () => {
  const api = await connected(() => 'wait');
  api.next(() => {});
  expect(() => api.next(() => {})).toThrow('before the first was answered');
});

describe('withdrawing a waiting request', () => {
  test('closes the connection when the service does, or after a while when it does not', async () => {
    const api = await connected(() => 'wait');
    const replies: unknown[] = [];
    api.next((...answer) => replies.push(answer));
    await service!.request('/next');
    await new Promise<void>((resolve) => api.withdraw(resolve));
    expect(replies).toEqual([]);
  });

  test('an invocation that was on its way is delivered, and can be answered', async () => {
    const api = await connected(({ path }) => (path.endsWith('/next') ? [] : ACCEPTED));
    const delivered = reply((onReply) => api.next(onReply));
    await service!.request('/next');
    let withdrawn = false;
    service!.onEnd = (socket) => socket.end(invocation('{"late":true}'));
    api.withdraw(() => { withdrawn = true; });
    expect(await delivered).toMatchObject({ status: 200, body: '{"late":true}' });
    expect(withdrawn).toBe(false);
    expect(await reply((onReply) => api.respond('id-1', '1', onReply))).toMatchObject({ status: 202 });
  });

  test('with nothing waiting it is done at once', async () => {
    const api = await connected(() => 'wait');
    await new Promise<void>((resolve) => api.withdraw(resolve));
  });
});
