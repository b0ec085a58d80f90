/** Defines how messages stay invisible to others while they are worked on: their visibility timeout is started anew before it ends. */
import { MOST_OF_A_REQUEST, type Message, type QueueClient } from './message';

/** Requests at once. */
const MOST_REQUESTS = 8;
const LEAST_INTERVAL_MS = 100;
const MOST_INTERVAL_MS = 30_000;

export class VisibilityKeeper {
  /** When each is due. */
  private readonly held = new Map<Message, number>();
  private timer?: NodeJS.Timeout;
  private working = false;

  /**
   * @param seconds the visibility timeout
   * @param onRefused SQS does not keep a message invisible any longer
   * @param onAnswer of each request, with its error if it failed
   */
  constructor(
    private readonly client: Pick<QueueClient, 'changeVisibility'>, private readonly seconds: number,
    private readonly onRefused: (reason: string) => void, private readonly onAnswer: (error?: unknown) => void,
  ) {}

  /** It has just been received. */
  hold(message: Message): void {
    this.held.set(message, this.due());
    this.timer ??= setInterval(() => void this.extend(), Math.min(MOST_INTERVAL_MS, Math.max(LEAST_INTERVAL_MS, this.seconds * 1000 / 8)));
  }

  /** It becomes visible when its timeout ends, unless it is deleted. */
  letGo(message: Message): void {
    this.held.delete(message);
    if (this.held.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** They become visible at once: nobody has begun to work on them. */
  async release(messages: readonly Message[]): Promise<void> {
    for (const message of messages) this.letGo(message);
    await this.change(messages, 0);
  }

  /** Half of the time is left for what may go wrong. */
  private due(): number {
    return performance.now() + this.seconds * 1000 / 2;
  }

  private async extend(): Promise<void> {
    if (this.working) return;
    this.working = true;
    const now = performance.now();
    await this.change([...this.held].filter(([, due]) => due <= now).map(([message]) => message), this.seconds);
    this.working = false;
  }

  private async change(messages: readonly Message[], seconds: number): Promise<void> {
    const batches = Array.from({ length: Math.ceil(messages.length / MOST_OF_A_REQUEST) },
      (_, index) => messages.slice(index * MOST_OF_A_REQUEST, (index + 1) * MOST_OF_A_REQUEST));
    const worker = async (): Promise<void> => {
      for (let batch = batches.shift(); batch; batch = batches.shift()) await this.changeBatch(batch, seconds);
    };
    await Promise.all(Array.from({ length: MOST_REQUESTS }, worker));
  }

  private async changeBatch(given: readonly Message[], seconds: number): Promise<void> {
    // What is over meanwhile is not asked for.
    const batch = seconds === 0 ? given : given.filter((message) => this.held.has(message));
    if (batch.length === 0) return;
    try {
      const due = this.due();
      const refused = new Map((await this.client.changeVisibility(batch, seconds)).map((refusal) => [refusal.message, refusal]));
      this.onAnswer();
      for (const message of batch) {
        const refusal = refused.get(message);
        if (!refusal && this.held.has(message)) this.held.set(message, due);
        if (refusal?.final && this.held.has(message)) {
          this.letGo(message);
          this.onRefused(refusal.reason);
        }
      }
    } catch (error) {
      this.onAnswer(error);
    }
  }
}
