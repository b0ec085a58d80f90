/**
 * Defines the metrics of a host in CloudWatch's embedded metric format: lines of a log, from which CloudWatch Logs makes metrics whatever brings them
 * there. What happens within ten seconds is one line.
 */

const NAMESPACE = 'CdkHybrid';
const INTERVAL_MS = 10_000;
/** Source: "Specification: Embedded metric format" in the Amazon CloudWatch User Guide: the most values that a metric of one line may have. */
const MOST_VALUES = 100;

export class Metrics {
  private invocations = 0;
  private errors = 0;
  private throttles = 0;
  /** Of all durations, each as likely to be in it as any other. */
  private durations: number[] = [];
  private measured = 0;
  private timer?: NodeJS.Timeout;

  /** @param write takes a line, with its end */
  constructor(private readonly functionName: string, private readonly write: (line: string) => void) {}

  /** An invocation is over. @param durationMs nothing when the handler was not called */
  invoked(durationMs: number | undefined, failed: boolean): void {
    this.invocations++;
    if (failed) this.errors++;
    if (durationMs !== undefined) this.sample(Math.round(durationMs * 100) / 100);
    this.timer ??= setTimeout(this.flush, INTERVAL_MS).unref();
  }

  /** A request was turned away because there was too much at once. */
  throttled(): void {
    this.throttles++;
    this.timer ??= setTimeout(this.flush, INTERVAL_MS).unref();
  }

  /** Writes what there is. To be called at the end. */
  readonly flush = (): void => {
    clearTimeout(this.timer);
    this.timer = undefined;
    const values: Record<string, number | number[]> = {
      ...(this.invocations > 0 && { Invocations: this.invocations, Errors: this.errors }),
      ...(this.throttles > 0 && { Throttles: this.throttles }),
      ...(this.measured > 0 && { Duration: this.durations }),
    };
    if (Object.keys(values).length === 0) return;
    const metrics = Object.keys(values).map((name) => ({ Name: name, Unit: name === 'Duration' ? 'Milliseconds' : 'Count' }));
    const directive = { Namespace: NAMESPACE, Dimensions: [['FunctionName']], Metrics: metrics };
    this.write(`${JSON.stringify({ _aws: { Timestamp: Date.now(), CloudWatchMetrics: [directive] }, FunctionName: this.functionName, ...values })}\n`);
    this.invocations = this.errors = this.throttles = this.measured = 0;
    this.durations = [];
  };

  private sample(durationMs: number): void {
    const place = this.measured++ < MOST_VALUES ? this.durations.length : Math.floor(Math.random() * this.measured);
    if (place < MOST_VALUES) this.durations[place] = durationMs;
  }
}
