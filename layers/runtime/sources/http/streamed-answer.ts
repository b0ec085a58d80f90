/** Defines where a streaming handler writes: to the client, at the client's pace, once status and headers are known. */
import type { ServerResponse } from 'node:http';
import type { HeaderList } from './header-list';
import { PreludeReader } from './prelude';
import { streamHead } from './result';
import type { StreamFailure, StreamSink } from '../../core/invocation';

/** The content type of streams that begin with a prelude. */
const WITH_PRELUDE = 'application/vnd.awslambda.http-integration-response';

export interface StreamedAnswerOptions {
  readonly response: ServerResponse;
  readonly contentType: string;
  /** So many bytes wait until the client takes them in. */
  readonly waits: (bytes: number) => void;
  /** They have left. */
  readonly left: (bytes: number) => void;
  /** Last changes to the headers. */
  readonly finishHead: (headers: string[]) => void;
  /** Nothing has been sent, and nothing can be: the client gets another answer. */
  readonly onBroken: (reason: string) => void;
  /** The same, because the handler took too long. */
  readonly onTimedOut: () => void;
  /** The handler has ended the stream. */
  readonly onEnd: () => void;
}

export class StreamedAnswer implements StreamSink {
  onAbandoned?: () => void;
  private readonly prelude?: PreludeReader;
  /** The callbacks of pieces that are on their way. */
  private readonly writing = new Set<() => void>();
  private state: 'head' | 'body' | 'dropped' = 'head';
  private ended = false;

  constructor(private readonly options: StreamedAnswerOptions) {
    if (options.contentType === WITH_PRELUDE) this.prelude = new PreludeReader();
  }

  write(chunk: Uint8Array, written: () => void): void {
    const body = this.state === 'head' ? this.begin(chunk) : chunk;
    if (this.state !== 'body' || body === undefined || body.length === 0) return void setImmediate(written);
    const { response, waits, left } = this.options;
    const { length } = body;
    const done = (): void => {
      if (!this.writing.delete(done)) return;
      left(length);
      written();
    };
    this.writing.add(done);
    waits(length);
    // The callback comes when the piece has left: its memory may be used again, and the client keeps up.
    response.write(body, done);
  }

  end(failure?: StreamFailure): void {
    if (this.ended) return;
    this.ended = true;
    if (this.state === 'head') {
      if (failure?.timedOut) this.timeOut();
      else if (failure) this.drop('its stream failed before its first byte');
      else if (this.begin(new Uint8Array(0)) === undefined) this.drop('its stream ended within the prelude');
    }
    if (this.state === 'body') {
      // A client that gets half of a body must be able to tell.
      if (failure) this.options.response.destroy();
      else this.options.response.end();
    }
    this.options.onEnd();
  }

  /** The client has gone: what comes is dropped, and nobody waits for it to be taken in. */
  abandon(): void {
    this.state = 'dropped';
    for (const done of [...this.writing]) done();
    if (!this.ended) this.onAbandoned?.();
  }

  /** Sends status and headers when they are known. @returns what of the chunk is body, or undefined */
  private begin(chunk: Uint8Array): Uint8Array | undefined {
    const { prelude, options } = this;
    let body = chunk;
    let head: { status: number; headers: HeaderList };
    try {
      if (prelude) {
        const rest = prelude.push(chunk);
        if (rest === undefined) return undefined;
        body = rest;
        head = streamHead(prelude.parse());
      } else {
        head = streamHead({ headers: { 'Content-Type': options.contentType } });
      }
    } catch (error) {
      this.drop(`the prelude of its stream is no good: ${(error as Error).message}`);
      return undefined;
    }
    options.finishHead(head.headers.flat);
    options.response.writeHead(head.status, head.headers.flat);
    this.state = 'body';
    // Who reads events waits for the head. Node would write one that is not ASCII wrongly when it comes alone.
    if (body.length === 0 && head.headers.ascii) options.response.flushHeaders();
    return body;
  }

  private timeOut(): void {
    this.state = 'dropped';
    this.options.onTimedOut();
  }

  private drop(reason: string): void {
    if (this.state === 'dropped') return;
    this.state = 'dropped';
    this.options.onBroken(reason);
  }
}
