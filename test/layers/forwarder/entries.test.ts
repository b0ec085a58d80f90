import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { logData, streamRecord, tableRecord } from './sample-events';
import { entriesOf } from '../../../layers/forwarder/entries';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const groupsOf = (...keys: Record<string, object>[]) => entriesOf({ Records: keys.map((key, n) => tableRecord(n, key)) }).map(({ group }) => group);

test('a record of a table is a message of the group of its keys, named by its event, and whole', () => {
  const record = tableRecord(1);
  expect(entriesOf({ Records: [record] })).toEqual([{
    group: sha256('[["Id",{"N":"101"}]]'), deduplication: sha256(record.eventID), body: JSON.stringify(record), identifier: record.dynamodb.SequenceNumber,
  }]);
});

test('the order of the keys does not matter; their names, types and values do', () => {
  const key = { a: { S: '1' }, b: { S: '2' } };
  expect(groupsOf(key, { b: { S: '2' }, a: { S: '1' } })).toEqual([groupsOf(key)[0], groupsOf(key)[0]]);
  const others: Record<string, object>[] = [{ a: { S: '1' } }, { a: { N: '1' }, b: { S: '2' } }, { a: { S: '2' }, b: { S: '1' } }, { a: { B: '1' }, b: { S: '2' } }];
  expect(new Set(groupsOf(key, ...others)).size).toBe(5);
});

test('a record of a data stream is a message of the group of its partition key, which may be anything', () => {
  const record = streamRecord(1, 'größe \u{1F600}'.repeat(20));
  expect(entriesOf({ Records: [record] })).toEqual([{
    group: sha256(record.kinesis.partitionKey),
    deduplication: sha256(record.eventID),
    body: JSON.stringify(record),
    identifier: record.kinesis.sequenceNumber,
  }]);
  // Source: `MessageGroupId` and `MessageDeduplicationId` in the Amazon SQS API Reference.
  const [{ group, deduplication }] = entriesOf({ Records: [record] });
  expect([group, deduplication]).toEqual([expect.stringMatching(/^\w{1,128}$/), expect.stringMatching(/^\w{1,128}$/)]);
});

test('an event of a log group is one message of the group of its log stream', () => {
  const event = (stream: string, message: string) => ({ awslogs: { data: gzipSync(JSON.stringify(logData(stream, message))).toString('base64') } });
  const [first] = entriesOf(event('a', 'one'));
  const [second] = entriesOf(event('a', 'two'));
  const [other] = entriesOf(event('b', 'one'));
  expect(first).toEqual({ group: sha256('CloudTrail:a'), deduplication: expect.stringMatching(/^[0-9a-f]{64}$/), body: JSON.stringify(event('a', 'one')) });
  expect([second.group === first.group, second.deduplication === first.deduplication, other.group === first.group]).toEqual([true, false, false]);
});

test('a body has no characters that SQS refuses, and is the same JSON', () => {
  const record = tableRecord(1, undefined, { text: { S: 'a\u0000\u0008\uD800\uFFFE\uFFFF\u{1F600}é' } });
  const [{ body }] = entriesOf({ Records: [record] });
  // Source: `SendMessageBatch` in the Amazon SQS API Reference.
  expect(body).toMatch(/^[\u0009\u000A\u000D\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u);
  expect(JSON.parse(body)).toEqual(record);
});

test.each([[{}], [{ Records: [{ eventID: 'x' }] }]])('another event is refused: %j', event => {
  expect(() => entriesOf(event as never)).toThrow(/neither one of/);
});
