/** Defines a table of request ids in shared memory: what a worker thread leaves unanswered can be told after it has died. */

const SLOT_BYTES = 256;

export class InFlightTable {
  static ofSlots(slots: number): InFlightTable {
    return new InFlightTable(new SharedArrayBuffer(slots * SLOT_BYTES));
  }

  private readonly bytes: Buffer;

  constructor(readonly memory: SharedArrayBuffer) {
    this.bytes = Buffer.from(memory);
  }

  /** An id of more than 255 bytes is not kept: Lambda's have 36. */
  set(slot: number, requestId: string): void {
    const length = Buffer.byteLength(requestId);
    if (length >= SLOT_BYTES) return this.clear(slot);
    this.bytes.write(requestId, slot * SLOT_BYTES + 1, 'utf8');
    this.bytes[slot * SLOT_BYTES] = length;
  }

  clear(slot: number): void {
    this.bytes[slot * SLOT_BYTES] = 0;
  }

  ids(): string[] {
    const ids = [];
    for (let at = 0; at < this.bytes.length; at += SLOT_BYTES) {
      const length = this.bytes[at];
      if (length > 0) ids.push(this.bytes.toString('utf8', at + 1, at + 1 + length));
    }
    return ids;
  }
}
