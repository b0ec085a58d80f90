/** Defines a table in shared memory of what a worker thread has in flight: others see it when the thread cannot tell any more. */

/** A slot: the length of the id, the id, and at its end the deadline and the client's socket. */
const SLOT_BYTES = 256;
const ID_BYTES = 239;
const DEADLINE = 240;
const DESCRIPTOR = 248;

export interface InFlight {
  readonly requestId: string;
  /** By the monotonic clock. */
  readonly deadline: number;
  /** The socket of the client that waits for the answer; -1 = none. */
  readonly descriptor: number;
}

export class InFlightTable {
  static ofSlots(slots: number): InFlightTable {
    return new InFlightTable(new SharedArrayBuffer(slots * SLOT_BYTES));
  }

  private readonly bytes: Buffer;
  private readonly deadlines: Float64Array;
  private readonly descriptors: Int32Array;

  constructor(readonly memory: SharedArrayBuffer) {
    this.bytes = Buffer.from(memory);
    this.deadlines = new Float64Array(memory);
    this.descriptors = new Int32Array(memory);
  }

  get slots(): number {
    return this.memory.byteLength / SLOT_BYTES;
  }

  /** An id of more than 239 bytes is not kept: Lambda's have 36. */
  set(slot: number, requestId: string, deadline = Infinity, descriptor = -1): void {
    const at = slot * SLOT_BYTES;
    // No character takes more than three bytes.
    if (requestId.length > ID_BYTES / 3 && Buffer.byteLength(requestId) > ID_BYTES) return this.clear(slot);
    const length = this.bytes.write(requestId, at + 1, ID_BYTES, 'utf8');
    this.deadlines[(at + DEADLINE) / 8] = deadline;
    this.descriptors[(at + DESCRIPTOR) / 4] = descriptor;
    this.bytes[at] = length;
  }

  /** Nobody waits at the socket, or the answer is on its way there. */
  forgetDescriptor(slot: number): void {
    this.descriptors[(slot * SLOT_BYTES + DESCRIPTOR) / 4] = -1;
  }

  clear(slot: number): void {
    this.bytes[slot * SLOT_BYTES] = 0;
  }

  entries(): InFlight[] {
    const entries = [];
    for (let at = 0; at < this.bytes.length; at += SLOT_BYTES) {
      const length = this.bytes[at];
      if (length === 0) continue;
      entries.push({
        requestId: this.bytes.toString('utf8', at + 1, at + 1 + length),
        deadline: this.deadlines[(at + DEADLINE) / 8],
        descriptor: this.descriptors[(at + DESCRIPTOR) / 4],
      });
    }
    return entries;
  }

  ids(): string[] {
    return this.entries().map(({ requestId }) => requestId);
  }
}
