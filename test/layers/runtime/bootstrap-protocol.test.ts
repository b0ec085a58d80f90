/** What the bundled bootstrap says to the Runtime API, and what it makes of what that says. */
import { bootstrap, posted, run, serve, service, start } from './scripted-bootstrap';
import { ACCEPTED, delivering, invocation } from './scripted-service';

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
    await serve(() => 'wait');
    const { address } = service;
    await service.stop();
    start({ runtimeApi: address, handler: 'forms.async' });
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
