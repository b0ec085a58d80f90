/** Defines the queue source: pollers that share what the invoker can carry. */
import type { QueueClient } from './message';
import { QueuePoller, type Operation, type PollerOptions } from './queue-poller';
import type { QueueSettings } from './settings';
import { Slots } from './slots';

export interface QueueSourceOptions extends Pick<PollerOptions, 'invoker' | 'protection' | 'readBody' | 'log'> {
  readonly queues: readonly QueueSettings[];
  /** How many invocations the invoker can carry at once. */
  readonly capacity: number;
  readonly clientOf: (queue: QueueSettings) => QueueClient;
  /** The line that tells of an error of SQS. */
  readonly describe: (queue: QueueSettings, operation: Operation, error: unknown) => string;
}

export class QueueSource {
  private readonly slots: Slots;
  private readonly pollers: readonly QueuePoller[];

  constructor(private readonly options: QueueSourceOptions) {
    this.slots = new Slots(options.capacity);
    this.pollers = options.queues.map((queue) => new QueuePoller({
      ...options, queue, slots: this.slots, client: options.clientOf(queue), onTrouble: this.teller(queue),
    }));
  }

  start(): void {
    for (const poller of this.pollers) poller.start();
  }

  /** Receives no more; settles when what was begun is over. */
  async drain(): Promise<void> {
    const { protection } = this.options;
    const drained = this.pollers.map((poller) => poller.drain());
    this.slots.close();
    void protection?.close();
    await Promise.all(drained);
    await protection?.close();
  }

  /** Tells what is wrong once, and again when it is something else, or was well meanwhile. */
  private teller(queue: QueueSettings): PollerOptions['onTrouble'] {
    const told = new Map<Operation, string>();
    return (operation, error) => {
      if (error === undefined) {
        if (told.delete(operation)) this.options.log(`queue ${queue.name}: ${operation === 'receive' ? 'messages are received' : 'messages are kept invisible'} again`);
        return;
      }
      const kind = (error as Partial<Error>).name ?? String(error);
      if (told.get(operation) === kind) return;
      told.set(operation, kind);
      this.options.log(this.options.describe(queue, operation, error));
    };
  }
}
