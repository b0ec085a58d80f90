/** What AWS Lambda takes of batches of messages, and so every compute does. */
import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { checkRange, secondsOf } from '../check-range';
import { problem } from '../errors';
import { checkFilters } from './filter-patterns';
import type { QueueEventOptions } from '../../model/queue-target';

/** Without a window, or of a FIFO queue. */
const SMALL_BATCH = 10;

/** Refuses settings that Lambda does not have. Source: `CreateEventSourceMapping` in the AWS Lambda API Reference, and "Using Lambda with Amazon SQS". */
export function checkBatches(scope: IConstruct, { batchSize, maxBatchingWindow, maxConcurrency, filters }: QueueEventOptions, isFifo: boolean): void {
  const window = secondsOf(maxBatchingWindow);
  if (isFifo && maxBatchingWindow && window !== 0) {
    throw problem(scope, 'BATCH_WINDOW', { property: 'maxBatchingWindow', given: window === undefined ? 'a token' : `${window} seconds`, accepted: 'nothing for a FIFO queue' });
  }
  checkRange(scope, 'maxBatchingWindow', window, { least: 0, most: 300, unit: 'seconds' });
  const needsWindow = !isFifo && !Token.isUnresolved(batchSize) && batchSize !== undefined && batchSize > SMALL_BATCH && batchSize <= 10_000;
  if (needsWindow && (maxBatchingWindow === undefined || window === 0)) {
    throw problem(scope, 'BATCH_WINDOW', { property: 'maxBatchingWindow', given: window, accepted: `1 to 300 seconds with a batchSize over ${SMALL_BATCH}` });
  }
  checkRange(scope, 'batchSize', batchSize, { least: 1, most: isFifo ? SMALL_BATCH : 10_000 });
  checkRange(scope, 'maxConcurrency', maxConcurrency, { least: 2, most: 1_000 });
  checkFilters(scope, filters);
}
