import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Bootstraps } from './bootstraps';
import { FunctionHost, type FunctionDefinition } from '../../../layers/runtime/host/function-host';

const bootstraps = new Bootstraps();
const hosts: FunctionHost[] = [];
let lines: string[] = [];

function host(definition: Partial<FunctionDefinition> = {}): FunctionHost {
  const made = new FunctionHost({
    name: 'hello',
    bootstrap: bootstraps.client(),
    taskRoot: bootstraps.directory,
    optDir: bootstraps.directory,
    handler: 'index.handler',
    environment: {},
    timeoutMs: 20_000,
    memoryMiB: 128,
    ...definition,
  }, { onLog: (line, source) => lines.push(`${source}: ${line}`) });
  hosts.push(made);
  return made;
}
const event = (value: unknown): { event: Buffer } => ({ event: Buffer.from(JSON.stringify(value)) });
const parsed = (payload: Buffer): any => JSON.parse(payload.toString());

beforeEach(() => { lines = []; });
afterEach(async () => { await Promise.all(hosts.splice(0).map((each) => each.stop({ drainMs: 0, graceMs: 0 }))); });
afterAll(() => bootstraps.remove());

describe('an invocation', () => {
  test('is carried to the bootstrap with all that Lambda tells it, and its response comes back', async () => {
    const function1 = host();
    await function1.start();
    const before = Date.now();
    const result = await function1.invoke({
      ...event({ do: 'echo', text: 'grüße' }), requestId: 'id-1', traceId: 'Root=1-2-3', clientContext: '{"custom":{"name":"ü"}}', cognitoIdentity: '{"cognitoIdentityId":"c"}', tenantId: 'tenant-1',
    });
    const { event: seen, id, headers } = parsed(result.payload);
    expect(result).toMatchObject({ requestId: 'id-1', contentType: 'application/json' });
    expect(result.functionError).toBeUndefined();
    expect(seen).toEqual({ do: 'echo', text: 'grüße' });
    expect(id).toBe('id-1');
    expect(headers['lambda-runtime-invoked-function-arn']).toBe('arn:aws:lambda:us-east-1:012345678912:function:hello');
    expect(headers['lambda-runtime-trace-id']).toBe('Root=1-2-3');
    expect(Buffer.from(headers['lambda-runtime-client-context'], 'latin1').toString()).toBe('{"custom":{"name":"ü"}}');
    expect(headers['lambda-runtime-cognito-identity']).toBe('{"cognitoIdentityId":"c"}');
    expect(headers['lambda-runtime-aws-tenant-id']).toBe('tenant-1');
    const deadline = Number(headers['lambda-runtime-deadline-ms']);
    expect(deadline).toBeGreaterThanOrEqual(before + 20_000);
    expect(deadline).toBeLessThanOrEqual(Date.now() + 20_000);
  });

  test('finds the environment that AWS documents, and nothing of the host\'s own', async () => {
    process.env.SOMETHING_OF_THE_SHELL = '1';
    const function1 = host({ environment: { TABLE: 't', AWS_REGION: 'eu-west-1', _HANDLER: 'not.mine' }, memoryMiB: 512 });
    const environment = parsed((await function1.invoke(event({ do: 'environment' }))).payload);
    delete process.env.SOMETHING_OF_THE_SHELL;
    expect(environment).toMatchObject({
      TABLE: 't',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
      _HANDLER: 'index.handler',
      LAMBDA_TASK_ROOT: bootstraps.directory,
      LAMBDA_RUNTIME_DIR: bootstraps.directory,
      AWS_LAMBDA_FUNCTION_NAME: 'hello',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/hello',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      TZ: ':UTC',
      LANG: 'en_US.UTF-8',
    });
    expect(environment.AWS_LAMBDA_LOG_STREAM_NAME).toMatch(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
    expect(environment.AWS_LAMBDA_RUNTIME_API).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(environment).not.toHaveProperty('SOMETHING_OF_THE_SHELL');
    expect(environment).not.toHaveProperty('AWS_LAMBDA_MAX_CONCURRENCY');
  });

  test('that fails returns the error that the bootstrap reported', async () => {
    const result = await host().invoke(event({ do: 'throw', type: 'Runtime.SomethingBroke' }));
    expect(result).toMatchObject({ functionError: 'Unhandled', errorType: 'Runtime.SomethingBroke' });
    expect(parsed(result.payload)).toEqual({ errorType: 'Error', errorMessage: 'boom' });
  });

  test('with an error type that is not of Lambda\'s form is reported as Runtime.Unknown', async () => {
    expect((await host().invoke(event({ do: 'throw', type: 'my error' }))).errorType).toBe('Runtime.Unknown');
  });

  test('logs START, what the bootstrap writes, END and REPORT', async () => {
    const result = await host().invoke({ ...event({ do: 'log' }), requestId: 'id-2' });
    expect(lines.map((line) => line.replace(/[\d.]+ ms/g, 'N ms').replace(/\d+ ms/g, 'N ms')).sort()).toEqual([
      'platform: END RequestId: id-2',
      'platform: REPORT RequestId: id-2\tDuration: N ms\tBilled Duration: N ms\tMemory Size: 128 MB\tInit Duration: N ms',
      'platform: START RequestId: id-2 Version: $LATEST',
      'stderr: to stderr',
      'stdout: to stdout',
    ]);
    expect(result.logs()).toMatch(/^START RequestId: id-2[^]*to std[^]*to std[^]*END RequestId: id-2\nREPORT RequestId: id-2/);
  });

  test('one after the other goes to the same bootstrap, more at once wait for it', async () => {
    const function1 = host();
    const results = await Promise.all([1, 2, 3].map((n) => function1.invoke(event({ n }))));
    expect(results.map((result) => parsed(result.payload).event.n)).toEqual([1, 2, 3]);
    expect(new Set(results.map((result) => parsed(result.payload).pid)).size).toBe(1);
  });

  test('finds several bootstraps side by side when there are several workers', async () => {
    const function1 = host({ workers: 2 });
    await function1.start();
    const hanging = function1.invoke(event({ do: 'hang' }));
    const other = await function1.invoke(event({ do: 'echo' }));
    expect(other.functionError).toBeUndefined();
    await function1.stop({ drainMs: 0, graceMs: 0 });
    expect((await hanging).errorType).toBe('Runtime.ExitError');
  });

  test('over 6 MiB + 100 bytes is refused with 413, and the bootstrap goes on', async () => {
    const function1 = host();
    const fits = await function1.invoke(event({ do: 'big', bytes: 6 * 1024 * 1024 + 98 }));
    expect(fits.payload.length).toBe(6 * 1024 * 1024 + 100);
    const result = await function1.invoke(event({ do: 'big', bytes: 6 * 1024 * 1024 + 99 }));
    expect(result).toMatchObject({ functionError: 'Unhandled', errorType: 'Function.ResponseSizeTooLarge' });
    expect(parsed(result.payload).errorMessage).toContain('6291556 bytes');
    expect((await function1.invoke(event({}))).functionError).toBeUndefined();
    expect(lines.join('\n')).toContain('answered 413');
  });
});

describe('a deadline that passes', () => {
  test('fails the invocation as Lambda does, the bootstrap is replaced, the next invocation works', async () => {
    const function1 = host({ timeoutMs: 1_000 });
    const { pid } = parsed((await function1.invoke(event({}))).payload);
    const result = await function1.invoke({ ...event({ do: 'hang' }), requestId: 'slow' });
    expect(result).toMatchObject({ functionError: 'Unhandled', errorType: 'Sandbox.Timedout' });
    expect(parsed(result.payload)).toEqual({ errorType: 'Sandbox.Timedout', errorMessage: 'RequestId: slow Error: Task timed out after 1.00 seconds' });
    expect(lines.some((line) => /^stderr: \d{4}-\d\d-\d\dT[\d:.]+Z slow Task timed out after 1.00 seconds$/.test(line))).toBe(true);
    const next = await function1.invoke(event({}));
    expect(next.functionError).toBeUndefined();
    expect(parsed(next.payload).pid).not.toBe(pid);
  });

  test('ends a streamed response and says why', async () => {
    const result = await host({ timeoutMs: 1_000 }).invoke({ ...event({ do: 'stream', hang: true }), streaming: true });
    let text = '';
    for await (const chunk of result.stream!) text += chunk;
    expect(text).toBe('first ');
    expect((await result.streamEnd)!.errorType).toBe('Sandbox.Timedout');
  });
});

describe('a bootstrap that goes away', () => {
  test.each([
    [{ do: 'exit', code: 1 }, 'Runtime exited with error: exit status 1'],
    [{ do: 'exit', code: 0 }, 'Runtime exited without providing a reason'],
    [{ do: 'kill' }, 'Runtime exited with error: signal: killed'],
  ])('during %j costs that invocation and is replaced', async (value, message) => {
    const function1 = host();
    const result = await function1.invoke({ ...event(value), requestId: 'crash' });
    expect(result.functionError).toBe('Unhandled');
    expect(parsed(result.payload)).toEqual({ errorType: 'Runtime.ExitError', errorMessage: `RequestId: crash Error: ${message}` });
    expect((await function1.invoke(event({}))).functionError).toBeUndefined();
  });

  test('before its first invocation is reported to the invocation that waits, and tried again by the next', async () => {
    const function1 = host({ bootstrap: bootstraps.script('dies', 'process.exit(3)') });
    for (const requestId of ['first', 'second', 'third']) {
      const result = await function1.invoke({ ...event({}), requestId });
      expect(parsed(result.payload).errorMessage).toBe(`RequestId: ${requestId} Error: Runtime exited with error: exit status 3`);
    }
  });

  test('with an initialization error reports that error, also when nobody waited yet', async () => {
    const report = 'call("POST", "/init/error", JSON.stringify({ errorType: "Runtime.ImportModuleError", errorMessage: "no index" }), '
      + '{ "Lambda-Runtime-Function-Error-Type": "Runtime.ImportModuleError" }).then(() => { console.log("reported"); process.exit(1); })';
    const function1 = host({ bootstrap: bootstraps.script('init', report) });
    await function1.start();
    for (let i = 0; i < 2; i++) {
      const result = await function1.invoke(event({}));
      expect(result).toMatchObject({ functionError: 'Unhandled', errorType: 'Runtime.ImportModuleError' });
      expect(parsed(result.payload)).toEqual({ errorType: 'Runtime.ImportModuleError', errorMessage: 'no index' });
    }
  });

  test('because it never asks for an invocation is a timeout', async () => {
    const result = await host({ bootstrap: bootstraps.script('silent', 'sleep(60000)'), initTimeoutMs: 300 }).invoke({ ...event({}), requestId: 'early' });
    expect(parsed(result.payload).errorMessage).toBe('RequestId: early Error: Task timed out after 0.30 seconds');
  });

  test('because it cannot be started is named', async () => {
    const result = await host({ bootstrap: ['/nowhere/bootstrap'] }).invoke(event({}));
    expect(result.errorType).toBe('Runtime.InvalidEntrypoint');
    expect(parsed(result.payload).errorMessage).toContain('/nowhere/bootstrap');
  });

  test('takes what it started with it', async () => {
    const shell = bootstraps.executable('bootstrap', `#!/bin/sh\n"${process.execPath}" "${bootstraps.client()[1]}"\n`);
    const function1 = host({ bootstrap: shell });
    await function1.invoke(event({}));
    await function1.stop();
    expect(lines).toContain('stdout: got SIGTERM');
  });
});

describe('a streamed response', () => {
  test('arrives as a stream when it is asked for', async () => {
    const result = await host().invoke({ ...event({ do: 'stream' }), streaming: true });
    let text = '';
    for await (const chunk of result.stream!) text += chunk;
    expect([text, result.contentType, await result.streamEnd]).toEqual(['first second', 'text/plain', undefined]);
  });

  test('is collected otherwise', async () => {
    const result = await host().invoke(event({ do: 'stream' }));
    expect([result.payload.toString(), result.functionError]).toEqual(['first second', undefined]);
  });

  test('that breaks off says why in its trailers', async () => {
    const function1 = host();
    const streamed = await function1.invoke({ ...event({ do: 'stream', fail: true }), streaming: true });
    let text = '';
    for await (const chunk of streamed.stream!) text += chunk;
    expect(text).toBe('first second');
    expect((await streamed.streamEnd)!.errorType).toBe('Function.Broken');
    const collected = await function1.invoke(event({ do: 'stream', fail: true }));
    expect(collected).toMatchObject({ functionError: 'Unhandled', errorType: 'Function.Broken' });
    expect(parsed(collected.payload).errorMessage).toBe('mid-stream');
  });

  test('does not stall the bootstrap when its reader goes away', async () => {
    const function1 = host();
    (await function1.invoke({ ...event({ do: 'stream' }), streaming: true })).stream!.destroy();
    expect((await function1.invoke(event({}))).functionError).toBeUndefined();
  });
});

describe('many invocations on one bootstrap (maxConcurrency)', () => {
  test('are in flight at once', async () => {
    const function1 = host({ maxConcurrency: 3 });
    await function1.start();
    const hanging = [function1.invoke(event({ do: 'hang' })), function1.invoke(event({ do: 'hang' }))];
    const result = await function1.invoke(event({ do: 'environment' }));
    expect(parsed(result.payload).AWS_LAMBDA_MAX_CONCURRENCY).toBe('3');
    await function1.stop({ drainMs: 0 });
    expect((await Promise.all(hanging)).map((each) => each.errorType)).toEqual(['Runtime.ExitError', 'Runtime.ExitError']);
  });

  test('survive the timeout of a neighbour, and new ones get a new bootstrap', async () => {
    const function1 = host({ maxConcurrency: 2, timeoutMs: 2_000 });
    const { pid } = parsed((await function1.invoke(event({}))).payload);
    const slow = function1.invoke(event({ do: 'hang' }));
    await delay(1_000);
    const path = join(bootstraps.directory, 'go-on');
    const neighbour = function1.invoke(event({ do: 'waitForFile', path }));
    expect((await slow).errorType).toBe('Sandbox.Timedout');
    writeFileSync(path, '');
    expect(parsed((await function1.invoke(event({}))).payload).pid).not.toBe(pid);
    expect((await neighbour).payload.toString()).toBe('"found"');
  });
});

describe('stop', () => {
  test('lets what is in flight finish, then sends SIGTERM', async () => {
    const function1 = host();
    await function1.start();
    const result = function1.invoke(event({ do: 'wait', ms: 200 }));
    await function1.stop();
    expect((await result).payload.toString()).toBe('200');
    expect(lines).toContain('stdout: got SIGTERM');
    await expect(function1.invoke(event({}))).rejects.toThrow('takes no more invocations');
  });

  test('ends a bootstrap that ignores SIGTERM', async () => {
    const function1 = host({ bootstrap: bootstraps.script('stubborn', 'process.removeAllListeners("SIGTERM"); process.on("SIGTERM", () => console.log("no")); loop();') });
    const { pid } = parsed((await function1.invoke(event({}))).payload);
    await function1.stop({ graceMs: 100 });
    expect(lines).toContain('stdout: no');
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
