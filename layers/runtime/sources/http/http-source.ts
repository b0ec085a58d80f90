/** Defines the HTTP source: an HTTP/1.1 server whose requests become invocations, for a load balancer, a proxy or a laptop. */
import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { Server as NetServer, type AddressInfo, type Socket } from 'node:net';
import { announcedLength, endAfterRequest, LINGER_MS, readBody } from './body';
import { BodyBudget } from './body-budget';
import { bodyLimit, isTextType } from './body-encoding';
import { CallQueue } from './call-queue';
import { Connections } from './connections';
import { Cors } from './cors';
import { eventBuilder, type BuildEvent } from './event';
import type { Gateway } from './event-gateway';
import { Exchange, type ExchangeOwner } from './exchange';
import { asFirstProxy } from './forwarded';
import type { HttpCarrier } from './http-call';
import { Outbox } from './outbox';
import { splitTarget, type RequestFacts } from './request';
import type { HttpSettings } from './settings';

export interface HttpSourceOptions {
  readonly carrier: HttpCarrier;
  readonly settings: HttpSettings;
  /** Requests come from private integrations of API Gateway alone, whose headers are believed. @default - they come from anybody */
  readonly gateway?: Gateway;
  /** Asked when the host's health is: whether the handler still takes calls. @default true */
  readonly healthy?: () => boolean;
  /** A request was refused before it reached the handler: too much at once (503), too large (413). */
  readonly onRefused?: (status: number) => void;
  /** Told about results that are no HTTP responses. */
  readonly log?: (line: string) => void;
}

export interface ListenOptions {
  /** 0 = any free one. */
  readonly port: number;
  /** @default - every address of the machine */
  readonly host?: string;
  /** Several processes listen on the same port. */
  readonly reusePort?: boolean;
}

/** Bodies up to this size do not wait behind large ones. */
const SMALL_BODY_BYTES = 64 * 1024;
const HEALTHY = 'ok';

export class HttpSource {
  private readonly server: Server;
  private readonly queue: CallQueue;
  private readonly largeBodies: BodyBudget;
  private readonly smallBodies: BodyBudget;
  private readonly outbox: Outbox;
  private readonly cors?: Cors;
  private readonly owner: ExchangeOwner;
  private readonly buildEvent: BuildEvent;
  private readonly connections = new Connections();
  private listenerClosed?: Promise<void>;
  private state: 'starting' | 'ready' | 'retiring' | 'draining' = 'starting';
  private drained?: Promise<void>;

