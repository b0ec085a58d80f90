/** Defines the Runtime API as the host serves it to a bootstrap. */
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { FunctionError, InvokeRequest } from '../core/invoker';

/** One invocation on its way to a bootstrap. */
export interface Delivery extends InvokeRequest {
  readonly requestId: string;
  readonly invokedFunctionArn: string;
  /** When the invocation has to be over, in milliseconds since the epoch. */
  readonly deadlineMs: number;
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
  /** Serves the bootstrap on this connection, too. */
  serve(connection: Socket): void;
  /** Hands an invocation to a waiting request. */
  deliver(delivery: Delivery, sink: ResponseSink): void;
  /** Forgets an invocation: a late answer to it is refused. */
  forget(requestId: string): void;
  close(): Promise<void>;
}

export type RuntimeApiFactory = (listener: RuntimeApiListener) => Promise<RuntimeApi>;
