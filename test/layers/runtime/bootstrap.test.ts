/** The bundled bootstrap as a process: what a handler is given, and how the process ends. */
import { bootstrap, posted, run, service } from './scripted-bootstrap';
import { ACCEPTED, delivering } from './scripted-service';

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
