/** Defines a flight in a worker thread: an invocation, the sink that the invoker answers to, and the ways in which it ends without an answer. */
import type { Invocation, InvocationHeaders, Sink, StreamSink } from '../core/invocation';
import { isStop } from '../core/stop-signal';

/** Where the answer goes. Exactly one of the four is called, once. */
export interface Answer<Result> {
  succeed(result: Result): void;
  fail(thrown: unknown): void;
  timeOut(): void;
  stream(contentType: string): StreamSink;
}

export interface FlightOwner {
  logError(title: string, thrown: unknown): void;
  /** Nobody waits for a last answer at the client's socket, or the answer has begun. */
  unanswerable(flight: ThreadFlight<unknown, never>): void;
  over(flight: ThreadFlight<unknown, never>): void;
}

export class ThreadFlight<Event, Result> implements Invocation<Event, Result>, Sink<Result> {
  readonly sink = this;
  private isOver = false;
  private abandoned = false;
  /** Where a streamed answer goes, and what the invoker writes to. */
  private streamed?: { readonly target: StreamSink; readonly source: StreamSink } = undefined;

  constructor(
    private readonly owner: FlightOwner,
    readonly slot: number,
    /** By the monotonic clock. */
    readonly deadline: number,
    readonly requestId: string,
    readonly headers: InvocationHeaders,
    readonly event: Event,
    private readonly answer: Answer<Result>,
  ) {}

  succeed(result: Result): void {
    if (!this.begin()) return;
    this.answer.succeed(result);
    this.end();
  }

  fail(thrown: unknown): void {
    this.abort('Invoke Error', thrown);
  }

  stream(contentType: string): StreamSink {
    if (this.isOver) return { write: (_, written) => written(), end: () => {} };
    this.owner.unanswerable(this as ThreadFlight<unknown, never>);
    const target = this.answer.stream(contentType);
    const source: StreamSink = {
      write: (chunk, written) => (this.isOver ? written() : target.write(chunk, written)),
      end: (failure) => {
        if (failure) return this.abort('Invoke Error', failure.thrown);
        if (!this.begin()) return;
        target.end();
        this.end();
      },
    };
    this.streamed = { target, source };
    return source;
  }

  /** Fails with this error, logged under this title. */
  abort(title: string, thrown: unknown): void {
    if (!this.begin()) return;
    // That the client went away, or the host stops, is no failure of the handler.
    if (!this.abandoned && !isStop(thrown)) this.owner.logError(title, thrown);
    if (this.streamed) this.streamed.target.end({ thrown });
    else this.answer.fail(thrown);
    this.end();
  }

  timeOut(): void {
    if (!this.begin()) return;
    if (this.streamed) {
      this.streamed.target.end({ thrown: new Error('the invocation timed out'), timedOut: true });
      this.streamed.source.onAbandoned?.();
    } else {
      this.answer.timeOut();
    }
    this.end();
  }

  /** The client has gone: a stream ends, everything else runs to its end. */
  abandon(): void {
    this.abandoned = true;
    if (this.isOver) return;
    this.owner.unanswerable(this as ThreadFlight<unknown, never>);
    this.streamed?.source.onAbandoned?.();
  }

  /** False when it has ended before. */
  private begin(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    return true;
  }

  /** After the answer: a thread that waits for its last invocation ends now. */
  private end(): void {
    this.owner.over(this as ThreadFlight<unknown, never>);
  }
}
