/** Defines what a source asks of an invoker, and what comes back. */
import type { Readable } from 'node:stream';

/** What a caller asks of a function. */
export interface InvokeRequest {
  /** The event, as the JSON text that the handler will parse. */
  readonly event: string | Buffer;
  /** @default - a random UUID */
  readonly requestId?: string;
  /** The client context of the mobile SDKs, as JSON text. */
  readonly clientContext?: string;
  /** The Cognito identity, as JSON text. */
  readonly cognitoIdentity?: string;
  /** The X-Ray trace header. */
  readonly traceId?: string;
  readonly tenantId?: string;
  /** The caller wants a streamed response as a stream. @default false: it is collected */
  readonly streaming?: boolean;
}

/** Why an invocation failed: Lambda's error type, and the JSON that its caller is given. */
export interface FunctionError {
  readonly errorType: string;
  readonly payload: Buffer;
}

/** What comes back from an invocation. */
export interface InvocationResult {
  readonly requestId: string;
  /** `Unhandled` when the function failed, as the header X-Amz-Function-Error says it. */
  readonly functionError?: 'Unhandled';
  /** Lambda's error type when the function failed, e.g. `Sandbox.Timedout`. */
  readonly errorType?: string;
  /** The response, or the error's JSON. Empty when there is a `stream`. */
  readonly payload: Buffer;
  readonly contentType: string;
  /** When it was handed to what runs the handler, by performance.now(). @default - it was not */
  readonly startedAt?: number;
  /** The response of a streaming handler, when the request was `streaming`. */
  readonly stream?: Readable;
  /** Settles when `stream` is over: with the error that broke it off, or with nothing. */
  readonly streamEnd?: Promise<FunctionError | undefined>;
  /** What was logged during the invocation: its last 4 KB at least, complete only once the invocation is over. */
  logs(): string;
}

/** An error in Lambda's form. */
export function functionError(errorType: string, errorMessage: string): FunctionError {
  return { errorType, payload: Buffer.from(JSON.stringify({ errorType, errorMessage })) };
}

/** Lambda's limit for the event of a synchronous invocation. */
export const MAX_EVENT_BYTES = 6 * 1024 * 1024;

/** Lambda's limit for a buffered response: 6 MiB, and 100 bytes for what wraps it. */
export const MAX_RESPONSE_BYTES = MAX_EVENT_BYTES + 100;

const TOO_LARGE = { type: 'Function.ResponseSizeTooLarge', message: `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).` };

export function responseTooLarge(): FunctionError {
  return functionError(TOO_LARGE.type, TOO_LARGE.message);
}

/** The same as an error that is thrown, where what runs the handler and what invokes it are one. */
export class ResponseTooLarge extends Error {
  constructor() {
    super(TOO_LARGE.message);
    this.name = TOO_LARGE.type;
    this.stack = `${this.name}: ${this.message}`;
  }
}

/** How long what runs the handler may take from SIGTERM to its end when it has nothing more to do. */
export const GRACE_MS = 2_000;

/** Carries invocations out, wherever the handler runs. */
export interface Invoker {
  /** False when nothing carries invocations, and the last attempts to initialize the handler have all failed. */
  readonly healthy: boolean;
  /** Settles when the handler is ready; with an error when it cannot be initialized. */
  start(): Promise<FunctionError | undefined>;
  /** A failure of the function is a result (`functionError`), not a rejection. */
  invoke(request: InvokeRequest): Promise<InvocationResult>;
  /** Takes no more invocations, lets the accepted ones finish for at most `drainMs`, then ends what runs the handler within `graceMs`. */
  stop(drainMs: number, graceMs: number): Promise<void>;
}
