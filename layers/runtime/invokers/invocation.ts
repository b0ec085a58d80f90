/** Defines an invocation, what comes back from one, and the Runtime API that a bootstrap is served. */
import type { Readable } from 'node:stream';

/** What a caller asks of a function. */
export interface InvokeRequest {
  /** The event, as the JSON text that the handler will parse. */
  readonly event: Buffer;
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

/** One invocation on its way to a bootstrap. */
export interface Invocation extends InvokeRequest {
  readonly requestId: string;
  readonly invokedFunctionArn: string;
  /** When the invocation has to be over, in milliseconds since the epoch. */
  readonly deadlineMs: number;
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
  /** The response of a streaming handler, when the request was `streaming`. */
  readonly stream?: Readable;
  /** Settles when `stream` is over: with the error that broke it off, or with nothing. */
  readonly streamEnd?: Promise<FunctionError | undefined>;
  /** What was logged during the invocation: its last 4 KB at least, complete only once the invocation is over. */
  logs(): string;
}

/** Receives a bootstrap's answer to one invocation. Exactly one of the three is called, once. */
export interface ResponseSink {
  respond(payload: Buffer, contentType: string): void;
  fail(error: FunctionError): void;
  /** `end` settles when the body is over: with the error that broke it off, or with nothing. */
  stream(body: Readable, contentType: string, end: Promise<FunctionError | undefined>): void;
}

/** Receives what a bootstrap says besides answers. */
export interface RuntimeApiListener {
  /** The bootstrap asked for an invocation; it has one more to give now. */
  ready(): void;
  initFailed(error: FunctionError): void;
}

/** The Runtime API as one bootstrap sees it. */
export interface RuntimeApi {
  /** Host and port, the value of AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** How many requests for an invocation wait. */
  readonly waiting: number;
  /** Hands an invocation to a waiting request. */
  deliver(invocation: Invocation, sink: ResponseSink): void;
  /** Forgets an invocation: a late answer to it is refused. */
  forget(requestId: string): void;
  close(): Promise<void>;
}

export type RuntimeApiFactory = (listener: RuntimeApiListener) => Promise<RuntimeApi>;

/** An error in Lambda's form. */
export function functionError(errorType: string, errorMessage: string): FunctionError {
  return { errorType, payload: Buffer.from(JSON.stringify({ errorType, errorMessage })) };
}
