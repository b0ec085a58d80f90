/** Defines who may receive messages: as many as the invoker can carry at once, shared by the queues, each with a limit of its own. */

/** A queue's part. */
export interface Share {
  readonly limit: number;
  /** The slots that it has. */
  held: number;
}

interface Waiter {
  readonly share: Share;
  readonly most: number;
  readonly resolve: (slots: number) => void;
}

export class Slots {
  private readonly shares: Share[] = [];
  /** Who came first is served first, so that an idle queue does not keep a busy one waiting for longer than its turn. */
  private waiting: Waiter[] = [];
  private closed = false;

  constructor(private free: number) {}

  share(limit = this.free): Share {
    const share = { limit: Math.min(limit, this.free), held: 0 };
    this.shares.push(share);
    return share;
  }

  /** Waits for at least one slot. Gives none once it is closed. */
  take(share: Share, most: number): Promise<number> {
    return new Promise((resolve) => {
      this.waiting.push({ share, most, resolve });
      this.grant();
    });
  }

  give(share: Share, slots: number): void {
    this.free += slots;
    share.held -= slots;
    this.grant();
  }

  /** Whether a slot that waits for messages keeps no other queue from them. */
  get spare(): boolean {
    return this.waiting.length === 0 && this.free >= this.shares.filter(({ held }) => held === 0).length;
  }

  /** Nobody is given more. */
  close(): void {
    this.closed = true;
    this.grant();
  }

  private grant(): void {
    this.waiting = this.waiting.filter(({ share, most, resolve }) => {
      const slots = this.closed ? 0 : Math.min(most, this.free, share.limit - share.held);
      if (slots < 1 && !this.closed) return true;
      this.free -= slots;
      share.held += slots;
      resolve(slots);
      return false;
    });
  }
}