  constructor(private readonly options: HttpSourceOptions) {
    const { settings, carrier } = options;
    const { requestTimeoutMs, bodyBudgetBytes, answerBudgetBytes, queueLimit } = settings;
    // Half of the time that a request has is for waiting, the rest for being sent.
    const budget = { waiters: queueLimit, waitMs: requestTimeoutMs / 2 };
    this.largeBodies = new BodyBudget({ ...budget, bytes: bodyBudgetBytes });
    this.smallBodies = new BodyBudget({ ...budget, bytes: Math.max(bodyBudgetBytes / 4, SMALL_BODY_BYTES) });
    this.outbox = new Outbox({ bytes: answerBudgetBytes, timeoutMs: requestTimeoutMs }, () => this.queue.resume());
    this.queue = new CallQueue(carrier, queueLimit, (inFlight) => this.outbox.hasRoomBeside(inFlight), (call, thrown) => {
      this.log(`request ${call.requestId}: ${String(thrown)}`);
      call.fail();
    });
    this.buildEvent = eventBuilder(settings.eventShape);
    if (settings.cors) this.cors = new Cors(settings.cors);
    this.owner = this.ownerOfExchanges();
    const serverOptions: ServerOptions & { readonly optimizeEmptyRequests: boolean } = {
      keepAliveTimeout: settings.keepAliveTimeoutMs,
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(5_000, Math.max(100, requestTimeoutMs / 4)),
      // Where Node.js knows it (24.12), a request without a body is no stream: that would cost a tenth of the whole request.
      optimizeEmptyRequests: true,
    };
    this.server = createServer(serverOptions);
    // Their bytes are limited; Node would leave out those beyond a number.
    this.server.maxHeadersCount = 0;
    this.server.on('connection', (socket: Socket) => {
      this.connections.opened(socket);
      socket.once('close', () => this.outbox.gone(socket));
    });
    this.server.on('request', (request: IncomingMessage, response: ServerResponse) => this.accept(request, response, false));
    this.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => this.accept(request, response, true));
    this.server.on('connect', (_request: IncomingMessage, socket: Socket) => refuseTunnel(socket));
  }

  /** Gives the URL. */
  async listen({ port, host, reusePort }: ListenOptions): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ port, host, ...(reusePort && { reusePort }) }, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    const { family, address, port: bound } = this.address;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`;
  }

  get address(): AddressInfo {
    return this.server.address() as AddressInfo;
  }

  /** The handler takes calls from now on. */
  ready(): void {
    if (this.state !== 'starting') return;
    this.state = 'ready';
    this.queue.open();
  }

  /** Takes no more requests. Settles when those that were accepted are answered. */
  drain(): Promise<void> {
    this.drained ??= this.finish();
    return this.drained;
  }

  /**
   * Another source listens on the port: no more connections are taken. Requests on those that are open are answered, and each answer is its
   * connection's last; an idle one is left to its timeout, because a client may be about to use it. Settles when none is left.
   */
  async retire(): Promise<void> {
    if (this.state === 'draining') return this.drain();
    this.state = 'retiring';
    const closed = this.stopListening();
    await this.connections.gone();
    await closed;
  }

  /** Ends every connection at once. */
  async close(): Promise<void> {
    this.state = 'draining';
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  /** Ends every connection within this call; who waits for an answer that has not begun is given one. For a thread that is ending. */
  breakOff(): void {
    this.state = 'draining';
    void this.stopListening();
    this.connections.breakOff();
  }

  private async finish(): Promise<void> {
    this.state = 'draining';
    this.queue.open();
    const closed = this.stopListening();
    await this.connections.finish();
    await closed;
  }

  /** Not the server's own close(): that cuts connections whose answer is complete but still on its way. */
  private stopListening(): Promise<void> {
    this.listenerClosed ??= new Promise<void>((resolve) => NetServer.prototype.close.call(this.server, () => resolve()));
    return this.listenerClosed;
  }

  private accept(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const { settings, gateway } = this.options;
    const url = request.url!;
    if (url.startsWith(settings.healthPath) && (url.length === settings.healthPath.length || url[settings.healthPath.length] === '?')
      // Of API Gateway's clients each path is the handler's: only the load balancer asks without an integration.
      && !(gateway && gateway.header in request.headers)) {
      return this.answerHealth(request, response);
    }
    const exchange = new Exchange(this.owner, request, response);
    this.connections.begin(exchange);
    // Node has looked into the headers as well: they are parsed already.
    const { headers } = request;
    if (this.cors) exchange.origin = headers.origin;
    if (this.state === 'draining') return this.refuse(exchange, 503, expectsContinue);
    if (headers.upgrade?.toLowerCase() === 'websocket') return this.refuse(exchange, 400, true);
    if (hasTwoHosts(request.rawHeaders)) return this.refuse(exchange, 400, true);
    const preflight = this.cors?.preflight(request.method, headers);
    if (preflight) return exchange.send(204, preflight, '', true);
    if (this.queue.full) return this.refuse(exchange, 503, expectsContinue);
    const length = announcedLength(headers);
    if (length === 0) return this.submit(exchange, undefined);
    this.receive(exchange, length, expectsContinue);
  }

  private receive(exchange: Exchange, length: number | undefined, expectsContinue: boolean): void {
    const { request, response } = exchange;
    const limit = bodyLimit(this.options.settings.maxBodyBytes, isTextType(request.headers['content-type']));
    if (length !== undefined && !(length <= limit)) return this.refuse(exchange, 413, expectsContinue);
    const bytes = length ?? limit;
    const budget = bytes <= SMALL_BODY_BYTES ? this.smallBodies : this.largeBodies;
    const read = (): void => {
      if (expectsContinue) response.writeContinue();
      readBody(request, length, limit, (body) => {
        exchange.reservation!.shrink(body.length);
        this.submit(exchange, body);
      }, () => this.refuse(exchange, 413, false));
    };
    // What is granted at once has no reservation to show yet.
    let now = true;
    let granted = false;
    exchange.reservation = budget.reserve(bytes, () => {
      granted = true;
      if (!now) read();
    }, () => this.refuse(exchange, 503, expectsContinue));
    now = false;
    if (!exchange.reservation) this.refuse(exchange, 503, expectsContinue);
    else if (granted) read();
  }

  private submit(exchange: Exchange, body: Buffer | undefined): void {
    if (exchange.over) return;
    const { settings, gateway } = this.options;
    const { request } = exchange;
    const { socket, headers, rawHeaders } = request;
    const { path, query } = splitTarget(request.url!);
    exchange.traceId = headers['x-amzn-trace-id'] as string | undefined;
    const first = settings.trustedHops === 0;
    const facts: RequestFacts = {
      method: request.method!,
      path,
      query,
      protocol: request.httpVersion === '1.1' ? 'HTTP/1.1' : `HTTP/${request.httpVersion}`,
      rawHeaders: first ? asFirstProxy(rawHeaders, socket.remoteAddress, socket.localPort) : rawHeaders,
      headers: first ? undefined : headers,
      socketAddress: socket.remoteAddress,
      trustedHops: settings.trustedHops,
      requestId: exchange.requestId,
      time: Date.now(),
      body,
    };
    if (gateway) {
      try {
        Object.assign(exchange, gateway.eventOf(facts, settings));
      } catch (error) {
        this.log(`request ${exchange.requestId}: it is none of a private integration of this library: ${(error as Error).message}`);
        return this.refuse(exchange, 400, false);
      }
    } else {
      exchange.event = this.buildEvent(facts, settings);
    }
    if (!this.queue.submit(exchange)) this.refuse(exchange, 503, false);
  }

  /** @param bodyHeldBack the client sends no body unless it is asked to */
  private refuse(exchange: Exchange, status: 400 | 413 | 503, bodyHeldBack: boolean): void {
    if (exchange.over) return;
    const { request, response } = exchange;
    this.options.onRefused?.(status);
    const body = JSON.stringify({ message: STATUS_CODES[status] });
    const headers = ['Content-Type', 'application/json'];
    if (status === 503) headers.push('Retry-After', '1');
    if (request.complete || announcedLength(request.headers) === 0) return exchange.send(status, headers, body);
    headers.push('Connection', 'close');
    if (bodyHeldBack) return exchange.send(status, headers, body);
    this.owner.finishHead(exchange, headers);
    response.writeHead(status, [...headers, 'Content-Length', String(body.length)]);
    response.write(body);
    exchange.reservation?.release();
    endAfterRequest(request, () => {
      response.end();
      exchange.end();
    });
  }

  private answerHealth(request: IncomingMessage, response: ServerResponse): void {
    const state = this.state === 'ready' && this.options.healthy?.() === false ? 'failing' : this.state;
    const ready = state === 'ready';
    if (this.state === 'draining' || this.state === 'retiring') response.shouldKeepAlive = false;
    const body = ready ? HEALTHY : state;
    response.writeHead(ready ? 200 : 503, ['Content-Type', 'text/plain', 'Cache-Control', 'no-store', 'Content-Length', String(body.length)]);
    response.end(body);
    request.resume();
    this.connections.answered(request);
  }

  private ownerOfExchanges(): ExchangeOwner {
    const { settings } = this.options;
    return {
      eventShape: settings.eventShape,
      answered: (exchange) => this.connections.end(exchange),
      made: (bytes) => this.outbox.made(bytes),
      waits: ({ request }, bytes) => this.outbox.waits(request.socket, bytes),
      left: ({ request }, bytes) => this.outbox.left(request.socket, bytes),
      carried: () => this.queue.finished(),
      withdraw: (exchange) => this.queue.withdraw(exchange),
      finishHead: (exchange, headers) => {
        // The connection ends with its last answer, not before.
        if ((this.state === 'draining' || this.state === 'retiring') && this.connections.isLast(exchange)) exchange.response.shouldKeepAlive = false;
        this.cors?.apply(headers, exchange.origin);
      },
      log: (line) => this.log(line),
    };
  }

  private log(line: string): void {
    this.options.log?.(line);
  }
}

/** Node looks after the connection no more: neither its errors nor its end. */
function refuseTunnel(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.on('error', () => {}).once('close', () => clearTimeout(timer)).resume();
  socket.end(`HTTP/1.1 405 ${STATUS_CODES[405]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Which of the two is meant, a proxy may see otherwise. Node keeps the first. */
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at].length === 4 && rawHeaders[at].toLowerCase() === 'host') hosts++;
  }
  return hosts > 1;
}
