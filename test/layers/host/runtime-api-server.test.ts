/**
 * Status codes and bodies are those of the AWS Lambda Runtime Interface Emulator (its states, its messages) and of
 * the Runtime API's OpenAPI description in the Lambda developer guide.
 */
import { connect } from 'node:net';
import type { FunctionError } from '../../../layers/runtime/core/invoker';
import { RuntimeApiServer } from '../../../layers/runtime/host/runtime-api-server';
import type { Delivery, ResponseSink } from '../../../layers/runtime/invokers/runtime-api';

const servers: RuntimeApiServer[] = [];
let initErrors: FunctionError[] = [];
let answers: { kind: string; payload: string; type?: string }[] = [];

const sink: ResponseSink = {
  respond: (payload, type) => answers.push({ kind: 'response', payload: payload.toString(), type }),
  fail: (error) => answers.push({ kind: 'error', payload: error.payload.toString(), type: error.errorType }),
  stream: (body, type, end) => {
    const chunks: Buffer[] = [];
    body.on('data', (chunk) => chunks.push(chunk));
    void end.then((error) => answers.push({ kind: `stream ${error?.errorType ?? 'ok'}`, payload: Buffer.concat(chunks).toString(), type }));
  },
};

async function server(maxInFlight = 1): Promise<{ api: RuntimeApiServer; url: string }> {
  const api = await new RuntimeApiServer({ ready: () => {}, initFailed: (error) => initErrors.push(error) }, { maxInFlight }).listen();
  servers.push(api);
  return { api, url: `http://${api.address}/2018-06-01/runtime` };
}

const invocation = (requestId: string): Delivery => ({ requestId, event: Buffer.from('{"a":1}'), deadlineMs: 12345, invokedFunctionArn: 'arn:aws:lambda:x' });

/** Asks for an invocation, hands one out, and gives the reply back. */
async function next(api: RuntimeApiServer, url: string, requestId: string): Promise<Response> {
  const reply = fetch(`${url}/invocation/next`);
  while (api.waiting === 0) await new Promise(setImmediate);
  api.deliver(invocation(requestId), sink);
  return reply;
}

const post = (url: string, body = '{}', headers: Record<string, string> = {}): Promise<Response> => fetch(url, { method: 'POST', body, headers });
const summary = async (response: Response): Promise<unknown> => [response.status, ((await response.json()) as { errorType?: string }).errorType];

beforeEach(() => {
  initErrors = [];
  answers = [];
});
afterEach(async () => { await Promise.all(servers.splice(0).map((each) => each.close())); });

describe('GET /runtime/invocation/next', () => {
  test('waits for an invocation and carries its headers; optional ones are absent', async () => {
    const { api, url } = await server();
    const reply = await next(api, url, 'id-1');
    expect([reply.status, await reply.text()]).toEqual([200, '{"a":1}']);
    const names = [...reply.headers.keys()].filter((name) => name.startsWith('lambda-'));
    expect(names.sort()).toEqual(['lambda-runtime-aws-request-id', 'lambda-runtime-deadline-ms', 'lambda-runtime-invoked-function-arn']);
    expect(reply.headers.get('lambda-runtime-deadline-ms')).toBe('12345');
  });

  test('gives the same invocation again while it is unanswered', async () => {
    const { api, url } = await server();
    await next(api, url, 'id-1');
    expect((await fetch(`${url}/invocation/next`)).headers.get('lambda-runtime-aws-request-id')).toBe('id-1');
  });

  test('is refused with 403 InvalidStateTransition after an initialization error', async () => {
    const { url } = await server();
    await post(`${url}/init/error`);
    expect(await summary(await fetch(`${url}/invocation/next`))).toEqual([403, 'InvalidStateTransition']);
  });

  test('gives several invocations at once when the bootstrap may have many', async () => {
    const { api, url } = await server(2);
    await next(api, url, 'id-1');
    await next(api, url, 'id-2');
    expect((await post(`${url}/invocation/id-2/response`, '2')).status).toBe(202);
    expect((await post(`${url}/invocation/id-1/response`, '1')).status).toBe(202);
    expect(answers.map((answer) => answer.payload)).toEqual(['2', '1']);
  });

  test('forgets a client that went away', async () => {
    const { api, url } = await server();
    const controller = new AbortController();
    const lost = fetch(`${url}/invocation/next`, { signal: controller.signal }).catch(() => 'aborted');
    while (api.waiting === 0) await new Promise(setImmediate);
    controller.abort();
    expect(await lost).toBe('aborted');
    while (api.waiting > 0) await new Promise(setImmediate);
    expect((await next(api, url, 'id-1')).status).toBe(200);
  });
});

