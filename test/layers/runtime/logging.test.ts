import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { frame, installLogging, logOptions, type LogOptions } from '../../../layers/runtime/core/logging';

type Console = Record<'trace' | 'debug' | 'info' | 'log' | 'warn' | 'error' | 'fatal', (...values: unknown[]) => void>;

/** A console that writes into a list. */
function logger(options: Partial<LogOptions> = {}) {
  const written: { descriptor: number; bytes: Buffer }[] = [];
  const target = {} as Console;
  installLogging(target, {
    format: 'text',
    level: '',
    scope: () => ({ requestId: 'id-1' }),
    write: (descriptor, bytes) => written.push({ descriptor, bytes: Buffer.from(bytes as string) }),
    ...options,
  });
  return { target, written, lines: () => written.map(({ bytes }) => bytes.toString()) };
}

describe('text', () => {
  test('time, request id, level and message, one line each', () => {
    const { target, lines } = logger();
    target.log('a %s', 'b', { c: 1 });
    target.error('x');
    expect(lines()).toEqual([
      expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\tid-1\tINFO\ta b \{ c: 1 \}\n$/),
      expect.stringMatching(/\tid-1\tERROR\tx\n$/),
    ]);
  });

  test('a percent sign in a lone string stays, and no value at all is an empty message', () => {
    const { target, lines } = logger();
    target.log('100 %d');
    target.log();
    expect(lines().map((line) => line.split('\t')[3])).toEqual(['100 %d\n', '\n']);
  });

  test('newlines inside become carriage returns on a stream', () => {
    const { target, lines } = logger();
    target.log('one\ntwo\r\nthree');
    expect(lines()[0].split('\t')[3]).toBe('one\rtwo\r\rthree\n');
  });

  test('before the first invocation the request id is undefined, as on Lambda', () => {
    const { target, lines } = logger({ scope: () => ({ requestId: undefined }) });
    target.log('init');
    expect(lines()[0]).toContain('\tundefined\tINFO\tinit');
  });
});

describe('JSON', () => {
  const json = (values: unknown[], options: Partial<LogOptions> = {}) => {
    const { target, lines } = logger({ format: 'json', ...options });
    target.info(...values);
    return JSON.parse(lines()[0]);
  };

  test('the members that Lambda names', () => {
    expect(json(['hello'])).toEqual({ timestamp: expect.stringMatching(/Z$/), level: 'INFO', requestId: 'id-1', message: 'hello' });
    expect(json(['hello'], { scope: () => ({ requestId: 'id-1', tenantId: 't' }) })).toMatchObject({ tenantId: 't' });
  });

  test('a lone value keeps its shape; several are formatted', () => {
    expect(json([{ a: [1] }]).message).toEqual({ a: [1] });
    expect(json(['a %d', 1, { b: 2 }]).message).toBe('a 1 { b: 2 }');
  });

  test('a lone error is the message; one among several adds its members', () => {
    const error = Object.assign(new TypeError('t'), { code: 'E_T' });
    expect(json([error]).message).toEqual({ errorType: 'TypeError', errorMessage: 't', stackTrace: error.stack!.split('\n'), code: 'E_T' });
    expect(json(['failed:', error])).toMatchObject({
      message: expect.stringContaining('failed: TypeError: t'),
      errorType: 'TypeError',
      errorMessage: 't',
      stackTrace: error.stack!.split('\n'),
    });
  });

  test('what has no JSON form is formatted', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(json([cycle]).message).toContain('[Circular');
    expect(json([{ n: 1n }]).message).toContain('1n');
    const hostile = { get a() { throw new Error('no'); }, [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('no'); } };
    expect(json([hostile]).message).toContain('could not be formatted');
  });

  test('a line holds no newline', () => {
    const { target, lines } = logger({ format: 'json' });
    target.log('a\nb');
    expect(lines()[0].indexOf('\n')).toBe(lines()[0].length - 1);
    expect(JSON.parse(lines()[0]).message).toBe('a\nb');
  });
});

test.each([
  ['', 7], ['TRACE', 7], ['debug', 6], ['INFO', 5], ['WARN', 3], ['ERROR', 2], ['FATAL', 1], ['nonsense', 7],
])('the level %j lets %i of the seven methods through', (level, count) => {
  const { target, written } = logger({ level });
  for (const method of Object.keys(target) as (keyof Console)[]) target[method]('x');
  expect(written).toHaveLength(count);
});

describe('frames', () => {
  test.each([
    ['text', 'INFO', 'a55a000f'], ['text', 'TRACE', 'a55a0007'], ['text', 'FATAL', 'a55a001b'], ['json', 'ERROR', 'a55a0016'], ['json', 'DEBUG', 'a55a000a'],
  ] as const)('%s at %s has the type %s', (format, level, type) => {
    const bytes = frame('ä\n', new Date(1_700_000_000_123), level, format === 'json');
    expect(bytes.toString('hex', 0, 4)).toBe(type);
    expect(bytes.readUInt32BE(4)).toBe(3);
    expect(bytes.readBigInt64BE(8)).toBe(1_700_000_000_123_000n);
    expect(bytes.toString('utf8', 16)).toBe('ä\n');
  });

  test('go to the descriptor that the platform gives, newlines kept', () => {
    const { target, written } = logger({ frames: 7 });
    target.log('a\nb');
    expect(written[0].descriptor).toBe(7);
    expect(written[0].bytes.toString('utf8', 16)).toMatch(/\tINFO\ta\nb\n$/);
  });

  test('the descriptor is taken out of the environment', () => {
    const environment = { _LAMBDA_TELEMETRY_LOG_FD: '7', AWS_LAMBDA_LOG_FORMAT: 'json', AWS_LAMBDA_LOG_LEVEL: 'WARN' };
    expect(logOptions(environment, () => ({ requestId: '' }))).toMatchObject({ frames: 7, format: 'json', level: 'WARN' });
    expect(environment).not.toHaveProperty('_LAMBDA_TELEMETRY_LOG_FD');
    expect(logOptions({}, () => ({ requestId: '' }))).toMatchObject({ frames: undefined, format: 'text' });
    expect(logOptions({ _LAMBDA_TELEMETRY_LOG_FD: 'x' }, () => ({ requestId: '' }))).toMatchObject({ frames: undefined });
  });
});

test('a megabyte goes through a pipe whole, and a reader that went away stops nothing', () => {
  const script = `
    process.stdout.write('first\\n'); // libuv makes the pipe non-blocking
    const { writeAll } = require(process.argv[1]);
    writeAll(1, 'x'.repeat(1_000_000) + '\\n');
    require('node:fs').closeSync(1);
    writeAll(1, 'nobody');
    process.stderr.write('still here');`;
  const directory = mkdtempSync(join(tmpdir(), 'logging-'));
  const outfile = join(directory, 'logging.cjs');
  try {
    buildSync({ entryPoints: [require.resolve('../../../layers/runtime/core/logging.ts')], bundle: true, platform: 'node', outfile });
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', script, outfile], { maxBuffer: 4_000_000 });
    expect(stdout.length).toBe(6 + 1_000_001);
    expect(stderr.toString()).toBe('still here');
  } finally {
    rmSync(directory, { recursive: true });
  }
});
