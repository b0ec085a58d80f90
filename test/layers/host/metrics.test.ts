/** Metrics that the host writes, by every source and invoker, and the schema of the environment that it checks. Real processes of the bundled program. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostProcess, killHosts } from './host-process';

const taskRoot = mkdtempSync(join(tmpdir(), 'cdk-hybrid-metrics-'));
writeFileSync(join(taskRoot, 'index.js'), `
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
exports.handler = async ({ rawPath }) => {
  if (rawPath === '/throw') throw new Error('as asked');
  if (rawPath === '/exit') process.exit(3);
  if (rawPath === '/block') for (;;);
  if (rawPath === '/slow') await sleep(60_000);
  return 'ok';
};
exports.streams = awslambda.streamifyResponse(async ({ rawPath }, stream) => {
  stream.write('some');
  if (rawPath === '/throw') throw new Error('as asked');
  stream.end();
});
`);
afterEach(killHosts);
afterAll(() => rmSync(taskRoot, { recursive: true, force: true }));

const METRICS = { HYBRID_METRICS: 'emf', AWS_LAMBDA_FUNCTION_NAME: 'thumbnails' };
const SHARED = { AWS_LAMBDA_MAX_CONCURRENCY: '4', AWS_LAMBDA_NODEJS_WORKER_COUNT: '1' };
const MODES: [string, Record<string, string>][] = [['isolated', {}], ['shared', SHARED]];

interface Told { Invocations: number; Errors: number; Throttles: number; Duration: number[] }

/** What its lines say, taken together; all are of this function. */
function told({ stderr, stdout }: HostProcess): Told {
  expect(stdout).not.toContain('_aws');
  const lines = stderr.split('\n').filter((line) => line.startsWith('{"_aws"')).map((line) => JSON.parse(line) as Partial<Told> & { FunctionName: string });
  expect(lines.every(({ FunctionName }) => FunctionName === 'thumbnails')).toBe(true);
  const sum = (name: 'Invocations' | 'Errors' | 'Throttles') => lines.reduce((all, line) => all + (line[name] ?? 0), 0);
  return { Invocations: sum('Invocations'), Errors: sum('Errors'), Throttles: sum('Throttles'), Duration: lines.flatMap((line) => line.Duration ?? []) };
}

const status = (url: string): Promise<number | string> => fetch(url, { headers: { connection: 'close' } })
  .then(async (response) => response.text().then(() => response.status), (error: Error) => error.message);

describe.each(MODES)('http, %s', (_mode, environment) => {
  const serve = async (more: Record<string, string> = {}, handler = 'index.handler') => {
    const host = new HostProcess({ sources: 'http', handler, taskRoot, environment: { ...METRICS, ...environment, ...more } });
    return { host, url: await host.listening('http') };
  };
  const end = async (host: HostProcess) => {
    host.signal('SIGTERM');
    await host.exit;
    return told(host);
  };

  test('invocations, errors and durations are told, at the end as well; the health path is none', async () => {
    const { host, url } = await serve();
    expect(await Promise.all(['/', '/a', '/throw', '/_health'].map((path) => status(url + path)))).toEqual([200, 200, 500, 200]);
    const { Duration, ...counts } = await end(host);
    expect(counts).toEqual({ Invocations: 3, Errors: 1, Throttles: 0 });
    expect(Duration).toHaveLength(3);
    expect(Math.min(...Duration)).toBeGreaterThan(0);
  });

  test('a stream is over with its last byte; one that breaks off is an error', async () => {
    const { host, url } = await serve({}, 'index.streams');
    expect(await status(url)).toBe(200);
    await status(`${url}/throw`);
    expect(await end(host)).toMatchObject({ Invocations: 2, Errors: 1, Duration: [expect.any(Number), expect.any(Number)] });
  });

  test('a timeout is an error that took as long', async () => {
    const { host, url } = await serve({ AWS_LAMBDA_FUNCTION_TIMEOUT: '1' });
    expect(await status(`${url}/slow`)).toBe(504);
    const { Duration, ...counts } = await end(host);
    expect(counts).toEqual({ Invocations: 1, Errors: 1, Throttles: 0 });
    expect(Duration[0]).toBeGreaterThan(900);
  });

  test('a handler that ends its process, or blocks it, has errors', async () => {
    const { host, url } = await serve({ AWS_LAMBDA_FUNCTION_TIMEOUT: '1' });
    expect(await status(`${url}/exit`)).toBe(500);
    expect(await status(`${url}/block`)).toBe(504);
    expect(await end(host)).toMatchObject({ Invocations: 2, Errors: 2 });
  });

  test('a request that is refused because there are too many is a throttle, and no invocation', async () => {
    const { host, url } = await serve({ HYBRID_HTTP_QUEUE_LIMIT: '0', AWS_LAMBDA_FUNCTION_TIMEOUT: '2' });
    const statuses = await Promise.all(Array.from({ length: 10 }, () => status(`${url}/slow`)));
    const [refused, late] = [503, 504].map((code) => statuses.filter((each) => each === code).length);
    expect(refused).toBeGreaterThan(0);
    expect(await end(host)).toMatchObject({ Invocations: late, Throttles: refused });
  });
});

