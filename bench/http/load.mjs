// Sends requests over kept connections, each the next one as soon as it is answered, and reports what came of it as one
// line of JSON. It does as little as one can, so that the server is the bottleneck: the first answer of a connection is
// parsed, later ones must have its length and status.
import { connect } from 'node:net';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { port: { type: 'string' }, connections: { type: 'string', default: '32' }, seconds: { type: 'string', default: '3' }, kind: { type: 'string', default: 'get' } },
});
const BROWSER = 'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n'
  + 'Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n'
  + 'X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678\r\n';
const REQUESTS = {
  get: 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
  browser: `GET /path?name=value&other=a%20b HTTP/1.1\r\nHost: www.example.com\r\n${BROWSER}Cookie: session=0123456789abcdef; theme=dark\r\n\r\n`,
  post: `POST /path HTTP/1.1\r\nHost: www.example.com\r\n${BROWSER}Content-Type: application/json\r\nContent-Length: 1024\r\n\r\n${JSON.stringify({ text: 'x'.repeat(1013) })}`,
};
/** The compiler goes by how often a function was called: a slow server needs more time to be warm than a fast one. */
const WARM_UP_MS = 1_000;
const WARM_UP_REQUESTS = 40_000;
const request = Buffer.from(REQUESTS[options.kind]);
const latencies = new Float64Array(4_000_000);
let answered = 0;
let warm = 0;
let measuring = false;

function client() {
  const socket = connect(Number(options.port), '127.0.0.1').setNoDelay();
  let length = 0;
  let received = 0;
  let sentAt = 0;
  const send = () => {
    sentAt = performance.now();
    socket.write(request);
  };
  socket.on('connect', send);
  socket.on('error', fail);
  socket.on('data', (chunk) => {
    if (received === 0 && chunk.toString('latin1', 9, 12) !== '200') fail(new Error(chunk.toString('latin1', 0, 200)));
    if (length === 0) length = answerLength(chunk);
    received += chunk.length;
    if (received < length) return;
    if (received > length) fail(new Error(`an answer has ${received} bytes instead of ${length}`));
    received = 0;
    if (measuring) latencies[answered++] = performance.now() - sentAt;
    else warm++;
    send();
  });
}

function answerLength(chunk) {
  const text = chunk.toString('latin1');
  const head = text.indexOf('\r\n\r\n') + 4;
  const match = /\r\ncontent-length: (\d+)\r\n/i.exec(text);
  if (head < 4 || !match) fail(new Error(`no length in ${text.slice(0, 200)}`));
  return head + Number(match[1]);
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

for (let index = 0; index < Number(options.connections); index++) client();
const startedAt = performance.now();
const warming = setInterval(() => {
  if (warm < WARM_UP_REQUESTS || performance.now() - startedAt < WARM_UP_MS) return;
  clearInterval(warming);
  measure();
}, 50);

function measure() {
  measuring = true;
  process.send?.('measuring');
  const startedAt = performance.now();
  setTimeout(() => {
    const seconds = (performance.now() - startedAt) / 1000;
    const sorted = latencies.subarray(0, answered).sort();
    console.log(JSON.stringify({ answered, perSecond: answered / seconds, p50: sorted[Math.floor(answered * 0.5)], p99: sorted[Math.floor(answered * 0.99)] }));
    process.exit();
  }, Number(options.seconds) * 1000);
}
