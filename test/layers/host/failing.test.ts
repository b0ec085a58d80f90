/** The host when its handler cannot be started any more, when it crashes, and when something else has the port. Real processes of the bundled program. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostProcess, killHosts, optFolder } from './host-process';

const directory = mkdtempSync(join(tmpdir(), 'cdk-hybrid-failing-'));
afterEach(killHosts);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const SHARED = { AWS_LAMBDA_MAX_CONCURRENCY: '4', AWS_LAMBDA_NODEJS_WORKER_COUNT: '1' };
const MODES: [string, Record<string, string>][] = [['isolated', {}], ['shared', SHARED]];

/** A folder with a handler; `broken` in it makes the module throw from then on. */
function folder(name: string, source: string): { readonly taskRoot: string; readonly breakIt: () => void; readonly mendIt: () => void } {
  const taskRoot = join(directory, name);
  mkdirSync(taskRoot);
  writeFileSync(join(taskRoot, 'index.js'), `if (require('node:fs').existsSync(__dirname + '/broken')) throw new TypeError('no connection');\n${source}`);
  return {
    taskRoot,
    breakIt: () => writeFileSync(join(taskRoot, 'broken'), ''),
    mendIt: () => rmSync(join(taskRoot, 'broken')),
  };
}

const EXITS = 'exports.handler = async ({ rawPath }) => { if (rawPath === "/exit") process.exit(3); if (rawPath === "/kill") process.kill(process.pid, "SIGKILL"); return "ok"; };';
/** A status, or what went wrong with the connection. */
const get = (url: string): Promise<number | string> => fetch(url, { headers: { connection: 'close' } }).then(({ status }) => status, (error: Error) => error.message);
const becomes = async (url: string, wanted: number): Promise<void> => { while (await get(url) !== wanted); };

