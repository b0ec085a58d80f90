/** Defines the answer that a client is given by whoever is left when the thread of its connection cannot answer any more. */
import { writeSync } from 'node:fs';

const ANSWERS = {
  error: '500 Internal Server Error\r\nContent-Length: 35\r\n$\r\n\r\n{"message":"Internal Server Error"}',
  timeout: '504 Gateway Timeout\r\nContent-Length: 40\r\n$\r\n\r\n{"message":"Endpoint request timed out"}',
} as const;

/** Writes a whole HTTP/1.1 response to a socket. Never throws: the client may have gone. */
export function writeLastAnswer(descriptor: number, failure: keyof typeof ANSWERS): void {
  try {
    writeSync(descriptor, `HTTP/1.1 ${ANSWERS[failure].replace('$', 'Content-Type: application/json\r\nConnection: close')}`);
  } catch {
    // nobody is there to be told
  }
}
