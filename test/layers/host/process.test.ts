/** The host as a process: the handler runs until it returns, throws or is told to stop. Real child processes of the bundled program. */
import { Bootstraps } from './bootstraps';
import { HostProcess, killHosts, type HostOptions } from './host-process';
import { curl } from '../../real-parts';

const bootstraps = new Bootstraps();
afterEach(killHosts);
afterAll(() => bootstraps.remove());

const run = (handler: string | undefined, environment: Record<string, string> = {}, options: Partial<HostOptions> = {}) => (
  new HostProcess({ sources: 'process', handler, environment, ...options })
);

describe.each([['isolated', {}], ['shared', { AWS_LAMBDA_MAX_CONCURRENCY: '4' }]])('a process (%s)', (_invoker, mode: Record<string, string>) => {
  test('that returns exits with 0, its logs on the standard output', async () => {
    const host = run('running.echo', { ...mode, HYBRID_EVENT: '{"a":"ü"}' });
    expect(await host.exit).toBe(0);
    expect(host.stdout).toContain('a line of the handler');
  });

  test('has an empty object as its event unless one is given', async () => {
    const host = run('running.printsEvent', mode);
    expect(await host.exit).toBe(0);
    expect(host.stdout).toContain('event {}');
  });

  test('has no timeout', async () => {
    const host = run('running.printsRemaining', { ...mode, AWS_LAMBDA_FUNCTION_TIMEOUT: '1' });
    expect(await host.exit).toBe(0);
    expect(host.stdout).toContain('for ever');
  });

  test('that throws exits with 1 and says why in one line', async () => {
    const host = run('running.throws', mode);
    expect(await host.exit).toBe(1);
    expect(host.stderr).toMatch(/^cdk-hybrid: process: the handler failed: RangeError: went \| wrong$/m);
  });

  test.each([0, 3])('that calls process.exit(%d) on its own exits with 1 and says so', async (code) => {
    const host = run('running.exits', { ...mode, HYBRID_EVENT: `{"code":${code}}` });
    expect(await host.exit).toBe(1);
    expect(host.stderr).toMatch(/^cdk-hybrid: process: the handler failed: Runtime.ExitError: /m);
  });

  test('that throws an AbortError although nobody told it to stop exits with 1', async () => {
    const host = run('running.abortErrorUnasked', mode);
    expect(await host.exit).toBe(1);
    expect(host.stderr).toMatch(/^cdk-hybrid: process: the handler failed: AbortError: nobody asked$/m);
  });

  test('whose handler cannot be loaded exits with 1 and says why', async () => {
    const host = run('throws.handler', mode);
    expect(await host.exit).toBe(1);
    expect(host.stderr).toMatch(/^cdk-hybrid: the handler cannot be initialized: TypeError: while loading$/m);
  });

  test.each([
    ['returns once its signal is aborted', 'running.returnsOnStop', {}, 0],
    ['is woken by an AbortError', 'running.abortError', {}, 0],
    ['calls process.exit(0) in a listener', 'running.exitsOnStop', {}, 0],
    ['calls process.exit(7) in a listener', 'running.exitsOnStop', { HYBRID_EVENT: '{"code":7}' }, 1],
    ['throws while it stops', 'running.throwsOnStop', {}, 1],
    ['does not listen and goes on', 'running.forever', { HYBRID_STOP_TIMEOUT: '2' }, 1],
    ['ignores SIGTERM and goes on', 'running.ignoresStop', { HYBRID_STOP_TIMEOUT: '2' }, 1],
    ['blocks its thread', 'running.blocks', { HYBRID_STOP_TIMEOUT: '2' }, 1],
  ])('that is told to stop and %s (%s %j) exits with %d', async (_what, handler, environment, code) => {
    const host = run(handler, { ...mode, ...environment as Record<string, string> });
    await host.wrote('stdout', /\bruns\b/);
    host.signal('SIGTERM');
    expect(await host.exit).toBe(code);
    const why = /^cdk-hybrid: process: the handler failed after it was told to stop: /m;
    if (code === 0) expect(host.stderr).not.toMatch(why);
    else expect(host.stderr).toMatch(why);
  });

  test('that is told to stop before its handler is initialized exits with 0', async () => {
    const host = run('slow-init.handler', mode);
    await host.wrote('stdout', /initializes/);
    host.signal('SIGTERM');
    expect(await host.exit).toBe(0);
  });
});

describe('a process of another bootstrap', () => {
  const SHELL = `#!/bin/sh
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
while :; do
  id=$(curl -sS -D - -o event.json "$api/next" | tr -d '\\r' | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
  echo "runs $(cat event.json)"
  if [ "$_HANDLER" = waits ]; then sleep 1000; fi
  curl -sS -o answer.txt -d '"done"' "$api/$id/response"
done
`;
  const shell = (handler: string) => run(handler, { HYBRID_EVENT: '{"n":1}' }, { command: bootstraps.executable('shell', SHELL), taskRoot: bootstraps.directory });

  if (curl()) {
    test('in a few lines of shell exits with 0 once it has answered', async () => {
      const host = shell('answers');
      expect(await host.exit).toBe(0);
      expect(host.stdout).toBe('runs {"n":1}\n');
    });

    test('that dies of SIGTERM when told to stop exits with 0', async () => {
      const host = shell('waits');
      await host.wrote('stdout', /runs/);
      host.signal('SIGTERM');
      expect(await host.exit).toBe(0);
    });
  }

  test('that ends by itself exits with 1 and says so', async () => {
    const host = run('h', {}, { command: bootstraps.script('ends', 'call("GET", "/invocation/next").then(() => process.exit(0));') });
    expect(await host.exit).toBe(1);
    expect(host.stderr).toMatch(/^cdk-hybrid: process: the handler failed: Runtime.ExitError: .*Runtime exited without providing a reason$/m);
  });

  test('that is not there exits with 1 and says so', async () => {
    const host = run('h', {}, { command: ['/no/such/bootstrap'] });
    expect(await host.exit).toBe(1);
    expect(host.stderr).toMatch(/^cdk-hybrid: the handler cannot be initialized: Runtime.InvalidEntrypoint: .*\/no\/such\/bootstrap/m);
  });
});
