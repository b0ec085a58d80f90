/** Defines what waits to be taken in by clients: counted, so that it cannot fill the memory, and cut off where too little of it is taken in. */
import type { Socket } from 'node:net';
import { sentBytes } from './socket-handle';

export interface OutboxLimits {
  /** Bytes that may wait before there is no room for more. */
  readonly bytes: number;
  /** In each such time a client takes in an eighth of what waits for it, or 1 MiB; without room, something in each second. */
  readonly timeoutMs: number;
}

interface Waiting {
  bytes: number;
  /** What had left when it was last looked at, and when its time began. */
  sent: number;
  sentAtStart: number;
  looks: number;
}

const PARTS = 8;
const LOOK_MS = 1_000;
const ENOUGH_BYTES = 1024 * 1024;

export class Outbox {
  /** Who has waited longest comes first. */
  private readonly waiting = new Map<Socket, Waiting>();
  private bytes = 0;
  /** The size of an answer, most of the last ones count. */
  private typicalBytes = 0;
  private looking?: NodeJS.Timeout;

  private readonly lookMs: number;

  /** @param onRoom there may be room again */
  constructor(private readonly limits: OutboxLimits, private readonly onRoom: () => void) {
    this.lookMs = Math.min(LOOK_MS, limits.timeoutMs / PARTS);
  }

  /** Whether there is room for another answer besides so many that are being made. */
  hasRoomBeside(answers: number): boolean {
    return this.bytes + answers * this.typicalBytes < this.limits.bytes;
  }

  /** An answer has this size. */
  made(bytes: number): void {
    this.typicalBytes += (bytes - this.typicalBytes) / 8;
  }

  private get hasRoom(): boolean {
    return this.hasRoomBeside(0);
  }

  /** These bytes wait for the client, until `left` is called for them or the connection is gone. */
  waits(socket: Socket, bytes: number): void {
    if (socket.destroyed) return;
    this.bytes += bytes;
    const waiting = this.waiting.get(socket);
    if (waiting) {
      waiting.bytes += bytes;
      return;
    }
    const sent = sentBytes(socket);
    this.waiting.set(socket, { bytes, sent, sentAtStart: sent, looks: 0 });
    this.looking ??= setInterval(() => this.look(), this.lookMs).unref();
  }

  left(socket: Socket, bytes: number): void {
    const waiting = this.waiting.get(socket);
    if (!waiting) return;
    waiting.bytes -= bytes;
    if (waiting.bytes <= 0) this.waiting.delete(socket);
    this.giveBack(bytes);
  }

  gone(socket: Socket): void {
    const waiting = this.waiting.get(socket);
    if (!waiting) return;
    this.waiting.delete(socket);
    this.giveBack(waiting.bytes);
  }

  private giveBack(bytes: number): void {
    this.bytes -= bytes;
    if (this.hasRoom) this.onRoom();
  }

  private look(): void {
    if (this.waiting.size === 0) {
      clearInterval(this.looking);
      this.looking = undefined;
    }
    for (const [socket, waiting] of this.waiting) {
      const sent = sentBytes(socket);
      const stands = sent === waiting.sent && waiting.looks > 0;
      waiting.sent = sent;
      waiting.looks++;
      if (stands && !this.hasRoom) {
        this.cut(socket);
      } else if (waiting.looks * this.lookMs > this.limits.timeoutMs) {
        if (sent - waiting.sentAtStart < Math.min(waiting.bytes / PARTS, ENOUGH_BYTES)) this.cut(socket);
        waiting.sentAtStart = sent;
        waiting.looks = 1;
      }
    }
  }

  private cut(socket: Socket): void {
    this.gone(socket);
    socket.destroy();
  }
}
