/**
 * Defines the local emulator: Lambda's Invoke and InvokeWithResponseStream over HTTP for many functions, at the URLs
 * that the AWS CLI, the SDKs and the AWS Runtime Interface Emulator use.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIPv4, type AddressInfo } from 'node:net';
import { encodeEvent, EVENT_STREAM_TYPE } from './event-stream';
import { MAX_EVENT_BYTES, type InvocationResult, type InvokeRequest } from '../core/invoker';

/** What the emulator needs of a function. */
export interface EmulatedFunction {
  readonly version?: string;
  invoke(request: InvokeRequest): Promise<InvocationResult>;
}

export interface EmulatorOptions {
  /** The function of this name, if there is one; throws when the name is no good. The name is what an ARN ends with, without a qualifier. */
  readonly resolve: (name: string) => EmulatedFunction | undefined;
  /** Told about failures that no caller waits for (invocation type Event). */
  readonly onError?: (message: string) => void;
  /** Answers requests that are not for Lambda's API; false when one is not for it either. @default - they are refused */
  readonly otherwise?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

const INVOKE_PATH = /^\/(2015-03-31|2021-11-15)\/functions\//;

/** Lambda's words for an event over it. */
export function tooLarge(bytes: number): string {
  return `${bytes} byte payload is too large for the RequestResponse invocation type (limit ${MAX_EVENT_BYTES} bytes)`;
}

/** An error as the Lambda API reports it. */
class ApiError extends Error {
  constructor(readonly status: number, readonly type: string, message: string) {
    super(message);
  }
}

export class Emulator {
  private readonly server: Server;
  private closing = false;
  /** Only programs of this machine can reach it. */
  private onLoopback = false;
  /** Invocations of type Event that are still running. */
  private readonly background = new Set<Promise<void>>();

  constructor(private readonly options: EmulatorOptions) {
    this.server = createServer((request, response) => void this.handle(request, response));
    // An invocation may take 15 minutes.
    this.server.requestTimeout = 0;
  }

  /** Listens, and gives the URL. @param port 0 = any free one @param host null = all addresses of the machine */
  async listen(port: number, host: string | null = '127.0.0.1'): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ port, host: host ?? undefined }, resolve);
    });
    const bound = this.server.address() as AddressInfo;
    this.onLoopback = isLoopback(bound.address);
    return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
  }

  /** Takes no more requests and waits for those that it has taken. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.closing = true;
      this.server.closeIdleConnections();
    });
    await Promise.all(this.background);
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A kept connection would hold up the end.
    response.once('close', () => { if (this.closing) setImmediate(() => this.server.closeIdleConnections()); });
    if (!INVOKE_PATH.test(request.url ?? '') && this.options.otherwise?.(request, response)) return;
    const requestId = randomUUID();
    response.setHeader('x-amzn-RequestId', requestId);
    try {
      await this.route(request, response, requestId);
    } catch (error) {
      const { status, type, message } = error instanceof ApiError ? error : new ApiError(500, 'ServiceException', (error as Error).message);
      if (response.headersSent) return void response.destroy();
      response.writeHead(status, { 'Content-Type': 'application/json', 'x-amzn-errortype': type });
      response.end(JSON.stringify({ Type: status < 500 ? 'User' : 'Service', Message: message, message }));
    }
  }

  private async route(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
    this.refuseWebPages(request);
    const [path, query = ''] = (request.url ?? '').split('?');
    const match = /^\/(2015-03-31|2021-11-15)\/functions\/([^/]+)\/(invocations|response-streaming-invocations)$/.exec(path);
    if (!match || request.method !== 'POST') {
      request.resume();
      throw new ApiError(404, 'UnknownOperationException', `${request.method} ${path} is not served here, only POST /2015-03-31/functions/<name>/invocations`
        + ' and POST /2021-11-15/functions/<name>/response-streaming-invocations');
    }
    const event = await readEvent(request);
    const { name, qualifier } = functionName(decodePath(match[2]), new URLSearchParams(query).get('Qualifier'));
    const called = this.resolve(name);
    if (!called) throw new ApiError(404, 'ResourceNotFoundException', `Function not found: ${name}`);
    const version = called.version ?? '$LATEST';
    if (qualifier && qualifier !== version) {
      throw new ApiError(404, 'ResourceNotFoundException', `Function not found: ${name}:${qualifier}; only the version ${version} is here`);
    }
    const invoke: InvokeRequest = {
      event,
      requestId,
      clientContext: clientContext(request),
      traceId: header(request, 'x-amzn-trace-id'),
      tenantId: header(request, 'x-amz-tenant-id'),
    };
    const tail = header(request, 'x-amz-log-type') === 'Tail';
    if (match[3] === 'invocations') {
      return this.invoke(called, invoke, version, header(request, 'x-amz-invocation-type') ?? 'RequestResponse', tail, response);
    }
    return streamed(await called.invoke({ ...invoke, streaming: true }), version, tail, response);
  }

  private resolve(name: string): EmulatedFunction | undefined {
    try {
      return this.options.resolve(name);
    } catch (error) {
      throw new ApiError(400, 'InvalidParameterValueException', (error as Error).message);
    }
  }

  /** A browser lets any page send requests to this machine: it names the page (Origin), or the name that the page had made ours (Host). */
  private refuseWebPages(request: IncomingMessage): void {
    const { origin, host } = request.headers;
    const why = origin !== undefined ? `Requests of web pages are not served (Origin: ${origin})`
      : this.onLoopback && host !== undefined && !isLoopback(hostname(host)) ? `Requests to '${host}' are not served, only to localhost or 127.0.0.1` : undefined;
    if (!why) return;
    request.resume();
    throw new ApiError(403, 'AccessDeniedException', why);
  }

  private async invoke(
    called: EmulatedFunction, invoke: InvokeRequest, version: string, type: string, tail: boolean, response: ServerResponse): Promise<void> {
    if (type === 'DryRun') return void response.writeHead(204).end();
    if (type === 'Event') {
      this.inBackground(called, invoke);
      return void response.writeHead(202).end();
    }
    if (type !== 'RequestResponse') {
      throw new ApiError(400, 'InvalidParameterValueException', `X-Amz-Invocation-Type must be RequestResponse, Event or DryRun, got '${type}'`);
    }
    const result = await called.invoke(invoke);
    response.writeHead(200, {
      'Content-Type': result.contentType,
      'Content-Length': result.payload.length,
      'X-Amz-Executed-Version': version,
      ...(result.functionError && { 'X-Amz-Function-Error': result.functionError }),
      ...(tail && { 'X-Amz-Log-Result': logTail(result) }),
    }).end(result.payload);
  }

  private inBackground(called: EmulatedFunction, invoke: InvokeRequest): void {
    const report = (why: string): void => this.options.onError?.(`invocation ${invoke.requestId} (type Event) failed: ${why}`);
    const running = called.invoke(invoke)
      .then((result) => { if (result.functionError) report(result.payload.toString()); }, (error: Error) => report(error.message))
      .finally(() => this.background.delete(running));
    this.background.add(running);
  }
}

