/** Defines the rows of the behaviour table that take more than one invocation: on the sources that go on, by each invoker. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsedOrText } from './cases';
import { INVOKERS, type Outcome } from './host-cases';
import { HostProcess, killHosts } from '../layers/host/host-process';

/** What came back, and its request id where the source tells it. */
export interface Reply {
  readonly outcome: Outcome;
  readonly requestId?: string;
}

export interface ServingDriver {
  readonly source: 'emulator' | 'http';
  readonly handlerOf?: (handler: string) => string;
  readonly invoke: (host: HostProcess, event: unknown) => Promise<Reply>;
}

/** Over HTTP the event of the table is the body of a request. */
export function httpHandlerOf(handler: string): string {
  return handler.replace(/^(forms|running)\./, 'http-forms.');
}

export async function invokeEmulator(host: HostProcess, event: unknown): Promise<Reply> {
  const url = await host.listening('emulator');
  const reply = await fetch(`${url}/2015-03-31/functions/function/invocations`, { method: 'POST', body: JSON.stringify(event) });
  expect(reply.status).toBe(200);
  const payload = parsedOrText(await reply.text());
  const requestId = reply.headers.get('x-amzn-requestid')!;
  if (!reply.headers.has('x-amz-function-error')) return { requestId, outcome: { kind: 'result', result: payload } };
  return { requestId, outcome: { kind: (payload as { errorType?: string }).errorType === 'Sandbox.Timedout' ? 'timeout' : 'error', error: payload } };
}

/** What an HTTP API makes of a failure; the client is told nothing else. */
const FAILURES: Readonly<Record<number, { readonly kind: 'error' | 'timeout'; readonly body: string }>> = {
  500: { kind: 'error', body: '{"message":"Internal Server Error"}' },
  504: { kind: 'timeout', body: '{"message":"Endpoint request timed out"}' },
};

export async function invokeHttp(host: HostProcess, event: unknown): Promise<Reply> {
  const url = await host.listening('http');
  const { status, headers, body, complete } = await post(url, JSON.stringify(event));
  // A streamed answer that has begun can only be cut off.
  if (!complete) return { outcome: { kind: 'error' } };
  if (status !== 200) {
    const failure = FAILURES[status];
    expect([status, body]).toEqual([status, failure?.body]);
    expect(Object.keys(headers).filter((name) => !['connection', 'content-length', 'content-type', 'date', 'keep-alive'].includes(name))).toEqual([]);
    return { outcome: { kind: failure.kind } };
  }
  expect(headers['content-type']).toMatch(/^(application\/json|text\/plain|application\/octet-stream)$/);
  return { outcome: { kind: 'result', result: parsedOrText(body) } };
}

/** On a connection of its own: one that was open may be closed by the host at any time. */
function post(url: string, content: string): Promise<{ status: number; headers: IncomingHttpHeaders; body: string; complete: boolean }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent: false, headers: { 'Content-Type': 'application/json' } }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; });
      response.once('close', () => resolve({ status: response.statusCode!, headers: response.headers, body, complete: response.complete }));
      response.on('error', () => {});
    });
    sent.on('error', reject).end(content);
  });
}

/** Threads listen themselves: a connection that is opened in the moment in which one closes its listener is refused. */
async function onceReachable<T>(invoke: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await invoke();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
    }
  }
}

