import type { Duration } from 'aws-cdk-lib';

/** How hard a service tries events that reach it through a queue of their own. */
export interface ServiceRetryOptions {
  /**
   * How often an event that failed is tried again, 0 to 999. On a service only: a Lambda compute says it for all its asynchronous invocations.
   *
   * @default 2
   */
  readonly retryAttempts?: number;

  /**
   * How old an event may become, 60 seconds to 14 days. On a service only: a Lambda compute says it for all its asynchronous invocations.
   *
   * @default Duration.hours(6)
   */
  readonly maxEventAge?: Duration;
}