describe('POST /runtime/invocation/{id}/response', () => {
  test('is accepted with 202 and a status', async () => {
    const { api, url } = await server();
    await next(api, url, 'id-1');
    const reply = await post(`${url}/invocation/id-1/response`, '"done"', { 'Content-Type': 'application/json' });
    expect([reply.status, await reply.json()]).toEqual([202, { status: 'OK' }]);
    expect(answers).toEqual([{ kind: 'response', payload: '"done"', type: 'application/json' }]);
  });

  test('for an unknown request id is refused with 400 InvalidRequestID', async () => {
    const { api, url } = await server();
    expect(await summary(await post(`${url}/invocation/other/response`))).toEqual([400, 'InvalidRequestID']);
    await next(api, url, 'id-1');
    expect(await summary(await post(`${url}/invocation/other/response`))).toEqual([400, 'InvalidRequestID']);
    expect(await summary(await post(`${url}/invocation/other/error`))).toEqual([400, 'InvalidRequestID']);
  });

  test('a second time is refused with 403, and with 400 once the next invocation has begun', async () => {
    const { api, url } = await server();
    await next(api, url, 'id-1');
    await post(`${url}/invocation/id-1/response`);
    expect(await summary(await post(`${url}/invocation/id-1/response`))).toEqual([403, 'InvalidStateTransition']);
    expect(await summary(await post(`${url}/invocation/id-1/error`))).toEqual([403, 'InvalidStateTransition']);
    await next(api, url, 'id-2');
    expect(await summary(await post(`${url}/invocation/id-1/response`))).toEqual([400, 'InvalidRequestID']);
    expect(answers).toHaveLength(1);
  });

  test('for an invocation that was given up is refused with 400', async () => {
    const { api, url } = await server();
    await next(api, url, 'id-1');
    api.forget('id-1');
    expect(await summary(await post(`${url}/invocation/id-1/response`))).toEqual([400, 'InvalidRequestID']);
  });

  test('with another response mode than streaming is refused with 400', async () => {
    const { api, url } = await server();
    await next(api, url, 'id-1');
    const headers = { 'Lambda-Runtime-Function-Response-Mode': 'buffered' };
    expect(await summary(await post(`${url}/invocation/id-1/response`, '', headers))).toEqual([400, 'InvalidFunctionResponseMode']);
    expect((await post(`${url}/invocation/id-1/response`)).status).toBe(202);
  });

  test('that is cut off is refused with 400 and can be sent again', async () => {
    const { api, url } = await server();
    await next(api, url, 'id-1');
    const [host, port] = api.address.split(':');
    const reply = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(Number(port), host).setEncoding('utf8');
      socket.on('data', (chunk) => { text += chunk; }).on('error', reject).on('close', () => resolve(text));
      socket.end('POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this');
    });
    expect(reply).toMatch(/^HTTP\/1.1 400 [^]*"HTTP request detected as truncated"/);
    expect(answers).toEqual([]);
    expect((await post(`${url}/invocation/id-1/response`)).status).toBe(202);
  });

  test('while it is being sent: asking for the next invocation is refused with 403', async () => {
    const { api, url } = await server();
    await next(api, url, 'id-1');
    const [host, port] = api.address.split(':');
    const socket = connect(Number(port), host);
    socket.write('POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{');
    let status = 200;
    while (status === 200) status = (await fetch(`${url}/invocation/next`)).status;
    expect(status).toBe(403);
    socket.destroy();
  });

  test('as a stream is passed on, and its trailers say how it ended', async () => {
    const { api, url } = await server();
    const [host, port] = api.address.split(':');
    const body = Buffer.from('{"errorType":"Error"}').toString('base64');
    for (const [id, trailers] of [['id-1', ''], ['id-2', `Lambda-Runtime-Function-Error-Type: Runtime.Late\r\nLambda-Runtime-Function-Error-Body: ${body}\r\n`]]) {
      await next(api, url, id);
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), host);
        socket.on('data', () => socket.end()).on('close', () => resolve());
        socket.write(`POST /2018-06-01/runtime/invocation/${id}/response HTTP/1.1\r\nHost: x\r\nContent-Type: text/html\r\n`
          + `Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n${trailers}\r\n`);
      });
    }
    expect(answers).toEqual([
      { kind: 'stream ok', payload: 'hello', type: 'text/html' },
      { kind: 'stream Runtime.Late', payload: 'hello', type: 'text/html' },
    ]);
  });
});

describe('POST /runtime/invocation/{id}/error', () => {
  test.each([
    ['Runtime.UserCodeSyntaxError', 'Runtime.UserCodeSyntaxError'],
    ['Function.Whatever', 'Function.Whatever'],
    ['TypeError', 'Runtime.Unknown'],
    ['Runtime.lower', 'Runtime.Unknown'],
  ])('with the error type %s reports %s', async (given, reported) => {
    const { api, url } = await server();
    await next(api, url, 'id-1');
    expect((await post(`${url}/invocation/id-1/error`, '{"errorType":"x"}', { 'Lambda-Runtime-Function-Error-Type': given })).status).toBe(202);
    expect(answers).toEqual([{ kind: 'error', payload: '{"errorType":"x"}', type: reported }]);
  });

  test('takes an X-Ray cause of 64 KB in its header', async () => {
    const { api, url } = await server();
    await next(api, url, 'id-1');
    const headers = { 'Lambda-Runtime-Function-XRay-Error-Cause': `{"message":"${'x'.repeat(65_000)}"}` };
    expect((await post(`${url}/invocation/id-1/error`, '{}', headers)).status).toBe(202);
  });
});

describe('POST /runtime/init/error', () => {
  test('is accepted once, before the first invocation was asked for', async () => {
    const { url } = await server();
    expect((await post(`${url}/init/error`, '{"errorType":"Runtime.Init"}', { 'Lambda-Runtime-Function-Error-Type': 'Runtime.Init' })).status).toBe(202);
    expect(initErrors.map((error) => [error.errorType, error.payload.toString()])).toEqual([['Runtime.Init', '{"errorType":"Runtime.Init"}']]);
    expect(await summary(await post(`${url}/init/error`))).toEqual([403, 'InvalidStateTransition']);
  });

  test('is refused with 403 once an invocation was asked for', async () => {
    const { api, url } = await server();
    await next(api, url, 'id-1');
    expect(await summary(await post(`${url}/init/error`))).toEqual([403, 'InvalidStateTransition']);
  });
});

test.each([['GET', '/invocation/id/response'], ['POST', '/invocation/next'], ['GET', '/restore/next'], ['GET', '/'], ['GET', '/../x']])(
  '%s %s is not found', async (method, path) => {
    const { url } = await server();
    expect((await fetch(`${url}${path}`, { method })).status).toBe(404);
  });
