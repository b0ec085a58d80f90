/** Defines the invoker that runs the handler in this thread: what a handler may return, and when it is finished. */
/* eslint-disable @typescript-eslint/no-require-imports -- a require() is a bundle of its own, loaded when it is first needed */
import type * as InlineStreaming from './inline-streaming';
import { streamingOptions } from '../core/awslambda';
import type { Callback, contextBuilder, HandlerContext } from '../core/context';
import { RuntimeError } from '../core/errors';
import type { Handler } from '../core/handler-loader';
import type { Invocation, Invoke, Running } from '../core/invocation';

export interface InlineOptions<Event, Result> {
  readonly contextOf: ReturnType<typeof contextBuilder>;
  /**
   * Whether an empty event loop means that the handler has nothing left to do. Not so where several invocations
   * share the thread: there a callback ends its invocation at once.
   */
  readonly emptyLoopEnds: boolean;
  /** The event, as the handler is given it. */
  readonly parse: (event: Event) => unknown;
  /** The result, as the source takes it; throws when it has no such form. */
  readonly serialize: (result: unknown) => Result;
}

/** Events and results as JSON text, as the Runtime API has them. */
export const JSON_TEXT = { parse: parseEvent, serialize };

/** Throws when the handler is marked as streaming in a way that is not known. */
export function inlineInvoker<Event, Result>(handler: Handler, options: InlineOptions<Event, Result>): Invoke<Event, Result> {
  const streaming = streamingOptions(handler);
  if (!streaming) return (invocation) => run(handler, options, invocation);
  const { runStreaming } = require('./inline-streaming') as typeof InlineStreaming;
  return (invocation) => runStreaming(handler, options, streaming, invocation);
}

/** Three handlers in one: it returns a promise, calls back, or returns its result. */
function run<Event, Result>(handler: Handler, options: InlineOptions<Event, Result>, { headers, event, sink }: Invocation<Event, Result>): Running {
  const { contextOf, emptyLoopEnds } = options;
  let state: 'running' | 'called back' | 'settled' = 'running';
  let atEmptyLoop = () => fail(unfinished('it never called back'));
  const succeed = (result: unknown) => {
    if (state === 'settled') return;
    let formed: Result;
    try {
      formed = options.serialize(result);
    } catch (error) {
      return fail(error);
    }
    state = 'settled';
    sink.succeed(formed);
  };
  const fail = (thrown: unknown) => {
    if (state === 'settled') return;
    state = 'settled';
    sink.fail(thrown);
  };
  let context: HandlerContext;
  const callback: Callback = (error, result) => {
    if (state !== 'running') return;
    if (error !== undefined && error !== null) return fail(error);
    if (!emptyLoopEnds || !context.callbackWaitsForEmptyEventLoop) return succeed(result);
    state = 'called back';
    atEmptyLoop = () => succeed(result);
  };
  try {
    context = contextOf(headers, callback);
    const returned = handler(options.parse(event), context, callback);
    if (isPromise(returned)) {
      atEmptyLoop = () => fail(unfinished('its promise never settled'));
      returned.then(succeed, fail);
    } else if (handler.length < 3) {
      // A handler that declares no callback gives its result by returning it. One that returns nothing may still
      // call context.succeed(), or a callback that a wrapper hides; if it does not, the result is null, as on Lambda.
      if (returned !== undefined || !emptyLoopEnds) succeed(returned);
      else if (state === 'running') atEmptyLoop = () => succeed(null);
    }
  } catch (thrown) {
    fail(thrown);
  }
  return { atEmptyLoop: () => atEmptyLoop(), abort: fail };
}

export function parseEvent(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new RuntimeError('UnmarshalError', `the event is not JSON: ${(error as Error).message}`);
  }
}

/** The result as JSON text. */
export function serialize(result: unknown): string {
  if (result === undefined) return 'null';
  let json: string | undefined;
  let reason = `a ${typeof result} has no JSON form`;
  try {
    json = JSON.stringify(result);
  } catch (error) {
    reason = String((error as Error | undefined)?.message).split('\n', 1)[0];
  }
  if (json === undefined) throw new RuntimeError('JSONStringifyError', `Unable to stringify response body: ${reason}`);
  return json;
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined | null)?.then === 'function';
}

export function unfinished(why: string): RuntimeError {
  return new RuntimeError('ExitError', `the handler ended without a result: nothing is left to run and ${why}`);
}
