/** Defines a worker: one bootstrap in a child process, its own Runtime API, and the flights that it carries. */
import { BootstrapProcess, type LogSource, type ProcessExit } from './bootstrap-process';
import { exitLine } from './exit-line';
import type { Flight } from './flight';
import type { Delivery, RuntimeApi, RuntimeApiFactory } from './runtime-api';
import type { RuntimeErrorType } from '../core/errors';
import { describeExit, isToldExit } from '../core/exit';
import { functionError, type FunctionError } from '../core/invoker';
import { deadlineAfter, timedOut, timeoutLine, timer } from '../core/timeout';

export interface WorkerOptions {
  /** The bootstrap: an executable and its arguments, or what gives them for a Runtime API at this address. */
  readonly bootstrap: readonly string[] | ((runtimeApi: string) => readonly string[]);
  readonly cwd: string;
  /** The whole environment of a bootstrap whose Runtime API is at this address. */
  readonly environment: (runtimeApi: string) => Record<string, string>;
  readonly openRuntimeApi: RuntimeApiFactory;
  /** Whether the bootstrap is served on a socket that is opened with it, too. @default false */
  readonly channel?: boolean;
  /** How many invocations a worker carries at once: 1 = Lambda's own way. */
  readonly maxConcurrency: number;
  readonly timeoutMs: number;
  /** How long a bootstrap may take until it asks for its first invocation. */
  readonly initTimeoutMs: number;
  readonly memoryMiB: number;
  readonly version: string;
  readonly invokedFunctionArn: string;
  readonly logFormat?: 'text' | 'json';
  /** Whether Lambda's START, END and REPORT lines are logged. @default true */
  readonly platformLines?: boolean;
  readonly log: (line: string, source: LogSource) => void;
}

/** What failed, told to one invocation. */
export type Failure = (requestId: string) => FunctionError;

export interface WorkerEvents {
  /** It can carry an invocation (more). */
  ready(worker: IsolatedWorker): void;
  /** It takes no more invocations; with `initFailure` it never took one. */
  lost(worker: IsolatedWorker, initFailure?: Failure): void;
}

/** How long a bootstrap may take to exit once it has reported that it could not initialize. */
const EXIT_MS = 1_000;

export class IsolatedWorker {
  /** Settles when the process is gone and the Runtime API is closed. */
  readonly gone: Promise<void>;
  private state: 'starting' | 'serving' | 'lost' = 'starting';
  /** All have the same time: the first is the first that is late. */
  private readonly flights = new Map<string, { readonly flight: Flight; readonly deadline: number }>();
  /** One for all flights, set anew when it goes off: few invocations last that long. */
  private watch?: NodeJS.Timeout;
  private current?: Flight;
  private api?: RuntimeApi;
  private child?: BootstrapProcess;
  private killed?: NodeJS.Signals;
  /** It has reported itself why it ends. */
  private told = false;
  private initMs?: number;

  constructor(private readonly options: WorkerOptions, private readonly events: WorkerEvents) {
    this.gone = this.run();
  }

  /** Whether its handler is initialized. */
  get serving(): boolean {
    return this.state === 'serving';
  }

  /** How many invocations it can be given now. */
  get capacity(): number {
    if (this.state !== 'serving' || !this.api) return 0;
    return Math.min(this.api.waiting, this.options.maxConcurrency - this.flights.size);
  }

  /** Whether it ever carried an invocation. */
  get carried(): boolean {
    return this.current !== undefined;
  }

  carry(flight: Flight): void {
    const { options } = this;
    const delivery: Delivery = {
      ...flight.request,
      requestId: flight.requestId,
      invokedFunctionArn: options.invokedFunctionArn,
      deadlineMs: deadlineAfter(options.timeoutMs),
    };
    const { requestId } = flight;
    this.flights.set(requestId, { flight, deadline: performance.now() + options.timeoutMs });
    this.watch ??= timer(options.timeoutMs, this.lookForLate);
    this.current = flight;
    if (options.platformLines !== false) this.log(`START RequestId: ${requestId} Version: ${options.version}`, 'platform', flight);
    flight.start((durationMs) => {
      if (options.platformLines !== false) this.report(flight, durationMs);
      if (options.maxConcurrency > 1) this.land(requestId);
    });
    this.api!.deliver(delivery, flight);
  }

  private report(flight: Flight, durationMs: number): void {
    const { requestId } = flight;
    this.log(`END RequestId: ${requestId}`, 'platform', flight);
    const init = this.initMs === undefined ? '' : `\tInit Duration: ${this.initMs.toFixed(2)} ms`;
    this.initMs = undefined;
    this.log(`REPORT RequestId: ${requestId}\tDuration: ${durationMs.toFixed(2)} ms\tBilled Duration: ${Math.ceil(durationMs)} ms`
      + `\tMemory Size: ${this.options.memoryMiB} MB${init}`, 'platform', flight);
  }

  /** No more invocations; the process is ended once it carries none. */
  retire(): void {
    this.lose();
    if (this.flights.size === 0) this.kill('SIGKILL');
  }

