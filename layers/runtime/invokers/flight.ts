/** Defines a flight: one invocation from its request to its end, with its result, its logs and Lambda's platform lines. */
import { randomUUID } from 'node:crypto';
import { PassThrough, type Readable } from 'node:stream';
import type { ResponseSink } from './runtime-api';
import type { FunctionError, InvocationResult, InvokeRequest } from '../core/invoker';

/** Lambda returns the last 4 KB of the log with a result. */
const LOG_TAIL = 4 * 1024;

export class Flight implements ResponseSink {
  readonly requestId: string;
  readonly result: Promise<InvocationResult>;
  /** Answered, or failed for good. With a stream: the answer is over. */
  ended = false;
  private startedAt = 0;
  private settled = false;
  private log = '';
  private resolve!: (result: InvocationResult) => void;
  private onEnd?: (durationMs: number) => void;
  /** Ends a response that is being streamed. */
  private cutOff?: (error: FunctionError) => void;

  constructor(readonly request: InvokeRequest) {
    this.requestId = request.requestId ?? randomUUID();
    this.result = new Promise((resolve) => { this.resolve = resolve; });
  }

  start(onEnd: (durationMs: number) => void): void {
    this.startedAt = performance.now();
    this.onEnd = onEnd;
  }

  addLog(line: string): void {
    this.log += `${line}\n`;
    if (this.log.length > 16 * LOG_TAIL) this.log = this.log.slice(-LOG_TAIL);
  }

  respond(payload: Buffer, contentType: string): void {
    this.finish({ payload, contentType });
  }

  fail(error: FunctionError): void {
    if (this.cutOff) return this.cutOff(error);
    this.finish({ functionError: 'Unhandled', errorType: error.errorType, payload: error.payload, contentType: 'application/json' });
  }

  stream(body: Readable, contentType: string, end: Promise<FunctionError | undefined>): void {
    const streamEnd = new Promise<FunctionError | undefined>((resolve) => {
      void end.then(resolve);
      this.cutOff = resolve;
    });
    if (!this.request.streaming) return void this.collect(body, contentType, streamEnd);
    const stream = body.pipe(new PassThrough());
    // A caller that goes away must not stall the bootstrap.
    stream.once('close', () => body.resume());
    const resolveEnd = this.cutOff!;
    this.cutOff = (error) => {
      body.unpipe(stream);
      stream.end();
      resolveEnd(error);
    };
    this.settled = true;
    const { requestId, startedAt } = this;
    this.resolve({ requestId, payload: Buffer.alloc(0), contentType, startedAt: startedAt || undefined, stream, streamEnd, logs: () => this.tail() });
    void streamEnd.then(() => this.end());
  }

  private async collect(body: Readable, contentType: string, streamEnd: Promise<FunctionError | undefined>): Promise<void> {
    const chunks: Buffer[] = [];
    body.on('data', (chunk: Buffer) => chunks.push(chunk));
    const whole = new Promise<void>((resolve) => body.once('end', resolve));
    const error = await streamEnd;
    this.cutOff = undefined;
    if (error) return this.fail(error);
    await whole;
    this.respond(Buffer.concat(chunks), contentType);
  }

  private finish(result: Omit<InvocationResult, 'requestId' | 'logs'>): void {
    if (this.settled) return;
    this.settled = true;
    // What the bootstrap wrote before it answered is in the pipe already and is read in this turn of the event loop.
    setImmediate(() => {
      this.end();
      this.resolve({ requestId: this.requestId, ...result, startedAt: this.startedAt || undefined, logs: () => this.tail() });
    });
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.onEnd?.(performance.now() - this.startedAt);
  }

  private tail(): string {
    return Buffer.from(this.log).subarray(-LOG_TAIL).toString();
  }
}
