/**
 * Defines our server of the Lambda Runtime API: one bootstrap on loopback, one or many invocations in flight.
 * States, status codes and messages are those of the AWS Lambda Runtime Interface Emulator.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { functionError, type FunctionError } from '../core/invoker';
import type { Delivery, ResponseSink, RuntimeApi, RuntimeApiListener } from '../invokers/runtime-api';

/** Lambda's limit for a buffered response: 6 MiB, and 100 bytes for what wraps it. */
export const MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100;

const API = '/2018-06-01/runtime';
const ERROR_TYPE = 'lambda-runtime-function-error-type';
const ERROR_BODY = 'lambda-runtime-function-error-body';
/** A header may carry an X-Ray cause of 64 KB; Node allows 16 KB for all headers unless told. */
const MAX_HEADER_BYTES = 256 * 1024;

export interface RuntimeApiServerOptions {
  /** How many invocations one bootstrap may have at once. @default 1 */
  readonly maxInFlight?: number;
}

interface Flight {
  readonly delivery: Delivery;
  readonly sink: ResponseSink;
  state: 'running' | 'responding' | 'answered';
}

/** Serves one bootstrap. */
export class RuntimeApiServer implements RuntimeApi {
  private readonly server: Server;
  private readonly parked: ServerResponse[] = [];
  /** In flight, and with one invocation at a time also the last one answered: a second answer to it is a wrong state. */
  private readonly flights = new Map<string, Flight>();
  private readonly maxInFlight: number;
  private state: 'started' | 'initError' | 'serving' = 'started';

  constructor(private readonly listener: RuntimeApiListener, options: RuntimeApiServerOptions = {}) {
    this.maxInFlight = options.maxInFlight ?? 1;
    this.server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => this.route(request, response));
    // A bootstrap may be silent for as long as its handler thinks, and an idle one for ever.
    this.server.requestTimeout = 0;
    this.server.headersTimeout = 0;
    this.server.keepAliveTimeout = 0;
    this.server.on('clientError', (_error, socket) => refuseTruncated(socket as Socket));
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(0, '127.0.0.1', resolve);
    });
    return this;
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get waiting(): number {
    return this.parked.length;
  }

  deliver(delivery: Delivery, sink: ResponseSink): void {
    const response = this.parked.shift();
    if (!response) throw new Error(`no bootstrap waits for invocation ${delivery.requestId}`);
    for (const [id, flight] of this.flights) {
      if (flight.state === 'answered') this.flights.delete(id);
    }
    this.flights.set(delivery.requestId, { delivery, sink, state: 'running' });
    sendInvocation(response, delivery);
  }

  forget(requestId: string): void {
    this.flights.delete(requestId);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private route(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').split('?')[0];
    if (request.method === 'GET' && path === `${API}/invocation/next`) return this.next(response);
    if (request.method === 'POST' && path === `${API}/init/error`) return void this.initError(request, response);
    const answer = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/.exec(path);
    if (request.method === 'POST' && answer) return void this.answer(answer[1], answer[2], request, response);
    request.resume();
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
  }

  private next(response: ServerResponse): void {
    const flights = [...this.flights.values()];
    if (this.state === 'initError') return refuseState(response, 'InitError', 'Ready');
    if (this.maxInFlight === 1) {
      if (flights.some((flight) => flight.state === 'responding')) return refuseState(response, 'InvocationResponse', 'Ready');
      const running = flights.find((flight) => flight.state === 'running');
      // A client that lost the first reply asks again and is given the same invocation.
      if (running) return sendInvocation(response, running.delivery);
    }
    this.state = 'serving';
    this.parked.push(response);
    const leave = () => {
      const index = this.parked.indexOf(response);
      if (index >= 0) this.parked.splice(index, 1);
    };
    // A client that died ends its connection before the response knows: an invocation given to it would be lost.
    const { socket } = response;
    socket?.once('end', leave);
    response.once('close', () => {
      leave();
      socket?.off('end', leave);
    });
    this.listener.ready();
  }

  private async initError(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await collect(request, MAX_RESPONSE_BYTES);
    if (!body) return;
    if (this.state !== 'started') return refuseState(response, this.state === 'initError' ? 'InitError' : 'Ready', 'InitError');
    this.state = 'initError';
    accept(response);
    this.listener.initFailed({ errorType: errorTypeOf(request.headers[ERROR_TYPE]), payload: body.bytes });
  }

  private async answer(id: string, kind: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const flight = this.flights.get(id);
    const target = kind === 'error' ? 'InvocationErrorResponse' : 'InvocationResponse';
    if (!flight) {
      request.resume();
      return refuse(response, 400, 'InvalidRequestID', 'Invalid request ID');
    }
    if (flight.state !== 'running') {
      request.resume();
      return refuseState(response, flight.state === 'answered' ? 'ResponseSent' : 'InvocationResponse', target);
    }
    const mode = request.headers['lambda-runtime-function-response-mode'];
    if (kind === 'response' && mode !== undefined && mode !== 'streaming') {
      request.resume();
      return refuse(response, 400, 'InvalidFunctionResponseMode', 'Invalid function response mode');
    }
    flight.state = 'responding';
    const contentType = request.headers['content-type'] ?? 'application/json';
    if (kind === 'response' && mode === 'streaming') return this.stream(flight, contentType, request, response);

    const body = await collect(request, MAX_RESPONSE_BYTES);
    if (!body || !this.flights.has(id)) {
      // Cut off: the client may try again. Forgotten meanwhile (the deadline passed): nobody waits for it.
      flight.state = 'running';
      if (body) refuse(response, 400, 'InvalidRequestID', 'Invalid request ID');
      return;
    }
    this.answered(flight);
    if (body.tooLarge) {
      refuse(response, 413, 'RequestEntityTooLarge', `Exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`);
      flight.sink.fail(functionError('Function.ResponseSizeTooLarge',
        `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`));
      return;
    }
    accept(response);
    if (kind === 'error') {
      flight.sink.fail({ errorType: errorTypeOf(request.headers[ERROR_TYPE]), payload: body.bytes });
    } else {
      flight.sink.respond(body.bytes, contentType);
    }
  }

  private stream(flight: Flight, contentType: string, request: IncomingMessage, response: ServerResponse): void {
    const body = new PassThrough();
    const end = new Promise<FunctionError | undefined>((resolve) => {
      request.on('end', () => {
        this.answered(flight);
        accept(response);
        resolve(errorFromTrailers(request));
        body.end();
      });
      request.on('error', () => {
        this.answered(flight);
        resolve(functionError('Runtime.TruncatedResponse', 'The response stream was cut off'));
        body.end();
      });
    });
    // The caller may go away before the stream is over; the bootstrap is still listened to until its end.
    body.on('close', () => { if (!request.readableEnded) request.resume(); });
    request.pipe(body, { end: false });
    flight.sink.stream(body, contentType, end);
  }

  private answered(flight: Flight): void {
    flight.state = 'answered';
    if (this.maxInFlight > 1) this.flights.delete(flight.delivery.requestId);
  }
}

