/** Defines what of a socket Node shows nowhere but in its handle. */
import type { Socket } from 'node:net';

interface Handle {
  readonly fd?: number;
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
}

/** The descriptor; -1 when the socket has none any more, or never had. */
export function descriptorOf(socket: Socket): number {
  return handleOf(socket)?.fd ?? -1;
}

/** How many bytes have left: the socket itself counts a piece when all of it has. */
export function sentBytes(socket: Socket): number {
  const handle = handleOf(socket);
  return handle ? handle.bytesWritten - handle.writeQueueSize : 0;
}

function handleOf(socket: Socket): Handle | null | undefined {
  return (socket as Socket & { readonly _handle?: Handle | null })._handle;
}
