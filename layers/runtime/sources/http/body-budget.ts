/** Defines the budget for the bodies of all requests together, so that many large ones cannot fill the memory. */

/** What a request may have in memory, until it is given back. */
export interface Reservation {
  /** Lets go of what is not needed. */
  shrink(bytes: number): void;
  /** Gives all back, or gives up waiting. */
  release(): void;
}

export interface BudgetLimits {
  readonly bytes: number;
  /** How many may wait for their share. */
  readonly waiters: number;
  readonly waitMs: number;
}

export class BodyBudget {
  private free: number;
  private readonly waiting = new Set<Share>();

  constructor(private readonly limits: BudgetLimits) {
    this.free = limits.bytes;
  }

  /**
   * Reserves as much, now or in turn. A request reserves once and all that it needs: none waits for another that waits.
   * @returns undefined when too many wait already
   */
  reserve(bytes: number, granted: () => void, refused: () => void): Reservation | undefined {
    const fits = this.waiting.size === 0 && bytes <= this.free;
    if (!fits && (this.waiting.size >= this.limits.waiters || bytes > this.limits.bytes)) return undefined;
    const share = new Share(bytes, this, granted);
    if (fits) {
      this.take(share);
    } else {
      this.waiting.add(share);
      share.timer = setTimeout(() => {
        share.release();
        refused();
      }, this.limits.waitMs).unref();
    }
    return share;
  }

  /** @internal */
  giveBack(bytes: number): void {
    this.free += bytes;
    for (const share of this.waiting) {
      if (share.bytes > this.free) return;
      this.waiting.delete(share);
      this.take(share);
    }
  }

  /** @internal */
  withdraw(share: Share): void {
    this.waiting.delete(share);
    // Who came after it may fit.
    this.giveBack(0);
  }

  private take(share: Share): void {
    this.free -= share.bytes;
    share.grant();
  }
}

class Share implements Reservation {
  timer?: NodeJS.Timeout;
  private state: 'waiting' | 'held' | 'released' = 'waiting';

  constructor(public bytes: number, private readonly budget: BodyBudget, private readonly granted: () => void) {}

  grant(): void {
    clearTimeout(this.timer);
    this.state = 'held';
    this.granted();
  }

  shrink(bytes: number): void {
    if (this.state !== 'held' || bytes >= this.bytes) return;
    const rest = this.bytes - bytes;
    this.bytes = bytes;
    this.budget.giveBack(rest);
  }

  release(): void {
    const { state } = this;
    this.state = 'released';
    clearTimeout(this.timer);
    if (state === 'waiting') this.budget.withdraw(this);
    else if (state === 'held') this.budget.giveBack(this.bytes);
  }
}