/** The answer to InvokeWithResponseStream: a PayloadChunk per piece, then InvokeComplete. */
async function streamed(result: InvocationResult, version: string, tail: boolean, response: ServerResponse): Promise<void> {
  response.writeHead(200, {
    'Content-Type': EVENT_STREAM_TYPE,
    'X-Amz-Executed-Version': version,
    'x-amzn-Remapped-Content-Type': result.contentType,
  });
  const chunk = (payload: Buffer): boolean => response.write(encodeEvent('PayloadChunk', 'application/octet-stream', payload));
  let failure = result.functionError && { errorType: result.errorType ?? 'Runtime.Unknown', payload: result.payload };
  if (result.stream) {
    response.once('close', () => result.stream!.destroy());
    for await (const piece of result.stream) {
      if (!chunk(piece)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
    }
    failure = await result.streamEnd;
  } else if (!failure && result.payload.length > 0) {
    chunk(result.payload);
  }
  const complete = {
    ...(failure && { ErrorCode: failure.errorType, ErrorDetails: failure.payload.toString() }),
    ...(tail && { LogResult: logTail(result) }),
  };
  response.end(encodeEvent('InvokeComplete', 'application/json', Buffer.from(JSON.stringify(complete))));
}

function logTail(result: InvocationResult): string {
  return Buffer.from(result.logs()).toString('base64');
}

/** The event: JSON of at most 6 MiB. No body at all is an empty object, as on Lambda. */
async function readEvent(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    // What is too much is read to its end all the same: a client that still sends would not see the answer.
    if (size <= MAX_EVENT_BYTES) chunks.push(chunk);
  }
  if (size > MAX_EVENT_BYTES) {
    throw new ApiError(413, 'RequestTooLargeException', tooLarge(size));
  }
  if (size === 0) return Buffer.from('{}');
  const event = Buffer.concat(chunks);
  try {
    JSON.parse(event.toString());
  } catch (error) {
    throw new ApiError(400, 'InvalidRequestContentException', `Could not parse request body into json: ${(error as Error).message}`);
  }
  return event;
}

/** X-Amz-Client-Context is base64 of JSON; the Runtime API carries the JSON. */
function clientContext(request: IncomingMessage): string | undefined {
  const encoded = header(request, 'x-amz-client-context');
  if (!encoded) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  try {
    JSON.parse(text);
  } catch {
    throw new ApiError(400, 'InvalidRequestContentException', 'Client context must be a valid Base64-encoded JSON object.');
  }
  return text;
}

/** A name, `name:qualifier`, a partial ARN (`account:function:name`), or an ARN, each with or without a qualifier. */
function functionName(given: string, qualifier: string | null): { name: string; qualifier?: string } {
  const match = /^(?:arn:[^:]+:lambda:[^:]+:\d{12}:function:|\d{12}:function:)?([^:]+)(?::([^:]+))?$/.exec(given);
  if (!match) throw new ApiError(400, 'InvalidParameterValueException', `'${given}' is neither a function's name nor an ARN`);
  return { name: match[1], qualifier: match[2] ?? qualifier ?? undefined };
}

/** The name in a Host header, which may have a port. */
function hostname(host: string): string {
  return host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ApiError(400, 'InvalidParameterValueException', `'${text}' is not URL-encoded`);
  }
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
