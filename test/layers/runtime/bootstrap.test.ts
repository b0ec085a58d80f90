/** The bundled bootstrap as a process, against a Runtime API whose every byte the test knows. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BootstrapProcess } from './bootstrap-process';
import { ACCEPTED, delivering, invocation, ScriptedService, type Answer, type Request } from './scripted-service';

let service: ScriptedService;
let bootstrap: BootstrapProcess;

async function run(handler: string, script: (request: Request) => Answer, environment: Record<string, string> = {}): Promise<void> {
  service = await ScriptedService.start(script);
  bootstrap = new BootstrapProcess({ runtimeApi: service.address, handler, environment });
}

afterEach(async () => {
  await bootstrap?.kill();
  await service?.stop();
});

/** The JSON body of the nth request whose path ends so. */
async function posted(pathEnd: string, nth?: number): Promise<unknown> {
  return JSON.parse((await service.request(pathEnd, nth)).body);
}

describe('the protocol', () => {
  test('one connection carries all invocations, each answered before the next is asked for', async () => {
    await run('forms.async', delivering('{"n":1}', '{"n":2}'));
    expect(await posted('id-2/response')).toEqual({ got: { n: 2 } });
    await service.request('/next', 3);
    expect(service.calls).toEqual([
      'GET /invocation/next', 'POST /invocation/id-1/response', 'GET /invocation/next', 'POST /invocation/id-2/response', 'GET /invocation/next',
    ]);
    expect(new Set(service.requests.map(({ connection }) => connection)).size).toBe(1);
    expect(service.requests[0].headers['user-agent']).toMatch(/^cdk-hybrid-nodejs\/\d/);
  });

  test('an invocation that arrives byte by byte', async () => {
    await run('forms.async', ({ path }) => (path.endsWith('/next') ? [...invocation('{"ü":1}')] : ACCEPTED));
    expect(await posted('/response')).toEqual({ got: { ü: 1 } });
  });

  test('a refused result does not stop the bootstrap: 413 is the service\'s to report', async () => {
    let count = 0;
    await run('forms.once', ({ path }) => {
      if (path.endsWith('/next')) return count++ < 2 ? invocation('{}') : 'wait';
      return count === 1 ? 'HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 0\r\n\r\n' : ACCEPTED;
    });
    expect(await posted('/response', 2)).toBe(2);
    await bootstrap.logged('the Runtime API answered 413 to POST /2018-06-01/runtime/invocation/id-1/response');
  });

  test('a server error ends the bootstrap, as the Runtime API demands', async () => {
    await run('forms.async', ({ path }) => (path.endsWith('/next') ? invocation('{}') : 'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n'));
    expect(await bootstrap.exit).toBe(1);
  });

  test.each([
    'nonsense\r\n\r\n', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}',
  ])('no invocation to be had ends the bootstrap: %j', async (bytes) => {
    await run('forms.async', () => bytes);
    expect(await bootstrap.exit).toBe(1);
    expect(bootstrap.stdout).toContain('Runtime API Error');
  });

  test('nobody listens', async () => {
    service = await ScriptedService.start(() => 'wait');
    const { address } = service;
    await service.stop();
    bootstrap = new BootstrapProcess({ runtimeApi: address, handler: 'forms.async' });
    expect(await bootstrap.exit).toBe(1);
    expect(bootstrap.stdout).toMatch(/no reply from the Runtime API at 127\.0\.0\.1:\d+: connect ECONNREFUSED/);
  });

  test('without an address it says what it is for, in one line', async () => {
    await run('forms.async', () => 'wait', { AWS_LAMBDA_RUNTIME_API: '' });
    expect(await bootstrap.exit).toBe(1);
    expect(bootstrap.stderr).toMatch(/^cdk-hybrid: AWS_LAMBDA_RUNTIME_API is not set: .*cdk-hybrid invoke\n$/);
  });
});

describe('what the service sends amiss', () => {
  test('an event that is not JSON fails that invocation only', async () => {
    await run('forms.async', delivering('{"broken', '{"n":2}'));
    expect(await posted('id-1/error')).toMatchObject({ errorType: 'Runtime.UnmarshalError', errorMessage: expect.stringContaining('the event is not JSON') });
    expect(await posted('id-2/response')).toEqual({ got: { n: 2 } });
  });

  test.each([['Lambda-Runtime-Client-Context', 'client context'], ['Lambda-Runtime-Cognito-Identity', 'Cognito identity']])('%s that is not JSON fails that invocation only', async (header, name) => {
    await run('forms.async', delivering({ event: '{}', headers: { [header]: '{oops' } }, '{"n":2}'));
    expect(await posted('id-1/error')).toMatchObject({ errorType: 'Runtime.LambdaContextUnmarshalError', errorMessage: expect.stringContaining(`the ${name} is not JSON`) });
    expect(await posted('id-2/response')).toEqual({ got: { n: 2 } });
  });
});

