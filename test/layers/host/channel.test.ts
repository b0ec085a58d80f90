/** Our own bootstrap under our host: it is served on a socket that is opened with it. Real processes of the bundled program. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostProcess, killHosts, optFolder } from './host-process';
import { FunctionHost } from '../../../layers/runtime/host/function-host';

const directory = mkdtempSync(join(tmpdir(), 'cdk-hybrid-channel-'));
let host: FunctionHost | undefined;

function started(source: string): FunctionHost {
  writeFileSync(join(directory, 'index.js'), source);
  host = new FunctionHost({
    name: 'hello',
    bootstrap: [join(optFolder(), 'bootstrap')],
    ownBootstrap: true,
    taskRoot: directory,
    optDir: optFolder(),
    handler: 'index.handler',
    environment: {},
    timeoutMs: 20_000,
    memoryMiB: 128,
  });
  return host;
}
const invoked = async (event: unknown): Promise<any> => JSON.parse((await host!.invoke({ event: JSON.stringify(event) })).payload.toString());

afterEach(async () => {
  await host?.stop({ drainMs: 0, graceMs: 0 });
  host = undefined;
  await killHosts();
});
afterAll(() => rmSync(directory, { recursive: true }));

test('neither the handler nor what it starts finds the socket', async () => {
  started(`
    const { execFileSync } = require('node:child_process');
    const { readlinkSync } = require('node:fs');
    exports.handler = async () => ({
      socket: readlinkSync('/proc/self/fd/3'),
      child: execFileSync('ls', ['-l', '/proc/self/fd'], { stdio: ['ignore', 'pipe', 'inherit'] }).toString(),
      names: Object.keys(process.env).filter((name) => name.startsWith('HYBRID_')),
      address: process.env.AWS_LAMBDA_RUNTIME_API,
    });`);
  const { socket, child, names, address } = await invoked({});
  expect(socket).toMatch(/^socket:\[\d+\]$/);
  expect(child).not.toContain(socket);
  expect(names).toEqual([]);
  expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
});

test('results, errors, streams and events of several megabytes go in any order', async () => {
  started(`
    exports.handler = awslambda.streamifyResponse(async (event, stream) => {
      if (event.fail) throw new TypeError(event.fail);
      stream.write(JSON.stringify({ got: event.text.length, pid: process.pid }).slice(0, 5));
      await new Promise(setImmediate);
      stream.end(JSON.stringify({ got: event.text.length, pid: process.pid }).slice(5) + ' '.repeat(event.spaces ?? 0));
    });`);
  const { pid } = await invoked({ text: 'ä' });
  expect(await invoked({ fail: 'no' })).toMatchObject({ errorType: 'TypeError', errorMessage: 'no' });
  expect(await invoked({ text: 'ä'.repeat(2_500_000) })).toEqual({ got: 2_500_000, pid });
  expect(await invoked({ text: '', spaces: 3_000_000 })).toEqual({ got: 0, pid });
  expect(await invoked({ fail: 'again' })).toMatchObject({ errorMessage: 'again' });
  expect(await invoked({ text: 'end' })).toEqual({ got: 3, pid });
});

test('a buffered result of several megabytes, then small ones', async () => {
  started('exports.handler = async ({ length }) => ({ pid: process.pid, text: "ü".repeat(length) });');
  const { pid } = await invoked({ length: 1 });
  const large = await invoked({ length: 3_000_000 });
  expect([large.pid, large.text.length]).toEqual([pid, 3_000_000]);
  expect(await invoked({ length: 2 })).toEqual({ pid, text: 'üü' });
});

test('a bootstrap whose host was killed ends', async () => {
  writeFileSync(join(directory, 'index.js'), 'exports.handler = async () => process.pid;');
  const killed = new HostProcess({ sources: 'emulator', handler: 'index.handler', taskRoot: directory });
  const url = await killed.listening('emulator');
  const reply = await fetch(`${url}/2015-03-31/functions/function/invocations`, { method: 'POST', body: '{}' });
  const pid = await reply.json() as number;
  await killed.kill();
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});
