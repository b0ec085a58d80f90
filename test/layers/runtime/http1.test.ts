import { ReplyParser, type Reply } from '../../../layers/runtime/core/http1';

function parse(pieces: readonly (string | Buffer)[], end = false) {
  const replies: { status: number; headers: Reply['headers']; body: string; reusable: boolean }[] = [];
  // The body is only valid during the callback, so it is read there.
  const parser = new ReplyParser(({ status, headers, body, reusable }) => replies.push({ status, headers, body: body.toString(), reusable }));
  for (const piece of pieces) parser.push(Buffer.from(piece as string));
  if (end) parser.end();
  return replies;
}

const FIXED = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Two: a\r\nx-two: b\r\nX-Name: ü\r\nContent-Length: 12\r\n\r\n{"a":"äé"}';
const CHUNKED = 'HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\nX-Trailer: t\r\n\r\n';
const EMPTY = 'HTTP/1.1 202 \r\nContent-Length: 0\r\n\r\n';

test('a body of known length, with headers by lower-case name and repeated ones joined', () => {
  expect(parse([FIXED])).toEqual([{
    status: 200,
    headers: { 'content-type': 'application/json', 'x-two': 'a, b', 'x-name': 'ü', 'content-length': '12' },
    body: '{"a":"äé"}',
    reusable: true,
  }]);
});

test('three replies in a row are the same wherever the bytes are cut', () => {
  const all = Buffer.from(CHUNKED + EMPTY + 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
  const whole = parse([all]);
  expect(whole.map(({ status, body }) => [status, body])).toEqual([[202, 'abc0123456789'], [202, ''], [200, 'hello']]);
  for (let cut = 1; cut < all.length; cut++) expect(parse([all.subarray(0, cut), all.subarray(cut)])).toEqual(whole);
  expect(parse([...all].map((byte) => Buffer.from([byte])))).toEqual(whole);
});

test('bytes of a buffer that is used again are not kept', () => {
  const replies: string[] = [];
  const parser = new ReplyParser(({ body }) => replies.push(body.toString()));
  const buffer = Buffer.alloc(8);
  const all = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789' + CHUNKED);
  for (let at = 0; at < all.length; at += 8) {
    const length = all.copy(buffer, 0, at, at + 8);
    parser.push(buffer.subarray(0, length));
    buffer.fill('#');
  }
  expect(replies).toEqual(['01234567890123456789', 'abc0123456789']);
});

test('interim replies are passed over', () => {
  expect(parse(['HTTP/1.1 100 Continue\r\n\r\n', EMPTY])).toHaveLength(1);
});

test.each([204, 304])('%i has no body whatever its headers say', (status) => {
  expect(parse([`HTTP/1.1 ${status} x\r\nContent-Length: 5\r\n\r\n`])).toMatchObject([{ status, body: '' }]);
});

test('a body without length lasts until the connection closes', () => {
  expect(parse(['HTTP/1.1 200 OK\r\n\r\nab', 'cd'])).toEqual([]);
  expect(parse(['HTTP/1.1 200 OK\r\n\r\nab', 'cd'], true)).toMatchObject([{ body: 'abcd', reusable: false }]);
});

test.each([
  ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', true],
  ['HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n', false],
  ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', false],
  ['HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n', true],
])('whether the connection may be used again: %j', (bytes, reusable) => {
  expect(parse([bytes])).toMatchObject([{ reusable }]);
});

test.each([
  ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['another version', 'HTTP/2 200\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['a header without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n'],
  ['a header name with a space', 'HTTP/1.1 200 OK\r\nA B: 1\r\n\r\n'],
  ['a folded header', 'HTTP/1.1 200 OK\r\nA: 1\r\n 2\r\n\r\n'],
  ['a bare newline in a header', 'HTTP/1.1 200 OK\r\nA: 1\nB: 2\r\n\r\n'],
  ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
  ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
  ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['an unknown encoding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
  ['a chunk size that is no number', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
  ['a chunk longer than its size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n'],
  ['a chunk line without carriage return', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nab'],
  ['endless headers', `HTTP/1.1 200 OK\r\n${'A: 1\r\n'.repeat(50_000)}`],
])('refuses %s', (_what, bytes) => {
  expect(() => parse([bytes])).toThrow(/^malformed reply from the Runtime API: it has /);
});

test.each(['HTTP/1.1 20', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc', CHUNKED.slice(0, -2)])('refuses a connection that ends in the middle: %j', (bytes) => {
  expect(() => parse([bytes], true)).toThrow('ends in the middle');
});

test('a connection may end between two replies', () => {
  expect(parse([EMPTY], true)).toHaveLength(1);
});
