/** Defines how a streaming handler runs: the stream that it writes to, and when its answer is complete. */
import { Writable } from 'node:stream';
import { isPromise, unfinished, type InlineOptions } from './inline';
import type { StreamingOptions } from '../core/awslambda';
import { RuntimeError } from '../core/errors';
import type { Handler } from '../core/handler-loader';
import type { Invocation, Running, Sink, StreamSink } from '../core/invocation';

type WriteArguments = [encoding?: BufferEncoding | ((error?: Error | null) => void), callback?: (error?: Error | null) => void];
type StreamingHandler = (event: unknown, stream: ResponseStream, context: unknown) => unknown;

/** The stream that a handler is given. The answer begins with its first byte, or with its end. */
class ResponseStream extends Writable {
  _onBeforeFirstWrite?: (write: (chunk: string | Uint8Array) => void) => void;
  /** Set once the answer has begun: an error can then only break it off. */
  begun?: StreamSink;
  private contentType = 'application/octet-stream';
  private touched = false;

  constructor(private readonly sink: Pick<Sink, 'stream'>, options: StreamingOptions) {
    super(options);
    // A stream that pipeline() destroys tells its error to the handler; nobody else has to listen.
    this.on('error', () => {});
  }

  setContentType(contentType: string): void {
    if (this.touched) throw new RuntimeError('InvalidStreamingOperation', 'Cannot set content-type, too late.');
    if (/[^\t\x20-\x7e]/.test(contentType)) throw new RuntimeError('InvalidStreamingOperation', `the content type ${JSON.stringify(contentType)} is no header value`);
    this.contentType = contentType;
  }

  override write(chunk: unknown, ...rest: WriteArguments): boolean {
    this.beforeFirst();
    // As AWS's client: what is neither text nor bytes goes out as JSON.
    const data = typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk : JSON.stringify(chunk);
    return super.write(data, ...(rest as [BufferEncoding]));
  }

  override end(chunk?: unknown, ...rest: unknown[]): this {
    if (typeof chunk === 'function') return super.end(chunk as () => void);
    if (chunk !== undefined && chunk !== null) this.write(chunk);
    else this.beforeFirst();
    return super.end(rest.find((value) => typeof value === 'function') as () => void);
  }

  override _write(chunk: Uint8Array, _encoding: string, written: () => void): void {
    this.begin().write(chunk, written);
  }

  begin(): StreamSink {
    if (!this.begun) {
      this.begun = this.sink.stream(this.contentType);
      this.begun.onAbandoned = () => this.destroy(new Error('the client has gone'));
    }
    return this.begun;
  }

  private beforeFirst(): void {
    if (this.touched) return;
    this.touched = true;
    this._onBeforeFirstWrite?.((chunk) => super.write(chunk));
  }
}

export function runStreaming<Event, Result>(
  handler: Handler, { contextOf, parse }: InlineOptions<Event, Result>, options: StreamingOptions, invocation: Invocation<Event, Result>): Running {
  const { headers, event, sink } = invocation;
  const stream = new ResponseStream(sink, options);
  let settled = false;
  let returned = false;
  const fail = (thrown: unknown) => {
    if (settled) return;
    settled = true;
    if (stream.begun) stream.begun.end({ thrown });
    else sink.fail(thrown);
    stream.destroy();
  };
  const complete = () => {
    if (settled || !returned || !(stream.writableFinished || stream.errored)) return;
    if (stream.errored) return fail(stream.errored);
    settled = true;
    stream.begin().end();
  };
  stream.on('finish', complete);
  stream.on('close', complete);
  try {
    const context = contextOf(headers, () => {});
    const promise = (handler as unknown as StreamingHandler)(parse(event), stream, context);
    if (!isPromise(promise)) throw new RuntimeError('MalformedStreamingHandler', 'Streaming does not support non-async handlers.');
    promise.then(() => {
      returned = true;
      complete();
    }, fail);
  } catch (thrown) {
    fail(thrown);
  }
  return {
    atEmptyLoop: () => fail(unfinished(returned ? 'its response stream was not ended' : 'its promise never settled')),
    abort: fail,
  };
}
