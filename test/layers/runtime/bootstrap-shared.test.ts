/** The bundled bootstrap with several invocations at once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap, posted, run, service } from './scripted-bootstrap';
import { ACCEPTED, delivering, invocation } from './scripted-service';

describe('with AWS_LAMBDA_MAX_CONCURRENCY', () => {
  const shared = (environment: Record<string, string> = {}) => ({ AWS_LAMBDA_MAX_CONCURRENCY: '4', AWS_LAMBDA_NODEJS_WORKER_COUNT: '2', ...environment });

  test('asks for as many invocations as it may have', async () => {
    await run('forms.async', () => 'wait', shared());
    await service.request('/next', 4);
    expect(new Set(service.requests.map(({ connection }) => connection)).size).toBe(4);
  });

  test('each log line names its own invocation; the trace id is in the asynchronous context, not the environment', async () => {
    const events = ['a', 'b', 'c', 'd'].map((name) => ({ event: JSON.stringify({ name, ms: 20 }), headers: { 'Lambda-Runtime-Trace-Id': `Root=${name}` } }));
    await run('forms.logAcross', delivering(...events), shared());
    const lines = (await bootstrap.lines(8)).map((line) => JSON.parse(line) as { requestId: string; message: string });
    const expected = ['a', 'b', 'c', 'd'].flatMap((name, index) => ['before', 'after'].map((when) => `id-${index + 1} ${name} ${when}`));
    expect(lines.map(({ requestId, message }) => `${requestId} ${message}`).sort()).toEqual(expected.sort());
  });

  test('/next is asked again when the service fails', async () => {
    let failures = 0;
    await run('forms.async', (request) => {
      if (request.path.endsWith('/next')) return failures++ === 0 ? 'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n' : invocation('{"n":1}');
      return 'wait';
    }, shared({ AWS_LAMBDA_MAX_CONCURRENCY: '2', AWS_LAMBDA_NODEJS_WORKER_COUNT: '1' }));
    await service.request('/response', 2);
  });

  test.each([['exit', 'Runtime.ExitError'], ['uncaught', 'CustomError']])('%s costs the invocations of its thread, and another thread takes its place', async (kind, errorType) => {
    await run('forms.mixed', delivering(JSON.stringify({ kind, code: 3 }), '{"n":2}'), shared({ AWS_LAMBDA_MAX_CONCURRENCY: '2', AWS_LAMBDA_NODEJS_WORKER_COUNT: '2' }));
    expect(await posted('id-1/error')).toMatchObject({ errorType });
    expect(await posted('id-2/response')).toEqual({ n: 2 });
    // Two to begin with, one after each of the two invocations, one of them by the new thread.
    await service.request('/next', 4);
    expect(bootstrap.child.exitCode).toBe(null);
  });

  test('a handler that cannot be loaded is told once', async () => {
    await run('syntax-error.handler', () => ACCEPTED, shared());
    expect(await bootstrap.exit).toBe(1);
    expect(service.calls).toEqual(['POST /init/error']);
    expect(bootstrap.stdout.trim().split('\n')).toEqual([expect.stringContaining('UserCodeSyntaxError')]);
  });

  test('SIGTERM: what is in flight is finished, the handler\'s listener runs in its thread', async () => {
    await run('forms.slowOnSigterm', delivering('{}'), shared());
    await bootstrap.logged('started');
    bootstrap.child.kill('SIGTERM');
    expect(await bootstrap.exit).toBe(0);
    expect(await posted('id-1/response')).toBe('finished');
    expect(bootstrap.stdout).toContain('handler saw SIGTERM');
  });

  test('log lines go to the socket that Managed Instances give', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'logs-'));
    const path = join(directory, 'socket');
    let received = '';
    let heard = () => {};
    const done = new Promise<void>((resolve) => { heard = resolve; });
    const sink = createServer((socket) => socket.on('error', () => {}).on('data', (bytes) => {
      received += bytes;
      if (received.includes('after')) heard();
    }));
    await new Promise<void>((resolve) => sink.listen(path, resolve));
    try {
      await run('forms.logAcross', delivering('{"name":"a","ms":1}'), shared({ _LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET: path }));
      await done;
      expect(received.trim().split('\n').map((line) => JSON.parse(line).message)).toEqual(['a before', 'a after']);
      expect(bootstrap.stdout).toBe('');
    } finally {
      await bootstrap.kill();
      await new Promise((resolve) => sink.close(resolve));
      rmSync(directory, { recursive: true });
    }
  });
});
