/** Defines AWS's event stream encoding (application/vnd.amazon.eventstream), as far as a response stream needs it. */
import { crc32 } from 'node:zlib';

export const EVENT_STREAM_TYPE = 'application/vnd.amazon.eventstream';

/** One event: 4 bytes total length, 4 bytes header length, CRC of both, headers, payload, CRC of everything before. */
export function encodeEvent(type: string, contentType: string, payload: Buffer): Buffer {
  const headers = Buffer.concat([
    encodeHeader(':message-type', 'event'),
    encodeHeader(':event-type', type),
    encodeHeader(':content-type', contentType),
  ]);
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(prelude.length + headers.length + payload.length + 4, 0);
  prelude.writeUInt32BE(headers.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const message = Buffer.concat([prelude, headers, payload]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(message));
  return Buffer.concat([message, checksum]);
}

/** A header whose value is a string (type 7): name with a 1-byte length, value with a 2-byte length. */
function encodeHeader(name: string, value: string): Buffer {
  const length = Buffer.alloc(3);
  length.writeUInt8(7, 0);
  length.writeUInt16BE(Buffer.byteLength(value), 1);
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), length, Buffer.from(value)]);
}
