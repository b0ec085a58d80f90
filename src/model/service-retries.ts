import type { Duration } from 'aws-cdk-lib';

/** How hard events are tried that reach a service through a queue of their own, and a Lambda function, or the one that starts runs, by asynchronous invocations. */
export interface ServiceRetryOptions {
  /**
   * How often an event that failed is tried again: 0 to 999 on a service, 0 to 2 elsewhere. On a Lambda compute it holds for all asynchronous
   * invocations; on a task or a job it is tried again to start the run.
   *
   * @default 2
   */
  readonly retryAttempts?: number;

  /**
   * How old an event may become: 60 seconds to 14 days on a service, to 6 hours elsewhere. On a Lambda compute it holds for all asynchronous invocations; on a task
   * or a job until its run is started.
   *
   * @default Duration.hours(6)
   */
  readonly maxEventAge?: Duration;
}
