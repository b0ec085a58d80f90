import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostProcess, killHosts } from './host-process';
import { cpuCount } from '../../../layers/runtime/host/container-limits';
import { hostSettings } from '../../../layers/runtime/host/settings';

afterEach(killHosts);

const settings = (environment: Record<string, string>, command: string[] = []) => hostSettings(command, environment, '/opt');

describe('the host\'s settings', () => {
  test('have defaults, also for what is empty', () => {
    const { environment, ...given } = settings({});
    expect(given).toMatchObject({
      sources: ['emulator'],
      bootstrap: ['/opt/bootstrap'],
      ownBootstrap: true,
      handler: '',
      taskRoot: process.cwd(),
      name: 'function',
      version: '$LATEST',
      timeoutMs: 30_000,
      stopTimeoutMs: 29_000,
      workers: 2 * cpuCount(),
      threads: cpuCount(),
      maxConcurrency: 1,
      port: 8080,
      logFormat: 'text',
    });
    expect(environment).toEqual({});
    const { environment: _, ...empty } = settings(Object.fromEntries([
      'HYBRID_SOURCES', 'LAMBDA_TASK_ROOT', 'AWS_LAMBDA_FUNCTION_NAME', 'AWS_LAMBDA_FUNCTION_VERSION', 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE', 'AWS_LAMBDA_FUNCTION_TIMEOUT',
      'HYBRID_STOP_TIMEOUT', 'HYBRID_WORKERS', 'AWS_LAMBDA_NODEJS_WORKER_COUNT', 'AWS_LAMBDA_MAX_CONCURRENCY', 'PORT', 'AWS_LAMBDA_LOG_FORMAT', '_HANDLER',
    ].map((name) => [name, ''])));
    expect(empty).toEqual(given);
  });

  test('of a task and a process run the handler once, a process without a timeout', () => {
    const once = { HYBRID_WORKERS: '4', AWS_LAMBDA_NODEJS_WORKER_COUNT: '4', AWS_LAMBDA_FUNCTION_TIMEOUT: '7' };
    expect(settings({ ...once, HYBRID_SOURCES: 'task' })).toMatchObject({ workers: 1, threads: 1, timeoutMs: 7_000 });
    expect(settings({ ...once, HYBRID_SOURCES: 'process' })).toMatchObject({ workers: 1, threads: 1, timeoutMs: Infinity });
  });

  test('name another bootstrap by its command', () => {
    expect(settings({}, ['python3', '-m', 'awslambdaric', 'app.handler'])).toMatchObject({ bootstrap: ['python3', '-m', 'awslambdaric', 'app.handler'], ownBootstrap: false });
  });

  test('keep what is the host\'s own from the handler', () => {
    expect(settings({ HYBRID_SOURCES: 'task', HYBRID_EVENT: '{}', TABLE: 't', AWS_REGION: 'eu-west-1' }).environment).toEqual({ TABLE: 't', AWS_REGION: 'eu-west-1' });
  });

  test.each([
    [{ HYBRID_SOURCES: 'htp' }, "'HYBRID_SOURCES' must be a list of http, gateway, queue, emulator, task, process, got 'htp'"],
    [{ HYBRID_SOURCES: 'http,' }, "'HYBRID_SOURCES' must be a list of http, gateway, queue, emulator, task, process, got 'http,'"],
    [{ HYBRID_SOURCES: 'task,http' }, "'HYBRID_SOURCES' must be 'task' alone: it ends with its one run, got 'task,http'"],
    [{ HYBRID_SOURCES: 'http,emulator' }, "'HYBRID_SOURCES' must be http or emulator: both listen on PORT, got 'http,emulator'"],
    [{ PORT: '65536' }, "'PORT' must be a whole number from 0 to 65535, got '65536'"],
    [{ AWS_LAMBDA_FUNCTION_TIMEOUT: '1.5' }, "'AWS_LAMBDA_FUNCTION_TIMEOUT' must be a whole number from 1 to 2147483, got '1.5'"],
    [{ HYBRID_STOP_TIMEOUT: '0' }, "'HYBRID_STOP_TIMEOUT' must be a whole number from 1 to 86400, got '0'"],
    [{ HYBRID_WORKERS: '-1' }, "'HYBRID_WORKERS' must be a whole number from 1 to 1000, got '-1'"],
    [{ AWS_LAMBDA_LOG_FORMAT: 'xml' }, "'AWS_LAMBDA_LOG_FORMAT' must be one of text, json, got 'xml'"],
    [{ HYBRID_SOURCES: 'task', HYBRID_EVENT_S3_URI: 'https://bucket/key' }, "'HYBRID_EVENT_S3_URI' must be s3://bucket/key, got 'https://bucket/key'"],
    [{ HYBRID_SOURCES: 'task', HYBRID_EVENT_S3_URI: 's3://bucket/' }, "'HYBRID_EVENT_S3_URI' must be s3://bucket/key, got 's3://bucket/'"],
    [{ HYBRID_SOURCES: 'task', HYBRID_EVENT: '{}', HYBRID_RESULT_S3_URI: 's3://bucket' }, "'HYBRID_RESULT_S3_URI' must be s3://bucket/key, got 's3://bucket'"],
    [{ HYBRID_SOURCES: 'task', HYBRID_EVENT: '{}', HYBRID_EVENT_S3_URI: 's3://bucket/key' }, "'HYBRID_EVENT_S3_URI' must be empty when HYBRID_EVENT is set: there is one event, got 's3://bucket/key'"],
  ])('that are wrong (%j) are refused', (environment, message) => {
    expect(() => settings(environment as Record<string, string>)).toThrow(new Error(message));
  });

  test('take keys of S3 as they are written', () => {
    expect(settings({ HYBRID_SOURCES: 'task', HYBRID_EVENT_S3_URI: 's3://my.bucket-1/a b/c%20d/ü?' }).eventObject).toEqual({ bucket: 'my.bucket-1', key: 'a b/c%20d/ü?' });
  });
});