  /** Lets the bootstrap end by itself, and ends it when it has not by then. */
  async stop(graceMs: number): Promise<void> {
    this.lose();
    this.kill('SIGTERM');
    const late = setTimeout(() => this.kill('SIGKILL'), graceMs);
    await this.gone;
    clearTimeout(late);
  }

  private async run(): Promise<void> {
    try {
      await this.live();
    } catch (error) {
      this.lose(() => functionError('Runtime.InvalidEntrypoint', `the bootstrap could not be started: ${(error as Error).message}`));
      await this.api?.close();
    }
  }

  private async live(): Promise<void> {
    const { options } = this;
    const startedAt = performance.now();
    let limit = timer(options.initTimeoutMs, () => {
      this.lose((requestId) => timedOut(requestId, options.initTimeoutMs));
      this.kill('SIGKILL');
    });
    this.api = await options.openRuntimeApi({
      ready: () => {
        if (this.state === 'starting') {
          clearTimeout(limit);
          this.initMs = performance.now() - startedAt;
          this.state = 'serving';
        }
        // With one invocation at a time the last one is over only now: until then its deadline stands.
        if (options.maxConcurrency === 1) this.flights.clear();
        this.events.ready(this);
      },
      initFailed: (error) => {
        clearTimeout(limit);
        limit = setTimeout(() => this.kill('SIGKILL'), EXIT_MS);
        this.told = true;
        this.lose(() => error);
      },
    });
    const { address } = this.api;
    const argv = typeof options.bootstrap === 'function' ? options.bootstrap(address) : options.bootstrap;
    this.child = new BootstrapProcess({ argv, cwd: options.cwd, env: options.environment(address), channel: options.channel },
      (line, source) => this.log(line, source, this.flightOf(line)));
    if (this.child.channel) this.api.serve(this.child.channel);
    if (this.killed) this.child.kill(this.killed);
    const exit = await this.child.exited;
    clearTimeout(limit);
    if (!this.killed && !this.told) this.logExit(exit, argv);
    const failure = exited(exit, argv);
    this.lose(failure);
    for (const { flight } of this.flights.values()) flight.fail(failure(flight.requestId));
    this.flights.clear();
    clearTimeout(this.watch);
    await this.api.close();
  }

  /** Once for each invocation that it leaves without an answer. Between invocations, one that crashed of an error has logged that itself. */
  private logExit(exit: ProcessExit, argv: readonly string[]): void {
    const unanswered = [...this.flights.values()].map(({ flight }) => flight).filter((flight) => !flight.ended);
    for (const flight of unanswered.length > 0 || isToldExit(exit.code) ? unanswered : [undefined]) {
      const { errorType, message } = exitError(exit, argv, flight?.requestId);
      this.log(exitLine(flight?.requestId, errorType, message, this.options.logFormat), 'stderr', flight);
    }
  }

  private lose(failure?: Failure): void {
    const { state } = this;
    if (state === 'lost') return;
    this.state = 'lost';
    this.events.lost(this, state === 'starting' ? failure : undefined);
  }

  private kill(signal: NodeJS.Signals): void {
    this.killed = signal;
    this.child?.kill(signal);
  }

  /** The timer was set for a flight that is over by now, in most cases. */
  private readonly lookForLate = (): void => {
    const now = performance.now();
    this.watch = undefined;
    for (const { flight, deadline } of [...this.flights.values()]) {
      if (deadline > now) {
        this.watch = setTimeout(this.lookForLate, Math.ceil(deadline - now));
        return;
      }
      this.timeOut(flight);
    }
  };

  private timeOut(flight: Flight): void {
    const { requestId } = flight;
    if (!flight.ended) {
      this.log(timeoutLine(requestId, this.options.timeoutMs, this.options.logFormat), 'stderr', flight);
      flight.fail(timedOut(requestId, this.options.timeoutMs));
    }
    this.api!.forget(requestId);
    this.land(requestId);
    this.retire();
  }

  private land(requestId: string): void {
    this.flights.delete(requestId);
    if (this.state === 'lost' && this.flights.size === 0) this.kill('SIGKILL');
  }

  private flightOf(line: string): Flight | undefined {
    if (this.options.maxConcurrency === 1) return this.current;
    for (const { flight } of this.flights.values()) {
      if (line.includes(flight.requestId)) return flight;
    }
    return undefined;
  }

  private log(line: string, source: LogSource, flight?: Flight): void {
    flight?.addLog(line);
    this.options.log(line, source);
  }
}

function exited(exit: ProcessExit, argv: readonly string[]): Failure {
  return (requestId) => {
    const { errorType, message } = exitError(exit, argv, requestId);
    return functionError(`Runtime.${errorType}`, message);
  };
}

function exitError(exit: ProcessExit, argv: readonly string[], requestId: string | undefined): { errorType: RuntimeErrorType; message: string } {
  if (!exit.startError) return { errorType: 'ExitError', message: describeExit(exit, requestId) };
  const what = requestId === undefined ? '' : `RequestId: ${requestId} Error: `;
  return { errorType: 'InvalidEntrypoint', message: `${what}Couldn't start the bootstrap ${argv[0]}: ${exit.startError.message}` };
}
