/** Defines a worker thread as the host sees it: started, handed invocations, watched, and in the end told to go. */
import { PassThrough } from 'node:stream';
import { Worker } from 'node:worker_threads';
import type { Flight } from './flight';
import type { FromThread, ThreadSetup, ToThread } from './thread-protocol';
import { describeExit } from '../core/exit';
import { InFlightTable, type InFlight } from '../core/in-flight-table';
import { functionError, type FunctionError } from '../core/invoker';
import { monotonicNow } from '../core/monotonic';
import { timedOut, timeoutLine, timer } from '../core/timeout';
import { writeLastAnswer } from '../sources/http/last-answer';

export interface ThreadOptions extends Omit<ThreadSetup, 'slots' | 'inFlight'> {
  /** The program that a thread runs. */
  readonly workerFile: string;
  /** The whole environment of the handler. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where what the handler writes to its standard output goes besides its log lines. */
  readonly output: NodeJS.WriteStream;
  readonly log: (line: string) => void;
  /** The thread will not answer an HTTP request that it has taken itself. */
  readonly onLost?: () => void;
}

export interface ThreadEvents {
  /** The handler is initialized. */
  ready(): void;
  /** It has begun to take connections, or takes none any more. */
  listening(): void;
  /** It can carry one more. */
  free(): void;
  /** An invocation took too long and may still be running in it. */
  wornOut(): void;
  gone(): void;
}

/** How often what is in flight is compared with its deadline, and how late an event loop must be to count as blocked. */
const WATCH_MS = 250;
const BLOCKED_MS = 500;

/** How long an idle connection to a thread that is being replaced may last: longer than any keep-alive timeout that is of use. */
const LINGER_MS = 15 * 60_000;

/**
 * Draining: it takes no more requests itself, but still what the host hands in. Lingering: it takes no more connections and nothing from the
 * host, but still has requests. Retired: it will be gone.
 */
type ThreadState = 'starting' | 'serving' | 'draining' | 'lingering' | 'retired';

export class InvokerThread {
  /** Settles when the handler is ready or cannot be initialized; rejects when the thread cannot listen. */
  readonly initialized: Promise<FunctionError | undefined>;
  wasReady = false;
  /** Another takes its place: nobody has to be opened when it goes. */
  replaced = false;
  private readonly worker: Worker;
  private readonly inFlight: InFlightTable;
  private readonly flights = new Map<string, { readonly flight: Flight; body?: PassThrough; endBody?: (failure?: FunctionError) => void }>();
  private readonly exited: Promise<void>;
  private readonly watch: NodeJS.Timeout;
  private state: ThreadState = 'starting';
  private settleInitialized!: { resolve: (failure?: FunctionError) => void; reject: (error: Error) => void };
  private whenDrained?: () => void;

  constructor(private readonly options: ThreadOptions, readonly slots: number, private readonly events: ThreadEvents) {
    // What the host hands in and what the thread takes itself share nothing but the handler.
    this.inFlight = InFlightTable.ofSlots(options.http ? 2 * slots : slots);
    const { workerFile, environment, output, timeoutMs, invokedFunctionArn, logFormat, logOutput, http, httpPort, metricsOf } = options;
    this.initialized = new Promise((resolve, reject) => { this.settleInitialized = { resolve, reject }; });
    this.worker = new Worker(workerFile, {
      workerData: {
        slots, inFlight: this.inFlight.memory, timeoutMs, invokedFunctionArn, logFormat, logOutput, http, httpPort, metricsOf,
      } satisfies ThreadSetup,
      env: environment,
      stdout: output !== process.stdout,
    });
    if (output !== process.stdout) this.worker.stdout.pipe(output, { end: false });
    this.worker.on('message', (message: FromThread) => this.receive(message));
    // Out of memory, for one: the exit follows.
    this.worker.on('error', (error) => options.log(`Worker Error: ${error.message}`));
    this.exited = new Promise((resolve) => this.worker.once('exit', (code) => {
      this.leave(code);
      resolve();
    }));
    this.watch = setInterval(() => this.lookForBlockedLoop(), WATCH_MS);
  }

  /** Whether it takes connections. */
  get listens(): boolean {
    return this.state === 'serving' && this.options.http !== undefined;
  }

  /** Whether it can be handed invocations. */
  get serving(): boolean {
    return this.state === 'serving' || this.state === 'draining';
  }

  /** How many invocations it can be handed now. */
  get capacity(): number {
    return this.serving ? this.slots - this.flights.size : 0;
  }

  carry(flight: Flight): void {
    const { requestId, request } = flight;
    flight.start(() => {});
    this.flights.set(requestId, { flight });
    const { event, traceId, clientContext, cognitoIdentity, tenantId } = request;
    this.tell({ kind: 'invoke', invocation: { requestId, event: event.toString(), traceId, clientContext, cognitoIdentity, tenantId } });
  }

  /** Takes no more HTTP requests; settles when those that it has are answered. */
  async drain(): Promise<void> {
    if (this.state === 'serving') await this.leaveWork('drain', 'draining');
    else if (this.state === 'lingering') await this.leaveWork('drain', 'retired');
  }

