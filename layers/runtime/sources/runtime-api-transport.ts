/** Defines how bytes reach the Runtime API: TCP, or a socket that the host has opened. */
import { connect as connectSocket, Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net';

/** One connection. A new one is opened when it is lost. */
export interface Transport {
  /** Sends both parts at once. False: wait for `onDrain` before sending more. */
  write(head: string | Uint8Array, body?: string): boolean;
  /** Whether this connection alone keeps the process running. It does from the start. */
  keepAlive(on: boolean): void;
  /** Sends no more, but still receives. */
  finish(): void;
  close(): void;
}

export interface TransportListener {
  /** The bytes are only valid until the call returns. */
  onData(chunk: Buffer): void;
  onDrain(): void;
  /** Called once, at the end: the other side closed, or the error. Not after `close()`. */
  onClose(error?: Error): void;
}

export type Connect = (address: string, listener: TransportListener) => Transport;

const READ_BUFFER_BYTES = 64 * 1024;
const TOGETHER = 16 * 1024;

/** Connects to `host:port`. */
export const connectTcp: Connect = (address, listener) => {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(address.slice(colon + 1));
  return transportOver((onread) => connectSocket({ host, port, noDelay: true, onread }), listener);
};

/** Takes the socket that is open at this descriptor, and connects by TCP once that one is closed. */
export function connectOpened(descriptor: number): Connect {
  let taken = false;
  return (address, listener) => {
    if (taken) return connectTcp(address, listener);
    taken = true;
    return transportOver((onread) => new Socket({ fd: descriptor, readable: true, writable: true, onread } as SocketConstructorOpts), listener);
  };
}

function transportOver(open: (onread: OnReadOpts) => Socket, listener: TransportListener): Transport {
  const buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  let closed = false;
  let failure: Error | undefined;
  // One buffer for all reads: no stream machinery between the socket and the parser.
  const socket = open({
    buffer,
    callback: (bytes) => {
      if (!closed) listener.onData(bytes === buffer.length ? buffer : buffer.subarray(0, bytes));
      return true;
    },
  });
  const ended = () => {
    if (closed) return;
    closed = true;
    socket.destroy();
    listener.onClose(failure);
  };
  socket.on('drain', () => listener.onDrain());
  socket.on('error', (error) => { failure = error; });
  socket.on('end', ended);
  socket.on('close', ended);
  return {
    write(head, body) {
      if (typeof head !== 'string') return socket.write(head);
      // All in one string costs less than two in one go, as long as it is not large. What stands before the body is ASCII.
      if (!body || body.length < TOGETHER) return socket.write(body ? head + body : head, 'utf8');
      socket.cork();
      socket.write(head, 'latin1');
      const more = socket.write(body, 'utf8');
      socket.uncork();
      return more;
    },
    keepAlive(on) {
      if (on) socket.ref();
      else socket.unref();
    },
    finish() {
      socket.end();
    },
    close() {
      closed = true;
      socket.destroy();
    },
  };
}