describe('headers of an error', () => {
  test('type and cause', async () => {
    await run('forms.throws', delivering('{}'));
    const { headers } = await service.request('/error');
    expect(headers['lambda-runtime-function-error-type']).toBe('CustomError');
    expect(JSON.parse(headers['lambda-runtime-function-xray-error-cause'])).toMatchObject({
      working_directory: expect.any(String),
      exceptions: [{ type: 'CustomError', message: 'went wrong', stack: expect.arrayContaining([expect.objectContaining({ line: expect.any(Number) })]) }],
      paths: expect.arrayContaining([expect.stringContaining('forms.js')]),
    });
  });

  test('an odd name cannot add a header', async () => {
    await run('forms.oddName', delivering('{}', '{}'));
    const { headers, body } = await service.request('id-1/error');
    expect(headers).not.toHaveProperty('x-injected');
    expect(headers['lambda-runtime-function-error-type']).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(body)).toMatchObject({ errorType: 'Odd\r\nX-Injected: 1\nÜber 名', errorMessage: 'ünï\ncode' });
    await service.request('id-2/error');
  });
});

describe('the context', () => {
  const HEADERS = {
    'Lambda-Runtime-Deadline-Ms': String(Date.now() + 3_600_000),
    'Lambda-Runtime-Trace-Id': 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1',
    'Lambda-Runtime-Client-Context': '{"custom":{"name":"ü"}}',
    'Lambda-Runtime-Cognito-Identity': '{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}',
    'Lambda-Runtime-Aws-Tenant-Id': 'tenant-1',
  };

  test('has every field that AWS documents', async () => {
    await run('forms.context', delivering({ event: '{}', headers: HEADERS }));
    const { remaining, ...context } = await posted('/response') as { remaining: number };
    expect(context).toEqual({
      callbackWaitsForEmptyEventLoop: true,
      functionName: 'f',
      functionVersion: '$LATEST',
      memoryLimitInMB: '128',
      logGroupName: '/aws/lambda/f',
      logStreamName: '2026/01/01/[$LATEST]0',
      awsRequestId: 'id-1',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:f',
      clientContext: { custom: { name: 'ü' } },
      identity: { cognitoIdentityId: 'i', cognitoIdentityPoolId: 'p' },
      tenantId: 'tenant-1',
      xRayTraceId: HEADERS['Lambda-Runtime-Trace-Id'],
      trace: HEADERS['Lambda-Runtime-Trace-Id'],
      functions: ['done', 'fail', 'getRemainingTimeInMillis', 'succeed'],
    });
    expect(remaining).toBeGreaterThan(0);
    expect(remaining).toBeLessThanOrEqual(3_600_000);
  });

  test('of the next invocation has nothing of the last one', async () => {
    await run('forms.context', delivering({ event: '{}', headers: HEADERS }, '{}'));
    const context = await posted('id-2/response');
    for (const field of ['trace', 'xRayTraceId', 'clientContext', 'identity', 'tenantId']) expect(context).not.toHaveProperty(field);
  });
});

