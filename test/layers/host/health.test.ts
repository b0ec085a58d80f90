/** The health command of a container beside a real host, and beside servers that a host is not. */
import { spawn } from 'node:child_process';
import { chmodSync, cpSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { HostProcess, killHosts, optFolder } from './host-process';

let command: string;

beforeAll(() => {
  command = join(optFolder(), 'cdk-hybrid/health');
  cpSync(join(__dirname, '../../../layers/nodejs/health'), command);
  chmodSync(command, 0o755);
});
afterEach(killHosts);

function health(environment: Record<string, string>, program = command): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(program, { env: { PATH: process.env.PATH, NODE_OPTIONS: '--require=/nowhere/tracing.cjs', ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}

test.each([['isolated', {}], ['shared', { AWS_LAMBDA_MAX_CONCURRENCY: '2' }]])('a host that is ready is healthy (%s), at the path that it was given', async (_mode, environment) => {
  const host = new HostProcess({ sources: 'http', handler: 'forms.async', environment: { HYBRID_HTTP_HEALTH_PATH: '/up', ...environment } });
  const { port } = new URL(await host.listening('http'));
  expect(await health({ PORT: port, HYBRID_HTTP_HEALTH_PATH: '/up' })).toEqual({ code: 0, stdout: '', stderr: '' });
});

/** A server that answers with these bytes, or not at all. */
async function against(answer: string | undefined): Promise<{ code: number | null; stderr: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (answer !== undefined) socket.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { code, stderr } = await health({ PORT: `${port}` });
  server.close();
  return { code, stderr: stderr.replace(`${port}`, 'PORT') };
}

test.each([
  ['that starts, stops or has no worker', 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n', 'answers 503'],
  ['that is none: another program answers', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', 'answers 404'],
  ['that closes the connection', '', 'does not answer: socket hang up'],
  ['that is silent', undefined, 'has not answered in 4 seconds'],
])('a host %s is not, which is told in one line', async (_what, answer, told) => {
  expect(await against(answer)).toEqual({ code: 1, stderr: `cdk-hybrid: http://127.0.0.1:PORT/_health ${told}\n` });
}, 20_000);

test('where nobody listens there is no health', async () => {
  const { code, stderr } = await health({ PORT: '9' });
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'cdk-hybrid: http://127.0.0.1:9/_health does not answer: connect ECONNREFUSED 127.0.0.1:9\n' });
});
