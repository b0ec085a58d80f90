/**
 * Defines our server of the Lambda Runtime API: one bootstrap on loopback, one or many invocations in flight.
 * States, status codes and messages are those of the AWS Lambda Runtime Interface Emulator.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSocketServer, type AddressInfo, type Server as SocketServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { RuntimeApiConnection } from './runtime-api-connection';
import { ACCEPTED, HttpReply, refusal, type Reply } from './runtime-api-reply';
import { functionError, MAX_RESPONSE_BYTES, responseTooLarge, type FunctionError } from '../core/invoker';
import type { Delivery, ResponseSink, RuntimeApi, RuntimeApiListener } from '../invokers/runtime-api';

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

type AnswerKind = 'response' | 'error';

interface AnswerBody {
  readonly bytes: Buffer;
  readonly tooLarge?: boolean;
  readonly contentType: string;
  readonly errorType?: string | string[];
}

/** Serves one bootstrap. */
export class RuntimeApiServer implements RuntimeApi {
  private readonly server: SocketServer;
  /** Takes over connections that say more than the usual. */
  private readonly http: Server;
  private readonly sockets = new Set<Socket>();
  private readonly parked: Reply[] = [];
  /** In flight, and with one invocation at a time also the last one answered: a second answer to it is a wrong state. */
  private readonly flights = new Map<string, Flight>();
  /** The last answer on a connection: a client of ours asks for the next invocation before it is done. */
  private readonly answers = new WeakMap<Socket, Promise<void>>();
  private readonly maxInFlight: number;
  private state: 'started' | 'initError' | 'serving' = 'started';

  constructor(private readonly listener: RuntimeApiListener, options: RuntimeApiServerOptions = {}) {
    this.maxInFlight = options.maxInFlight ?? 1;
    this.http = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => this.route(request, response));
    // A bootstrap may be silent for as long as its handler thinks, and an idle one for ever.
    this.http.requestTimeout = 0;
    this.http.headersTimeout = 0;
    this.http.keepAliveTimeout = 0;
    this.http.on('clientError', (_error, socket) => refuseTruncated(socket as Socket));
    this.server = createSocketServer({ allowHalfOpen: true }, (socket) => this.serve(socket));
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

  serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    new RuntimeApiConnection(socket, {
      next: (reply) => this.next(reply),
      respond: (id, body, contentType, reply) => {
        const flight = this.answering(id, 'response', undefined, reply);
        if (flight) this.complete(flight, 'response', { bytes: body, contentType }, reply);
      },
      handOver: (taken) => this.http.emit('connection', taken),
    });
  }

  get waiting(): number {
    return this.parked.length;
  }

  deliver(delivery: Delivery, sink: ResponseSink): void {
    const reply = this.parked.shift();
    if (!reply) throw new Error(`no bootstrap waits for invocation ${delivery.requestId}`);
    for (const [id, flight] of this.flights) {
      if (flight.state === 'answered') this.flights.delete(id);
    }
    this.flights.set(delivery.requestId, { delivery, sink, state: 'running' });
    reply.sendInvocation(delivery);
  }

  forget(requestId: string): void {
    this.flights.delete(requestId);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.sockets.forEach((socket) => socket.destroy());
    this.http.close();
    await closed;
  }

  private route(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').split('?')[0];
    if (request.method === 'GET' && path === `${API}/invocation/next`) {
      const reply = new HttpReply(response);
      return void (this.answers.get(request.socket)?.then(() => this.next(reply)) ?? this.next(reply));
    }
    if (request.method === 'POST' && path === `${API}/init/error`) return void this.initError(request, new HttpReply(response));
    const answer = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/.exec(path);
    if (request.method === 'POST' && answer) return void this.answers.set(request.socket, this.answer(answer[1], answer[2] as AnswerKind, request, response));
    request.resume();
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
  }

  private next(reply: Reply): void {
    if (this.state === 'initError') return refuseState(reply, 'InitError', 'Ready');
    if (this.maxInFlight === 1) {
      for (const { state, delivery } of this.flights.values()) {
        if (state === 'responding') return refuseState(reply, 'InvocationResponse', 'Ready');
        // A client that lost the first reply asks again and is given the same invocation.
        if (state === 'running') return reply.sendInvocation(delivery);
      }
    }
    this.state = 'serving';
    this.parked.push(reply);
    // An invocation given to a client that died would be lost.
    reply.onceGone(() => {
      const index = this.parked.indexOf(reply);
      if (index >= 0) this.parked.splice(index, 1);
    });
    this.listener.ready();
  }

  private async initError(request: IncomingMessage, reply: Reply): Promise<void> {
    const body = await collect(request, MAX_RESPONSE_BYTES);
    if (!body) return;
    if (this.state !== 'started') return refuseState(reply, this.state === 'initError' ? 'InitError' : 'Ready', 'InitError');
    this.state = 'initError';
    reply.send(202, ACCEPTED);
    this.listener.initFailed({ errorType: errorTypeOf(request.headers[ERROR_TYPE]), payload: body.bytes });
  }

  private async answer(id: string, kind: AnswerKind, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = new HttpReply(response);
    const mode = request.headers['lambda-runtime-function-response-mode'];
    const flight = this.answering(id, kind, mode, reply);
    if (!flight) return void request.resume();
    const contentType = request.headers['content-type'] ?? 'application/json';
    if (kind === 'response' && mode === 'streaming') return this.stream(flight, contentType, request, reply);

    const body = await collect(request, MAX_RESPONSE_BYTES);
    if (!body || !this.flights.has(id)) {
      // Cut off: the client may try again. Forgotten meanwhile (the deadline passed): nobody waits for it.
      flight.state = 'running';
      if (body) reply.send(400, refusal('InvalidRequestID', 'Invalid request ID'));
      return;
    }
    this.complete(flight, kind, { ...body, contentType, errorType: request.headers[ERROR_TYPE] }, reply);
  }

  /** The flight that is being answered, or nothing when the answer is refused. */
  private answering(id: string, kind: AnswerKind, mode: string | string[] | undefined, reply: Reply): Flight | undefined {
    const flight = this.flights.get(id);
    if (!flight) {
      reply.send(400, refusal('InvalidRequestID', 'Invalid request ID'));
      return undefined;
    }
    if (flight.state !== 'running') {
      refuseState(reply, flight.state === 'answered' ? 'ResponseSent' : 'InvocationResponse', kind === 'error' ? 'InvocationErrorResponse' : 'InvocationResponse');
      return undefined;
    }
    if (kind === 'response' && mode !== undefined && mode !== 'streaming') {
      reply.send(400, refusal('InvalidFunctionResponseMode', 'Invalid function response mode'));
      return undefined;
    }
    flight.state = 'responding';
    return flight;
  }

  private complete(flight: Flight, kind: AnswerKind, { bytes, tooLarge, contentType, errorType }: AnswerBody, reply: Reply): void {
    this.answered(flight);
    if (tooLarge) {
      reply.send(413, refusal('RequestEntityTooLarge', `Exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`));
      flight.sink.fail(responseTooLarge());
      return;
    }
    reply.send(202, ACCEPTED);
    if (kind === 'error') flight.sink.fail({ errorType: errorTypeOf(errorType), payload: bytes });
    else flight.sink.respond(bytes, contentType);
  }

  private stream(flight: Flight, contentType: string, request: IncomingMessage, reply: Reply): void {
    const body = new PassThrough();
    const end = new Promise<FunctionError | undefined>((resolve) => {
      request.on('end', () => {
        this.answered(flight);
        reply.send(202, ACCEPTED);
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

function refuseState(reply: Reply, from: string, to: string): void {
  reply.send(403, refusal('InvalidStateTransition', `Transition from ${from} to ${to} is not allowed`));
}

/** The client ended its side in the middle of a request. */
function refuseTruncated(socket: Socket): void {
  if (!socket.writable) return;
  const body = JSON.stringify({ errorMessage: 'HTTP request detected as truncated', errorType: 'TruncatedHTTPRequest' });
  socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
}
