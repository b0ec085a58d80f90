/** Defines how the body of a request is read: as much as is allowed, or dropped. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** How long a client may go on sending what is dropped, before the connection is cut. */
export const LINGER_MS = 2_000;

/** What comes in one piece or a few. */
const ONE_PIECE_BYTES = 64 * 1024;

/** How many bytes the body has: undefined when that shows only at its end. */
export function announcedLength(headers: IncomingHttpHeaders): number | undefined {
  const length = headers['content-length'];
  if (length !== undefined) return Number(length);
  return headers['transfer-encoding'] === undefined ? 0 : undefined;
}

/**
 * Gives the whole body, or nothing once it is over the limit.
 *
 * @param length how long it will be, when that is known
 */
export function readBody(
  request: IncomingMessage, length: number | undefined, limit: number, complete: (body: Buffer) => void, tooLarge: () => void,
): void {
  // A large one goes where it will stay: pieces of it would take up as much again, and are garbage for long.
  if (length !== undefined && length > ONE_PIECE_BYTES) return readInto(Buffer.allocUnsafeSlow(length), request, complete);
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

/** Node's parser gives no more than was announced, and no end before it. */
function readInto(body: Buffer, request: IncomingMessage, complete: (body: Buffer) => void): void {
  let size = 0;
  request.on('data', (chunk: Buffer) => { size += chunk.copy(body, size); });
  request.on('end', () => complete(body));
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
