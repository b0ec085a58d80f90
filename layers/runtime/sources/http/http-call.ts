/** Defines a call: one HTTP request on its way to the handler as the event that Lambda would have delivered, and back. */
import type { StreamSink } from '../../core/invocation';

/** One HTTP request. Exactly one of `succeed`, `fail` and `stream` is called, once; what comes later is ignored. */
export interface HttpCall {
  readonly requestId: string;
  /** The X-Ray trace header, as the proxy sent it. */
  readonly traceId: string | undefined;
  /** The event; equals what JSON.parse() gives of the one that Lambda delivers. */
  readonly event: object;
  /**
   * The descriptor of the client's socket, while no byte of the answer is on its way; else -1. Where the thread can no longer answer
   * (its event loop is blocked, or the handler ends it), what supervises it writes a last answer there.
   */
  readonly descriptor: number;
  /** Set by who carries the call: the client has gone, nobody waits for the answer. */
  onAbandoned?: () => void;
  /** @param result what JSON.parse() gives of the handler's result */
  succeed(result: unknown): void;
  /** The handler failed: the client is told no more than a status. */
  fail(): void;
  /** It took too long. */
  timeOut(): void;
  /** The handler streams. `application/vnd.awslambda.http-integration-response` begins with a prelude of status, headers and cookies. */
  stream(contentType: string): StreamSink;
}

/** Carries calls to the handler: in this thread, or to bootstraps in child processes. It enforces the timeout and logs what the handler throws. */
export interface HttpCarrier {
  /** How many calls it carries at once; what is over it waits in the source. */
  readonly capacity: number;
  carry(call: HttpCall): void;
}
