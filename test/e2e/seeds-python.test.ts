/**
 * Sentential's image of one's own distribution: Python with AWS's runtime client from PyPI, an entry that chooses by
 * AWS_LAMBDA_RUNTIME_API, and our host in the place of AWS's emulator. The Python image is Debian's python3 under the name
 * of Docker's official image: .ci/prepare makes it locally, a user's container engine pulls the real one.
 */
import { join } from 'node:path';
import { HandlerCode } from '../../src/model/handler-code';
import { HandlerRuntime } from '../../src/model/handler-runtime';
import { containerEngine, runtimeInterfaceEmulator } from '../real-parts';
import { behindEmulator, builtImage, invokeWithSdk, serve } from './containers';

const FOLDER = join(__dirname, '../fixtures/seeds/python');
const CONFINED = ['--read-only', '--tmpfs=/tmp', '--memory=256m'];

let image: string;

const python = (name: string, target?: string): string => builtImage(name, FOLDER, () => ({
  code: HandlerCode.fromDirectory('code'),
  runtime: HandlerRuntime.container({
    dockerfile: 'Dockerfile',
    target,
    additionalFiles: [{ source: 'lambda-entrypoint.sh', destination: 'lambda-entrypoint.sh' }],
    host: true,
  }),
})).image;

const emulator = runtimeInterfaceEmulator();

(containerEngine() && emulator ? describe : describe.skip)('a Python image with AWS\'s client', () => {
  beforeAll(() => {
    image = python('python');
  }, 180_000);

  test('answers an invocation of the AWS SDK, with the host in the place of the emulator', async () => {
    const { container, endpoint } = await serve(image, { options: CONFINED });
    expect(await invokeWithSdk(endpoint, '{}')).toEqual({ StatusCode: 200, FunctionError: undefined, Payload: '"echo: {}"' });
    expect(await invokeWithSdk(endpoint, '{"hello":"world"}')).toMatchObject({ Payload: '"echo: {\'hello\': \'world\'}"' });
    expect(await container.stop()).toBe(0);
  }, 60_000);

  test('answers AWS\'s emulator as well, by its own entry', async () => {
    const { endpoint } = await behindEmulator(image, emulator!, ['/lambda-entrypoint.sh', 'app.handler'], { options: CONFINED });
    expect(await invokeWithSdk(endpoint, '{}')).toMatchObject({ StatusCode: 200, Payload: '"echo: {}"' });
  }, 60_000);

  test('needs no script of its own: our entry chooses as well', async () => {
    const direct = python('python-without-script', 'without-script');
    for (const { endpoint } of [
      await serve(direct, { options: CONFINED }),
      await behindEmulator(direct, emulator!, ['/opt/cdk-hybrid/entrypoint', '--', 'python', '-m', 'awslambdaric', 'app.handler'], { options: CONFINED }),
    ]) {
      expect(await invokeWithSdk(endpoint, '{}')).toMatchObject({ StatusCode: 200, Payload: '"echo: {}"' });
    }
  }, 60_000);

  test('serves HTTP', async () => {
    const { container, endpoint } = await serve(image, {
      environment: { HYBRID_SOURCES: 'http', AWS_LAMBDA_FUNCTION_NAME: 'greeter' }, command: ['app.http'], options: CONFINED,
    });
    const answer = await fetch(`${endpoint}/caf%C3%A9?a=1`, { method: 'POST', body: 'grüß' });
    expect([answer.status, answer.headers.getSetCookie(), await answer.text()]).toEqual([201, ['a=1', 'b=2'], 'POST /café grüß greeter']);
    expect(await container.stop()).toBe(0);
  }, 60_000);

  test('serves HTTP with two workers side by side', async () => {
    const { container, endpoint } = await serve(image, { environment: { HYBRID_SOURCES: 'http', HYBRID_WORKERS: '2' }, command: ['app.meet'], options: CONFINED });
    const round = async (name: string): Promise<string[]> => {
      // Neither answers before both are in the handler.
      const answers = await Promise.all([1, 2].map(() => fetch(`${endpoint}/?round=${name}&processes=2`)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      return (await Promise.all(answers.map(answer => answer.text()))).sort();
    };
    const first = await round('first');
    expect(new Set(first).size).toBe(2);
    expect(await round('second')).toEqual(first);
    expect(await container.stop()).toBe(0);
  }, 60_000);
});