describe.each(MODES)('task, %s', (_mode, environment) => {
  const task = async (handler: string, event: unknown, more: Record<string, string> = {}) => {
    const host = new HostProcess({ sources: 'task', handler, environment: { ...METRICS, ...environment, HYBRID_EVENT: JSON.stringify(event), ...more } });
    const code = await host.exit;
    return { code, stdout: host.stdout, ...told(host) };
  };

  test('its result has the standard output to itself', async () => {
    expect(await task('forms.async', 1)).toEqual({ code: 0, stdout: '{"got":1}\n', Invocations: 1, Errors: 0, Throttles: 0, Duration: [expect.any(Number)] });
  });

  test.each([
    ['throws', 'forms.throws', {}, 1, 1],
    ['takes too long', 'forms.slow', { AWS_LAMBDA_FUNCTION_TIMEOUT: '1' }, 124, 1],
    ['cannot be loaded', 'syntax-error.handler', {}, 1, 0],
  ])('one that %s is an error', async (_what, handler, more, code, durations) => {
    const ended = await task(handler, { ms: 60_000 }, more);
    expect(ended).toMatchObject({ code, Invocations: 1, Errors: 1 });
    expect(ended.Duration).toHaveLength(durations);
  });
});

describe.each(MODES)('process, %s', (_mode, environment) => {
  test.each([
    ['that returns is one invocation', 'forms.async', false, 0],
    ['that throws is an error', 'running.throws', false, 1],
    ['that ends as it was told is none', 'running.abortError', true, 0],
  ])('one %s', async (_what, handler, stop, Errors) => {
    const host = new HostProcess({ sources: 'process', handler, environment: { ...METRICS, ...environment } });
    if (stop) {
      await host.wrote('stdout', /./);
      host.signal('SIGTERM');
    }
    await host.exit;
    expect(told(host)).toMatchObject({ Invocations: 1, Errors, Duration: [expect.any(Number)] });
  });
});

test('without the setting there are none, and another value of it is refused', async () => {
  const silent = new HostProcess({ sources: 'task', handler: 'forms.async', environment: { HYBRID_EVENT: '1' } });
  expect(await silent.exit).toBe(0);
  expect(silent.stderr).toBe('');
  const wrong = new HostProcess({ sources: 'task', handler: 'forms.async', environment: { HYBRID_EVENT: '1', HYBRID_METRICS: 'statsd' } });
  expect(await wrong.exit).toBe(2);
  expect(wrong.stderr).toContain('\'HYBRID_METRICS\' must be one of emf, none, got \'statsd\'');
});

describe.each(MODES)('the schema of the environment, %s', (_mode, environment) => {
  const schema = JSON.stringify({ LIMIT: { kind: 'integer', required: true }, TABLE: { required: true, description: 'where orders are' } });

  test('what does not fit ends the host before the handler is loaded, in one line without values', async () => {
    const host = new HostProcess({ sources: 'task', handler: 'loading.handler', environment: { HYBRID_EVENT: '{}', HYBRID_ENVIRONMENT_SCHEMA: schema, LIMIT: 's3cret', ...environment } });
    expect(await host.exit).toBe(2);
    expect(host.stderr).toBe('cdk-hybrid: the environment does not fit its schema: \'LIMIT\' must be a whole number; \'TABLE\' (where orders are) is required and has no value; '
      + 'give the container values of these kinds; the schema is that of the function [CDK_HYBRID_HOST_ENVIRONMENT_INVALID]\n');
  });

  test('what fits reaches the handler, the schema does not', async () => {
    const host = new HostProcess({
      sources: 'task', handler: 'environment.handler', environment: { HYBRID_EVENT: '["LIMIT"]', HYBRID_ENVIRONMENT_SCHEMA: schema, LIMIT: '5', TABLE: 't', ...environment },
    });
    expect(await host.exit).toBe(0);
    expect(JSON.parse(host.stdout)).toEqual({ LIMIT: { atLoad: '5', now: '5' }, hybrid: [] });
  });
});
