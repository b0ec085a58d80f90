/** Defines the queue in front of the carrier: as many calls as it carries go through, some wait, the rest is refused. */
import type { HttpCall, HttpCarrier } from './http-call';

export class CallQueue {
  private readonly waiting = new Set<HttpCall>();
  private inFlight = 0;
  private opened = false;
  private dispatching = false;

  /**
   * @param hasRoomBeside whether there is room for another answer besides those of so many calls; `resume` is called when there may be again
   * @param onThrown the carrier threw: the call is not carried
   */
  constructor(
    private readonly carrier: HttpCarrier,
    private readonly limit: number,
    private readonly hasRoomBeside: (inFlight: number) => boolean,
    private readonly onThrown: (call: HttpCall, thrown: unknown) => void,
  ) {}

  /** From now on calls are carried; until then they wait. */
  open(): void {
    this.opened = true;
    this.dispatch();
  }

  /** There may be room again. */
  resume(): void {
    if (this.waiting.size > 0) this.dispatch();
  }

  /** Whether another call would be refused. */
  get full(): boolean {
    return this.waiting.size >= this.limit && !this.free;
  }

  /** @returns false when too many wait already */
  submit(call: HttpCall): boolean {
    if (this.waiting.size === 0 && this.free) {
      this.carry(call);
      return true;
    }
    if (this.waiting.size >= this.limit) return false;
    this.waiting.add(call);
    this.dispatch();
    return true;
  }

  /** Nobody waits for the answer any more. @returns false when the call is carried already */
  withdraw(call: HttpCall): boolean {
    return this.waiting.delete(call);
  }

  /** A call that was carried is over. */
  finished(): void {
    this.inFlight--;
    this.resume();
  }

  private get free(): boolean {
    return this.opened && this.inFlight < this.carrier.capacity && this.hasRoomBeside(this.inFlight);
  }

  private dispatch(): void {
    // A call that is answered while it is being handed over comes back here.
    if (this.dispatching) return;
    this.dispatching = true;
    for (const call of this.waiting) {
      if (!this.free) break;
      this.waiting.delete(call);
      this.carry(call);
    }
    this.dispatching = false;
  }

  private carry(call: HttpCall): void {
    this.inFlight++;
    try {
      this.carrier.carry(call);
    } catch (thrown) {
      this.onThrown(call, thrown);
    }
  }
}
