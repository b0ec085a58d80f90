/** What a bootstrap may say on one connection, in one piece or in many: the answers are the same. */
import { connect, type Socket } from 'node:net';
import { RuntimeApiServer } from '../../../layers/runtime/host/runtime-api-server';

const NEXT = 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n';
const response = (id: string, body: string, headers = `Content-Length: ${Buffer.byteLength(body)}\r\n`): string =>
  `POST /2018-06-01/runtime/invocation/${id}/response HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n${body}`;

let api: RuntimeApiServer;
let socket: Socket;
let received: string;
let answers: string[];

const delivery = (requestId: string) => ({ requestId, event: Buffer.from(`"event of ${requestId}"`), deadlineMs: 1, invokedFunctionArn: 'arn', clientContext: '{"ü":\r\n1}' });
const sink = {
  respond: (payload: Buffer) => void answers.push(payload.toString()),
  fail: () => void answers.push('failed'),
  stream: () => void answers.push('stream'),
};
const until = async (condition: () => boolean): Promise<void> => { while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1)); };

beforeEach(async () => {
  received = '';
  answers = [];
  api = await new RuntimeApiServer({ ready: () => {}, initFailed: () => {} }).listen();
  const [host, port] = api.address.split(':');
  socket = connect(Number(port), host).setEncoding('utf8').on('data', (text) => { received += text; });
});
afterEach(async () => {
  socket.destroy();
  await api.close();
});

async function deliver(id: string): Promise<void> {
  await until(() => api.waiting === 1);
  api.deliver(delivery(id), sink);
  await until(() => received.includes(`"event of ${id}"`));
}

test('an answer and the question for the next invocation may come at once', async () => {
  socket.write(NEXT);
  await deliver('one');
  expect(received).toContain('Lambda-Runtime-Client-Context: {"ü": 1}\r\n');
  received = '';
  socket.write(response('one', '"ä"') + NEXT);
  await deliver('two');
  expect(answers).toEqual(['"ä"']);
  // in the order of the questions
  expect(received).toMatch(/^HTTP\/1\.1 202 [^]*\{"status":"OK"\}\nHTTP\/1\.1 200 OK[^]*"event of two"$/);
});

test.each([
  ['cut anywhere', (text: string) => text.split(/(?=[RCx"])/)],
  ['byte by byte', (text: string) => [...text]],
])('requests are understood when they come %s', async (_, cut) => {
  const send = async (text: string): Promise<void> => {
    for (const piece of cut(text)) {
      socket.write(piece);
      await new Promise(setImmediate);
    }
  };
  await send(NEXT);
  await deliver('one');
  await send(response('one', '"result"') + NEXT);
  await deliver('two');
  expect(answers).toEqual(['"result"']);
});

test('an answer in chunks, after one of known length, is understood', async () => {
  socket.write(NEXT);
  await deliver('one');
  socket.write(response('one', '1') + NEXT);
  await deliver('two');
  socket.write(response('two', '2\r\n22\r\n0\r\n\r\n', 'Transfer-Encoding: chunked\r\n'));
  await until(() => answers.length === 2);
  socket.write(NEXT);
  await deliver('three');
  expect(answers).toEqual(['1', '22']);
});

test('an answer to an unknown invocation is refused, and the connection goes on', async () => {
  socket.write(response('nope', '1') + NEXT);
  await until(() => received.includes('InvalidRequestID'));
  await deliver('one');
  expect(received).toMatch(/^HTTP\/1\.1 400 /);
});

test('a bootstrap that ends its connection is given nothing more', async () => {
  socket.write(NEXT);
  await until(() => api.waiting === 1);
  socket.end();
  await until(() => api.waiting === 0);
});
