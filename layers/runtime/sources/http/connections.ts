/** Defines the connections of a server and the requests under way on each, so that they can be closed without cutting off an answer. */
import { readSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Exchange } from './exchange';
import { writeLastAnswer } from './last-answer';
import { descriptorOf } from './socket-handle';

/** What is under way on a connection. */
interface Traffic {
  /** Without an answer: more than one when the client does not wait for answers. */
  readonly exchanges: Exchange[];
  /** How many there have been. */
  count: number;
  /** How many bytes had come when the last of them was answered. */
  bytesAnswered: number;
}

const TRAFFIC = Symbol('traffic');

/** What is taken in at the end, at most: a client that goes on to send cannot hold the thread. */
const READ_UP_BYTES = 64 * 1024;
const READ_UPS = 16;

type Connection = Socket & { [TRAFFIC]?: Traffic };

export class Connections {
  private readonly sockets = new Set<Connection>();
  /** How many requests have no answer yet. */
  private active = 0;
  private whenIdle?: () => void;
  private whenGone?: () => void;

  opened(socket: Connection): void {
    const exchanges: Exchange[] = [];
    socket[TRAFFIC] = { exchanges, count: 0, bytesAnswered: 0 };
    this.sockets.add(socket);
    socket.on('close', () => {
      this.sockets.delete(socket);
      if (this.sockets.size === 0) this.whenGone?.();
      for (const exchange of [...exchanges]) {
        exchange.abandon();
        this.forget(exchange);
      }
    });
  }

  begin(exchange: Exchange): void {
    const traffic = trafficOf(exchange.request);
    traffic.exchanges.push(exchange);
    exchange.turn = ++traffic.count;
    this.active++;
  }

  /** The response is complete. */
  end(exchange: Exchange): void {
    const { response } = exchange;
    // While an earlier answer is missing, this one has not reached the connection.
    if (response.socket || response.destroyed) this.forget(exchange);
    else response.once('finish', () => this.forget(exchange));
  }

  /** A request was answered that is no exchange. */
  answered(request: IncomingMessage): void {
    trafficOf(request).bytesAnswered = request.socket.bytesRead;
  }

  /** Whether no later request has come on its connection. */
  isLast(exchange: Exchange): boolean {
    return trafficOf(exchange.request).count === exchange.turn;
  }

  /** Settles when the clients have closed all, or were told to. */
  async gone(): Promise<void> {
    if (this.sockets.size > 0) await new Promise<void>((resolve) => { this.whenGone = resolve; });
  }

  /** Closes each connection once its requests are answered. Settles when all are; some answers may still be on their way. */
  async finish(): Promise<void> {
    for (const socket of this.sockets) {
      const { exchanges, bytesAnswered } = socket[TRAFFIC]!;
      if (exchanges.length === 0 && socket.bytesRead === bytesAnswered) socket.destroySoon();
      for (const { response } of exchanges) {
        // Its head has promised that the connection stays.
        if (response.headersSent) response.once('close', () => closeUnused(socket));
      }
    }
    if (this.active > 0) await new Promise<void>((resolve) => { this.whenIdle = resolve; });
    // What is left are answers on their way, and requests that have begun and may never end.
    for (const socket of this.sockets) closeUnused(socket);
  }

  /** The thread ends within this call: who waits for an answer that has not begun is told that there will be none, and all connections are closed. */
  breakOff(): void {
    for (const socket of this.sockets) {
      const descriptor = descriptorOf(socket);
      const { exchanges, bytesAnswered } = socket[TRAFFIC]!;
      if (descriptor >= 0 && socket.writableLength === 0) {
        const asks = readUp(descriptor) || socket.bytesRead > bytesAnswered;
        if (exchanges.length > 0 ? !exchanges[0].response.headersSent : asks) writeLastAnswer(descriptor, 'error');
      }
      socket.destroy();
    }
  }

  private forget(exchange: Exchange): void {
    const traffic = trafficOf(exchange.request);
    const index = traffic.exchanges.indexOf(exchange);
    if (index < 0) return;
    // Most are alone on their connection.
    if (traffic.exchanges.length === 1) traffic.exchanges.pop();
    else traffic.exchanges.splice(index, 1);
    traffic.bytesAnswered = exchange.request.socket.bytesRead;
    this.active--;
    if (this.active === 0) this.whenIdle?.();
  }
}

function trafficOf(request: IncomingMessage): Traffic {
  return (request.socket as Connection)[TRAFFIC]!;
}

/** Closes a connection as soon as what was sent has left. */
function closeUnused(socket: Connection): void {
  if (socket[TRAFFIC]!.exchanges.length === 0) socket.destroySoon();
}

/** Takes in what a client has sent and nobody has read: closed before that, a connection is reset and loses its last answer. @returns whether there was something */
function readUp(descriptor: number): boolean {
  const buffer = Buffer.allocUnsafe(READ_UP_BYTES);
  let some = false;
  try {
    for (let reads = 0; reads < READ_UPS && readSync(descriptor, buffer) > 0; reads++) some = true;
  } catch {
    // there is no more, or the client has gone
  }
  return some;
}
