/**
 * Our image as Lambda runs it, with AWS's Runtime Interface Emulator in Lambda's place: the rows of the behaviour table
 * that it can show. It is mounted, so the image is the one that is deployed; non-root, read-only and with little memory.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { HandlerCode } from '../../src/model/handler-code';
import { eachCase, parsedOrText, timeoutMs } from '../conformance/cases';
import { containerEngine, curl, runtimeInterfaceEmulator } from '../real-parts';
import { behindEmulator, builtImage, invokeWithSdk, Server } from './containers';

const FIXTURES = join(__dirname, '../fixtures');
const parts = [containerEngine(), runtimeInterfaceEmulator(), curl()];
const [, emulator, client] = parts;

const UNSEEN: { readonly [handler: string]: string } = {
  'exits.handler': 'the emulator answers nothing for a runtime that ends before it is initialized',
  'streams.throwsAfter': 'the emulator sends what was written, and drops the error behind it',
};

let image: string;

/** The image behind the emulator, and the URL that invokes it. */
function lambda(handler: string, timeoutSeconds = 20): Promise<Server> {
  return behindEmulator(image, emulator!, ['/opt/cdk-hybrid/entrypoint', handler], {
    environment: { AWS_LAMBDA_FUNCTION_TIMEOUT: `${timeoutSeconds}` },
    options: ['--read-only', '--memory=256m'],
  });
}

/** Invokes with curl and gives the answer's body. */
function post(endpoint: string, event: unknown): Promise<string> {
  const child = spawn(client!, ['--silent', '--show-error', '--max-time', '30', '--data-binary', '@-', `${endpoint}/2015-03-31/functions/function/invocations`]);
  child.stdin.end(JSON.stringify(event));
  let [body, complaint] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', text => { body += text; });
  child.stderr.setEncoding('utf8').on('data', text => { complaint += text; });
  return new Promise((resolve, reject) => child.once('error', reject).once('close', status => {
    if (status === 0) { resolve(body); } else { reject(new Error(`curl ended with ${status}: ${complaint}`)); }
  }));
}

(parts.every(Boolean) ? describe : describe.skip)('behind AWS\'s emulator', () => {
  beforeAll(() => {
    ({ image } = builtImage('handlers', FIXTURES, () => ({ code: HandlerCode.fromDirectory('handlers'), handler: 'forms.async' })));
  }, 180_000);

  eachCase(async each => {
    const { handler, event = {}, result, error } = each;
    const { container, endpoint } = await lambda(handler, timeoutMs(each) / 1000);
    const body = await post(endpoint, event);
    if (error?.errorType === 'Sandbox.Timedout') {
      expect(body).toBe('Task timed out after 1.00 seconds'); // the emulator's words, without a type
    } else if (error) {
      expect(parsedOrText(body)).toMatchObject(error);
    } else {
      expect(parsedOrText(body)).toEqual(result);
    }
    await container.remove();
  }, ({ handler }) => UNSEEN[handler]);

  test('the next invocation succeeds after each failure', async () => {
    const { endpoint } = await lambda('forms.mixed', 2);
    for (const kind of ['throws', 'uncaught', 'exit', 'slow']) {
      expect(await post(endpoint, { kind, code: 1, ms: 60_000 })).toMatch(/"errorType":|^Task timed out after 2.00 seconds$/);
      expect(JSON.parse(await post(endpoint, { n: kind }))).toEqual({ n: kind });
    }
  });

  test('the AWS SDK invokes it', async () => {
    const { container, endpoint } = await lambda('forms.context');
    const { StatusCode, Payload } = await invokeWithSdk(endpoint, '{}');
    const context = JSON.parse(Payload!);
    expect(StatusCode).toBe(200);
    expect(context).toMatchObject({ awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/), functionVersion: '$LATEST' });
    expect(context.remaining).toBeLessThanOrEqual(20_000);
    expect(context.remaining).toBeGreaterThan(0);
    await container.until('log line', () => container.stdout.includes(`END RequestId: ${context.awsRequestId}`));
  });
});
