/** Defines the isolated invoker: bootstraps in child processes, supervised, replaced when one crashes or takes too long. */
import { randomUUID } from 'node:crypto';
import { Flight } from './flight';
import { IsolatedWorker, type Failure, type WorkerOptions } from './isolated-worker';
import { backOffMs, hopeless } from './restarts';
import { functionError, type FunctionError, type InvocationResult, type Invoker, type InvokeRequest } from '../core/invoker';

export interface IsolatedOptions extends WorkerOptions {
  /** How many bootstraps run side by side. */
  readonly workers: number;
}

export class IsolatedInvoker implements Invoker {
  /** Those that take invocations, or will. */
  private readonly live = new Set<IsolatedWorker>();
  /** Those whose process is not gone yet. */
  private readonly workers = new Set<IsolatedWorker>();
  private readonly queue: Flight[] = [];
  /** Accepted and not over yet. */
  private readonly flights = new Set<Flight>();
  private readonly waiters = new Set<() => void>();
  /** Workers in a row that were lost before they carried anything. */
  private failures = 0;
  /** Initializations in a row that failed. */
  private initFailures = 0;
  /** A bootstrap has been initialized: what goes wrong later may mend itself. */
  private wasReady = false;
  private notBefore = 0;
  private restart?: NodeJS.Timeout;
  /** An initialization that failed while nobody waited: the next invocation is told, as on Lambda. */
  private initFailure?: Failure;
  private stopping = false;

  constructor(private readonly options: IsolatedOptions) {}

  /** Starts the workers. When each has failed, the first invocation is told why as well. */
  async start(): Promise<FunctionError | undefined> {
    this.startWorkers();
    await this.until(() => this.initFailure !== undefined || [...this.live].every((worker) => worker.capacity > 0));
    return this.initFailure?.(randomUUID());
  }

  get healthy(): boolean {
    return !hopeless(this.initFailures) || [...this.live].some((worker) => worker.serving);
  }

  invoke(request: InvokeRequest): Promise<InvocationResult> {
    if (this.stopping) return Promise.reject(new Error('the function is being stopped: it takes no more invocations'));
    const flight = new Flight(request);
    this.follow(flight);
    if (this.initFailure) {
      flight.fail(this.initFailure(flight.requestId));
      this.initFailure = undefined;
    } else {
      this.queue.push(flight);
      this.dispatch();
    }
    return flight.result;
  }

  /** Takes no more invocations, lets the accepted ones finish for at most `drainMs`, then ends the workers. */
  async stop(drainMs: number, graceMs: number): Promise<void> {
    this.stopping = true;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.changed();
    }, drainMs);
    await this.until(() => late || this.flights.size === 0);
    clearTimeout(timer);
    const dropped = this.queue.splice(0);
    clearTimeout(this.restart);
    await Promise.all([...this.workers].map((worker) => worker.stop(graceMs)));
    for (const flight of dropped) flight.fail(functionError('Runtime.ExitError', `RequestId: ${flight.requestId} Error: the function was stopped`));
  }

  private follow(flight: Flight): void {
    this.flights.add(flight);
    const over = (): void => {
      this.flights.delete(flight);
      this.changed();
    };
    void flight.result.then(({ streamEnd }) => { streamEnd ? void streamEnd.then(over) : over(); });
  }

  private dispatch(): void {
    for (const worker of this.live) {
      while (this.queue.length > 0 && worker.capacity > 0) worker.carry(this.queue.shift()!);
    }
    if (this.queue.length > 0) this.startWorkers();
  }

  /** Starts the workers that are missing, after the wait that repeated failures have earned. */
  private startWorkers(): void {
    if (this.restart || this.live.size >= this.options.workers) return;
    const wait = this.notBefore - performance.now();
    if (wait > 0) {
      this.restart = setTimeout(() => {
        this.restart = undefined;
        this.startWorkers();
      }, wait);
      return;
    }
    while (this.live.size < this.options.workers) this.startWorker();
  }

  private startWorker(): void {
    const worker = new IsolatedWorker(this.options, {
      ready: () => {
        this.wasReady = true;
        this.initFailures = 0;
        this.initFailure = undefined;
        this.dispatch();
        this.changed();
      },
      lost: (lost, initFailure) => this.replace(lost, initFailure),
    });
    this.live.add(worker);
    this.workers.add(worker);
    void worker.gone.then(() => this.workers.delete(worker));
  }

  private replace(lost: IsolatedWorker, initFailure: Failure | undefined): void {
    this.live.delete(lost);
    this.failures = lost.carried ? 0 : this.failures + 1;
    if (initFailure) this.initFailures++;
    this.notBefore = performance.now() + backOffMs(this.failures - 1);
    if (initFailure && this.live.size === 0) {
      // Nobody else can carry them: each is told why. The next invocation tries again, and so does one that has served before, because
      // nobody asks a host that is not healthy.
      if (this.queue.length === 0) this.initFailure = initFailure;
      for (const flight of this.queue.splice(0)) flight.fail(initFailure(flight.requestId));
      if (this.wasReady && !this.stopping) this.startWorkers();
    } else if (this.queue.length > 0 || (!initFailure && !this.stopping)) {
      this.startWorkers();
    }
    this.changed();
  }

  private until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const waiter = (): void => {
        if (!condition()) return;
        this.waiters.delete(waiter);
        resolve();
      };
      this.waiters.add(waiter);
      waiter();
    });
  }

  private changed(): void {
    this.waiters.forEach((waiter) => waiter());
  }
}
