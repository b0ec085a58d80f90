/** Defines how the HTTP calls that a worker thread carries are measured: between a call and whoever answers it. */
import type { StreamSink } from '../core/invocation';
import type { Metrics } from '../core/metrics';
import type { Answer } from '../invokers/thread-flight';

export class AnswerMeter {
  private carried = 0;
  private answered = 0;

  constructor(readonly metrics: Metrics) {}

  /** In place of this answer. */
  measure(answer: Answer<unknown>): Answer<unknown> {
    this.carried++;
    return new MeasuredAnswer(answer, this);
  }

  over(startedAt: number, failed: boolean): void {
    this.answered++;
    this.metrics.invoked(performance.now() - startedAt, failed);
  }

  /** The thread ends with what it has in flight. */
  breakOff(): void {
    for (; this.answered < this.carried; this.answered++) this.metrics.invoked(undefined, true);
    this.metrics.flush();
  }
}

class MeasuredAnswer implements Answer<unknown> {
  private readonly startedAt = performance.now();

  constructor(private readonly answer: Answer<unknown>, private readonly meter: AnswerMeter) {}

  succeed(result: unknown): void {
    this.meter.over(this.startedAt, false);
    this.answer.succeed(result);
  }

  fail(thrown: unknown): void {
    this.meter.over(this.startedAt, true);
    this.answer.fail(thrown);
  }

  timeOut(): void {
    this.meter.over(this.startedAt, true);
    this.answer.timeOut();
  }

  stream(contentType: string): StreamSink {
    const sink = this.answer.stream(contentType);
    return {
      write: (chunk, written) => sink.write(chunk, written),
      end: (failure) => {
        this.meter.over(this.startedAt, failure !== undefined);
        sink.end(failure);
      },
    };
  }
}
