/** Defines the work on one queue: messages are received as there is room for them, handed to the handler, and deleted when it has succeeded. */
import { backOffMs, pause } from './back-off';
import { eventOf, lanesOf, nextBatch, sorted, type Item } from './batch';
import { failedItems } from './batch-response';
import { Deletions } from './deletions';
import { groupOf, MOST_OF_A_REQUEST, traceOf, type Message, type QueueClient } from './message';
import { isSingle, type QueueSettings } from './settings';
import type { Share, Slots } from './slots';
import type { TaskProtection } from './task-protection';
import { VisibilityKeeper } from './visibility';
import { MAX_EVENT_BYTES, type InvocationResult, type Invoker } from '../../core/invoker';
import { newRequestId } from '../../core/request-id';
import { describeError } from '../once';

export interface PollerOptions {
  readonly queue: QueueSettings;
  readonly client: QueueClient;
  readonly invoker: Pick<Invoker, 'invoke' | 'healthy'>;
  readonly slots: Slots;
  readonly protection?: TaskProtection;
  /** The body of a message that lies in S3. */
  readonly readBody: (uri: string) => Promise<string>;
  readonly log: (line: string) => void;
  /** SQS does not do what it is asked for; without an error: it does. */
  readonly onTrouble: (operation: Operation, error?: unknown) => void;
}

export type Operation = 'receive' | 'keep';

const LONG_POLL_SECONDS = 20;
/** A poll that keeps others from receiving. */
const SHORT_POLL_SECONDS = 1;
const MOST_RECEIVERS = 8;
const UNHEALTHY_MS = 1_000;
/** In the place of a visibility timeout of 0, with which a message would be delivered again at once. */
const LEAST_VISIBILITY_SECONDS = 30;
/** Where the body is when it is too large for SQS, by a sender of ours. */
const S3_ATTRIBUTE = 'HybridS3Uri';

export class QueuePoller {
  private readonly share: Share;
  private readonly deletions: Deletions;
  private readonly work = new Set<Promise<void>>();
  private readonly stopped = new AbortController();
  private keeper?: VisibilityKeeper;
  private visibilitySeconds = 0;
  private receivers = 0;
  /** Receives in a row that failed. */
  private failures = 0;
  /** The last receive gave messages. */
  private busy = false;

  constructor(private readonly options: PollerOptions) {
    const { queue, client, slots } = options;
    this.share = slots.share(queue.maxConcurrency);
    this.deletions = new Deletions(client, (count, reason) => this.log(`${count} processed messages could not be deleted and will be delivered again: ${reason}`));
  }

  start(): void {
    this.follow(this.open());
  }

  /** Receives no more; what nobody has begun to work on becomes visible at once. Settles when the rest is over. */
  async drain(): Promise<void> {
    this.stopped.abort();
    while (this.work.size > 0) await Promise.all(this.work);
  }

  private get stopping(): boolean {
    return this.stopped.signal.aborted;
  }

  private follow(work: Promise<void>): void {
    const over = work.finally(() => this.work.delete(over));
    this.work.add(over);
  }

  private async open(): Promise<void> {
    const { client } = this.options;
    while (!this.stopping) {
      try {
        this.visibilitySeconds = await client.visibilityTimeout() || LEAST_VISIBILITY_SECONDS;
        this.keeper = new VisibilityKeeper(client, this.visibilitySeconds,
          (reason) => this.log(`a message that is being worked on may be delivered again: ${reason}`),
          (error) => this.options.onTrouble('keep', error));
        return await this.receive(true);
      } catch (error) {
        await this.failed(error);
      }
    }
  }

  private async failed(error: unknown): Promise<void> {
    if (this.stopping) return;
    this.options.onTrouble('receive', error);
    await pause(backOffMs(this.failures++), this.stopped.signal);
  }

  /** @param first the receiver that goes on while the queue is empty */
  private async receive(first: boolean): Promise<void> {
    this.receivers++;
    for (let more = true; more && !this.stopping;) more = await this.receiveOnce(first) || first;
    this.receivers--;
  }

  /** Whether there were messages. */
  private async receiveOnce(first: boolean): Promise<boolean> {
    const { slots, protection, invoker } = this.options;
    await protection?.admission();
    // Messages that nobody can work on are better left to other hosts.
    if (!invoker.healthy) await pause(UNHEALTHY_MS, this.stopped.signal);
    if (!invoker.healthy || this.stopping) return false;
    const taken = await slots.take(this.share, this.mostSlots);
    let messages: Message[] = [];
    try {
      if (taken > 0 && !this.stopping) {
        const most = this.mostMessages(taken);
        messages = await this.poll(most, first && slots.spare ? LONG_POLL_SECONDS : SHORT_POLL_SECONDS);
        if (messages.length === most && this.receivers < MOST_RECEIVERS) this.follow(this.receive(false));
      }
    } catch (error) {
      slots.give(this.share, taken);
      await this.failed(error);
      return false;
    }
    if (messages.length === 0) {
      slots.give(this.share, taken);
      return false;
    }
    this.follow(this.deliver(messages, taken));
    return true;
  }

  /** Each message that is an invocation of its own needs one. An idle queue leaves the others theirs. */
  private get mostSlots(): number {
    const { event, fifo } = this.options.queue;
    // Of a FIFO group they would have to wait for one another; when the first fails, the others would have been received in vain, and that counts.
    return isSingle(event) && !fifo && this.busy ? MOST_OF_A_REQUEST : 1;
  }

  private mostMessages(slots: number): number {
    const { event, batchSize } = this.options.queue;
    return isSingle(event) ? slots : Math.min(batchSize, MOST_OF_A_REQUEST);
  }

