/** Defines the rows of the behaviour table as one table of cases, the same for every source and every invoker. */

/** One invocation of a handler in test/fixtures/handlers. */
export interface Case {
  readonly handler: string;
  readonly event?: unknown;
  /** The result, as parsed JSON. */
  readonly result?: unknown;
  /** The error's members, when the invocation fails. */
  readonly error?: { readonly errorType: string; readonly errorMessage?: unknown };
  /** AWS's own client does something else. */
  readonly differsFromAwsBecause?: string;
  /** Only where one invocation has the process to itself, with the reason. */
  readonly aloneBecause?: string;
}

const EVENT = { text: 'ü', list: [1, null, true] };

const EMPTY_LOOP = 'several invocations share the event loop: that it is empty cannot be seen';

const CALLBACKS = 'it refuses callbacks and the old methods of the context; we keep them, as its version 3 did';
const MESSAGE = 'its message does not tell why';
const CRASH = 'it posts nothing, and the process ends';

export const CASES: Record<string, readonly Case[]> = {
  'handler forms': [
    { handler: 'forms.async', event: EVENT, result: { got: EVENT } },
    { handler: 'forms.promise', event: EVENT, result: { got: EVENT } },
    { handler: 'forms.thenable', result: 'thenable' },
    { handler: 'forms.sync', event: EVENT, result: { got: EVENT } },
    { handler: 'forms.callback', event: EVENT, result: { got: EVENT }, differsFromAwsBecause: CALLBACKS },
    { handler: 'forms.callbackError', error: { errorType: 'TypeError', errorMessage: 'called back' }, differsFromAwsBecause: CALLBACKS },
    { handler: 'forms.callbackText', error: { errorType: 'string', errorMessage: 'just text' }, differsFromAwsBecause: CALLBACKS },
    { handler: 'forms.waits', result: { late: true }, aloneBecause: EMPTY_LOOP, differsFromAwsBecause: CALLBACKS },
    { handler: 'forms.doesNotWait', result: { late: false }, differsFromAwsBecause: CALLBACKS },
    { handler: 'forms.succeed', event: EVENT, result: { got: EVENT }, aloneBecause: EMPTY_LOOP, differsFromAwsBecause: CALLBACKS },
    { handler: 'forms.fail', error: { errorType: 'RangeError', errorMessage: 'failed' }, aloneBecause: EMPTY_LOOP, differsFromAwsBecause: CALLBACKS },
    { handler: 'forms.done', result: 'done', aloneBecause: EMPTY_LOOP, differsFromAwsBecause: CALLBACKS },
    { handler: 'forms.a.b.c', result: 'nested export' },
    { handler: 'nested/deep/file.export.nested', result: 'nested file and export' },
    { handler: 'common.handler', result: 'cjs' },
    { handler: 'module.handler', result: 'module' },
    { handler: 'module.viaDefault', result: 'default export' },
    { handler: 'esm/index.handler', result: 'type module' },
    { handler: 'tla.handler', result: 'top-level await' },
    { handler: 'folder.handler', result: 'folder', differsFromAwsBecause: 'it imports, which finds no folder; its version 3 requires' },
    { handler: 'plain.handler', result: 'extensionless' },
  ],
  'streaming handlers': [
    { handler: 'streams.text', result: 'Hello, stream{"json":true}!' },
    { handler: 'streams.empty', result: '' },
    { handler: 'streams.throwsBefore', error: { errorType: 'TypeError', errorMessage: 'before the first byte' } },
    { handler: 'streams.throwsAfter', error: { errorType: 'TypeError', errorMessage: 'after the first byte' } },
  ],
  'returns nothing': [
    { handler: 'forms.nothing', result: null },
    { handler: 'forms.undefinedPromise', result: null },
  ],
  'handler throws': [
    { handler: 'forms.throws', error: { errorType: 'CustomError', errorMessage: 'went wrong' } },
    { handler: 'forms.throwsSync', error: { errorType: 'CustomError', errorMessage: 'went wrong' } },
    { handler: 'forms.throwsNull', error: { errorType: 'object', errorMessage: 'null' } },
    { handler: 'forms.throwsUndefined', error: { errorType: 'undefined', errorMessage: 'undefined' } },
    { handler: 'forms.throwsText', error: { errorType: 'string', errorMessage: 'text' } },
    { handler: 'forms.oddName', error: { errorType: 'Odd\r\nX-Injected: 1\nÜber 名', errorMessage: 'ünï\ncode' } },
    { handler: 'forms.unreadable', error: { errorType: 'handled' } },
  ],
  'result without a JSON form': ['cycle', 'bigint', 'function', 'symbol', 'toJsonThrows'].map((name) => (
    { handler: `forms.${name}`, error: { errorType: 'Runtime.JSONStringifyError', errorMessage: expect.stringMatching(/^Unable to stringify response body: ./) }, differsFromAwsBecause: MESSAGE }
  )),
  'never an answer': [
    { handler: 'forms.never', error: { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('its promise never settled') }, aloneBecause: EMPTY_LOOP, differsFromAwsBecause: CRASH },
    { handler: 'forms.neverCallsBack', error: { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('it never called back') }, aloneBecause: EMPTY_LOOP, differsFromAwsBecause: CALLBACKS },
  ],
  'timeout': [
    { handler: 'forms.slow', event: { ms: 60_000 }, error: { errorType: 'Sandbox.Timedout', errorMessage: expect.stringMatching(/Task timed out after 1\.00 seconds$/) } },
    { handler: 'streams.neverEndsPrelude', error: { errorType: 'Sandbox.Timedout', errorMessage: expect.stringMatching(/Task timed out after 1\.00 seconds$/) } },
    { handler: 'forms.blocks', error: { errorType: 'Sandbox.Timedout', errorMessage: expect.stringMatching(/Task timed out after 1\.00 seconds$/) } },
  ],
  'crash of the handler\'s process': [
    { handler: 'forms.exit', event: { code: 3 }, error: { errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(/Error: Runtime exited with error: exit status 3$/) } },
    { handler: 'forms.uncaught', error: { errorType: 'CustomError', errorMessage: 'uncaught' }, differsFromAwsBecause: CRASH },
    { handler: 'forms.rejection', error: { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'CustomError: rejected' }, differsFromAwsBecause: CRASH },
  ],
  'handler cannot be loaded': [
    { handler: 'syntax-error.handler', error: { errorType: 'Runtime.UserCodeSyntaxError' } },
    { handler: 'missing-dependency.handler', error: { errorType: 'Runtime.ImportModuleError' } },
    { handler: 'nope.handler', error: { errorType: 'Runtime.ImportModuleError' } },
    { handler: 'forms.nope', error: { errorType: 'Runtime.HandlerNotFound', errorMessage: 'forms.nope is undefined or not exported' } },
    { handler: '../forms.async', error: { errorType: 'Runtime.MalformedHandlerName' } },
    { handler: 'throws.handler', error: { errorType: 'TypeError', errorMessage: 'while loading' } },
    { handler: 'throws-module.handler', error: { errorType: 'RangeError', errorMessage: 'while loading the module' } },
    { handler: 'exits.handler', error: { errorType: 'Runtime.ExitError' } },
  ],
  'too large a result': [
    { handler: 'forms.big', event: { bytes: 7_000_000 }, error: { errorType: 'Function.ResponseSizeTooLarge' } },
  ],
  'large events and results': [
    { handler: 'forms.length', event: 'x'.repeat(5_000_000), result: 5_000_002 },
    { handler: 'forms.big', event: { bytes: 5_000_000 }, result: 'x'.repeat(5_000_000) },
  ],
};

/** How long an invocation of this case may take. */
export function timeoutMs({ error }: Case): number {
  return error?.errorType === 'Sandbox.Timedout' ? 1000 : 20_000;
}

export function title({ handler, event }: Case): string {
  return `${handler} ${JSON.stringify(event ?? {}).slice(0, 40)}`;
}

/** A result is JSON, but for what a streaming handler wrote. */
export function parsedOrText(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
}

/** A test for each case that can hold there; the others have a reason in the table, or in `unseen`. */
export function eachCase(run: (each: Case, behaviour: string) => Promise<void>, unseen: (each: Case, behaviour: string) => string | undefined): void {
  for (const [behaviour, cases] of Object.entries(CASES)) {
    for (const each of cases) {
      if (!unseen(each, behaviour)) test(`${behaviour}: ${title(each)}`, () => run(each, behaviour));
    }
  }
}
