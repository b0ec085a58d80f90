/** The host with a load balancer's port and one for private integrations of API Gateway, as a process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostProcess, killHosts } from './host-process';
import { bytesOf } from '../http/private-integration';
import { ask, cleanUp, dial } from '../http/serve';

const taskRoot = mkdtempSync(join(tmpdir(), 'cdk-hybrid-gateway-'));
writeFileSync(join(taskRoot, 'index.js'), `
  exports.echo = async (event) => ({ statusCode: 200, body: JSON.stringify(event) });
  exports.slow = async () => {
    console.log('at work');
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { statusCode: 200, body: 'done' };
  };
  exports.streamed = awslambda.streamifyResponse(async (event, stream) => {
    stream = awslambda.HttpResponseStream.from(stream, { statusCode: 203, headers: { 'Content-Type': 'text/plain' } });
    stream.write('one');
    stream.end('two');
  });
`);

afterEach(async () => {
  await cleanUp();
  await killHosts();
});
afterAll(() => rmSync(taskRoot, { recursive: true, force: true }));

const start = (handler: string, environment: Record<string, string>) =>
  new HostProcess({ sources: 'http,gateway', handler: `index.${handler}`, taskRoot, environment: { HYBRID_GATEWAY_PORT: '0', ...environment } });
const portOf = async (host: HostProcess, source: string) => Number(new URL(await host.listening(source)).port);

describe.each([['isolated', {}], ['shared', { AWS_LAMBDA_MAX_CONCURRENCY: '4' }]])('%s invocations', (_, environment) => {
  test('are requests of API Gateway at one port, and of anybody at the other', async () => {
    const host = start('echo', environment);
    const [http, gateway] = [await portOf(host, 'http'), await portOf(host, 'gateway')];
    const told = JSON.parse((await ask(gateway, bytesOf('v2', { context: { stage: 'live' }, target: '/live/a' }))).body.toString());
    expect(told).toMatchObject({ rawPath: '/live/a', requestContext: { stage: 'live', http: { sourceIp: '192.0.2.1' } } });
    const rest = JSON.parse((await ask(gateway, bytesOf('v1', {}))).body.toString());
    expect(rest).toMatchObject({ resource: '/my/path', requestContext: { stage: 'prod', identity: { sourceIp: '192.0.2.1' } } });
    const forged = JSON.parse((await ask(http, bytesOf('v2', { context: { stage: 'live' } }))).body.toString());
    expect(forged).toMatchObject({ headers: { 'x-hybrid-context-stage': 'live' }, requestContext: { stage: '$default' } });
    expect((await ask(gateway, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).status).toBe(400);
  });

  test('are healthy at the path of the internal load balancer, whatever that of the other one is', async () => {
    const host = start('echo', { ...environment, HYBRID_HTTP_HEALTH_PATH: '/alive' });
    const gateway = await portOf(host, 'gateway');
    expect((await ask(gateway, 'GET /_health HTTP/1.1\r\nHost: a\r\n\r\n')).status).toBe(200);
    expect((await ask(await portOf(host, 'http'), 'GET /alive HTTP/1.1\r\nHost: a\r\n\r\n')).status).toBe(200);
  });

  test('leave cross-origin answers to API Gateway', async () => {
    const host = start('echo', { ...environment, HYBRID_HTTP_CORS: '{"allowOrigins":["*"]}' });
    const headers: [string, string][] = [['Origin', 'https://example.com']];
    expect((await ask(await portOf(host, 'gateway'), bytesOf('v2', { headers }))).headers).not.toHaveProperty('access-control-allow-origin');
    expect((await ask(await portOf(host, 'http'), bytesOf('v2', { headers }))).headers).toHaveProperty('access-control-allow-origin');
  });

  test('are finished when the host is told to stop', async () => {
    const host = start('slow', environment);
    const client = await dial(await portOf(host, 'gateway'));
    client.send(bytesOf('v2', {}));
    await host.wrote('stdout', /at work/);
    host.signal('SIGTERM');
    expect((await client.reply()).body.toString()).toBe('done');
    expect(await host.exit).toBe(0);
  });

  test('stream their answers', async () => {
    const host = start('streamed', environment);
    const client = await dial(await portOf(host, 'gateway'));
    const text = await client.send(bytesOf('v1', {})).until((received) => received.endsWith('0\r\n\r\n'));
    expect(text).toMatch(/^HTTP\/1\.1 203 /);
    expect(text.replace(/\r\n/g, '')).toContain('one');
    expect(text).toContain('two');
  });
});

test('a port that another program has is told by its number', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => { other.listen(0, resolve); });
  const { port } = other.address() as AddressInfo;
  const host = start('echo', { HYBRID_GATEWAY_PORT: String(port) });
  expect(await host.exit).toBe(2);
  expect(host.stderr).toContain(`cannot listen on port ${port}:`);
  other.close();
});