/** The whole body, or nothing when it was cut off. What exceeds the limit is read and dropped: the client gets its answer. */
async function collect(request: IncomingMessage, limit: number): Promise<{ bytes: Buffer; tooLarge: boolean } | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return { bytes: Buffer.concat(chunks), tooLarge: size > limit };
}

function sendInvocation(response: ServerResponse, delivery: Delivery): void {
  const headers: Record<string, string | number> = {
    'Content-Type': 'application/json',
    'Content-Length': delivery.event.length,
    'Lambda-Runtime-Aws-Request-Id': delivery.requestId,
    'Lambda-Runtime-Deadline-Ms': delivery.deadlineMs,
    'Lambda-Runtime-Invoked-Function-Arn': delivery.invokedFunctionArn,
  };
  const optional = {
    'Lambda-Runtime-Trace-Id': delivery.traceId,
    'Lambda-Runtime-Client-Context': delivery.clientContext,
    'Lambda-Runtime-Cognito-Identity': delivery.cognitoIdentity,
    'Lambda-Runtime-Aws-Tenant-Id': delivery.tenantId,
  };
  for (const [name, value] of Object.entries(optional)) {
    if (value) headers[name] = headerText(value);
  }
  response.writeHead(200, headers).end(delivery.event);
}

/** Node writes header values as Latin-1; the text of a client context is UTF-8 on the wire. */
function headerText(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1').replace(/[\r\n]+/g, ' ');
}

function errorFromTrailers(request: IncomingMessage): FunctionError | undefined {
  const type = request.trailers[ERROR_TYPE];
  const body = request.trailers[ERROR_BODY];
  if (type === undefined && body === undefined) return undefined;
  return { errorType: errorTypeOf(type), payload: Buffer.from(body ?? '', 'base64') };
}

/** Lambda passes on only error types of its own form. */
function errorTypeOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^(Runtime|Function)\.[A-Z][a-zA-Z]+$/.test(header) ? header : 'Runtime.Unknown';
}

function accept(response: ServerResponse): void {
  response.writeHead(202, { 'Content-Type': 'application/json' }).end('{"status":"OK"}\n');
}

function refuse(response: ServerResponse, status: number, errorType: string, errorMessage: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(`${JSON.stringify({ errorMessage, errorType })}\n`);
}

function refuseState(response: ServerResponse, from: string, to: string): void {
  refuse(response, 403, 'InvalidStateTransition', `Transition from ${from} to ${to} is not allowed`);
}

/** The client ended its side in the middle of a request. */
function refuseTruncated(socket: Socket): void {
  if (!socket.writable) return;
  const body = JSON.stringify({ errorMessage: 'HTTP request detected as truncated', errorType: 'TruncatedHTTPRequest' });
  socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
}
