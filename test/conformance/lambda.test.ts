/** The table of cases on the bootstrap as Lambda runs it: one invocation at a time, and several in flight. */
import { eachCase, parsedOrText, timeoutMs, type Case } from './cases';
import { FunctionHost } from '../../layers/runtime/host/function-host';
import { BOOTSTRAP, HANDLERS, NODE } from '../layers/runtime/bootstrap-process';

let host: FunctionHost | undefined;

afterEach(async () => {
  await host?.stop({ drainMs: 0, graceMs: 100 });
  host = undefined;
});

async function started(handler: string, maxConcurrency: number, limitMs = 20_000, program = BOOTSTRAP): Promise<FunctionHost> {
  host = new FunctionHost({
    name: 'conformance',
    bootstrap: [NODE, program],
    taskRoot: HANDLERS,
    handler,
    environment: { AWS_LAMBDA_NODEJS_WORKER_COUNT: '2' },
    timeoutMs: limitMs,
    memoryMiB: 256,
    maxConcurrency,
  });
  await host.start();
  return host;
}

async function check(each: Case, maxConcurrency: number, program?: string): Promise<void> {
  const { handler, event = {}, result, error } = each;
  const running = await started(handler, maxConcurrency, timeoutMs(each), program);
  const { functionError, payload } = await running.invoke({ event: Buffer.from(JSON.stringify(event)) });
  const answer = parsedOrText(payload.toString());
  if (error) {
    expect(answer).toMatchObject({ ...error, errorMessage: error.errorMessage ?? expect.any(String) });
    expect(functionError).toBe('Unhandled');
  } else {
    expect([handler, functionError]).toEqual([handler, undefined]);
    expect(answer).toEqual(result);
  }
}

describe.each([['one at a time', 1], ['several in flight', 4]])('%s', (_name, maxConcurrency) => {
  eachCase((each) => check(each, maxConcurrency), ({ aloneBecause }) => (maxConcurrency > 1 ? aloneBecause : undefined));

  test('the next invocation succeeds after each failure', async () => {
    const running = await started('forms.mixed', maxConcurrency);
    const invoke = (event: unknown) => running.invoke({ event: Buffer.from(JSON.stringify(event)) });
    for (const kind of ['throws', 'uncaught', 'exit']) {
      expect((await invoke({ kind, code: 1 })).functionError).toBe('Unhandled');
      expect(JSON.parse((await invoke({ n: kind })).payload.toString())).toEqual({ n: kind });
    }
  });

  test('invocations at once each get their own answer', async () => {
    const running = await started('forms.mixed', maxConcurrency);
    const ids = Array.from({ length: 20 }, (_, index) => `request-${index}`);
    const answers = await Promise.all(ids.map((requestId) => running.invoke({ requestId, event: Buffer.from('{"kind":"id"}') })));
    expect(answers.map(({ payload }) => JSON.parse(payload.toString()))).toEqual(ids);
  });
});

// Where AWS's own client is the reference: aws-lambda-ric 4, whose folder TEST_AWS_CLIENT names, gives the same.
if (process.env.TEST_AWS_CLIENT) {
  describe('AWS\'s own client', () => {
    eachCase((each) => check(each, 1, `${process.env.TEST_AWS_CLIENT}/index.mjs`), ({ differsFromAwsBecause }) => differsFromAwsBecause);
  });
}
