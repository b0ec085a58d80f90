/** Defines the client of the Lambda Runtime API: one connection, one request at a time. */
import { connectTcp, type Connect, type Transport } from './runtime-api-transport';
import type { FormattedError } from '../core/error-format';
import { ReplyParser, type Reply } from '../core/http1';

export type Headers = Readonly<Record<string, string>>;

/** Receives the reply to one request, or why there is none. */
export type OnReply = (error: Error | undefined, status: number, headers: Headers, body: Buffer) => void;

const API = '/2018-06-01/runtime';
const NONE: Buffer = Buffer.alloc(0);

/** How long the service may take to notice that a request was withdrawn. */
const WITHDRAW_MS = 100;

export interface RuntimeApiOptions {
  /** @default - TCP */
  readonly connect?: Connect;
  /** Told of what the API refused, which is never the caller's to mend. */
  readonly onRefusal?: (message: string) => void;
}

interface Exchange {
  readonly head: string;
  readonly body: string;
  readonly onReply: OnReply;
  /** A request lost with its connection is sent once more: an idle connection may have been closed under it. */
  retried: boolean;
  /** Chunks of its body are still to come. */
  streaming: boolean;
  /** Its connection sends no more. */
  withdrawn?: boolean;
}

export class RuntimeApiClient {
  private readonly connect: Connect;
  private readonly parser: () => ReplyParser;
  private readonly trailer: string;
  private readonly nextRequest: string;
  private transport?: Transport;
  private parse!: ReplyParser;
  private pending?: Exchange;
  /** An answer whose reply comes before that to `pending`. */
  private answered?: Exchange;
  private held = true;
  private closed = false;
  private drained?: () => void;

  constructor(private readonly address: string, private readonly options: RuntimeApiOptions = {}) {
    this.connect = options.connect ?? connectTcp;
    this.parser = () => new ReplyParser((reply) => this.received(reply));
    this.trailer = ` HTTP/1.1\r\nHost: ${address}\r\nUser-Agent: cdk-hybrid-nodejs/${process.versions.node}\r\n`;
    this.nextRequest = `GET ${API}/invocation/next${this.trailer}\r\n`;
  }

  /** Opens the connection ahead of the first request, while the handler loads. */
  open(): void {
    this.transport ??= this.opened();
  }

  /** Asks for the next invocation. */
  next(onReply: OnReply): void {
    this.send(this.nextRequest, '', onReply);
  }

  /** Answers an invocation with JSON text. */
  respond(requestId: string, json: string, onReply: OnReply): void {
    this.post(`/invocation/${requestId}/response`, '', json, onReply);
  }

  /**
   * Answers an invocation and asks for the next in one go. Only for a host of ours: what it says to the answer is logged
   * when it is a refusal, and nobody waits for it.
   */
  respondAndNext(requestId: string, json: string, onReply: OnReply): void {
    const head = this.postHead(`/invocation/${requestId}/response`, '', json);
    this.answered = { head, body: json, onReply: () => {}, retried: true, streaming: false };
    // Sent again after a lost connection, it is the question alone.
    this.exchange({ head: this.nextRequest, body: '', onReply, retried: false, streaming: false }, head, json + this.nextRequest);
  }

  /** Answers an invocation with an error. */
  fail(requestId: string, error: FormattedError, onReply: OnReply): void {
    this.post(`/invocation/${requestId}/error`, error.headers, error.body, onReply);
  }

  /** Tells that the handler could not be loaded. */
  initError(error: FormattedError, onReply: OnReply): void {
    this.post('/init/error', error.headers, error.body, onReply);
  }

  /** Begins an answer whose body follows in chunks. The reply may come before the last of them. */
  beginStream(requestId: string, headers: string, onReply: OnReply): void {
    const head = `POST ${API}/invocation/${requestId}/response${this.trailer}${headers}Transfer-Encoding: chunked\r\n\r\n`;
    this.exchange({ head, body: '', onReply, retried: true, streaming: true });
  }

  /** A framed chunk of the streamed answer. `written` is called when more may be sent. */
  writeStream(chunk: Uint8Array, written: () => void): void {
    if (!this.pending?.streaming || this.transport!.write(chunk)) written();
    else this.drained = written;
  }

  /** The last chunk and the trailers. */
  endStream(end: string): void {
    if (!this.pending?.streaming) return;
    this.pending.streaming = false;
    this.transport!.write(end);
  }

