import { queueSettings } from '../../../layers/runtime/sources/queue/settings';

const QUEUE = { url: 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders', arn: 'arn:aws:sqs:eu-west-1:123456789012:orders' };
const FIFO = { url: `${QUEUE.url}.fifo`, arn: `${QUEUE.arn}.fifo` };
const settings = (...queues: unknown[]) => queueSettings({ HYBRID_QUEUES: JSON.stringify(queues) });

test('a queue has the defaults of Lambda\'s event source mappings', () => {
  expect(settings(QUEUE)).toEqual([{
    ...QUEUE, name: 'orders', region: 'eu-west-1', fifo: false, event: 'sqs', batchSize: 10, windowMs: 0, maxConcurrency: undefined, reportBatchItemFailures: false, filter: undefined,
  }]);
});

test('everything can be set', () => {
  expect(settings({ ...QUEUE, event: 'records', batchSize: 10_000, maxBatchingWindow: 300, maxConcurrency: 7, reportBatchItemFailures: true, filters: ['{"body":{"a":[1]}}'] })).toMatchObject([{
    event: 'records', batchSize: 10_000, windowMs: 300_000, maxConcurrency: 7, reportBatchItemFailures: true, filter: expect.any(Function),
  }]);
  expect(settings(FIFO)[0].fifo).toBe(true);
  expect(settings({ ...QUEUE, filters: [] })[0].filter).toBeUndefined();
});

test.each<[unknown, string]>([
  [[], "'HYBRID_QUEUES' must be a JSON array of at least one queue, got '[]'"],
  [['orders'], "'HYBRID_QUEUES[0]' must be an object with url and arn, got '\"orders\"'"],
  [[{ ...QUEUE, url: 'orders' }], "'HYBRID_QUEUES[0].url' must be the URL of a queue, got 'orders'"],
  [[{ url: QUEUE.url }], "'HYBRID_QUEUES[0].arn' must be the ARN of a queue, got ''"],
  [[{ ...QUEUE, arn: 'arn:aws:sns:eu-west-1:123456789012:orders' }], "'HYBRID_QUEUES[0].arn' must be the ARN of a queue, got 'arn:aws:sns:eu-west-1:123456789012:orders'"],
  [[QUEUE, { ...FIFO, batchsize: 5 }], "'HYBRID_QUEUES[1]' must be an object of url, arn, event, batchSize, maxBatchingWindow, maxConcurrency, reportBatchItemFailures, filters, got 'batchsize'"],
  [[{ ...QUEUE, event: 's3' }], "'HYBRID_QUEUES[0].event' must be one of sqs, sns, body, records, got 's3'"],
  [[{ ...QUEUE, batchSize: 10_001 }], "'HYBRID_QUEUES[0].batchSize' must be a whole number from 1 to 10000, got '10001'"],
  [[{ ...QUEUE, batchSize: '10' }], "'HYBRID_QUEUES[0].batchSize' must be a whole number from 1 to 10000, got '\"10\"'"],
  [[{ ...FIFO, batchSize: 11 }], "'HYBRID_QUEUES[0].batchSize' must be a whole number from 1 to 10, got '11'"],
  [[{ ...FIFO, maxBatchingWindow: 1 }], "'HYBRID_QUEUES[0].maxBatchingWindow' must be 0 for a FIFO queue, got '1'"],
  [[{ ...QUEUE, maxConcurrency: 0 }], "'HYBRID_QUEUES[0].maxConcurrency' must be a whole number from 1 to 10000, got '0'"],
  [[{ ...QUEUE, reportBatchItemFailures: 'yes' }], "'HYBRID_QUEUES[0].reportBatchItemFailures' must be true or false, got '\"yes\"'"],
  [[{ ...QUEUE, filters: [{}] }], "'HYBRID_QUEUES[0].filters' must be a list of patterns, each as JSON text, got '[{}]'"],
  [[{ ...QUEUE, filters: ['{}'] }], "'HYBRID_QUEUES[0].filters' must be patterns of Lambda's event filtering (a pattern is empty), got '[\"{}\"]'"],
  [[QUEUE, QUEUE], "'HYBRID_QUEUES' must be queues that differ, got 'arn:aws:sqs:eu-west-1:123456789012:orders'"],
])('%j is refused', (queues, message) => {
  expect(() => settings(...queues as unknown[])).toThrow(new Error(message));
});

test('what is missing or no JSON is refused', () => {
  expect(() => queueSettings({})).toThrow("'HYBRID_QUEUES' must be a JSON array of queues where HYBRID_SOURCES has queue, got ''");
  expect(() => queueSettings({ HYBRID_QUEUES: '[' })).toThrow(/^'HYBRID_QUEUES' must be JSON \(.*\), got '\['$/);
});