describe('the process', () => {
  test('an exception between two invocations is logged, and ends it', async () => {
    await run('forms.uncaughtWhenIdle', delivering('{}'));
    expect(await bootstrap.exit).toBe(129);
    expect(service.calls).toEqual(['GET /invocation/next', 'POST /invocation/id-1/response', 'GET /invocation/next']);
    expect(bootstrap.stdout).toContain('ERROR\tUncaught Exception \t{"errorType":"CustomError","errorMessage":"too late"');
  });

  test.each([['forms.uncaught', 129, 'CustomError'], ['forms.rejection', 128, 'Runtime.UnhandledPromiseRejection']])('%s is reported before it ends with %i', async (handler, code, errorType) => {
    await run(handler, delivering('{}'));
    expect(await bootstrap.exit).toBe(code);
    expect(await posted('id-1/error')).toMatchObject({ errorType });
    expect(service.calls).toHaveLength(2);
  });

  test('process.exit() in the handler ends it at once, with its code, and posts nothing', async () => {
    await run('forms.exit', delivering('{"code":3}'));
    expect(await bootstrap.exit).toBe(3);
    expect(service.calls).toEqual(['GET /invocation/next']);
  });

  test.each([
    ['syntax-error.handler', 'Runtime.UserCodeSyntaxError', 1],
    ['missing-dependency.handler', 'Runtime.ImportModuleError', 1],
    ['forms.nope', 'Runtime.HandlerNotFound', 1],
    ['forms', 'Runtime.MalformedHandlerName', 1],
    ['throws.handler', 'TypeError', 1],
    ['throws-module.handler', 'RangeError', 1],
    ['throws-null.handler', 'object', 1],
    ['tla-never.handler', 'Runtime.ExitError', 1],
    ['streams.unknownMark', 'Runtime.MalformedStreamingHandler', 1],
  ])('%s is told to /init/error as %s, and ends it', async (handler, errorType, code) => {
    await run(handler, () => ACCEPTED);
    expect(await bootstrap.exit).toBe(code);
    expect(service.calls).toEqual(['POST /init/error']);
    expect(await posted('/init/error')).toMatchObject({ errorType, errorMessage: expect.any(String), stackTrace: expect.any(Array) });
    expect(service.requests[0].headers['lambda-runtime-function-error-type']).toBe(errorType);
  });

  test('a rejection while the module still loads is told once', async () => {
    await run('tla-rejects.handler', () => ACCEPTED);
    expect(await bootstrap.exit).toBe(128);
    expect(service.calls).toEqual(['POST /init/error']);
    expect(await posted('/init/error')).toMatchObject({ errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: background' });
  });

  test('the place of a syntax error is in the stack', async () => {
    await run('syntax-error.handler', () => ACCEPTED);
    const { stackTrace } = await posted('/init/error') as { stackTrace: string[] };
    expect(stackTrace[0]).toMatch(/^Runtime\.UserCodeSyntaxError: .*syntax-error\.js:1$/);
  });

  test('SIGTERM while idle: ends with 0', async () => {
    await run('forms.async', delivering());
    await service.request('/next');
    bootstrap.child.kill('SIGTERM');
    expect(await bootstrap.exit).toBe(0);
  });

  test('SIGTERM while the handler works: its result is delivered, no other work is asked for, its listener runs', async () => {
    await run('forms.slowOnSigterm', delivering('{}', '{}'));
    await service.request('/next');
    await bootstrap.logged('started');
    bootstrap.child.kill('SIGTERM');
    expect(await bootstrap.exit).toBe(0);
    expect(await posted('id-1/response')).toBe('finished');
    expect(service.calls).toHaveLength(2);
    expect(bootstrap.stdout).toContain('handler saw SIGTERM');
  });

  test('SIGTERM while idle, with a listener of the handler\'s: what it starts is finished', async () => {
    await run('forms.onSigterm', delivering('{}'));
    await service.request('/next', 2);
    bootstrap.child.kill('SIGTERM');
    expect(await bootstrap.exit).toBe(0);
    expect(bootstrap.stdout).toContain('handler saw SIGTERM');
  });
});

describe('logs', () => {
  test('text: one line each, newlines inside as carriage returns', async () => {
    await run('forms.log', delivering('{"n":7}'));
    const lines = (await bootstrap.lines(6)).map((line) => line.split('\t').slice(1));
    expect(lines).toEqual([
      ['id-1', 'INFO', 'one { two: 2 }'],
      ['id-1', 'INFO', 'line 1\rline 2'],
      ['id-1', 'DEBUG', 'debug'],
      ['id-1', 'WARN', 'warn'],
      ['id-1', 'ERROR', expect.stringMatching(/^CustomError: logged\r {4}at /)],
      ['id-1', 'INFO', '{ object: true, request: 7 }'],
    ]);
  });

  test('JSON, from a level on', async () => {
    await run('forms.log', delivering({ event: '{"n":7}', headers: { 'Lambda-Runtime-Aws-Tenant-Id': 't' } }), { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'WARN' });
    const common = { timestamp: expect.any(String), requestId: 'id-1', tenantId: 't' };
    expect((await bootstrap.lines(2)).map((line) => JSON.parse(line))).toEqual([
      { ...common, level: 'WARN', message: 'warn' },
      { ...common, level: 'ERROR', message: { errorType: 'CustomError', errorMessage: 'logged', stackTrace: expect.any(Array), name: 'CustomError', secret: 'hunter2' } },
    ]);
  });

  test('what is logged while the module loads', async () => {
    await run('logs.handler', delivering('{}'));
    expect(await bootstrap.lines(1)).toEqual([expect.stringMatching(/^\S+\tundefined\tINFO\tloading$/)]);
  });

  test('frames on the descriptor that the platform gives; the handler does not see it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'frames-'));
    const descriptor = openSync(join(directory, 'log'), 'w');
    try {
      service = await ScriptedService.start(delivering('{"n":7}'));
      bootstrap = new BootstrapProcess({
        runtimeApi: service.address,
        handler: 'forms.log',
        stdio: ['ignore', 'pipe', 'pipe', descriptor],
        environment: { _LAMBDA_TELEMETRY_LOG_FD: '3' },
      });
      await service.request('/next', 2);
      const bytes = readFileSync(join(directory, 'log'));
      expect(bytes.readUInt32BE(0)).toBe(0xa55a000f);
      const first = bytes.toString('utf8', 16, 16 + bytes.readUInt32BE(4));
      expect(first).toMatch(/\tid-1\tINFO\tone \{ two: 2 \}\n$/);
      expect(bytes.readUInt32BE(16 + bytes.readUInt32BE(4))).toBe(0xa55a000f);
      expect(bootstrap.stdout).toBe('');
    } finally {
      closeSync(descriptor);
      rmSync(directory, { recursive: true });
    }
  });
});

describe('a streaming handler', () => {
  test('writes text, bytes and objects', async () => {
    await run('streams.text', delivering('{}'));
    expect(await service.request('/response')).toMatchObject({
      body: 'Hello, stream{"json":true}!',
      headers: { 'content-type': 'text/plain', 'lambda-runtime-function-response-mode': 'streaming', 'transfer-encoding': 'chunked' },
      trailers: {},
    });
  });

  test.each([['streams.http', '{"statusCode":201,"headers":{"X-One":"1"},"cookies":["a=b"]}', 'body'], ['streams.httpWithoutBody', '{"statusCode":302,"headers":{"Location":"/"}}', '']])('%s: the prelude goes first', async (handler, prelude, body) => {
    await run(handler, delivering('{}'));
    expect(await service.request('/response')).toMatchObject({
      body: `${prelude}${'\0'.repeat(8)}${body}`,
      headers: { 'content-type': 'application/vnd.awslambda.http-integration-response' },
    });
  });

  test.each([
    ['streams.empty', ''], ['streams.notAwaited', 'late end'],
  ])('%s is complete', async (handler, body) => {
    await run(handler, delivering('{}', '{}'));
    expect(await service.request('id-2/response')).toMatchObject({ body, trailers: {}, headers: { 'content-type': 'application/octet-stream' } });
  });

  test('ten megabytes in pieces', async () => {
    await run('streams.pipeline', delivering('{"pieces":200,"bytes":50000}'));
    expect((await service.request('/response')).body).toHaveLength(10_000_000);
  });

  test('throws before anything was sent: a plain error', async () => {
    await run('streams.throwsBefore', delivering('{}'));
    expect(await posted('id-1/error')).toMatchObject({ errorType: 'TypeError' });
  });

  test.each([
    ['streams.throwsAfter', 'TypeError'],
    ['streams.brokenSource', 'RangeError'],
    ['streams.tooLate', 'Runtime.InvalidStreamingOperation'],
    ['streams.neverEnds', 'Runtime.ExitError'],
    ['streams.sync', 'Runtime.MalformedStreamingHandler'],
  ])('%s: %s in the trailers, then the next invocation', async (handler, errorType) => {
    await run(handler, delivering('{}', '{}'));
    const { trailers } = await service.request('id-1/response');
    expect(trailers['lambda-runtime-function-error-type']).toBe(errorType);
    expect(JSON.parse(Buffer.from(trailers['lambda-runtime-function-error-body'], 'base64').toString())).toMatchObject({ errorType });
    await service.request('id-2/response');
  });

  test('an uncaught exception breaks the stream off with its trailers before the process ends', async () => {
    await run('streams.uncaught', delivering('{}'));
    expect(await bootstrap.exit).toBe(129);
    expect((await service.request('/response')).trailers['lambda-runtime-function-error-type']).toBe('RangeError');
  });
});

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
