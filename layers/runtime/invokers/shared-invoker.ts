/** Defines the shared invoker: worker threads of this process, each with several invocations at once; one that crashes, hangs or is worn out is replaced. */
import { Flight } from './flight';
import { InvokerThread, type ThreadOptions } from './invoker-thread';
import { shares } from './shared';
import { functionError, type FunctionError, type InvocationResult, type Invoker, type InvokeRequest } from '../core/invoker';

export interface SharedOptions extends ThreadOptions {
  readonly threads: number;
  readonly maxConcurrency: number;
}

/** The first replacement comes at once; when replacements fail as well, the wait doubles from the first to the last of these. */
const BACK_OFF_MS = { first: 100, last: 5_000 };

export class SharedInvoker implements Invoker {
  /** Where the threads answer HTTP requests, once the first is ready. */
  address?: string;
  /** Told whether a thread takes connections, whenever that may have changed. */
  onListening?: (someone: boolean) => void;
  private readonly threads = new Set<InvokerThread>();
  private readonly queue: Flight[] = [];
  private readonly flights = new Set<Flight>();
  private readonly restarts = new Set<NodeJS.Timeout>();
  private failures = 0;
  private stopping = false;

  constructor(private readonly options: SharedOptions) {}

  /** Rejects when a thread cannot listen. */
  async start(): Promise<FunctionError | undefined> {
    const { threads, maxConcurrency } = this.options;
    const [first, ...others] = shares(maxConcurrency, threads);
    // A port that the system chooses is known when the first thread has it.
    const failure = await this.open(first).initialized;
    if (failure || this.stopping) return failure;
    const failures = await Promise.all(others.map((slots) => this.open(slots).initialized));
    return failures.find((each) => each !== undefined);
  }

  invoke(request: InvokeRequest): Promise<InvocationResult> {
    if (this.stopping) return Promise.reject(new Error('the function is being stopped: it takes no more invocations'));
    const flight = new Flight(request);
    this.flights.add(flight);
    void flight.result.then(async ({ streamEnd }) => {
      await streamEnd;
      this.flights.delete(flight);
    });
    this.queue.push(flight);
    this.dispatch();
    return flight.result;
  }

  /** Whether the threads answer HTTP requests themselves. */
  get servesHttp(): boolean {
    return this.options.http !== undefined;
  }

  /** Takes no more HTTP requests; settles when those that it has taken are answered. */
  async drainHttp(): Promise<void> {
    this.stopping = true;
    await Promise.all([...this.threads].map((thread) => thread.drain()));
  }

  async stop(drainMs: number, graceMs: number): Promise<void> {
    this.stopping = true;
    this.restarts.forEach((timer) => clearTimeout(timer));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => { timer = setTimeout(resolve, drainMs); });
    const drained = Promise.all([this.drainHttp(), ...[...this.flights].map(async ({ result }) => (await result).streamEnd)]);
    await Promise.race([drained, late]);
    clearTimeout(timer);
    await Promise.all([...this.threads].map((thread) => thread.stop(graceMs)));
    for (const flight of this.queue.splice(0)) flight.fail(functionError('Runtime.ExitError', `RequestId: ${flight.requestId} Error: the function was stopped`));
  }

  private open(slots: number): InvokerThread {
    const thread = new InvokerThread(this.threadOptions(), slots, {
      ready: (address) => {
        this.address ??= address;
        this.failures = 0;
        this.dispatch();
      },
      listening: () => this.onListening?.([...this.threads].some((each) => each.listens)),
      free: () => this.dispatch(),
      wornOut: () => this.replace(thread),
      gone: () => {
        this.threads.delete(thread);
        if (!thread.replaced) this.reopen(thread);
      },
    });
    this.threads.add(thread);
    return thread;
  }

  /** All threads listen on the port of the first, which the system may have chosen. */
  private threadOptions(): ThreadOptions {
    const { http } = this.options;
    return http && this.address ? { ...this.options, http: { ...http, port: Number(new URL(this.address).port) } } : this.options;
  }

  private dispatch(): void {
    for (const thread of this.threads) {
      while (this.queue.length > 0 && thread.capacity > 0) thread.carry(this.queue.shift()!);
    }
  }

  /** Opens another in the place of one that still carries invocations, which it ends by itself. */
  private replace(thread: InvokerThread): void {
    if (this.stopping || thread.replaced) return;
    thread.replaced = true;
    const next = this.open(thread.slots);
    void next.initialized.then(() => thread.retire());
  }

  private reopen(thread: InvokerThread): void {
    if (this.stopping) return;
    // One that never initialized failed at start, which ends the host, or takes the place of another, which waits a little longer each time.
    this.failures = thread.wasReady ? 0 : this.failures + 1;
    const wait = this.failures === 0 ? 0 : Math.min(BACK_OFF_MS.first * 2 ** (this.failures - 1), BACK_OFF_MS.last);
    const timer = setTimeout(() => {
      this.restarts.delete(timer);
      this.open(thread.slots);
    }, wait);
    this.restarts.add(timer);
  }
}