export function serves({ source, handlerOf = (handler) => handler, invoke }: ServingDriver): void {
  const directory = mkdtempSync(join(tmpdir(), 'cdk-hybrid-conformance-'));
  afterEach(killHosts);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  describe.each(INVOKERS)(`${source}, %s`, (invoker, mode) => {
    const started = (handler: string, environment: Record<string, string> = {}) => (
      new HostProcess({ sources: source, handler: handlerOf(handler), environment: { ...mode, HYBRID_WORKERS: '2', ...environment } })
    );
    const resultOf = async (host: HostProcess, event: unknown): Promise<any> => {
      const { outcome } = await invoke(host, event);
      expect(outcome).toMatchObject({ kind: 'result' });
      return outcome.result;
    };

    test('the context has its fields and counts down to the deadline', async () => {
      const host = started('forms.context', {
        AWS_LAMBDA_FUNCTION_NAME: 'orders', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512', AWS_LAMBDA_FUNCTION_TIMEOUT: '40', AWS_REGION: 'eu-west-1', AWS_ACCOUNT_ID: '111122223333',
      });
      const { outcome: { result }, requestId } = await invoke(host, {});
      expect(result).toMatchObject({
        callbackWaitsForEmptyEventLoop: true,
        functionName: 'orders',
        functionVersion: '$LATEST',
        invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders',
        memoryLimitInMB: '512',
        awsRequestId: requestId ?? expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        logGroupName: '/aws/lambda/orders',
        logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
        functions: ['done', 'fail', 'getRemainingTimeInMillis', 'succeed'],
      });
      const { remaining } = result as { remaining: number };
      expect(remaining).toBeGreaterThan(0);
      expect(remaining).toBeLessThanOrEqual(40_000);
    });

    test('the next invocation succeeds after each failure, and the host lives', async () => {
      const host = started('forms.mixed');
      for (const kind of ['throws', 'uncaught', 'exit']) {
        expect((await invoke(host, { kind, code: 1 })).outcome.kind).toBe('error');
        expect(await onceReachable(() => resultOf(host, { n: kind }))).toEqual({ n: kind });
      }
    });

    test('invocations at once each get their own answer', async () => {
      const host = started('forms.mixed');
      const events = Array.from({ length: 20 }, (_, n) => ({ n }));
      expect(await Promise.all(events.map((event) => resultOf(host, event)))).toEqual(events);
    });

    test('one that takes too long fails alone: others are answered meanwhile and afterwards', async () => {
      const host = started('forms.mixed', { AWS_LAMBDA_FUNCTION_TIMEOUT: '1' });
      let over = false;
      const slow = invoke(host, { kind: 'slow', ms: 600_000 }).finally(() => { over = true; });
      let others = 0;
      while (!over) expect(await resultOf(host, { n: others })).toEqual({ n: others++ });
      expect((await slow).outcome.kind).toBe('timeout');
      expect(others).toBeGreaterThan(0);
      for (let n = 0; n < 5; n++) expect(await resultOf(host, { n })).toEqual({ n });
      expect(host.stderr).toContain('Task timed out after 1.00 seconds');
    });

    test('a result of more than 6 MB fails, and one line of the log tells', async () => {
      const host = started('forms.big');
      expect((await invoke(host, { bytes: 7_000_000 })).outcome.kind).toBe('error');
      expect(await resultOf(host, { bytes: 6_000_000 })).toHaveLength(6_000_000);
      const lines = `${host.stdout}${host.stderr}`.split('\n').filter((line) => line.includes('xceeded maximum allowed payload size'));
      expect(lines).toHaveLength(1);
    });

    // Shared: a crash takes the neighbours in its thread along, and who is in which thread is the system's choice.
    if (invoker === 'isolated') {
      test('one that crashes fails alone: its neighbour is finished', async () => {
        const host = started('running.waitsForFile');
        const file = join(directory, `${source}-crash`);
        const neighbour = invoke(host, { path: file });
        await host.wrote('stdout', /\bwaits\b/);
        expect((await invoke(host, { exit: 3 })).outcome.kind).toBe('error');
        expect((await invoke(host, { exit: 0 })).outcome.kind).toBe('error');
        writeFileSync(file, '');
        expect((await neighbour).outcome).toEqual({ kind: 'result', result: 'found' });
      });
    }

    test('SIGTERM: no new work, what is in flight is finished, the handler\'s listener runs, exit code 0', async () => {
      const host = started('running.waitsForFile');
      const url = await host.listening(source);
      const file = join(directory, `${source}-${invoker}-drain`);
      const inFlight = invoke(host, { path: file });
      await host.wrote('stdout', /\bwaits\b/);
      host.signal('SIGTERM');
      // Until it is refused: by its status on a connection that was open, or with the connection.
      while (await fetch(`${url}/_health`).then(({ status }) => status !== 503 && status !== 404, () => false));
      while (await fetch(url).then(() => true, () => false));
      expect(existsSync(file)).toBe(false);
      writeFileSync(file, '');
      expect((await inFlight).outcome).toEqual({ kind: 'result', result: 'found' });
      expect(await host.exit).toBe(0);
      expect(host.stdout).toContain('saw SIGTERM');
    });

    test('SIGTERM: what does not finish is ended at the stop timeout, exit code 1', async () => {
      const host = started('running.waitsForFile', { HYBRID_STOP_TIMEOUT: '2' });
      const inFlight = invoke(host, { path: join(directory, 'never') }).catch(() => 'cut off');
      await host.wrote('stdout', /\bwaits\b/);
      host.signal('SIGTERM');
      expect(await host.exit).toBe(1);
      expect(host.stderr).toContain('cdk-hybrid: the stop timeout passed before everything was finished\n');
      await inFlight;
    });

    test('logs are text lines with the request id', async () => {
      const host = started('forms.log');
      const { requestId = '[0-9a-f-]{36}' } = await invoke(host, { n: 1 });
      await host.wrote('stdout', new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z\\t${requestId}\\tINFO\\tone { two: 2 }$`, 'm'));
      await host.wrote('stdout', new RegExp(`^[^\\t]+\\t${requestId}\\tWARN\\twarn$`, 'm'));
    });

    test('logs are JSON with the request id when asked', async () => {
      const host = started('forms.log', { AWS_LAMBDA_LOG_FORMAT: 'JSON' });
      const { requestId } = await invoke(host, { n: 1 });
      await host.wrote('stdout', /"object":true.*\n/);
      const lines = host.stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines.find(({ message }) => message === 'warn')).toEqual({
        timestamp: expect.stringMatching(/^\d{4}-/), level: 'WARN', requestId: requestId ?? expect.stringMatching(/^[0-9a-f-]{36}$/), message: 'warn',
      });
      expect(new Set(lines.map((line) => line.requestId)).size).toBe(1);
    });
  });
}
