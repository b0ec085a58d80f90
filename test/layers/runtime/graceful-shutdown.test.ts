/** The internal extension that lets Lambda tell a handler to stop: behind AWS's own emulator, and against a service that answers byte by byte. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BOOTSTRAP, BootstrapProcess, NODE } from './bootstrap-process';
import { ACCEPTED, invocation, ScriptedService, type Answer, type Request } from './scripted-service';
import { runtimeInterfaceEmulator } from '../../real-parts';

const REGISTERED = 'HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: the-id\r\nContent-Length: 2\r\n\r\n{}';
const ASKED = { HYBRID_GRACEFUL_SHUTDOWN: 'true' };
const bootstraps: BootstrapProcess[] = [];
const services: ScriptedService[] = [];

afterEach(async () => {
  await Promise.all(bootstraps.splice(0).map((each) => each.kill()));
  await Promise.all(services.splice(0).map((each) => each.stop()));
});

/** A service with this answer to the registration, and one event. */
async function start(handler: string, registration: Answer, environment: Record<string, string> = ASKED) {
  let delivered = false;
  const service = await ScriptedService.start(({ path }: Request) => {
    if (path.endsWith('/register')) return registration;
    if (path.endsWith('/event/next')) return 'wait';
    if (!path.endsWith('/invocation/next')) return ACCEPTED;
    if (delivered) return 'wait';
    delivered = true;
    return invocation('["HYBRID_GRACEFUL_SHUTDOWN"]');
  });
  services.push(service);
  const bootstrap = new BootstrapProcess({ runtimeApi: service.address, handler, environment });
  bootstraps.push(bootstrap);
  return { service, bootstrap };
}

test('the extension is registered for no events, and waits for one on a connection of its own, before the first invocation is asked for', async () => {
  const { service } = await start('environment.handler', REGISTERED);
  expect(JSON.parse((await service.request('/response')).body)).toEqual({ HYBRID_GRACEFUL_SHUTDOWN: {}, hybrid: [] });
  const [register, event, next] = service.requests;
  expect(service.calls.slice(0, 3)).toEqual(['POST /2020-01-01/extension/register', 'GET /2020-01-01/extension/event/next', 'GET /invocation/next']);
  expect(register).toMatchObject({ body: '{"events":[]}', headers: { 'lambda-extension-name': 'cdk-hybrid', 'content-type': 'application/json' } });
  expect(event.headers['lambda-extension-identifier']).toBe('the-id');
  expect(event.connection).toBe(register.connection);
  expect(next.connection).not.toBe(register.connection);
});

test('what waits for an event keeps nothing running: process.exit() ends the process, an empty event loop ends the invocation', async () => {
  const exits = await start('forms.exit', REGISTERED);
  expect(await exits.bootstrap.exit).toBe(0);
  const { service } = await start('forms.never', REGISTERED);
  expect(JSON.parse((await service.request('/error')).body)).toMatchObject({ errorType: 'Runtime.ExitError' });
});

test('on SIGTERM the handler\'s listener runs, and the process ends', async () => {
  const { service, bootstrap } = await start('forms.onSigterm', REGISTERED);
  await service.request('/response');
  await service.request('/invocation/next', 2);
  bootstrap.child.kill('SIGTERM');
  await bootstrap.exit;
  expect(bootstrap.stdout).toContain('handler saw SIGTERM');
});

test('with several invocations at once the process is one extension', async () => {
  const { service } = await start('environment.handler', REGISTERED, { ...ASKED, AWS_LAMBDA_MAX_CONCURRENCY: '4', AWS_LAMBDA_NODEJS_WORKER_COUNT: '2' });
  await service.request('/response');
  expect(service.calls.filter((call) => call.endsWith('/register'))).toHaveLength(1);
});

test.each([['not set', {}], ['set to something else', { HYBRID_GRACEFUL_SHUTDOWN: 'false' }]])('where it is %s nothing is registered', async (_what, environment) => {
  const { service } = await start('environment.handler', REGISTERED, environment);
  expect(JSON.parse((await service.request('/response')).body)).toEqual({ HYBRID_GRACEFUL_SHUTDOWN: {}, hybrid: [] });
  expect(service.calls[0]).toBe('GET /invocation/next');
});

test.each<[string, Answer, RegExp]>([
  ['refuses', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nlate', /WARN\tthe handler will not be told to stop: the extension cannot be registered: the answer is 403: late\n/],
  ['gives no identifier', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}', /WARN\tthe handler will not be told to stop: the extension cannot be registered: the answer is 200: \{\}\n/],
  ['closes the connection', ['close'], /WARN\tthe handler will not be told to stop: the extension cannot be registered: the connection was closed\n/],
  ['sends what is no HTTP', 'SSH-2.0\r\n\r\n', /WARN\tthe handler will not be told to stop: the extension cannot be registered: .+\n/],
  ['does not answer', 'wait', /WARN\tthe handler will not be told to stop: the extension cannot be registered: no answer in 1000 ms\n/],
  ['has no such API, as hosts have none', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', /^$/],
])('a service that %s still has its invocations carried out', async (_what, registration, logged) => {
  const { service, bootstrap } = await start('environment.handler', registration);
  await service.request('/response');
  await service.request('/invocation/next', 2);
  expect(bootstrap.stdout).toMatch(logged);
});

const emulator = runtimeInterfaceEmulator();
(emulator ? describe : describe.skip)('behind AWS\'s emulator', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cdk-hybrid-graceful-'));
  writeFileSync(join(directory, 'index.js'), `
    const { writeSync } = require('node:fs');
    process.on('SIGTERM', () => { writeSync(1, 'told to stop\\n'); setTimeout(() => { writeSync(1, 'cleaned up\\n'); process.exit(0); }, 20); });
    exports.handler = async () => 'done';
  `);
  afterAll(() => rmSync(directory, { recursive: true }));

  test.each([
    ['a function that asks for it is told to stop, and can clean up', ASKED, 'told to stop\ncleaned up\n'],
    ['one that does not is killed', {}, ''],
  ])('%s', async (_what, environment, said) => {
    const [port, api] = await freePorts();
    const child = spawn(emulator!, ['--runtime-interface-emulator-address', `127.0.0.1:${port}`, '--runtime-api-address', `127.0.0.1:${api}`, NODE, BOOTSTRAP, 'index.handler'], {
      env: { PATH: process.env.PATH, LAMBDA_TASK_ROOT: directory, _HANDLER: 'index.handler', ...environment }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text; });
    const gone = new Promise((resolve) => child.once('close', resolve));
    try {
      expect(await invoked(`http://127.0.0.1:${port}/2015-03-31/functions/function/invocations`)).toBe('"done"');
    } finally {
      child.kill('SIGTERM');
      await gone;
    }
    expect(output.split('\n').filter((line) => /^(told to stop|cleaned up)$/.test(line)).map((line) => `${line}\n`).join('')).toBe(said);
  }, 30_000);
});

/** The emulator is asked until it listens. */
async function invoked(url: string): Promise<string> {
  for (;;) {
    try {
      return await (await fetch(url, { method: 'POST', body: '{}' })).text();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function freePorts(): Promise<number[]> {
  const servers = await Promise.all([0, 0].map(() => new Promise<ReturnType<typeof createServer>>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
