/** Defines how a worker thread answers HTTP requests itself: the handler is called in the thread that has the connection, with the event as an object. */
import { tell } from './errors';
import { AnswerMeter } from './measured-answer';
import { Refusals } from './refusals';
import type { Handler } from '../core/handler-loader';
import { limitedValue } from '../core/json-value';
import { writeAll } from '../core/logging';
import { Metrics } from '../core/metrics';
import { inlineInvoker, serialize, type InlineOptions } from '../invokers/inline';
import type { ThreadCarrier } from '../invokers/thread-carrier';
import { HttpSource } from '../sources/http/http-source';
import type { HttpSettings } from '../sources/http/settings';

const STANDARD_ERROR = 2;

export class ThreadHttp {
  private readonly refusals: Refusals;
  private readonly meter?: AnswerMeter;
  private readonly source: HttpSource;

  constructor(
    handler: Handler,
    options: Pick<InlineOptions<object, unknown>, 'contextOf' | 'emptyLoopEnds'>,
    carrier: ThreadCarrier,
    capacity: number,
    settings: HttpSettings,
    metricsOf: string | undefined,
  ) {
    const metrics = metricsOf === undefined ? undefined : new Metrics(metricsOf, (line) => writeAll(STANDARD_ERROR, line));
    const meter = metrics && new AnswerMeter(metrics);
    this.meter = meter;
    this.refusals = new Refusals(metrics);
    const invoke = inlineInvoker<object, unknown>(handler, { ...options, parse: (event) => event, serialize: limited });
    this.source = new HttpSource({
      carrier: {
        capacity,
        carry: (call) => {
          const flight = carrier.carry(invoke, call, meter ? meter.measure(call) : call);
          call.onAbandoned = () => flight.abandon();
        },
      },
      settings,
      log: tell,
      onRefused: this.refusals.count,
    });
  }

  listen(port: number): Promise<string> {
    return this.source.listen({ port, reusePort: true });
  }

  ready(): void {
    this.source.ready();
  }

  retire(): Promise<void> {
    return this.source.retire();
  }

  breakOff(): void {
    this.refusals.tell();
    this.source.breakOff();
    this.meter?.breakOff();
  }

  drain(): Promise<void> {
    this.refusals.tell();
    return this.source.drain();
  }
}

const limited = (result: unknown): unknown => limitedValue(result, serialize);