  private async poll(most: number, waitSeconds: number): Promise<Message[]> {
    const messages = await this.options.client.receive(most, waitSeconds, this.visibilitySeconds, this.stopped.signal);
    this.failures = 0;
    this.busy = messages.length > 0;
    this.options.onTrouble('receive');
    for (const message of messages) this.keeper!.hold(message);
    return messages;
  }

  private async deliver(first: readonly Message[], taken: number): Promise<void> {
    const { queue, slots, protection } = this.options;
    const unwanted: Message[] = [];
    const items = await this.collect(first, unwanted);
    const lanes = lanesOf(queue.event, items);
    slots.give(this.share, taken - Math.max(1, lanes.length));
    const removed = this.remove(unwanted);
    if (lanes.length > 0) {
      await protection?.begin();
      await Promise.all(lanes.map(async (lane, index) => {
        await this.carry(lane);
        if (index > 0) slots.give(this.share, 1);
      }));
      protection?.done();
    }
    // The first slot is kept until all is over, so that deletions do not pile up.
    await removed;
    slots.give(this.share, 1);
  }

  /**
   * What is to be delivered of these messages, and of those that come within the window.
   *
   * @param unwanted takes those that are to be deleted
   */
  private async collect(first: readonly Message[], unwanted: Message[]): Promise<readonly Item[]> {
    const { batchSize, windowMs, event } = this.options.queue;
    const end = performance.now() + windowMs;
    const items: Item[] = [];
    let bytes = 0;
    const add = async (messages: readonly Message[]): Promise<void> => {
      const more = await this.sort(messages, unwanted);
      items.push(...more);
      for (const item of more) bytes += item.bytes;
    };
    await add(first);
    if (isSingle(event)) return items;
    for (let left = windowMs; left > 0 && items.length < batchSize && bytes < MAX_EVENT_BYTES && !this.stopping; left = end - performance.now()) {
      try {
        await add(await this.poll(Math.min(MOST_OF_A_REQUEST, batchSize - items.length), Math.min(LONG_POLL_SECONDS, Math.ceil(left / 1000))));
      } catch (error) {
        await this.failed(error);
      }
    }
    return items;
  }

  private async sort(messages: readonly Message[], unwanted: Message[]): Promise<Item[]> {
    const { queue } = this.options;
    const items: Item[] = [];
    // In a FIFO group nothing overtakes a message that stays in the queue.
    const heldBack = new Set<string | undefined>();
    for (const given of messages) {
      const group = queue.fifo ? groupOf(given) : undefined;
      if (group !== undefined && heldBack.has(group)) {
        this.keeper!.letGo(given);
        continue;
      }
      try {
        const result = sorted(await this.whole(given), queue);
        if ('item' in result) items.push({ ...result.item, message: given });
        else if ('unwanted' in result) unwanted.push(given);
        else throw new Error(result.undeliverable);
      } catch (error) {
        heldBack.add(group);
        this.keeper!.letGo(given);
        this.log(`message ${given.MessageId} is left to the queue, it cannot be delivered: ${(error as Error).message}`);
      }
    }
    return items;
  }

  /** In a queue of a user's own anybody may have set the attribute. */
  private async whole(message: Message): Promise<Message> {
    const { queue, readBody } = this.options;
    const uri = queue.event === 'body' || queue.event === 'records' ? message.MessageAttributes?.[S3_ATTRIBUTE]?.StringValue : undefined;
    return uri === undefined ? message : { ...message, Body: await readBody(uri) };
  }

  /** One after the other. */
  private async carry(lane: readonly Item[]): Promise<void> {
    const { queue, protection } = this.options;
    const keeper = this.keeper!;
    for (let left = lane; left.length > 0;) {
      const batch = nextBatch(queue.event, left);
      await protection?.begin();
      const failed = this.stopping ? undefined : await this.invoke(batch);
      protection?.done();
      if (!failed) return keeper.release(left.map(({ message }) => message));
      for (const { message } of failed) keeper.letGo(message);
      const unprocessed = new Set(failed);
      const done = batch.filter((item) => !unprocessed.has(item));
      const deleted = await this.remove(done.map(({ message }) => message));
      const kept = done.filter((_, index) => !deleted[index]);
      const heldBack = new Set([...failed, ...kept].map(({ group }) => group).filter((group) => group !== undefined));
      left = left.slice(batch.length).filter(({ group, message }) => {
        if (group === undefined || !heldBack.has(group)) return true;
        keeper.letGo(message);
        return false;
      });
    }
  }

  /** Gives which of them are deleted. They stay invisible until it is over. */
  private remove(messages: readonly Message[]): Promise<boolean[]> {
    return Promise.all(messages.map(async (message) => {
      const deleted = await this.deletions.remove(message);
      this.keeper!.letGo(message);
      return deleted;
    }));
  }

  /** Gives the items that failed; nothing when the invoker has not taken them. */
  private async invoke(items: readonly Item[]): Promise<readonly Item[] | undefined> {
    const { queue, invoker } = this.options;
    const requestId = newRequestId();
    let result: InvocationResult;
    try {
      result = await invoker.invoke({ event: eventOf(queue.event, items), requestId, traceId: traceOf(items.map(({ message }) => message)) });
    } catch {
      return undefined;
    }
    const failed = result.functionError ? items
      : queue.reportBatchItemFailures ? failedItems(result.payload.toString(), items, queue.event === 'records') : [];
    if (failed.length > 0) {
      const why = result.functionError ? describeError(result.payload) : 'the handler named them, or its answer is not of that form';
      this.log(`request ${requestId}: ${failed.length} of ${items.length} messages failed: ${why}`);
    }
    return failed;
  }

  private log(line: string): void {
    this.options.log(`queue ${this.options.queue.name}: ${line}`);
  }
}
