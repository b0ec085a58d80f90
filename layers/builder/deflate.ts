/** Compresses on every processor. The same bytes whatever their number, and whatever zlib this Node.js has. */
import { availableParallelism } from 'node:os';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { inflateRawSync } from 'node:zlib';
import { encodeTokens } from './deflate-blocks';
import { findTokens } from './lz77';

const CHUNK_BYTES = 4 * 1024 * 1024;
const MAX_THREADS = 8;

/**
 * Raw deflate data: chunks that refer back to the one before, each ending on a byte. It takes about 3 % less room than
 * what the zlib of Node.js makes, whose fast hash finds no matches of three bytes.
 */
export async function deflate(content: Buffer, onProgress?: (done: number) => void): Promise<Buffer> {
  const starts = Array.from({ length: Math.max(1, Math.ceil(content.length / CHUNK_BYTES)) }, (_, index) => index * CHUNK_BYTES);
  const chunks: Uint8Array[] = [];
  let done = 0;
  const finished = (start: number, chunk: Uint8Array) => {
    chunks[start / CHUNK_BYTES] = chunk;
    done += Math.min(CHUNK_BYTES, content.length - start);
    onProgress?.(done);
  };
  const threads = Math.min(starts.length, availableParallelism(), MAX_THREADS);
  if (threads === 1 || !__filename.endsWith('.cjs')) {
    for (const start of starts) { finished(start, deflateChunk(content, start)); }
  } else {
    await inThreads(content, starts, threads, finished);
  }
  const compressed = Buffer.concat(chunks);
  // Half a second per layer, against the day when nobody but Lambda would find the mistake.
  if (!inflateRawSync(compressed).equals(content)) { throw new Error('the compressed data does not unpack to what was compressed'); }
  return compressed;
}

/** What a thread of `deflate` does: one chunk for each message that names where it starts. */
export function serveDeflate(): void {
  const content = new Uint8Array(workerData as SharedArrayBuffer);
  parentPort!.on('message', (start: number) => parentPort!.postMessage([start, deflateChunk(content, start)]));
}

function deflateChunk(content: Uint8Array, start: number): Uint8Array {
  const end = Math.min(start + CHUNK_BYTES, content.length);
  return encodeTokens(findTokens(content, start, end), end === content.length);
}

async function inThreads(content: Buffer, starts: number[], threads: number, finished: (start: number, chunk: Uint8Array) => void): Promise<void> {
  const shared = new SharedArrayBuffer(content.length);
  new Uint8Array(shared).set(content);
  const queue = [...starts];
  const workers = Array.from({ length: threads }, () => new Worker(__filename, { workerData: shared }));
  try {
    await Promise.all(workers.map(worker => new Promise<void>((resolve, reject) => {
      const next = () => {
        const start = queue.shift();
        if (start === undefined) { resolve(); } else { worker.postMessage(start); }
      };
      worker.on('error', reject);
      worker.on('message', ([start, chunk]: [number, Uint8Array]) => {
        finished(start, chunk);
        next();
      });
      next();
    })));
  } finally {
    await Promise.all(workers.map(worker => worker.terminate()));
  }
}
