/** Which messages have failed by the handler's answer. Cases from "Implementing partial batch responses" in the AWS Lambda Developer Guide: success and failure conditions. */
import { failedItems } from '../../../layers/runtime/sources/queue/batch-response';

const items = ['a', 'b', 'c', 'd'].map((identifier) => ({ identifier }));
const failed = (answer: string, inOrder = false) => failedItems(answer, items, inOrder).map(({ identifier }) => identifier);

test.each(['{"batchItemFailures":[]}', '{"batchItemFailures":null}', '{}', 'null', '', '{"statusCode":200}'])('%s is success', (answer) => {
  expect(failed(answer)).toEqual([]);
});

test.each([
  'no JSON', '{"batchItemFailures":', '"ok"', '7', 'true', '[]', '{"batchItemFailures":"a"}', '{"batchItemFailures":{}}', '{"batchItemFailures":["a"]}',
  '{"batchItemFailures":[{"itemIdentifier":""}]}', '{"batchItemFailures":[{"itemIdentifier":null}]}', '{"batchItemFailures":[{"itemIdentifier":7}]}', '{"batchItemFailures":[{"messageId":"a"}]}',
  '{"batchItemFailures":[null]}', '{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"z"}]}',
])('%s fails the whole batch', (answer) => {
  expect(failed(answer)).toEqual(['a', 'b', 'c', 'd']);
});

test('those that are named have failed, in the order of the batch', () => {
  expect(failed('{"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"b"},{"itemIdentifier":"c"}]}')).toEqual(['b', 'c']);
});

test('of a stream everything has failed from the first one on: handlers stop there and name it alone', () => {
  expect(failed('{"batchItemFailures":[{"itemIdentifier":"b"}]}', true)).toEqual(['b', 'c', 'd']);
  expect(failed('{"batchItemFailures":[]}', true)).toEqual([]);
});

test('a message that was received twice has failed twice', () => {
  expect(failedItems('{"batchItemFailures":[{"itemIdentifier":"a"}]}', [{ identifier: 'a' }, { identifier: 'a' }, { identifier: 'b' }], false)).toHaveLength(2);
});
