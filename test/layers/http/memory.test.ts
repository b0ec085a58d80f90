/** The source in a process of its own, so that its memory can be told from that of its clients. */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { ask, cleanUp, dial, eventually } from './serve';

const MIB = 1024 * 1024;
const PROGRAM = `
  import { HttpSource } from './http-source';
  import { readHttpSettings } from './settings';
  const peak = () => process.resourceUsage().maxRSS / 1024;
  const carrier = { capacity: 2, carry: (call) => void setTimeout(() => call.succeed({ peak: peak(), bytes: call.event.body?.length ?? 0 }), 5) };
  const source = new HttpSource({ carrier, settings: { ...readHttpSettings({}), bodyBudgetBytes: 24 * ${MIB} } });
  source.listen({ port: 0, host: '127.0.0.1' }).then(() => { source.ready(); process.send(source.address.port); });
`;
let directory: string;
let child: ChildProcess;
let port: number;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'http-memory-'));
  const outfile = join(directory, 'source.cjs');
  const resolveDir = join(__dirname, '../../../layers/runtime/sources/http');
  buildSync({ stdin: { contents: PROGRAM, resolveDir, loader: 'ts' }, bundle: true, platform: 'node', format: 'cjs', outfile, logLevel: 'error' });
  child = fork(outfile, { execArgv: [] });
  port = await new Promise((resolve) => child.once('message', (message) => resolve(message as number)));
});
afterEach(cleanUp);
afterAll(async () => {
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
  rmSync(directory, { recursive: true });
});

test('a hundred slow clients with bodies of 6 MB, and as many quick ones, take no more memory than is given to bodies', async () => {
  const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
  const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: ${6 * MIB}\r\n\r\n`;
  const before = JSON.parse((await ask(port, GET)).body.toString()).peak;
  const slow = await Promise.all(Array.from({ length: 100 }, () => dial(port)));
  const part = Buffer.alloc(2 * MIB, 'x');
  for (const client of slow) client.send(head, part);
  // Small requests pass meanwhile.
  for (let count = 0; count < 20; count++) expect((await ask(port, GET)).status).toBe(200);
  for (const client of slow) client.send(part, part);
  let answered = 0;
  for (const client of slow) void client.reply().then(({ body }) => { if (JSON.parse(body.toString()).bytes === 6 * MIB) answered++; });
  await eventually(() => answered === 100);
  const after = JSON.parse((await ask(port, GET)).body.toString()).peak;
  // A multiple of the 24 MB, as bytes, as text, and what is garbage by then; 600 MB were sent.
  expect(after - before).toBeLessThan(300);
});
