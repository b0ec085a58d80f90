/** Defines the pool of worker threads that share one process: it starts them, replaces one that dies, and ends them. */
import { Worker } from 'node:worker_threads';
import { InFlightTable } from '../core/in-flight-table';

/** What a worker thread is started with. */
export interface WorkerSetup {
  readonly runtimeApi: string;
  /** How many invocations it carries out at once. */
  readonly slots: number;
  readonly inFlight: SharedArrayBuffer;
}

/** What a worker thread says: it takes invocations now, or its handler cannot be loaded. */
export type WorkerMessage = { readonly kind: 'ready' } | { readonly kind: 'init failed'; readonly error: { readonly body: string; readonly headers: string }; readonly exitCode: number };

/** What a worker thread is told: take no more work, finish, end. */
export const STOP = 'stop';

export interface WorkerPoolOptions {
  /** The program that a thread runs. */
  readonly workerFile: string;
  readonly runtimeApi: string;
  readonly workers: number;
  readonly maxConcurrency: number;
  readonly onInitFailed: (message: Extract<WorkerMessage, { kind: 'init failed' }>) => void;
  /** A thread ended by itself: with these invocations unanswered. `ready` is false when it never took one. */
  readonly onExit: (requestIds: string[], exitCode: number, ready: boolean) => void;
}

export class WorkerPool {
  private readonly alive = new Set<Worker>();
  private whenStopped?: () => void;

  constructor(private readonly options: WorkerPoolOptions) {}

  start(): void {
    const { workers, maxConcurrency } = this.options;
    for (const slots of shares(maxConcurrency, workers)) this.startWorker(slots);
  }

  /** Lets every thread finish what it has. */
  stop(done: () => void): void {
    this.whenStopped = done;
    for (const worker of this.alive) worker.postMessage(STOP);
    if (this.alive.size === 0) done();
  }

  private startWorker(slots: number): void {
    const inFlight = InFlightTable.ofSlots(slots);
    const setup: WorkerSetup = { runtimeApi: this.options.runtimeApi, slots, inFlight: inFlight.memory };
    const worker = new Worker(this.options.workerFile, { workerData: setup });
    let ready = false;
    this.alive.add(worker);
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'ready') ready = true;
      else this.options.onInitFailed(message);
    });
    // Out of memory, for one: the exit follows.
    worker.on('error', (error) => console.error('Worker Error', error));
    worker.on('exit', (code) => {
      this.alive.delete(worker);
      const left = inFlight.ids();
      if (!this.whenStopped || left.length > 0) this.options.onExit(left, code, ready);
      if (this.whenStopped) {
        if (this.alive.size === 0) this.whenStopped();
      } else if (ready) {
        this.startWorker(slots);
      }
    });
  }
}

/** Divides what the process may have in flight among its threads; none is left without. */
export function shares(maxConcurrency: number, workers: number): number[] {
  const count = Math.max(1, Math.min(workers, maxConcurrency));
  const least = Math.floor(maxConcurrency / count);
  return Array.from({ length: count }, (_, index) => least + (index < maxConcurrency % count ? 1 : 0));
}
