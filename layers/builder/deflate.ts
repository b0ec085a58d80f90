/** Compresses with every processor, the same bytes whatever their number. */
import { constants, deflateRaw } from 'node:zlib';
import { promisify } from 'node:util';

const CHUNK_BYTES = 4 * 1024 * 1024;
const WINDOW_BYTES = 32 * 1024;

/** Raw deflate data: chunks that refer back to the one before, each ending on a byte. */
export async function deflate(content: Buffer, onProgress?: (done: number) => void): Promise<Buffer> {
  const starts = Array.from({ length: Math.ceil(content.length / CHUNK_BYTES) }, (_, index) => index * CHUNK_BYTES);
  let done = 0;
  const chunks = await Promise.all(starts.map(async start => {
    const end = Math.min(start + CHUNK_BYTES, content.length);
    const chunk = await promisify(deflateRaw)(content.subarray(start, end), {
      level: 9, memLevel: 6,
      ...start > 0 && { dictionary: content.subarray(Math.max(0, start - WINDOW_BYTES), start) },
      finishFlush: end === content.length ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
    });
    done += end - start;
    onProgress?.(done);
    return chunk;
  }));
  return Buffer.concat(chunks);
}
