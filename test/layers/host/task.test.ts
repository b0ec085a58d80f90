/** The host as a task: one event, one result, an exit code. Real child processes of the bundled program. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bootstraps } from './bootstraps';
import { HostProcess, killHosts, type HostOptions } from './host-process';

afterEach(killHosts);

const INVOKERS: [string, Record<string, string>][] = [['isolated', {}], ['shared', { AWS_LAMBDA_MAX_CONCURRENCY: '4' }]];

const start = (handler: string, environment: Record<string, string> = {}, options: Partial<HostOptions> = {}) => (
  new HostProcess({ sources: 'task', handler, ...options, environment: { HYBRID_EVENT: '{"n":1}', ...environment } })
);

describe.each(INVOKERS)('a task (%s)', (_invoker, mode) => {
  const task = (handler: string, environment: Record<string, string> = {}) => start(handler, { ...mode, ...environment });

  test('prints the result as one line on its standard output, the handler\'s logs on the other, and exits with 0', async () => {
    const host = task('running.echo');
    expect(await host.exit).toBe(0);
    expect(host.stdout).toBe('{"got":{"n":1},"id":"string"}\n');
    expect(host.stderr).toMatch(/\tINFO\ta line of the handler\n/);
    expect(host.stderr).toMatch(/\tERROR\ta line of the handler's errors\n/);
    expect(host.stderr).not.toContain('START RequestId');
  });

  test('prints a result that has lines of its own as one line', async () => {
    const host = task('running.pretty');
    expect(await host.exit).toBe(0);
    expect(host.stdout).toBe('{   "a": [     1,     2   ] }\n');
  });

  test('prints a large result whole', async () => {
    const host = task('forms.big', { HYBRID_EVENT: '{"bytes":5000000}' });
    expect(await host.exit).toBe(0);
    expect(host.stdout.length).toBe(5_000_003);
    expect(host.stdout.endsWith('x"\n')).toBe(true);
  });

  test('keeps the names of the host\'s own settings from the handler', async () => {
    const host = task('running.environment');
    expect(await host.exit).toBe(0);
    expect(host.stdout).toBe('{}\n');
  });

  test.each([
    ['forms.throws', {}, 'Error: went wrong'],
    ['forms.exit', { HYBRID_EVENT: '{"code":3}' }, 'Runtime.ExitError: RequestId: \\S+ Error: Runtime exited with error: exit status 3'],
    ['forms.exit', { HYBRID_EVENT: '{"code":0}' }, 'Runtime.ExitError: RequestId: \\S+ Error: Runtime exited without providing a reason'],
    ['running.throws', {}, 'RangeError: went \\| wrong'],
    ['running.abortErrorUnasked', {}, 'AbortError: nobody asked'],
    ['forms.big', { HYBRID_EVENT: '{"bytes":7000000}' }, 'Function.ResponseSizeTooLarge: .*'],
  ])('whose handler fails (%s %j) prints no result, says why in one line and exits with 1', async (handler, environment, why) => {
    const host = task(handler, environment as Record<string, string>);
    expect(await host.exit).toBe(1);
    expect(host.stdout).toBe('');
    expect(host.stderr).toMatch(new RegExp(`^cdk-hybrid: task: the handler failed: \\S*${why}$`, 'm'));
  });

  test.each(['running.forever', 'running.blocks'])('that takes longer than its timeout (%s) exits with 124 and says so', async (handler) => {
    const host = task(handler, { AWS_LAMBDA_FUNCTION_TIMEOUT: '1' });
    expect(await host.exit).toBe(124);
    expect(host.stdout).toBe('');
    expect(host.stderr).toMatch(/^cdk-hybrid: task: the handler failed: Sandbox.Timedout: .*Task timed out after 1.00 seconds$/m);
  });

  test.each([
    ['syntax-error.handler', 'Runtime.UserCodeSyntaxError'], ['nope.handler', 'Runtime.ImportModuleError'], ['throws.handler', 'TypeError: while loading'],
    ['exits.handler', 'Runtime.ExitError'],
  ])('whose handler cannot be loaded (%s) says so and exits with 1', async (handler, why) => {
    const host = task(handler);
    expect(await host.exit).toBe(1);
    expect(host.stdout).toBe('');
    expect(host.stderr).toMatch(new RegExp(`^cdk-hybrid: the handler cannot be initialized: ${why}`, 'm'));
  });
});

describe.each(INVOKERS)('a task that is told to stop (%s)', (_invoker, mode) => {
  const task = (handler: string, environment: Record<string, string> = {}) => start(handler, { ...mode, ...environment });

  test.each<[string, string, NodeJS.Signals[], { environment?: Record<string, string>; exit: number; stdout: string; stderr?: RegExp[] }]>([
    ['by SIGTERM lets the handler finish and prints its result', 'running.finishesOnStop', ['SIGTERM'], { exit: 0, stdout: '"finished"\n' }],
    ['by SIGINT lets the handler finish and prints its result', 'running.finishesOnStop', ['SIGINT'], { exit: 0, stdout: '"finished"\n' }],
    ['by a terminal, which tells the host and the program that started it, is told once', 'running.finishesOnStop', ['SIGINT', 'SIGINT'], {
      exit: 0, stdout: '"finished"\n',
    }],
    ['tells the handler by the signal of its context', 'running.returnsOnStop', ['SIGTERM'], { exit: 0, stdout: '"returned"\n' }],
    ['says that the handler has given up: its event is left undone', 'running.abortError', ['SIGTERM'], {
      exit: 1, stdout: '', stderr: [/^cdk-hybrid: task: the handler failed after it was told to stop: AbortError: /m],
    }],
    ['ends a handler that goes on at the stop timeout', 'running.ignoresStop', ['SIGTERM'], {
      environment: { HYBRID_STOP_TIMEOUT: '2' },
      exit: 1,
      stdout: '',
      stderr: [/does not care/, /^cdk-hybrid: task: the handler failed after it was told to stop: Runtime.ExitError: /m],
    }],
  ])('%s (%s, %j)', async (_what, handler, signals, { environment, exit, stdout, stderr = [] }) => {
    const host = task(handler, environment);
    await host.wrote('stderr', /\truns$/m);
    for (const signal of signals) host.signal(signal);
    expect(await host.exit).toBe(exit);
    expect(host.stdout).toBe(stdout);
    for (const line of stderr) expect(host.stderr).toMatch(line);
  });

  test('before the handler is initialized exits with 1: its event is left undone', async () => {
    const host = task('slow-init.handler');
    await host.wrote('stderr', /\tinitializes$/m);
    host.signal('SIGTERM');
    expect(await host.exit).toBe(1);
    expect(host.stdout).toBe('');
    expect(host.stderr).toMatch(/^cdk-hybrid: task: told to stop before the handler was called$/m);
  });

  test('twice ends at once with 1', async () => {
    const host = task('running.ignoresStop');
    await host.wrote('stderr', /\truns$/m);
    host.signal('SIGTERM');
    const again = setInterval(() => host.signal('SIGTERM'), 300);
    expect(await host.exit).toBe(1);
    clearInterval(again);
  });
});

describe('a task of another bootstrap', () => {
  const bootstraps = new Bootstraps();
  afterAll(() => bootstraps.remove());

  test('that would die of SIGTERM is let finish before it is told', async () => {
    const file = join(bootstraps.directory, 'go-on');
    const host = start('h', { HYBRID_EVENT: JSON.stringify({ do: 'waitForFile', path: file }) }, {
      command: bootstraps.script('waits', `const wait = actions.waitForFile;
actions.waitForFile = (event) => { console.log('waits'); return wait(event); };
loop();`),
      taskRoot: bootstraps.directory,
    });
    await host.wrote('stderr', /^waits$/m);
    host.signal('SIGTERM');
    writeFileSync(file, '');
    expect(await host.exit).toBe(0);
    expect(host.stdout).toBe('"found"\n');
    expect(host.stderr).toContain('got SIGTERM');
  });

  test('is ended at the stop timeout, with 1', async () => {
    const host = start('h', { HYBRID_EVENT: '{"do":"hang"}', HYBRID_STOP_TIMEOUT: '2' }, { command: bootstraps.script('hangs', 'actions.hang = () => { console.log("hangs"); return sleep(600000); }; loop();') });
    await host.wrote('stderr', /^hangs$/m);
    host.signal('SIGTERM');
    expect(await host.exit).toBe(1);
    expect(host.stdout).toBe('');
  });
});
