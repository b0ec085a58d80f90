/** Defines the Runtime API as a source of invocations: one after the other on one connection. */
/* eslint-disable @typescript-eslint/no-require-imports -- a require() is a bundle of its own, loaded when it is first needed */
import type { Headers, OnReply, RuntimeApiClient } from './runtime-api';
import type * as RuntimeApiStream from './runtime-api-stream';
import type * as ErrorFormat from '../core/error-format';
import type { Invocation, Invoke, Running, Sink, StreamSink } from '../core/invocation';
import { isStop } from '../core/stop-signal';

export interface SourceOptions {
  readonly client: RuntimeApiClient;
  readonly invoke: Invoke;
  /** Called with an invocation and what carries it out: a place to set what belongs to one invocation. */
  readonly around?: (headers: Headers, run: () => void) => void;
  /** The service has the answer, or the connection is lost. */
  readonly onAnswered?: () => void;
  /** Whether the connection keeps the process running while the handler works. */
  readonly keepAlive: boolean;
  /** There is no next invocation to be had; `retry` asks again. */
  readonly onLost: (error: Error, retry: () => void) => void;
  readonly logError: (title: string, thrown: unknown) => void;
  /** Whether a small answer goes out together with the question for the next invocation: a host of ours takes that. */
  readonly pipelined?: boolean;
}

/** Together with the question it is read at once. */
const SMALL = 16 * 1024;

export class RuntimeApiSource implements Sink {
  private current?: { readonly invocation: Invocation & { readonly headers: Headers }; running?: Running; answered: boolean };
  private whenIdle?: () => void;
  private errorTitle = 'Invoke Error';
  private aborted?: { readonly thrown: unknown };

  constructor(private readonly options: SourceOptions) {}

  /** The invocation that has no answer yet. */
  get requestId(): string | undefined {
    return this.current && !this.current.answered ? this.current.invocation.requestId : undefined;
  }

  start(): void {
    this.options.client.next(this.delivered);
  }

  private readonly delivered: OnReply = (error, status, headers, body) => {
    if (error || status !== 200) return this.options.onLost(error ?? refused(status), () => this.start());
    const requestId: string | undefined = headers['lambda-runtime-aws-request-id'];
    if (!requestId) return this.options.onLost(new Error('the Runtime API delivered an invocation without a request id'), () => this.start());
    const invocation = { requestId, headers, event: body.toString('utf8'), sink: this };
    const current = { invocation, running: undefined as Running | undefined, answered: false };
    this.current = current;
    // It was on its way when the thread could not go on any more.
    if (this.aborted) return this.fail(this.aborted.thrown);
    if (!this.options.keepAlive) this.options.client.keepAlive(false);
    this.within(headers, () => { current.running = this.options.invoke(invocation); });
  };

  /** Takes no more work. `idle` is called when what is in flight has been answered. */
  stop(idle: () => void): void {
    this.whenIdle = idle;
    if (!this.current) this.options.client.withdraw(() => this.becomeIdle());
  }

  /** The event loop is empty. */
  atEmptyLoop(): void {
    this.current?.running?.atEmptyLoop();
  }

  /** Answers what is in flight with an error, logged under this title, then takes no more work. */
  abort(title: string, thrown: unknown, done: () => void): void {
    this.errorTitle = title;
    this.aborted = { thrown };
    this.stop(done);
    if (!this.current) return;
    const { invocation, running, answered } = this.current;
    // Where an uncaught error surfaces, nothing tells which invocation it belongs to.
    this.within(invocation.headers, () => {
      if (running) running.abort(thrown);
      else if (!answered) this.fail(thrown);
    });
  }

  succeed(json: string): void {
    if (!this.answer()) return;
    const { requestId } = this.current!.invocation;
    if (!this.options.pipelined || this.whenIdle || json.length > SMALL) return this.options.client.respond(requestId, json, this.answered);
    this.current = undefined;
    this.options.client.respondAndNext(requestId, json, this.delivered);
  }

  fail(thrown: unknown): void {
    if (!this.answer()) return;
    if (!isStop(thrown)) this.options.logError(this.errorTitle, thrown);
    const { formatError } = require('../core/error-format') as typeof ErrorFormat;
    this.options.client.fail(this.current!.invocation.requestId, formatError(thrown), this.answered);
  }

  stream(contentType: string): StreamSink {
    const { streamAnswer } = require('./runtime-api-stream') as typeof RuntimeApiStream;
    const { client, logError } = this.options;
    const { invocation } = this.current!;
    this.current!.answered = true;
    const stream = streamAnswer(client, invocation.requestId, contentType, this.answered);
    return {
      write: stream.write,
      end: (failure) => {
        client.keepAlive(true);
        if (failure && !isStop(failure.thrown)) logError(this.errorTitle, failure.thrown);
        stream.end(failure);
      },
    };
  }

  private within(headers: Headers, run: () => void): void {
    if (this.options.around) this.options.around(headers, run);
    else run();
  }

  private answer(): boolean {
    if (!this.current || this.current.answered) return false;
    this.current.answered = true;
    this.options.client.keepAlive(true);
    return true;
  }

  /** Whatever the service said to the answer, the invocation is over: a refusal, such as a result that is too large, is the service's to report. */
  private readonly answered = (error: Error | undefined, status: number): void => {
    this.current = undefined;
    this.options.onAnswered?.();
    this.options.client.keepAlive(true);
    if (error) this.options.logError('Runtime API Error', error);
    if (this.whenIdle) this.becomeIdle();
    // A server error is one that Lambda does not recover from.
    else if (status >= 500) this.options.onLost(refused(status), () => this.start());
    else this.start();
  };

  private becomeIdle(): void {
    this.options.client.close();
    this.whenIdle!();
  }
}

function refused(status: number): Error {
  return new Error(`the Runtime API answered ${status}`);
}
