/** Defines how the body of a request is read: as much as is allowed, or dropped. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** How long a client may go on sending what is dropped, before the connection is cut. */
export const LINGER_MS = 2_000;

/** How many bytes the body has: undefined when that shows only at its end. */
export function announcedLength(headers: IncomingHttpHeaders): number | undefined {
  const length = headers['content-length'];
  if (length !== undefined) return Number(length);
  return headers['transfer-encoding'] === undefined ? 0 : undefined;
}

/** Gives the whole body, or nothing once it is over the limit. */
export function readBody(request: IncomingMessage, limit: number, complete: (body: Buffer) => void, tooLarge: () => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    if (size <= limit) return void chunks.push(chunk);
    request.off('data', onData).off('end', onEnd);
    chunks.length = 0;
    tooLarge();
  };
  const onEnd = (): void => {
    const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size);
    // The request, and with it this function, lives until the answer.
    chunks.length = 0;
    complete(body);
  };
  request.on('data', onData).on('end', onEnd);
}

/**
 * Ends a connection whose request is still being sent, after the answer. One that is cut while data comes in is reset,
 * and the client would lose the answer: what comes is dropped for a while.
 */
export function endAfterRequest(request: IncomingMessage, end: () => void): void {
  const over = (): void => {
    clearTimeout(timer);
    request.off('end', over).off('close', over);
    end();
  };
  const timer = setTimeout(over, LINGER_MS).unref();
  request.on('end', over).on('close', over).resume();
}
