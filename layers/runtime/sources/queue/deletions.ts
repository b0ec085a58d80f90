/** Defines how messages are deleted: ten by one request as soon as there are so many, or one request is free; again when it fails. */
import { backOffMs, pause } from './back-off';
import { MOST_OF_A_REQUEST, type Message, type QueueClient } from './message';

const MOST_REQUESTS = 4;
const ATTEMPTS = 6;

interface Entry {
  readonly message: Message;
  readonly over: (deleted: boolean) => void;
}

export class Deletions {
  private readonly waiting: Entry[] = [];
  private requests = 0;

  /** @param onFailed they are not deleted, and so will be delivered again */
  constructor(
    private readonly client: Pick<QueueClient, 'remove'>, private readonly onFailed: (count: number, reason: string) => void,
    private readonly wait = (attempt: number) => pause(backOffMs(attempt)),
  ) {}

  /** Settles when it is deleted, or cannot be: with false. */
  remove(message: Message): Promise<boolean> {
    return new Promise((over) => {
      this.waiting.push({ message, over });
      // What is deleted in the same turn goes with it.
      if (this.waiting.length === 1) setImmediate(() => this.send());
    });
  }

  private send(): void {
    while (this.waiting.length > 0 && this.requests < MOST_REQUESTS) {
      this.requests++;
      void this.removeAll(this.waiting.splice(0, MOST_OF_A_REQUEST)).finally(() => {
        this.requests--;
        this.send();
      });
    }
  }

  private async removeAll(entries: readonly Entry[]): Promise<void> {
    let left = entries;
    let reason = '';
    for (let attempt = 0; left.length > 0 && attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await this.wait(attempt - 1);
      try {
        const refused = new Map((await this.client.remove(left.map(({ message }) => message))).map((refusal) => [refusal.message, refusal]));
        for (const { message, over } of left) if (!refused.has(message)) over(true);
        const final = left.filter(({ message }) => refused.get(message)?.final);
        if (final.length > 0) this.fail(final, refused.get(final[0].message)!.reason);
        left = left.filter(({ message }) => refused.get(message)?.final === false);
        reason = left.length > 0 ? refused.get(left[0].message)!.reason : '';
      } catch (error) {
        const { name, message } = error as Error;
        reason = `${name}: ${message}`;
      }
    }
    if (left.length > 0) this.fail(left, reason);
  }

  private fail(entries: readonly Entry[], reason: string): void {
    this.onFailed(entries.length, reason);
    for (const { over } of entries) over(false);
  }
}