describe.each(MODES)('%s', (mode, environment) => {
  test('health is 503 while the handler cannot be initialized again, requests fail, and both recover', async () => {
    const { taskRoot, breakIt, mendIt } = folder(`health-${mode}`, EXITS);
    const host = new HostProcess({ sources: 'http', handler: 'index.handler', taskRoot, environment });
    const url = await host.listening('http');
    expect(await get(`${url}/_health`)).toBe(200);
    breakIt();
    expect(await get(`${url}/exit`)).toBe(500);
    await becomes(`${url}/_health`, 503);
    expect(await get(url)).toBe(500);
    mendIt();
    await becomes(`${url}/_health`, 200);
    await becomes(url, 200);
  });

  test.each([['text', /^\S+Z\t([0-9a-f-]{36})\tERROR\tInvoke Error \t\{"errorType":"Runtime.ExitError","errorMessage":"RequestId: \1 Error: Runtime exited with error: exit status 3".*$/gm],
    ['json', /^\{.*"level":"ERROR","requestId":"([0-9a-f-]{36})".*"errorType":"Runtime.ExitError","errorMessage":"RequestId: \1 Error: Runtime exited with error: exit status 3".*$/gm]])('a crash is logged in one line, as %s', async (format, line) => {
    const { taskRoot } = folder(`crash-${mode}-${format}`, EXITS);
    const host = new HostProcess({ sources: 'http', handler: 'index.handler', taskRoot, environment: { ...environment, AWS_LAMBDA_LOG_FORMAT: format } });
    const url = await host.listening('http');
    expect(await get(`${url}/exit`)).toBe(500);
    await becomes(url, 200);
    expect(`${host.stdout}${host.stderr}`.match(line)).toHaveLength(1);
  });

  test('told to stop while the handler initializes, it does not say that it listens', async () => {
    const { taskRoot } = folder(`stop-${mode}`, 'console.log("initializes"); exports.handler = 1; return new Promise(() => {});');
    writeFileSync(join(taskRoot, 'index.mjs'), 'console.log("initializes"); await new Promise((resolve) => setTimeout(resolve, 60_000)); export const handler = () => {};');
    rmSync(join(taskRoot, 'index.js'));
    const host = new HostProcess({ sources: 'http', handler: 'index.handler', taskRoot, environment });
    await host.wrote('stdout', /initializes/);
    host.signal('SIGTERM');
    expect(await host.exit).toBe(0);
    expect(host.stderr).not.toContain('listens on');
  });

  test('while the handler initializes, health is 503 and requests wait', async () => {
    const { taskRoot } = folder(`init-${mode}`, '');
    rmSync(join(taskRoot, 'index.js'));
    writeFileSync(join(taskRoot, 'index.mjs'), `import { existsSync } from 'node:fs';
      console.log('initializes');
      while (!existsSync('${taskRoot}/go')) await new Promise((resolve) => setTimeout(resolve, 5));
      export const handler = async () => 'ok';`);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const host = new HostProcess({ sources: 'http', handler: 'index.handler', taskRoot, environment: { ...environment, PORT: String(port) } });
    await host.wrote('stdout', /initializes/);
    expect(await get(`${url}/_health`)).toBe(503);
    const waiting = get(url);
    expect(await get(`${url}/_health`)).toBe(503);
    writeFileSync(join(taskRoot, 'go'), '');
    expect(await waiting).toBe(200);
    await host.listening('http');
    await becomes(`${url}/_health`, 200);
  });

  test('a second host on the port is refused', async () => {
    const { taskRoot } = folder(`port-${mode}`, EXITS);
    const first = new HostProcess({ sources: 'http', handler: 'index.handler', taskRoot, environment });
    const url = await first.listening('http');
    const second = new HostProcess({ sources: 'http', handler: 'index.handler', taskRoot, environment: { ...environment, PORT: new URL(url).port } });
    expect(await second.exit).toBe(2);
    expect(second.stderr).toContain('[CDK_HYBRID_HOST_ADDRESS_UNUSABLE]');
    expect(await get(url)).toBe(200);
  });

  test('a process whose signal wakes it with an AbortError when it is told to stop logs no error', async () => {
    const host = new HostProcess({ sources: 'process', handler: 'running.abortError', environment });
    await host.wrote('stdout', /\bruns\b/);
    host.signal('SIGTERM');
    expect(await host.exit).toBe(0);
    expect(`${host.stdout}${host.stderr}`).not.toContain('AbortError');
  });
});

test('a bootstrap that is killed is logged, also between invocations', async () => {
  const { taskRoot } = folder('killed', 'exports.handler = async () => process.pid;');
  const host = new HostProcess({ sources: 'emulator', handler: 'index.handler', taskRoot });
  const url = `${await host.listening('emulator')}/2015-03-31/functions/function/invocations`;
  const pid = await fetch(url, { method: 'POST', body: '{}' }).then((reply) => reply.json()) as number;
  process.kill(pid, 'SIGKILL');
  await host.wrote('stderr', /^\S+Z\tundefined\tERROR\tWorker Error \t\{"errorType":"Runtime.ExitError","errorMessage":"Runtime exited with error: signal: killed".*$/m);
  expect(await fetch(url, { method: 'POST', body: '{}' }).then((reply) => reply.json())).not.toBe(pid);
});

test('an error that nothing has foreseen is told in one line and ends the host with 1', async () => {
  const fault = join(directory, 'fault.cjs');
  writeFileSync(fault, `if (process.argv[1]?.startsWith(${JSON.stringify(optFolder())}) && process.argv[1].endsWith('host.cjs') && require('node:worker_threads').isMainThread) {
    setTimeout(() => { throw new RangeError('out of\\nnowhere'); }, 50);
  }`);
  const host = new HostProcess({ sources: 'emulator', handler: 'forms.mixed', environment: { NODE_OPTIONS: `--require ${fault}` } });
  expect(await host.exit).toBe(1);
  expect(host.stderr.split('\n').filter((line) => line.includes('unexpected') || line.includes('nowhere'))).toEqual([
    expect.stringMatching(/^cdk-hybrid: unexpected error: RangeError: out of \| nowhere \| at /),
  ]);
});

/** One that nothing listens on now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => { server.listen(0, resolve); });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}
