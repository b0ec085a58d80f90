/** Defines how refused requests are told: counted, and at most one line in ten seconds, because a host that refuses has enough to do. */
import { tell } from './errors';
import type { Metrics } from '../core/metrics';

const INTERVAL_MS = 10_000;
const TOO_MUCH_AT_ONCE = 503;

export class Refusals {
  private readonly counts = new Map<number, number>();
  private timer?: NodeJS.Timeout;

  constructor(private readonly metrics?: Metrics) {}

  readonly count = (status: number): void => {
    if (status === TOO_MUCH_AT_ONCE) this.metrics?.throttled();
    this.counts.set(status, (this.counts.get(status) ?? 0) + 1);
    this.timer ??= setTimeout(this.tell, INTERVAL_MS).unref();
  };

  readonly tell = (): void => {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.counts.size === 0) return;
    const counted = [...this.counts].sort(([one], [other]) => one - other).map(([status, count]) => `${count} with ${status}`);
    this.counts.clear();
    tell(`http: requests were refused: ${counted.join(', ')}`);
  };
}
