/**
 * Defines a bootstrap's connection as long as it says nothing but the two requests of which there are thousands: the next
 * invocation, and a response of known length, each whole in what is read at once. They are taken from the socket's bytes here, which costs
 * a tenth of what an HTTP server costs; with anything else, the connection is Node's HTTP server's from then on.
 */
import type { Socket } from 'node:net';
import { ACCEPTED, eachInvocationHeader, type Reply } from './runtime-api-reply';
import type { Delivery } from '../invokers/runtime-api';

export interface ConnectionHandlers {
  next(reply: Reply): void;
  respond(requestId: string, body: Buffer, contentType: string, reply: Reply): void;
  /** It is not for us: the bytes are unread again. */
  handOver(socket: Socket): void;
}

const NEXT = 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n';
const RESPONSE = /^POST \/2018-06-01\/runtime\/invocation\/([^/ ]+)\/response HTTP\/1\.1\r\n/;
const LENGTH = /\r\ncontent-length: *(\d{1,7})(?:\r\n|$)/i;
const CONTENT_TYPE = /\r\ncontent-type: *([^\r]*)/i;
/** What gives a request another meaning than the plain one. */
const SPECIAL = /\r\n(?:transfer-encoding|expect|connection|upgrade|lambda-runtime-function-response-mode) *:/i;
const NOTHING = Buffer.alloc(0);
const ACCEPTED_RESPONSE = `HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: ${ACCEPTED.length}\r\n\r\n${ACCEPTED}`;

export class RuntimeApiConnection implements Reply {
  /** The rest of what was read holds another request. */
  private more = false;
  /** An answer that need not travel alone: the client has asked for the next invocation already. */
  private held = '';
  private handedOver = false;
  private ended = false;
  private gone?: () => void;

  constructor(private readonly socket: Socket, private readonly handlers: ConnectionHandlers) {
    socket.setNoDelay(true);
    socket.on('data', this.take);
    socket.on('end', this.end);
    socket.on('close', this.end);
    socket.on('error', ignore);
  }

  send(status: number, body: string): void {
    const text = status === 202 ? ACCEPTED_RESPONSE : `HTTP/1.1 ${status} Error\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    if (status === 202 && this.more) this.held += text;
    else this.write(text);
  }

  sendInvocation(delivery: Delivery): void {
    this.gone = undefined;
    const { event } = delivery;
    let head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(event)}\r\n`;
    eachInvocationHeader(delivery, (name, value) => { head += `${name}: ${value}\r\n`; });
    if (typeof event === 'string') return this.write(`${head}\r\n${event}`);
    this.socket.cork();
    this.write(`${head}\r\n`);
    this.socket.write(event);
    this.socket.uncork();
  }

  onceGone(gone: () => void): void {
    if (this.ended) gone();
    else this.gone = gone;
  }

  private write(text: string): void {
    this.socket.write(this.held + text);
    this.held = '';
  }

  private readonly take = (chunk: Buffer): void => {
    let rest = chunk;
    while (rest.length > 0 && !this.handedOver) rest = this.request(rest);
  };

  /** Takes a request from the start of the bytes; gives what follows it. */
  private request(bytes: Buffer): Buffer {
    const end = bytes.indexOf('\r\n\r\n', 0, 'latin1');
    if (end < 0) return this.handOver(bytes);
    const head = bytes.toString('latin1', 0, end);
    if (SPECIAL.test(head)) return this.handOver(bytes);
    const length = LENGTH.exec(head);
    if (head.startsWith(NEXT) && !length) {
      const rest = bytes.subarray(end + 4);
      this.more = rest.length > 0;
      this.handlers.next(this);
      return rest;
    }
    const response = RESPONSE.exec(head);
    const whole = end + 4 + Number(length?.[1] ?? NaN);
    if (!response || !(bytes.length >= whole)) return this.handOver(bytes);
    this.more = bytes.length > whole;
    this.handlers.respond(response[1], bytes.subarray(end + 4, whole), CONTENT_TYPE.exec(head)?.[1] ?? 'application/json', this);
    return bytes.subarray(whole);
  }

  private handOver(bytes: Buffer): Buffer {
    const { socket } = this;
    this.handedOver = true;
    if (this.held) this.write('');
    socket.pause();
    socket.off('data', this.take);
    socket.off('end', this.end);
    socket.off('close', this.end);
    socket.off('error', ignore);
    this.handlers.handOver(socket);
    socket.unshift(bytes);
    socket.resume();
    return NOTHING;
  }

  private readonly end = (): void => {
    if (this.ended) return;
    this.ended = true;
    this.gone?.();
    this.socket.end();
  };
}

function ignore(): void {
  // the end follows
}
