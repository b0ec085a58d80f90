/** Defines the shared invoker: worker threads of this process, each with several invocations at once; one that crashes, hangs or is worn out is replaced. */
import { Flight } from './flight';
import { InvokerThread, type ThreadOptions } from './invoker-thread';
import { backOffMs, hopeless } from './restarts';
import { shares } from './worker-pool';
import { functionError, type FunctionError, type InvocationResult, type Invoker, type InvokeRequest } from '../core/invoker';

export interface SharedOptions extends ThreadOptions {
  readonly threads: number;
  readonly maxConcurrency: number;
}

export class SharedInvoker implements Invoker {
  /** Where the threads answer HTTP requests. To be set before they are started. */
  httpPort?: number;
  /** Told whether a thread takes connections, whenever that may have changed. */
  onListening?: (someone: boolean) => void;
  private readonly threads = new Set<InvokerThread>();
  private readonly queue: Flight[] = [];
  private readonly flights = new Set<Flight>();
  private readonly restarts = new Set<NodeJS.Timeout>();
  /** Initializations in a row that failed. */
  private failures = 0;
  private draining = false;
  private stopping = false;

  constructor(private readonly options: SharedOptions) {}

  /** Rejects when a thread cannot listen. */
  async start(): Promise<FunctionError | undefined> {
    const { threads, maxConcurrency } = this.options;
    const [first, ...others] = shares(maxConcurrency, threads);
    // One has all the CPUs, is ready the sooner, and speaks for the others when the handler cannot be loaded.
    const failure = await this.open(first).initialized;
    if (failure || this.stopping) return failure;
    const failures = await Promise.all(others.map((slots) => this.open(slots).initialized));
    return failures.find((each) => each !== undefined);
  }

  get healthy(): boolean {
    return !hopeless(this.failures) || this.serving;
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

  /** The threads take no more HTTP requests; settles when those that they have taken are answered. */
  async drainHttp(): Promise<void> {
    this.draining = true;
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

  private get serving(): boolean {
    return [...this.threads].some((thread) => thread.serving);
  }

  /** @param instead who goes once it is ready */
  private open(slots: number, instead?: InvokerThread): InvokerThread {
    const thread = new InvokerThread({ ...this.options, httpPort: this.httpPort }, slots, {
      ready: () => {
        this.failures = 0;
        void instead?.retire();
        if (this.draining) void thread.drain();
        this.dispatch();
      },
      listening: () => this.onListening?.([...this.threads].some((each) => each.listens)),
      free: () => this.dispatch(),
      wornOut: () => this.replace(thread),
      gone: () => {
        this.threads.delete(thread);
        if (!thread.replaced) this.reopen(thread, instead);
      },
    });
    this.threads.add(thread);
    thread.initialized.then((failure) => failure && this.initFailed(failure), (error: Error) => {
      this.initFailed(functionError('Runtime.ExitError', `a thread cannot listen: ${error.message}`));
    });
    return thread;
  }

  private dispatch(): void {
    for (const thread of this.threads) {
      while (this.queue.length > 0 && thread.capacity > 0) thread.carry(this.queue.shift()!);
    }
  }

  /** Opens another in the place of one that still carries invocations, which it ends by itself. */
  private replace(thread: InvokerThread): void {
    if (this.stopping || this.draining || thread.replaced) return;
    thread.replaced = true;
    this.open(thread.slots, thread);
  }

  private initFailed({ errorType, payload }: FunctionError): void {
    this.failures++;
    if (this.serving) return;
    // Nobody can carry them: each is told why. The next thread tries again.
    for (const flight of this.queue.splice(0)) flight.fail({ errorType, payload });
  }

  private reopen(thread: InvokerThread, instead: InvokerThread | undefined): void {
    // Once the threads are drained, only what the host has accepted itself may still need another.
    if (this.stopping || (this.draining && this.flights.size === 0)) return;
    const timer = setTimeout(() => {
      this.restarts.delete(timer);
      this.open(thread.slots, instead);
    }, thread.wasReady ? 0 : backOffMs(this.failures));
    this.restarts.add(timer);
  }
}
