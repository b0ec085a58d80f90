/** Defines an exchange: one HTTP request as a call, and the response that its result becomes. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Reservation } from './body-budget';
import type { HttpCall } from './http-call';
import { answerOf } from './result';
import type { EventShape } from './settings';
import { descriptorOf } from './socket-handle';
import { StreamedAnswer } from './streamed-answer';
import type { StreamSink } from '../../core/invocation';
import { newRequestId } from '../../core/request-id';

/** What an exchange needs of the source. */
export interface ExchangeOwner {
  readonly eventShape: EventShape;
  /** The response is complete, or nobody waits for it: the request holds nothing any more. */
  answered(exchange: Exchange): void;
  /** The handler's answer has this size. */
  made(bytes: number): void;
  /** So much of the response waits until the client takes it in. */
  waits(exchange: Exchange, bytes: number): void;
  /** It has left. */
  left(exchange: Exchange, bytes: number): void;
  /** The carrier has answered. */
  carried(exchange: Exchange): void;
  /** Nobody waits for the answer. @returns false when the call is with the carrier */
  withdraw(exchange: Exchange): boolean;
  /** Last changes to the headers of a response. */
  finishHead(exchange: Exchange, headers: string[]): void;
  log(line: string): void;
}

const FAILED = JSON.stringify({ message: 'Internal Server Error' });
const TIMED_OUT = JSON.stringify({ message: 'Endpoint request timed out' });
const JSON_TYPE = 'application/json';

export class Exchange implements HttpCall {
  readonly requestId = newRequestId();
  traceId: string | undefined = undefined;
  event: object = {};
  onAbandoned?: () => void = undefined;
  /** Which of its connection's it is. */
  turn = 0;
  /** The share of the body in memory. */
  reservation?: Reservation = undefined;
  /** Whose results the handler's are taken for. */
  shape: EventShape;
  /** The origin of the page that asks, when answers may be shared. */
  origin: string | undefined = undefined;
  /** The response is complete, or nobody waits for it. */
  over = false;
  /** The carrier has answered, or will not be asked. */
  private settled = false;
  private streamed?: StreamedAnswer = undefined;

  constructor(private readonly owner: ExchangeOwner, readonly request: IncomingMessage, readonly response: ServerResponse) {
    this.shape = owner.eventShape;
  }

  get descriptor(): number {
    const { socket, headersSent } = this.response;
    // A response has a socket when its turn has come; what came before it may still be on its way.
    if (headersSent || !socket || socket.writableLength > 0) return -1;
    return descriptorOf(socket);
  }

  succeed(result: unknown): void {
    if (this.settled) return;
    this.settled = true;
    if (!this.over) this.sendResult(result);
    this.owner.carried(this);
  }

  fail(): void {
    if (this.settled) return;
    this.settled = true;
    this.sendFailure();
    this.owner.carried(this);
  }

  timeOut(): void {
    if (this.settled) return;
    this.settled = true;
    this.sendTimeout();
    this.owner.carried(this);
  }

  stream(contentType: string): StreamSink {
    if (this.settled) return new IgnoredStream();
    this.settled = true;
    const streamed = new StreamedAnswer({
      response: this.response,
      contentType,
      waits: (bytes) => this.owner.waits(this, bytes),
      left: (bytes) => this.owner.left(this, bytes),
      finishHead: (headers) => this.owner.finishHead(this, headers),
      onBroken: (reason) => {
        this.owner.log(`request ${this.requestId}: the handler's answer is no HTTP response: ${reason}`);
        this.sendFailure();
      },
      onTimedOut: () => this.sendTimeout(),
      onEnd: () => {
        this.end();
        this.owner.carried(this);
      },
    });
    this.streamed = streamed;
    if (this.over) streamed.abandon();
    return streamed;
  }

  /** @param headersFinal nothing is to be added to them */
  send(status: number, headers: string[], body: string | Buffer, headersFinal = false): void {
    if (this.over) return;
    if (!headersFinal) this.owner.finishHead(this, headers);
    const { response } = this;
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    // These have no body, and 304 speaks of a length that is not ours to know.
    if (status !== 204 && status !== 304) headers.push('Content-Length', status === 205 ? '0' : String(length));
    response.writeHead(status, headers);
    if (status === 205 || body.length === 0) response.end();
    else response.end(body);
    if (response.writableLength > 0) {
      this.owner.waits(this, length);
      response.once('finish', () => this.owner.left(this, length));
    }
    this.end();
  }

  /** The connection is gone. */
  abandon(): void {
    if (this.over) return;
    this.end();
    if (this.streamed) this.streamed.abandon();
    if (this.owner.withdraw(this)) this.settled = true;
    else this.onAbandoned?.();
  }

  private sendResult(result: unknown): void {
    let answer;
    try {
      answer = answerOf(result, this.shape);
    } catch (error) {
      this.owner.log(`request ${this.requestId}: the handler's result is no HTTP response: ${(error as Error).message}`);
      return this.sendFailure();
    }
    this.owner.made(answer.body.length);
    this.send(answer.status, answer.headers, answer.body);
  }

  private sendFailure(): void {
    this.send(500, ['Content-Type', JSON_TYPE], FAILED);
  }

  private sendTimeout(): void {
    this.send(504, ['Content-Type', JSON_TYPE], TIMED_OUT);
  }

  /** The request holds nothing any more. */
  end(): void {
    if (this.over) return;
    this.over = true;
    this.reservation?.release();
    this.owner.answered(this);
  }
}

/** Where a carrier writes that has answered already. */
class IgnoredStream implements StreamSink {
  write(_chunk: Uint8Array, written: () => void): void {
    setImmediate(written);
  }

  end(): void {}
}