  /** Lets it finish what it has and answer on the connections that it has, then ends it. */
  async retire(): Promise<void> {
    if (this.state !== 'serving') return;
    const limit = timer(2 * this.options.timeoutMs + LINGER_MS, () => void this.worker.terminate());
    await this.leaveWork('retire', 'lingering');
    this.tell({ kind: 'stop' });
    await this.exited;
    clearTimeout(limit);
  }

  private async leaveWork(how: 'retire' | 'drain', state: ThreadState): Promise<void> {
    this.state = state;
    this.events.listening();
    const drained = new Promise<void>((resolve) => {
      const { whenDrained } = this;
      this.whenDrained = () => {
        whenDrained?.();
        resolve();
      };
    });
    this.tell({ kind: how });
    await Promise.race([this.exited, drained]);
  }

  /** SIGTERM for the handler; the end when it has not come by then. */
  async stop(graceMs: number): Promise<void> {
    this.state = 'retired';
    this.tell({ kind: 'stop' });
    // One that still initializes listens to nobody, and has nothing to finish.
    const limit = setTimeout(() => void this.worker.terminate(), this.wasReady ? graceMs : 0);
    await this.exited;
    clearTimeout(limit);
  }

  private tell(message: ToThread): void {
    this.worker.postMessage(message);
  }

  private receive(message: FromThread): void {
    switch (message.kind) {
      case 'ready':
        this.wasReady = true;
        if (this.state === 'starting') this.state = 'serving';
        this.settleInitialized.resolve();
        this.events.ready();
        return this.events.listening();
      case 'init failed':
        return this.settleInitialized.resolve({ errorType: message.errorType, payload: Buffer.from(message.body) });
      case 'cannot listen':
        this.settleInitialized.reject(new Error(message.message));
        return void this.worker.terminate();
      case 'worn out':
        return this.events.wornOut();
      case 'ending':
        this.state = 'retired';
        this.events.listening();
        return this.tell({ kind: 'drain' });
      case 'drained':
        return this.whenDrained?.();
      default:
        return this.answer(message);
    }
  }

  private answer(message: Extract<FromThread, { requestId: string }>): void {
    const entry = this.flights.get(message.requestId);
    if (!entry) return;
    const { flight } = entry;
    switch (message.kind) {
      case 'succeeded':
        return this.land(message.requestId, () => flight.respond(Buffer.from(message.json), 'application/json'));
      case 'failed':
        return this.land(message.requestId, () => flight.fail({ errorType: message.errorType, payload: Buffer.from(message.body) }));
      case 'timed out':
        return this.land(message.requestId, () => flight.fail(timedOut(message.requestId, this.options.timeoutMs)));
      case 'stream': {
        const body = new PassThrough();
        entry.body = body;
        flight.stream(body, message.contentType, new Promise((resolve) => { entry.endBody = resolve; }));
        return;
      }
      case 'chunk':
        entry.body!.write(message.bytes, () => this.tell({ kind: 'written', requestId: message.requestId }));
        return;
      case 'stream end': {
        const { failure } = message;
        return this.land(message.requestId, () => {
          entry.body!.end();
          entry.endBody!(failure && { errorType: failure.errorType, payload: Buffer.from(failure.body) });
        });
      }
    }
  }

  private land(requestId: string, answer: () => void): void {
    this.flights.delete(requestId);
    answer();
    this.events.free();
  }

  /** The thread keeps the time itself; when its event loop is blocked it cannot, and all that it has is lost. */
  private lookForBlockedLoop(): void {
    const latest = monotonicNow() - BLOCKED_MS;
    const inFlight = this.inFlight.entries();
    if (!inFlight.some(({ deadline }) => deadline < latest)) return;
    clearInterval(this.watch);
    for (const each of inFlight) {
      const late = each.deadline < latest;
      if (late) this.options.log(timeoutLine(each.requestId, this.options.timeoutMs, this.options.logFormat));
      this.lastAnswer(each, late ? 'timeout' : 'error');
      const entry = this.flights.get(each.requestId);
      if (!entry) this.options.onLost?.();
      if (late && entry) this.land(each.requestId, () => entry.flight.fail(timedOut(each.requestId, this.options.timeoutMs)));
    }
    this.state = 'retired';
    this.events.listening();
    this.events.wornOut();
    void this.worker.terminate();
  }

  private lastAnswer({ descriptor }: InFlight, failure: 'error' | 'timeout'): void {
    if (descriptor >= 0) writeLastAnswer(descriptor, failure);
  }

  private leave(exitCode: number): void {
    const exit = { code: exitCode, signal: null };
    clearInterval(this.watch);
    this.state = 'retired';
    for (const [requestId, { flight, body, endBody }] of this.flights) {
      const failure = functionError('Runtime.ExitError', describeExit(exit, requestId));
      body?.end();
      if (endBody) endBody(failure);
      else flight.fail(failure);
    }
    this.flights.clear();
    this.events.listening();
    this.settleInitialized.resolve(functionError('Runtime.ExitError', describeExit(exit)));
    this.events.gone();
  }
}
