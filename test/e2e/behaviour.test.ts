/**
 * The rows of the behaviour table outside Lambda, as containers show them: status and body of an answer, exit code and
 * output of a run. As the image's own user, with a read-only root file system and a memory limit.
 */
import { join } from 'node:path';
import { HandlerCode } from '../../src/model/handler-code';
import { containerEngine } from '../real-parts';
import { builtImage, freePorts, healthy, invokeWithSdk, ONCE, runToEnd, serve, Server } from './containers';

const CONFINED = ['--read-only', '--memory=256m'];
const INVOKERS: [string, { [name: string]: string }][] = [
  ['isolated', { HYBRID_WORKERS: '1' }],
  ['shared', { AWS_LAMBDA_MAX_CONCURRENCY: '4', AWS_LAMBDA_NODEJS_WORKER_COUNT: '1' }],
];

let image: string;

/** A connection that is opened in the moment in which a thread closes its listener is refused. */
async function reached(request: () => Promise<Response>): Promise<Response> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!['ECONNREFUSED', 'ECONNRESET'].includes((error as { cause?: { code?: string } }).cause?.code ?? '')) { throw error; }
    }
  }
}

(containerEngine() ? describe : describe.skip)('as a container', () => {
  beforeAll(() => {
    ({ image } = builtImage('handlers', join(__dirname, '../fixtures'), () => ({ code: HandlerCode.fromDirectory('handlers'), handler: 'forms.async' })));
  }, 180_000);

  describe.each(INVOKERS)('%s', (_name, invoker) => {
    const start = (handler: string, environment: { [name: string]: string }): Promise<Server> =>
      serve(image, { environment: { ...invoker, ...environment }, options: CONFINED, command: [handler] });
    const service = async (handler: string, environment: { [name: string]: string } = {}): Promise<Server> => {
      const server = await start(handler, { HYBRID_SOURCES: 'http', ...environment });
      await healthy(server);
      return server;
    };
    const get = async ({ endpoint }: Server) => {
      const answer = await reached(() => fetch(`${endpoint}/path`, ONCE));
      return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() };
    };
    const run = (source: string, handler: string, environment: { [name: string]: string } = {}) =>
      runToEnd(image, { environment: { HYBRID_SOURCES: source, HYBRID_EVENT: '{"code":3}', ...invoker, ...environment }, options: CONFINED, command: [handler] });

    test.each([
      ['forms.async', { status: 200, type: 'application/json', body: expect.stringContaining('"rawPath":"/path"') }],
      ['forms.callback', { status: 200, type: 'application/json', body: expect.stringContaining('"rawPath":"/path"') }],
      ['tla.handler', { status: 200, body: expect.stringContaining('top-level await') }],
      ['forms.nothing', { status: 200, body: expect.stringMatching(/^(null)?$/) }],
      ['streams.http', { status: 201, body: 'body' }],
      ['forms.throws', { status: 500, body: expect.not.stringMatching(/hunter2|went wrong|CustomError/) }],
      ['forms.uncaught', { status: 500, body: expect.not.stringMatching(/hunter2|uncaught|CustomError/) }],
      ['forms.blocks', { status: 504, body: expect.any(String) }],
    ])('HTTP: %s, and again', async (handler, answer) => {
      const server = await service(handler, { AWS_LAMBDA_FUNCTION_TIMEOUT: handler === 'forms.blocks' ? '1' : '20' });
      expect(await get(server)).toMatchObject(answer);
      expect(await get(server)).toMatchObject(answer);
      expect(await server.container.stop()).toBe(0);
    }, 60_000);

    test('HTTP: SIGTERM lets what is in flight finish, and the handler hears of it', async () => {
      const server = await service('forms.slowOnSigterm');
      const answer = get(server);
      const written = () => server.container.stdout + server.container.stderr;
      await server.container.until('work', () => written().includes('started'));
      expect(await server.container.stop()).toBe(0);
      expect(await answer).toMatchObject({ status: 200, body: expect.stringContaining('finished') });
      expect(written()).toContain('handler saw SIGTERM');
    }, 60_000);

    test('HTTP: a handler that cannot be loaded is reported, and the container ends', async () => {
      const { status, stdout, stderr } = await run('http', 'throws.handler', { PORT: `${(await freePorts(1))[0]}` });
      expect(status).toBe(1);
      expect(stdout + stderr).toContain('while loading');
    }, 60_000);

    test('emulator: results, errors and timeouts are those of Lambda', async () => {
      const server = await start('forms.mixed', { AWS_LAMBDA_FUNCTION_TIMEOUT: '2' });
      const invoke = (event: object) => invokeWithSdk(server.endpoint, JSON.stringify(event));
      expect(await invoke({ n: 1 })).toEqual({ StatusCode: 200, FunctionError: undefined, Payload: '{"n":1}' });
      expect(await invoke({ kind: 'throws' })).toMatchObject({ FunctionError: 'Unhandled', Payload: expect.stringContaining('"errorType":"CustomError"') });
      expect(await invoke({ kind: 'exit', code: 3 })).toMatchObject({ FunctionError: 'Unhandled', Payload: expect.stringContaining('Runtime.ExitError') });
      expect(await invoke({ kind: 'slow', ms: 60_000 })).toMatchObject({ FunctionError: 'Unhandled', Payload: expect.stringContaining('Task timed out after 2.00 seconds') });
      expect(await invoke({ n: 2 })).toMatchObject({ FunctionError: undefined, Payload: '{"n":2}' });
      expect(await server.container.stop()).toBe(0);
    }, 60_000);

    test.each([
      ['forms.async', 0, '{"got":{"code":3}}\n'],
      ['forms.nothing', 0, 'null\n'],
      ['forms.throws', 1, ''],
      ['forms.exit', 1, ''],
      ['throws.handler', 1, ''],
      ['forms.blocks', 124, ''],
    ])('task: %s ends with %d', async (handler, status, stdout) => {
      expect(await run('task', handler, { AWS_LAMBDA_FUNCTION_TIMEOUT: handler === 'forms.blocks' ? '1' : '20' })).toMatchObject({ status, stdout });
    }, 60_000);

    test.each([['forms.async', 0], ['forms.throws', 1], ['forms.exit', 1], ['throws.handler', 1]])('process: %s ends with %d', async (handler, status) => {
      expect(await run('process', handler)).toMatchObject({ status });
    }, 60_000);
  });
});
