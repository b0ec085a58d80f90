/** Defines how a worker thread carries invocations: each in a slot, with a deadline, in an asynchronous context of its own. */
import { ThreadFlight, type Answer, type FlightOwner } from './thread-flight';
import type { InFlightTable } from '../core/in-flight-table';
import type { Invoke } from '../core/invocation';
import type { InvokeStore } from '../core/invoke-store';
import { monotonicNow } from '../core/monotonic';
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
export interface Carried<Event> {
  readonly requestId: string;
  readonly event: Event;
  readonly traceId?: string;
  readonly clientContext?: string;
  readonly cognitoIdentity?: string;
  readonly tenantId?: string;
  /** The client's socket, where a last answer can be written. @default none */
  readonly descriptor?: number;
}

/** Invocations of any kind: what they are given and give back is between source and invoker. */
type AnyFlight = ThreadFlight<unknown, never>;

export class ThreadCarrier implements FlightOwner {
  private readonly free: number[];
  /** In the order of their deadlines, because all may take the same time. */
  private readonly flights = new Set<AnyFlight>();
  /** Set for the first deadline at the time when it was set, and left to run out: one for many costs less than one for each. */
  private limit?: NodeJS.Timeout;
  private aborted?: { readonly thrown: unknown };
  private whenIdle?: () => void;

  constructor(private readonly options: CarrierOptions) {
    this.free = Array.from({ length: options.inFlight.slots }, (_, slot) => slot);
  }

  /** Never called for more than there are slots. */
  carry<Event, Result>(invoke: Invoke<Event, Result>, carried: Carried<Event>, answer: Answer<Result>): ThreadFlight<Event, Result> {
    const { inFlight, timeoutMs, store, invokedFunctionArn } = this.options;
    const { requestId } = carried;
    const slot = this.free.pop()!;
    const deadline = monotonicNow() + timeoutMs;
    inFlight.set(slot, requestId, deadline, carried.descriptor);
    const headers = {
      'lambda-runtime-aws-request-id': requestId,
      'lambda-runtime-deadline-ms': deadlineAfter(timeoutMs),
      'lambda-runtime-invoked-function-arn': invokedFunctionArn,
      'lambda-runtime-trace-id': carried.traceId || undefined,
      'lambda-runtime-client-context': carried.clientContext,
      'lambda-runtime-cognito-identity': carried.cognitoIdentity,
      'lambda-runtime-aws-tenant-id': carried.tenantId || undefined,
    };
    const flight = new ThreadFlight<Event, Result>(this, slot, deadline, requestId, headers, carried.event, answer);
    this.flights.add(flight as AnyFlight);
    this.limit ??= timer(timeoutMs, this.timeOut)?.unref();
    if (this.aborted) flight.abort('Invoke Error', this.aborted.thrown);
    else store.enter(headers, invoke, flight);
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

  logError(title: string, thrown: unknown): void {
    this.options.logError(title, thrown);
  }

  unanswerable({ slot }: AnyFlight): void {
    this.options.inFlight.forgetDescriptor(slot);
  }

  over(flight: AnyFlight): void {
    this.options.inFlight.clear(flight.slot);
    this.free.push(flight.slot);
    this.flights.delete(flight);
    if (this.flights.size === 0) this.whenIdle?.();
  }

  private readonly timeOut = (): void => {
    const now = monotonicNow();
    this.limit = undefined;
    for (const flight of this.flights) {
      if (flight.deadline > now) {
        this.limit = timer(flight.deadline - now, this.timeOut)?.unref();
        return;
      }
      this.options.onTimeout(flight.requestId);
      flight.timeOut();
    }
  };
}
