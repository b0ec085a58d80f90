/** Defines a flight in a worker thread: the sink that the invoker answers to, and the ways in which an invocation ends without it. */
import type { Sink, StreamSink } from '../core/invocation';

/** Where the answer goes. Exactly one of the four is called, once. */
export interface Answer<Result> {
  succeed(result: Result): void;
  fail(thrown: unknown): void;
  timeOut(): void;
  stream(contentType: string): StreamSink;
}

export interface FlightEvents {
  readonly logError: (title: string, thrown: unknown) => void;
  readonly onOver: () => void;
  /** Nobody waits for a last answer at the client's socket, or the answer has begun. */
  readonly onUnanswerable: () => void;
}

export class ThreadFlight<Result> implements Sink<Result> {
  private over = false;
  private abandoned = false;
  /** Where a streamed answer goes, and what the invoker writes to. */
  private streamed?: { readonly target: StreamSink; readonly source: StreamSink };

  constructor(private readonly answer: Answer<Result>, private readonly events: FlightEvents) {}

  succeed(result: Result): void {
    this.finish(() => this.answer.succeed(result));
  }

  fail(thrown: unknown): void {
    this.abort('Invoke Error', thrown);
  }

  stream(contentType: string): StreamSink {
    if (this.over) return { write: (_, written) => written(), end: () => {} };
    this.events.onUnanswerable();
    const target = this.answer.stream(contentType);
    const source: StreamSink = {
      write: (chunk, written) => (this.over ? written() : target.write(chunk, written)),
      end: (failure) => (failure ? this.abort('Invoke Error', failure.thrown) : this.finish(() => target.end())),
    };
    this.streamed = { target, source };
    return source;
  }

  /** Fails with this error, logged under this title. */
  abort(title: string, thrown: unknown): void {
    this.finish(() => {
      // That the client went away is no failure of the handler.
      if (!this.abandoned) this.events.logError(title, thrown);
      if (this.streamed) this.streamed.target.end({ thrown });
      else this.answer.fail(thrown);
    });
  }

  timeOut(): void {
    this.finish(() => {
      if (!this.streamed) return this.answer.timeOut();
      this.streamed.target.end({ thrown: new Error('the invocation timed out') });
      this.streamed.source.onAbandoned?.();
    });
  }

  /** The client has gone: a stream ends, everything else runs to its end. */
  abandon(): void {
    this.abandoned = true;
    if (this.over) return;
    this.events.onUnanswerable();
    this.streamed?.source.onAbandoned?.();
  }

  private finish(answer: () => void): void {
    if (this.over) return;
    this.over = true;
    answer();
    // In this order: a thread that waits for its last invocation ends now.
    this.events.onOver();
  }
}