describe('the program', () => {
  test.each([
    [{ HYBRID_SOURCES: 'nothing' }, "'HYBRID_SOURCES' must be a list of http, gateway, queue, emulator, task, process, got 'nothing'; correct the environment of the container [CDK_HYBRID_HOST_SETTING_INVALID]"],
    [{ HYBRID_SOURCES: 'task' }, 'HYBRID_SOURCES=task runs one event, and none is given; set HYBRID_EVENT or HYBRID_EVENT_S3_URI [CDK_HYBRID_HOST_EVENT_MISSING]'],
    [{ HYBRID_SOURCES: 'http', HYBRID_HTTP_EVENT: 'v3' }, "'HYBRID_HTTP_EVENT' must be one of v2, v1, alb, alb-multi-value, got 'v3'; correct the environment of the container [CDK_HYBRID_HOST_SETTING_INVALID]"],
    [{ HYBRID_SOURCES: 'http', HYBRID_HTTP_EVENT: 'v3', AWS_LAMBDA_MAX_CONCURRENCY: '4' }, "'HYBRID_HTTP_EVENT' must be one of v2, v1, alb, alb-multi-value, got 'v3'; correct the environment of the container [CDK_HYBRID_HOST_SETTING_INVALID]"],
  ])('tells what is wrong (%j) in one line with its code and exits with 2', async (environment, line) => {
    const host = new HostProcess({ sources: '', handler: 'forms.async', environment: environment as Record<string, string> });
    expect(await host.exit).toBe(2);
    expect(host.stderr).toBe(`cdk-hybrid: ${line}\n`);
    expect(host.stdout).toBe('');
  });

  test('tells that an event is no JSON, in one line', async () => {
    const host = new HostProcess({ sources: 'task', handler: 'forms.async', environment: { HYBRID_EVENT: '{\nno' } });
    expect(await host.exit).toBe(2);
    expect(host.stderr).toMatch(/^cdk-hybrid: the event in HYBRID_EVENT is not JSON: .*; give JSON \[CDK_HYBRID_HOST_EVENT_INVALID\]\n$/);
  });

  test.each([['emulator', {}], ['http', {}], ['http', { AWS_LAMBDA_MAX_CONCURRENCY: '4' }]])('tells that its port is in use (%s %j) and exits with 2', async (source, environment) => {
    const first = new HostProcess({ sources: 'emulator', handler: 'forms.async' });
    const PORT = new URL(await first.listening('emulator')).port;
    const second = new HostProcess({ sources: source, handler: 'forms.async', environment: { PORT, ...environment as Record<string, string> } });
    expect(await second.exit).toBe(2);
    expect(second.stderr).toMatch(/^cdk-hybrid: cannot listen on port \d+: .*EADDRINUSE.*; give another PORT, or end what uses it \[CDK_HYBRID_HOST_ADDRESS_UNUSABLE\]$/m);
  });

  test.each([['isolated', {}], ['shared', { AWS_LAMBDA_MAX_CONCURRENCY: '4' }]])('goes on when nobody reads its standard output any more (%s)', async (_invoker, environment) => {
    const host = new HostProcess({ sources: 'emulator', handler: 'forms.log', closeStdout: true, environment: environment as Record<string, string> });
    const url = await host.listening('emulator');
    for (let n = 0; n < 3; n++) {
      const reply = await fetch(`${url}/2015-03-31/functions/function/invocations`, { method: 'POST', body: '{}' });
      expect(await reply.json()).toBe('logged');
    }
    host.signal('SIGTERM');
    expect(await host.exit).toBe(0);
  });
});

describe('the CPUs of a container', () => {
  const group = mkdtempSync(join(tmpdir(), 'cdk-hybrid-cgroup-'));
  afterAll(() => rmSync(group, { recursive: true }));
  const all = availableParallelism();

  test.each([['max 100000', all], ['50000 100000', 1], ['100000 100000', 1], ['150000 100000', Math.min(2, all)], ['9900000 100000', all], ['', all]])('are those of its limit (%j)', (limit, expected) => {
    writeFileSync(join(group, 'cpu.max'), `${limit}\n`);
    expect(cpuCount(group)).toBe(expected);
  });

  test('are those of the limit of an older kernel\'s control groups', () => {
    rmSync(join(group, 'cpu.max'));
    mkdirSync(join(group, 'cpu'));
    const limit = (quota: string) => {
      writeFileSync(join(group, 'cpu/cpu.cfs_quota_us'), `${quota}\n`);
      writeFileSync(join(group, 'cpu/cpu.cfs_period_us'), '100000\n');
    };
    limit('50000');
    expect(cpuCount(group)).toBe(1);
    limit('-1');
    expect(cpuCount(group)).toBe(all);
  });
});
