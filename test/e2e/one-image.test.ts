/**
 * One image, by its id, as every kind of compute runs it: what it is in is told by its environment alone. Always as the
 * image's own user, with a read-only root file system and a memory limit.
 */
import { join } from 'node:path';
import { HandlerCode } from '../../src/model/handler-code';
import { containerEngine, runtimeInterfaceEmulator } from '../real-parts';
import { behindEmulator, builtImage, Container, engine, healthy, runToEnd, serve } from './containers';

const INVOCATIONS = '2015-03-31/functions/function/invocations';
const CONFINED = ['--read-only', '--memory=256m'];
const SHARED = { AWS_LAMBDA_MAX_CONCURRENCY: '10' };

/** What the handler says of its surroundings, wherever it is. */
const surroundings = (got: number | string, memory: unknown = '256') => ({ user: 65534, memory, writes: { tmp: true, root: 'EROFS' }, read: 'x', got });

let id: string;

(containerEngine() ? describe : describe.skip)('the same image', () => {
  beforeAll(() => {
    const { image } = builtImage('everywhere', join(__dirname, '../fixtures/seeds'), () => ({ code: HandlerCode.fromDirectory('everywhere') }));
    id = engine('image', 'inspect', '--format', '{{.Id}}', image).trim();
  }, 180_000);

  const asked = async (url: string, body?: string) => {
    const answer = await fetch(url, body === undefined ? {} : { method: 'POST', body });
    return [answer.status, await answer.json()];
  };

  const rie = runtimeInterfaceEmulator();
  (rie ? test : test.skip)('is a Lambda function', async () => {
    const { endpoint } = await behindEmulator(id, rie!, ['/opt/cdk-hybrid/entrypoint', 'index.handler'], { options: CONFINED });
    expect(await asked(`${endpoint}/${INVOCATIONS}`, '{"n":1}')).toEqual([200, surroundings(1, expect.any(String))]);
  }, 60_000);

  test.each([['isolated', {}], ['shared', SHARED]])('is an emulator of its own, %s', async (_invoker, environment) => {
    const { container, endpoint } = await serve(id, { environment, options: CONFINED });
    expect(await asked(`${endpoint}/${INVOCATIONS}`, '{"n":2}')).toEqual([200, surroundings(2)]);
    expect(await container.stop()).toBe(0);
  }, 60_000);

  test.each([['isolated', {}], ['shared', SHARED]])('is an HTTP service, %s', async (_invoker, environment) => {
    const server = await serve(id, { environment: { HYBRID_SOURCES: 'http', ...environment }, options: CONFINED });
    await healthy(server);
    expect(await asked(`${server.endpoint}/?n=3`)).toEqual([200, surroundings('3')]);
    expect(await server.container.stop()).toBe(0);
  }, 60_000);

  test.each([['isolated', {}], ['shared', SHARED]])('is a task, %s', async (_invoker, environment) => {
    const { status, stdout } = await runToEnd(id, { environment: { HYBRID_SOURCES: 'task', HYBRID_EVENT: '{"n":4}', ...environment }, options: CONFINED });
    expect([status, JSON.parse(stdout)]).toEqual([0, surroundings(4)]);
  }, 60_000);

  test.each([['isolated', {}], ['shared', SHARED]])('is a process, %s', async (_invoker, environment) => {
    const container = new Container(id, { environment: { HYBRID_SOURCES: 'process', HYBRID_EVENT: '{"n":5}', ...environment }, options: CONFINED, command: ['index.process'] });
    const written = () => container.stdout + container.stderr;
    await container.until('work', () => written().includes('working on {'));
    expect(await container.stop()).toBe(0);
    expect(written()).toContain('cleaned up');
  }, 60_000);
});
