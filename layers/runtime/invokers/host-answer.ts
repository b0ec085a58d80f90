/** Defines how a worker thread answers an invocation that the host handed in: by messages, a streamed answer piece by piece. */
import type { Answer } from './thread-flight';
import type { FromThread } from './thread-protocol';
import { formatError } from '../core/error-format';
import type { StreamSink } from '../core/invocation';

export class HostAnswer implements Answer<string> {
  private whenWritten?: () => void;

  constructor(private readonly say: (message: FromThread) => void, private readonly requestId: string, private readonly over: () => void) {}

  succeed(json: string): void {
    this.over();
    this.say({ kind: 'succeeded', requestId: this.requestId, json });
  }

  fail(thrown: unknown): void {
    this.over();
    this.say({ kind: 'failed', requestId: this.requestId, ...posted(thrown) });
  }

  timeOut(): void {
    this.over();
    this.say({ kind: 'timed out', requestId: this.requestId });
  }

  stream(contentType: string): StreamSink {
    const { requestId } = this;
    this.say({ kind: 'stream', requestId, contentType });
    return {
      write: (chunk, written) => {
        this.whenWritten = written;
        // A copy: the handler may use its buffer again.
        this.say({ kind: 'chunk', requestId, bytes: Uint8Array.from(chunk) });
      },
      end: (failure) => {
        if (failure?.timedOut) return this.timeOut();
        this.over();
        this.say({ kind: 'stream end', requestId, ...(failure && { failure: posted(failure.thrown) }) });
      },
    };
  }

  /** The host has passed on the piece. */
  written(): void {
    const { whenWritten } = this;
    this.whenWritten = undefined;
    whenWritten?.();
  }
}

export function posted(thrown: unknown): { errorType: string; body: string } {
  const { body } = formatError(thrown);
  return { errorType: (JSON.parse(body) as { errorType: string }).errorType, body };
}