  /** Whether the connection alone keeps the process running: not while a handler works, so that its event loop can empty. */
  keepAlive(on: boolean): void {
    this.held = on;
    this.transport?.keepAlive(on);
  }

  /**
   * Takes a waiting request back: `withdrawn` is called when the service has closed the connection, or does not in
   * time. It is not called when the reply was on its way already: that one is delivered, so that no invocation is lost.
   */
  withdraw(withdrawn: () => void): void {
    const exchange = this.pending;
    if (!exchange || !this.transport) return withdrawn();
    const timer = setTimeout(() => this.lost(new Error('withdrawn'), false), WITHDRAW_MS);
    this.pending = {
      ...exchange,
      retried: true,
      withdrawn: true,
      onReply: (error, ...reply) => {
        clearTimeout(timer);
        if (error) withdrawn();
        else exchange.onReply(error, ...reply);
      },
    };
    this.transport.finish();
  }

  /** Gives up: no callback is called any more. */
  close(): void {
    this.closed = true;
    this.pending = undefined;
    this.transport?.close();
    this.transport = undefined;
  }

  private post(path: string, headers: string, body: string, onReply: OnReply): void {
    this.send(this.postHead(path, headers, body), body, onReply);
  }

  private postHead(path: string, headers: string, body: string): string {
    return `POST ${API}${path}${this.trailer}Content-Type: application/json\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  }

  private send(head: string, body: string, onReply: OnReply): void {
    this.exchange({ head, body, onReply, retried: false, streaming: false });
  }

  private exchange(exchange: Exchange, head = exchange.head, body = exchange.body): void {
    if (this.closed) return;
    if (this.pending) throw new Error('the Runtime API client was asked for a second request before the first was answered');
    this.pending = exchange;
    this.open();
    this.transport!.write(head, body);
  }

  private opened(): Transport {
    this.parse = this.parser();
    const transport = this.connect(this.address, {
      onData: (chunk) => {
        if (transport !== this.transport) return;
        try {
          this.parse.push(chunk);
        } catch (error) {
          this.lost(error as Error, false);
        }
      },
      onDrain: () => this.releaseWriter(),
      onClose: (error) => {
        if (transport === this.transport) this.ended(error);
      },
    });
    if (!this.held) transport.keepAlive(false);
    return transport;
  }

  private received(reply: Reply): void {
    if (this.answered) {
      if (reply.status >= 300) this.refused(this.answered, reply);
      this.answered = undefined;
      return;
    }
    const exchange = this.pending;
    if (!exchange) throw new Error('the Runtime API sent a reply that nothing asked for');
    this.pending = undefined;
    if (!reply.reusable || exchange.streaming || exchange.withdrawn) {
      this.transport?.close();
      this.transport = undefined;
    }
    this.releaseWriter();
    if (reply.status >= 300) this.refused(exchange, reply);
    exchange.onReply(undefined, reply.status, reply.headers, reply.body);
  }

  private refused(exchange: Exchange, reply: Reply): void {
    const request = exchange.head.slice(0, exchange.head.indexOf(' HTTP/'));
    this.options.onRefusal?.(`the Runtime API answered ${reply.status} to ${request}: ${reply.body.toString('utf8', 0, 300).trim()}`);
  }

  private ended(error: Error | undefined): void {
    const midway = this.parse.midway;
    try {
      this.parse.end();
    } catch (cause) {
      return this.lost(error ?? cause as Error, false);
    }
    // A reply that lasts until the connection closes is complete now.
    if (midway) this.transport = undefined;
    else this.lost(error ?? new Error('the connection was closed'), true);
  }

  private lost(error: Error, mayRetry: boolean): void {
    const exchange = this.pending;
    this.transport?.close();
    this.transport = undefined;
    this.pending = undefined;
    this.answered = undefined;
    this.releaseWriter();
    if (!exchange) return;
    const refusedConnection = (error as NodeJS.ErrnoException).syscall === 'connect';
    if (mayRetry && !exchange.retried && !refusedConnection) return this.exchange({ ...exchange, retried: true });
    exchange.onReply(new Error(`no reply from the Runtime API at ${this.address}: ${error.message}`), 0, {}, NONE);
  }

  private releaseWriter(): void {
    const drained = this.drained;
    this.drained = undefined;
    drained?.();
  }
}
