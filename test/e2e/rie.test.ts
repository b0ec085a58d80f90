/**
 * Our image as Lambda runs it, with AWS's Runtime Interface Emulator in Lambda's place: the rows of the behaviour table
 * that it can show. It is mounted, so the image is the one that is deployed; non-root, read-only and with little memory.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { HandlerCode } from '../../src/model/handler-code';
import { containerEngine, curl, runtimeInterfaceEmulator } from '../real-parts';
import { behindEmulator, builtImage, invokeWithSdk, Server } from './containers';

const FIXTURES = join(__dirname, '../fixtures');
const TIMEOUT = 'Task timed out after 1.00 seconds';
const parts = [containerEngine(), runtimeInterfaceEmulator(), curl()];
const [, emulator, client] = parts;

interface Row {
  readonly handler: string;
  readonly event?: unknown;
  /** The result, as parsed JSON. */
  readonly result?: unknown;
  readonly error?: { readonly errorType: string; readonly errorMessage?: unknown };
  /** The emulator's answer, when it is no JSON. */
  readonly text?: string;
}

const EVENT = { text: 'ü', list: [1, null, true] };

const ROWS: { [behaviour: string]: Row[] } = {
  'handler forms': [
    { handler: 'forms.async', event: EVENT, result: { got: EVENT } },
    { handler: 'forms.promise', event: EVENT, result: { got: EVENT } },
    { handler: 'forms.callback', event: EVENT, result: { got: EVENT } },
    { handler: 'forms.waits', result: { late: true } },
    { handler: 'nested/deep/file.export.nested', result: 'nested file and export' },
    { handler: 'module.handler', result: 'module' },
    { handler: 'tla.handler', result: 'top-level await' },
    { handler: 'streams.text', text: 'Hello, stream{"json":true}!' },
  ],
  'returns nothing': [{ handler: 'forms.nothing', result: null }],
  'handler throws': [
    { handler: 'forms.throws', error: { errorType: 'CustomError', errorMessage: 'went wrong' } },
    { handler: 'forms.throwsNull', error: { errorType: 'object', errorMessage: 'null' } },
    { handler: 'forms.oddName', error: { errorType: 'Odd\r\nX-Injected: 1\nÜber 名', errorMessage: 'ünï\ncode' } },
  ],
  'result without a JSON form': [{ handler: 'forms.cycle', error: { errorType: 'Runtime.JSONStringifyError' } }],
  'never an answer': [{ handler: 'forms.never', error: { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('its promise never settled') } }],
  'timeout': [
    { handler: 'forms.slow', event: { ms: 60_000 }, text: TIMEOUT },
    { handler: 'forms.blocks', text: TIMEOUT },
  ],
  'crash of the handler\'s process': [
    { handler: 'forms.exit', event: { code: 3 }, error: { errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(/Error: Runtime exited with error: exit status 3$/) } },
    { handler: 'forms.uncaught', error: { errorType: 'CustomError', errorMessage: 'uncaught' } },
  ],
  'handler cannot be loaded': [
    { handler: 'throws.handler', error: { errorType: 'TypeError', errorMessage: 'while loading' } },
    { handler: 'forms.nope', error: { errorType: 'Runtime.HandlerNotFound' } },
  ],
  'large events and results': [
    { handler: 'forms.length', event: 'x'.repeat(5_000_000), result: 5_000_002 },
    { handler: 'forms.big', event: { bytes: 5_000_000 }, result: 'x'.repeat(5_000_000) },
  ],
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

  for (const [behaviour, rows] of Object.entries(ROWS)) {
    for (const { handler, event = {}, result, error, text } of rows) {
      test(`${behaviour}: ${handler} ${JSON.stringify(event).slice(0, 40)}`, async () => {
        const { container, endpoint } = await lambda(handler, text === TIMEOUT ? 1 : undefined);
        const body = await post(endpoint, event);
        if (text !== undefined) {
          expect(body).toBe(text);
        } else if (error) {
          expect(JSON.parse(body)).toMatchObject(error);
        } else {
          expect(JSON.parse(body)).toEqual(result);
        }
        await container.remove();
      });
    }
  }

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
