/** Defines the prelude of a streamed response: status, headers and cookies as JSON, ended by eight NUL bytes. */

const SEPARATOR_BYTES = 8;
/** As much as Node lets a client send in headers, many times over. */
const MAX_PRELUDE_BYTES = 256 * 1024;

/** Takes the bytes of a stream, cut anywhere, until the prelude is complete. */
export class PreludeReader {
  private readonly parts: Uint8Array[] = [];
  private size = 0;
  /** NUL bytes in a row at the end of what came so far. */
  private nuls = 0;

  /** What of the body came with the end of the prelude, or undefined when it is not complete. Throws when it is too long. */
  push(chunk: Uint8Array): Uint8Array | undefined {
    for (let at = 0; at < chunk.length; at++) {
      this.nuls = chunk[at] === 0 ? this.nuls + 1 : 0;
      if (this.nuls === SEPARATOR_BYTES) {
        this.keep(chunk.subarray(0, at + 1));
        return chunk.subarray(at + 1);
      }
    }
    this.keep(chunk);
    return undefined;
  }

  /** The prelude, once complete. Throws when it is no JSON object. */
  parse(): object {
    const text = Buffer.concat(this.parts).toString('utf8', 0, this.size - SEPARATOR_BYTES);
    const prelude: unknown = JSON.parse(text);
    if (typeof prelude !== 'object' || prelude === null || Array.isArray(prelude)) throw new Error('it is no object');
    return prelude;
  }

  private keep(bytes: Uint8Array): void {
    this.size += bytes.length;
    if (this.size > MAX_PRELUDE_BYTES) throw new Error(`it is longer than ${MAX_PRELUDE_BYTES} bytes`);
    // The chunk may lie in memory that its owner uses again.
    this.parts.push(Buffer.from(bytes));
  }
}
