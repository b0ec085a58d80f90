/** The HTTP service as a container with little memory, when many clients come at once: wrk, and clients that never get done. */
import { execFile } from 'node:child_process';
import { connect, Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HandlerCode } from '../../src/model/handler-code';
import { containerEngine, loadGenerator } from '../real-parts';
import { builtImage, healthy, serve, Server } from './containers';

const parts = [containerEngine(), loadGenerator()];
const [, wrk] = parts;
const INVOKERS: [string, { [name: string]: string }][] = [['isolated', { HYBRID_WORKERS: '2' }], ['shared', { AWS_LAMBDA_MAX_CONCURRENCY: '64', AWS_LAMBDA_NODEJS_WORKER_COUNT: '2' }]];

let image: string;
let bodies: string;

async function service(environment: { [name: string]: string }, of = image): Promise<Server> {
  const server = await serve(of, { environment: { HYBRID_SOURCES: 'http', ...environment }, options: ['--read-only', '--memory=256m'] });
  await healthy(server);
  return server;
}

(parts.every(Boolean) ? describe : describe.skip)('an HTTP service under load', () => {
  beforeAll(() => {
    ({ image } = builtImage('everywhere', join(__dirname, '../fixtures/seeds'), () => ({ code: HandlerCode.fromDirectory('everywhere') })));
    ({ image: bodies } = builtImage('bodies', join(__dirname, '../fixtures/seeds'), () => ({ code: HandlerCode.fromDirectory('bodies') })));
  }, 180_000);

  test.each(INVOKERS)('answers every request of 64 connections, %s', async (_name, environment) => {
    const { container, endpoint } = await service(environment);
    const { stdout } = await promisify(execFile)(wrk!, ['--threads', '1', '--connections', '64', '--duration', '2s', '--timeout', '30s', `${endpoint}/?n=1`]);
    expect(stdout).toMatch(/[1-9]\d* requests in/);
    expect(stdout).not.toMatch(/Non-2xx|Socket errors/);
    expect(await container.stop()).toBe(0);
  }, 60_000);

  test.each(INVOKERS)('answers others while 100 clients are slow, and lets go of those, %s', async (_name, environment) => {
    const { container, endpoint } = await service({ HYBRID_HTTP_REQUEST_TIMEOUT: '2', ...environment });
    const { port } = new URL(endpoint);
    const slow = await Promise.all(Array.from({ length: 100 }, (_, index) => new Promise<Socket>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => resolve(socket)).once('error', reject);
      // Half of them never end their headers, half of them their body.
      socket.resume().write(index % 2 ? 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ' : 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\npart');
    })));
    try {
      expect((await fetch(`${endpoint}/?n=1`)).status).toBe(200);
      await container.until('end of the slow clients', () => slow.every(({ readableEnded, destroyed }) => readableEnded || destroyed));
      expect((await fetch(`${endpoint}/?n=1`)).status).toBe(200);
    } finally {
      for (const socket of slow) { socket.destroy(); }
    }
  }, 90_000);

  test.each(INVOKERS.flatMap(([name, environment]) => ['text/plain', 'image/png'].map((type) => [name, type, environment] as const)))(
    'takes 30 uploads of 4 MB at once, %s, %s', async (_name, type, environment) => {
      const { container, endpoint } = await service(environment, bodies);
      const body = Buffer.alloc(4_000_000, 'x');
      const answers = await Promise.all(Array.from({ length: 30 }, async () => {
        const response = await fetch(endpoint, { method: 'POST', body, headers: { 'Content-Type': type } });
        return `${response.status} ${await response.text()}`;
      }));
      expect(new Set(answers)).toEqual(new Set(['200 4000000']));
      expect(await container.stop()).toBe(0);
    }, 60_000);

  test.each(INVOKERS)('goes on while 100 clients do not take in answers of 5 MB, %s', async (_name, environment) => {
    const { container, endpoint } = await service({ HYBRID_HTTP_REQUEST_TIMEOUT: '4', ...environment }, bodies);
    const { port } = new URL(endpoint);
    const idle = await Promise.all(Array.from({ length: 100 }, () => new Promise<Socket>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => resolve(socket)).once('error', reject);
      socket.pause().write('GET /large HTTP/1.1\r\nHost: a\r\n\r\n');
    })));
    try {
      await container.until('answer', async () => (await fetch(endpoint)).status === 200, 60);
      expect((await (await fetch(`${endpoint}/large`)).text()).length).toBe(5_000_000);
    } finally {
      for (const socket of idle) { socket.destroy(); }
    }
    expect(await container.stop()).toBe(0);
  }, 90_000);
});
