/** Defines how a worker thread carries invocations: each in a slot, with a deadline, in an asynchronous context of its own. */
import { ThreadFlight, type Answer } from './thread-flight';
import type { InFlightTable } from '../core/in-flight-table';
import type { Invoke } from '../core/invocation';
import type { InvokeStore } from '../core/invoke-store';
import { deadlineAfter, timer } from '../core/timeout';

export interface CarrierOptions {
  /** With a slot for each invocation that it may carry at once. */
  readonly inFlight: InFlightTable;
  readonly timeoutMs: number;
  readonly invokedFunctionArn: string;
  readonly store: InvokeStore;
  readonly logError: (title: string, thrown: unknown) => void;
  /** An invocation took too long. Whatever it still does goes on beside the others. */
  readonly onTimeout: (requestId: string) => void;
}

/** What a source hands in. */
export interface Carried<Event, Result> {
  readonly requestId: string;
  readonly event: Event;
  /** What the Runtime API would say in headers besides the request id, the function and the deadline. */
  readonly headers: Readonly<Record<string, string>>;
  /** The client's socket, where a last answer can be written. @default none */
  readonly descriptor?: number;
  readonly answer: Answer<Result>;
}

export class ThreadCarrier {
  private readonly free: number[];
  private readonly flights = new Set<ThreadFlight<never>>();
  private aborted?: { readonly thrown: unknown };
  private whenIdle?: () => void;

  constructor(private readonly options: CarrierOptions) {
    this.free = Array.from({ length: options.inFlight.slots }, (_, slot) => slot);
  }

  /** Never called for more than there are slots. */
  carry<Event, Result>(invoke: Invoke<Event, Result>, carried: Carried<Event, Result>): ThreadFlight<Result> {
    const { requestId, event, headers: given, descriptor, answer } = carried;
    const { inFlight, timeoutMs, store, invokedFunctionArn, logError, onTimeout } = this.options;
    const slot = this.free.pop()!;
    const deadline = deadlineAfter(timeoutMs);
    inFlight.set(slot, requestId, deadline, descriptor);
    const flight = new ThreadFlight<Result>(answer, {
      logError,
      onOver: () => {
        clearTimeout(limit);
        inFlight.clear(slot);
        this.free.push(slot);
        this.flights.delete(flight as ThreadFlight<never>);
        if (this.flights.size === 0) this.whenIdle?.();
      },
      onUnanswerable: () => inFlight.forgetDescriptor(slot),
    });
    this.flights.add(flight as ThreadFlight<never>);
    const limit = timer(timeoutMs, () => {
      onTimeout(requestId);
      flight.timeOut();
    });
    if (this.aborted) {
      flight.abort('Invoke Error', this.aborted.thrown);
      return flight;
    }
    const headers = {
      ...given,
      'lambda-runtime-aws-request-id': requestId,
      'lambda-runtime-deadline-ms': String(deadline),
      'lambda-runtime-invoked-function-arn': invokedFunctionArn,
    };
    store.enter(headers, () => invoke({ requestId, headers, event, sink: flight }));
    return flight;
  }

  /** Nobody can tell what is still sound: everything in flight fails, and whatever comes. */
  abort(title: string, thrown: unknown): void {
    this.aborted = { thrown };
    if (this.flights.size === 0) this.options.logError(title, thrown);
    for (const flight of [...this.flights]) flight.abort(title, thrown);
  }

  /** @param idle called when nothing is in flight */
  onceIdle(idle: () => void): void {
    this.whenIdle = idle;
    if (this.flights.size === 0) idle();
  }
}
