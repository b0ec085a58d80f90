/** Defines the global `awslambda`, by which handlers declare that they stream. */
import { RuntimeError } from './errors';
import type { Handler } from './handler-loader';

/** The marks that libraries also set and read themselves. */
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');

type Marked = Handler & { [STREAMING]?: unknown; [HIGH_WATER_MARK]?: unknown };

/** What `HttpResponseStream.from` needs of a response stream. */
interface PreludeStream {
  /** Called with a function that writes, before the first byte of the body. */
  _onBeforeFirstWrite?: (write: (chunk: string | Uint8Array) => void) => void;
  setContentType(contentType: string): void;
}

const HttpResponseStream = {
  /** Gives a streamed answer its status and headers: they go ahead of the body as JSON and eight NUL bytes. */
  from<T extends PreludeStream>(stream: T, prelude: unknown): T {
    stream.setContentType('application/vnd.awslambda.http-integration-response');
    const json = JSON.stringify(prelude);
    stream._onBeforeFirstWrite = (write) => {
      write(json);
      write(new Uint8Array(8));
    };
    return stream;
  },
};

function streamifyResponse(handler: Marked, options?: { highWaterMark?: number }): Handler {
  handler[STREAMING] = 'response';
  if (typeof options?.highWaterMark === 'number') handler[HIGH_WATER_MARK] = options.highWaterMark;
  return handler;
}

/** Adds to what is there: other parts of the process share the name. */
export function defineAwsLambda(extra: object = {}): void {
  const scope = globalThis as { awslambda?: object };
  scope.awslambda = { ...scope.awslambda, streamifyResponse, HttpResponseStream, ...extra };
}

export interface StreamingOptions {
  readonly highWaterMark?: number;
}

/** How a handler wants to stream, or undefined when it returns its result. */
export function streamingOptions(handler: Marked): StreamingOptions | undefined {
  const mark = handler[STREAMING];
  if (mark === undefined || mark === null || mark === false) return undefined;
  if (mark !== 'response') throw new RuntimeError('MalformedStreamingHandler', 'Only response streaming is supported.');
  const highWaterMark = Number(handler[HIGH_WATER_MARK]);
  return highWaterMark > 0 ? { highWaterMark } : {};
}
