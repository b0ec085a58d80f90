/** Defines how the table of cases is run on the sources of the host, by each of its invokers. */
import { eachCase, timeoutMs, type Case } from './cases';
import { HostProcess, killHosts } from '../layers/host/host-process';

/** What a caller sees of an invocation: as much as the source tells. */
export interface Outcome {
  readonly kind: 'result' | 'error' | 'timeout';
  readonly result?: unknown;
  /** The error's members. */
  readonly error?: unknown;
  /** Type and message in one line. */
  readonly line?: string;
}

export interface Driver {
  readonly source: 'emulator' | 'http' | 'task' | 'process';
  /** What HANDLERS has for a handler of the table. @default - the same */
  readonly handlerOf?: (handler: string) => string;
  /** Why a case cannot be seen there. */
  readonly unseen?: (each: Case, behaviour: string) => string | undefined;
  /** What the environment of the host has for the event of a case. */
  readonly environmentOf?: (event: unknown) => Record<string, string>;
  /** Invokes it once, or waits for the run that the host makes by itself. */
  readonly run: (host: HostProcess, event: unknown) => Promise<Outcome>;
}

export type Invoker = 'isolated' | 'shared';

export const INVOKERS: readonly (readonly [Invoker, Readonly<Record<string, string>>])[] = [
  ['isolated', {}],
  ['shared', { AWS_LAMBDA_MAX_CONCURRENCY: '4', AWS_LAMBDA_NODEJS_WORKER_COUNT: '2' }],
];

export function conforms(driver: Driver): void {
  afterEach(killHosts);
  describe.each(INVOKERS)(`${driver.source}, %s`, (invoker, environment) => {
    eachCase((each, behaviour) => check(driver, each, environment, behaviour === 'handler cannot be loaded'), (each, behaviour) => (
      (invoker === 'shared' ? each.aloneBecause : undefined) ?? driver.unseen?.(each, behaviour)
    ));
  });
}

async function check(driver: Driver, each: Case, environment: Readonly<Record<string, string>>, neverReady: boolean): Promise<void> {
  const { source, handlerOf, environmentOf, run } = driver;
  const { handler, event = {}, result, error } = each;
  const host = new HostProcess({
    sources: source,
    handler: handlerOf && !neverReady ? handlerOf(handler) : handler,
    environment: { ...environment, AWS_LAMBDA_FUNCTION_TIMEOUT: String(timeoutMs(each) / 1000), ...environmentOf?.(event) },
  });
  if (neverReady) {
    expect(await host.exit).toBe(1);
    return expectLine(/^cdk-hybrid: the handler cannot be initialized: (.*)$/m.exec(host.stderr)?.[1], error!);
  }
  const outcome = await run(host, event);
  const kind = error === undefined ? 'result' : error.errorType === 'Sandbox.Timedout' ? 'timeout' : 'error';
  expect([handler, outcome.kind]).toEqual([handler, kind]);
  if (!error) {
    if ('result' in outcome) expect(outcome.result).toEqual(result);
    return;
  }
  if ('error' in outcome) expect(outcome.error).toMatchObject(error);
  if ('line' in outcome) expectLine(outcome.line, error);
}

/** Type and message, as the host tells them in one line. */
function expectLine(line: string | undefined, { errorType, errorMessage }: NonNullable<Case['error']>): void {
  const inOneLine = (value: unknown): unknown => (typeof value === 'string' ? value.replace(/\s*\n\s*/g, ' | ') : value);
  const type = `${inOneLine(errorType) as string}: `;
  expect(line?.slice(0, type.length)).toBe(type);
  if (errorMessage !== undefined) expect(line?.slice(type.length)).toEqual(inOneLine(errorMessage));
}
