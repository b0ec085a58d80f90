/** Defines an invocation on its way from a source to an invoker. */

/** What the Runtime API tells of an invocation in headers, by their lower-case names. */
export interface InvocationHeaders {
  readonly 'lambda-runtime-aws-request-id'?: string;
  /** Milliseconds since the epoch. */
  readonly 'lambda-runtime-deadline-ms'?: string | number;
  readonly 'lambda-runtime-invoked-function-arn'?: string;
  readonly 'lambda-runtime-trace-id'?: string;
  readonly 'lambda-runtime-client-context'?: string;
  readonly 'lambda-runtime-cognito-identity'?: string;
  readonly 'lambda-runtime-aws-tenant-id'?: string;
}

/** What a source delivers: the event as JSON text, unless source and invoker agree on another form. */
export interface Invocation<Event = string, Result = string> {
  readonly requestId: string;
  readonly headers: InvocationHeaders;
  readonly event: Event;
  readonly sink: Sink<Result>;
}

/** Where the answer goes. The first call of `succeed`, `fail` or `stream` decides; what comes later is ignored. */
export interface Sink<Result = string> {
  /** @param result as JSON text, unless agreed otherwise */
  succeed(result: Result): void;
  fail(thrown: unknown): void;
  stream(contentType: string): StreamSink;
}

/** Where a streamed answer goes. */
export interface StreamSink {
  /** Set by who writes, called by who reads: nobody waits for the rest. */
  onAbandoned?: () => void;
  /** `written` is called when more may be written. */
  write(chunk: Uint8Array, written: () => void): void;
  /** Ends the answer: complete, or broken off. */
  end(failure?: StreamFailure): void;
}

/** Why a streamed answer is broken off. */
export interface StreamFailure {
  readonly thrown: unknown;
  /** The handler took too long. */
  readonly timedOut?: boolean;
}

/** An invocation that an invoker is carrying out. Both calls do nothing once it has answered. */
export interface Running {
  /** The event loop has nothing left to run. */
  atEmptyLoop(): void;
  /** The process cannot go on: answer with this error. */
  abort(thrown: unknown): void;
}

export type Invoke<Event = string, Result = string> = (invocation: Invocation<Event, Result>) => Running;
