import { runInNewContext } from 'node:vm';
import { errorLogText, errorTrailers, formatError } from '../../../layers/runtime/core/error-format';
import { RuntimeError } from '../../../layers/runtime/core/errors';

function headersOf(lines: string): Record<string, string> {
  return Object.fromEntries(lines.split('\r\n').filter(Boolean).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
}

class OrderError extends Error {
  readonly orderId = 7;
}

test('type, message and stack, under the names of the documentation and of AWS\'s own client', () => {
  const error = new TypeError('no ü');
  const body = JSON.parse(formatError(error).body);
  expect(body).toEqual({ errorType: 'TypeError', errorMessage: 'no ü', stackTrace: error.stack!.split('\n'), trace: error.stack!.split('\n') });
});

test.each<[unknown, string, string]>([
  [null, 'object', 'null'],
  [undefined, 'undefined', 'undefined'],
  ['text', 'string', 'text'],
  [7, 'number', '7'],
  [1n, 'bigint', '1'],
  [Symbol('s'), 'symbol', 'Symbol(s)'],
  [{ code: 7 }, 'object', '{"code":7}'],
  [Object.create(null), 'object', '{}'],
])('what is thrown need not be an error: %p', (thrown, errorType, errorMessage) => {
  expect(JSON.parse(formatError(thrown).body)).toEqual({ errorType, errorMessage, stackTrace: [], trace: [] });
});

test('an object with a cycle, and one whose members throw', () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  expect(JSON.parse(formatError(cycle).body).errorMessage).toBe('[object Object]');
  const hostile = { toJSON() { throw new Error('no'); }, toString() { throw new Error('no'); } };
  expect(JSON.parse(formatError(hostile).body).errorMessage).toBe('[object Object]');
  const unreadable = Object.defineProperty(new Error('x'), 'message', { get() { throw new Error('no'); } });
  expect(JSON.parse(formatError(unreadable).body)).toMatchObject({ errorType: 'handled', errorMessage: expect.stringContaining('could not be read') });
});

test('an error of another realm is an error', () => {
  expect(JSON.parse(formatError(runInNewContext('new RangeError("elsewhere")')).body)).toMatchObject({ errorType: 'RangeError', errorMessage: 'elsewhere' });
});

test.each([
  ['Odd\r\nX-Injected: 1', 'Odd__X-Injected: 1'],
  ['Über 名', '_ber _'],
  ['', 'Error'],
  ['x'.repeat(1000), 'x'.repeat(256)],
])('the type %j is a header of visible ASCII', (name, header) => {
  const error = new Error('m');
  error.name = name;
  expect(headersOf(formatError(error).headers)['Lambda-Runtime-Function-Error-Type']).toBe(header);
});

test('the cause for X-Ray names the exception and its frames, in ASCII', () => {
  const error = new Error('größer\n名');
  error.stack = 'Error: größer\n名\n    at fn (/var/task/index.js:3:7)\n    at async /var/task/lib.js:10:1\n    at new Promise (<anonymous>)';
  const text = headersOf(formatError(error).headers)['Lambda-Runtime-Function-XRay-Error-Cause'];
  expect(text).toMatch(/^[\x20-\x7e]+$/);
  expect(JSON.parse(text)).toEqual({
    working_directory: process.cwd(),
    exceptions: [{
      type: 'Error',
      message: 'größer\n名',
      stack: [{ path: '/var/task/index.js', line: 3, label: 'fn' }, { path: '/var/task/lib.js', line: 10, label: 'anonymous' }],
    }],
    paths: ['/var/task/index.js', '/var/task/lib.js'],
  });
});

test('the cause for X-Ray stays under 64 KB and stays JSON', () => {
  const text = headersOf(formatError(new Error('名'.repeat(100_000))).headers)['Lambda-Runtime-Function-XRay-Error-Cause'];
  expect(text.length).toBeLessThanOrEqual(64 * 1024);
  expect(JSON.parse(text).exceptions[0].message).toHaveLength(4096);
});

test('the trailers of a broken stream: the type, and the error as base64', () => {
  const trailers = headersOf(errorTrailers(new OrderError('late')));
  expect(trailers['Lambda-Runtime-Function-Error-Type']).toBe('Error');
  expect(JSON.parse(Buffer.from(trailers['Lambda-Runtime-Function-Error-Body'], 'base64').toString())).toMatchObject({ errorType: 'Error', errorMessage: 'late' });
});

test('a log line holds the fields of the error and of its cause', () => {
  const text = errorLogText(new OrderError('outer', { cause: new TypeError('inner') }));
  expect(JSON.parse(text)).toMatchObject({ errorType: 'Error', errorMessage: 'outer', orderId: 7, stack: expect.arrayContaining(['Error: outer']) });
  expect(text).not.toContain('\n');
  const cyclic = Object.assign(new Error('cyclic'), { self: {} });
  cyclic.self = cyclic;
  expect(JSON.parse(errorLogText(cyclic))).toMatchObject({ errorType: 'Error', errorMessage: 'cyclic' });
});

test('an error of the runtime keeps the stack of what caused it', () => {
  const cause = new SyntaxError('Unexpected token');
  expect(new RuntimeError('UserCodeSyntaxError', String(cause), cause).stack).toBe(`Runtime.UserCodeSyntaxError: ${cause.stack}`);
  expect(new RuntimeError('HandlerNotFound', 'x').stack).toBe('Runtime.HandlerNotFound: x');
});
