/** What a message becomes: field by field as AWS documents the events, held by the types of @types/aws-lambda. */
import type { DynamoDBStreamEvent, SNSEvent, SQSEvent } from 'aws-lambda';
import { MAX_EVENT_BYTES } from '../../../layers/runtime/core/invoker';
import { eventOf, nextBatch, sorted, type Item } from '../../../layers/runtime/sources/queue/batch';
import { traceOf, type Message } from '../../../layers/runtime/sources/queue/message';
import { queueSettings } from '../../../layers/runtime/sources/queue/settings';

const queue = (options: object = {}, name = 'my-queue') => queueSettings({
  HYBRID_QUEUES: JSON.stringify([{ url: `https://sqs.us-east-2.amazonaws.com/123456789012/${name}`, arn: `arn:aws:sqs:us-east-2:123456789012:${name}`, ...options }]),
})[0];
const message = (Body: string, more: Partial<Message> = {}): Message => ({ MessageId: 'id', ReceiptHandle: 'handle', Body, ...more });
const itemOf = (given: Message, of = queue()): Item => {
  const result = sorted(given, of);
  if (!('item' in result)) throw new Error(JSON.stringify(result));
  return result.item;
};
const event = (given: Message, of = queue()): unknown => JSON.parse(eventOf(of.event, [itemOf(given, of)]));

test("messages of a standard queue are Lambda's event", () => {
  // "Using Lambda with Amazon SQS": example standard queue message event.
  const expected: SQSEvent = {
    Records: [{
      messageId: '059f36b4-87a3-44ab-83d2-661975830a7d',
      receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...',
      body: 'Test message.',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '1545082649183',
        SenderId: 'AIDAIENQZJOLO23YVJ4VO',
        ApproximateFirstReceiveTimestamp: '1545082649185',
      },
      messageAttributes: {
        myAttribute: { stringValue: 'myValue', stringListValues: [], binaryListValues: [], dataType: 'String' },
      },
      md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-2:123456789012:my-queue',
      awsRegion: 'us-east-2',
    }],
  };
  expect(event({
    MessageId: '059f36b4-87a3-44ab-83d2-661975830a7d',
    ReceiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...',
    Body: 'Test message.',
    MD5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
    Attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1545082649183', SenderId: 'AIDAIENQZJOLO23YVJ4VO', ApproximateFirstReceiveTimestamp: '1545082649185' },
    MessageAttributes: { myAttribute: { StringValue: 'myValue', DataType: 'String' } },
  })).toEqual(expected);
});

test("messages of a FIFO queue are Lambda's event", () => {
  // The same page: example FIFO queue message event.
  const expected: SQSEvent = {
    Records: [{
      messageId: '11d6ee51-4cc7-4302-9e22-7cd8afdaadf5',
      receiptHandle: 'AQEBBX8nesZEXmkhsmZeyIE8iQAMig7qw...',
      body: 'Test message.',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '1573251510774',
        SequenceNumber: '18849496460467696128',
        MessageGroupId: '1',
        SenderId: 'AIDAIO23YVJENQZJOL4VO',
        MessageDeduplicationId: '1',
        ApproximateFirstReceiveTimestamp: '1573251510774',
      },
      messageAttributes: {},
      md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-2:123456789012:fifo.fifo',
      awsRegion: 'us-east-2',
    }],
  };
  const given = message('Test message.', {
    MessageId: '11d6ee51-4cc7-4302-9e22-7cd8afdaadf5',
    ReceiptHandle: 'AQEBBX8nesZEXmkhsmZeyIE8iQAMig7qw...',
    MD5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
    Attributes: { ...expected.Records[0].attributes } as Record<string, string>,
  });
  expect(event(given, queue({}, 'fifo.fifo'))).toEqual(expected);
  expect(itemOf(given, queue({}, 'fifo.fifo')).group).toBe('1');
});

test('the trace of an invocation is that of the first message that has one', () => {
  // "Using Lambda with Amazon SQS" has no sample with the attribute; @types/aws-lambda has its name, "Amazon SQS and AWS X-Ray" what it holds.
  const attributes = { ApproximateReceiveCount: '1', SentTimestamp: '1', SenderId: 'A', ApproximateFirstReceiveTimestamp: '2', AWSTraceHeader: 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1' };
  const traced = message('', { Attributes: attributes });
  expect((event(traced) as SQSEvent).Records[0].attributes).toEqual(attributes satisfies SQSEvent['Records'][number]['attributes']);
  expect(traceOf([message(''), traced, message('', { Attributes: { AWSTraceHeader: 'Root=1-5759e988-000000000000000000000000' } })])).toBe(attributes.AWSTraceHeader);
  expect(traceOf([message(''), message('', { Attributes: {} })])).toBeUndefined();
});

test('binary attributes are base64, and custom types keep their names', () => {
  const { Records: [{ messageAttributes }] } = event(message('', { MessageAttributes: { raw: { DataType: 'Binary.png', BinaryValue: new Uint8Array([0, 255]) } } })) as SQSEvent;
  expect(messageAttributes).toEqual({ raw: { binaryValue: 'AP8=', stringListValues: [], binaryListValues: [], dataType: 'Binary.png' } });
});

describe('a notification of SNS', () => {
  // "Amazon SNS message and JSON formats" for the envelope; "Invoking Lambda functions with Amazon SNS notifications" for the event.
  const envelope = {
    Type: 'Notification',
    MessageId: '95df01b4-ee98-5cb9-9903-4c221d41eb5e',
    TopicArn: 'arn:aws:sns:us-east-1:123456789012:sns-lambda',
    Subject: 'TestInvoke',
    Message: 'Hello from SNS!',
    Timestamp: '2019-01-02T12:45:07.000Z',
    SignatureVersion: '1',
    Signature: 'tcc6faL2yUC6dgZdmrwh1Y4cGa/ebXEkAi6RibDsvpi+tE/1+82j...65r==',
    SigningCertURL: 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-ac565b8b1a6c5d002d285f9598aa1d9b.pem',
    UnsubscribeURL: 'https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-east-1:123456789012:test-lambda:21be56ed-a058-49f5-8c98-aedd2564c486',
    MessageAttributes: { Test: { Type: 'String', Value: 'TestString' }, TestBinary: { Type: 'Binary', Value: 'TestBinary' } },
  };

  test("is Lambda's event", () => {
    const expected: SNSEvent = {
      Records: [{
        EventVersion: '1.0',
        EventSubscriptionArn: 'arn:aws:sns:us-east-1:123456789012:test-lambda:21be56ed-a058-49f5-8c98-aedd2564c486',
        EventSource: 'aws:sns',
        Sns: {
          SignatureVersion: '1',
          Timestamp: '2019-01-02T12:45:07.000Z',
          Signature: envelope.Signature,
          SigningCertUrl: envelope.SigningCertURL,
          MessageId: '95df01b4-ee98-5cb9-9903-4c221d41eb5e',
          Message: 'Hello from SNS!',
          MessageAttributes: { Test: { Type: 'String', Value: 'TestString' }, TestBinary: { Type: 'Binary', Value: 'TestBinary' } },
          Type: 'Notification',
          UnsubscribeUrl: envelope.UnsubscribeURL,
          TopicArn: 'arn:aws:sns:us-east-1:123456789012:sns-lambda',
          Subject: 'TestInvoke',
        },
      }],
    };
    expect(event(message(JSON.stringify(envelope)), queue({ event: 'sns' }))).toEqual(expected);
  });

  test('without subject and attributes has null and none', () => {
    const { Subject: _, MessageAttributes: __, ...bare } = envelope;
    expect((event(message(JSON.stringify(bare)), queue({ event: 'sns' })) as SNSEvent).Records[0].Sns).toMatchObject({ Subject: null, MessageAttributes: {} });
  });

  test.each(['raw', '{"order":1}', 'null'])('that is none (%s) is left to the queue', (body) => {
    expect(sorted(message(body), queue({ event: 'sns' }))).toEqual({ undeliverable: expect.stringContaining('is raw message delivery on?') });
  });
});

describe('a body that is the event', () => {
  test('is delivered as it is, whatever JSON it is', () => {
    for (const body of ['{"Records":[{"eventSource":"aws:s3"}]}', '"text"', '7']) expect(eventOf('body', [itemOf(message(body), queue({ event: 'body' }))])).toBe(body);
  });

  test("is dropped when it is S3's test", () => {
    const body = '{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2014-10-13T15:57:02.089Z","Bucket":"amzn-s3-demo-bucket","RequestId":"5582815E1AEA5ADF","HostId":"8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE"}';
    expect(sorted(message(body), queue({ event: 'body' }))).toEqual({ unwanted: true });
  });

  test('is left to the queue when it is no JSON', () => {
    expect(sorted(message('no'), queue({ event: 'body' }))).toEqual({ undeliverable: 'its body is not JSON' });
  });
});

describe('records of streams', () => {
  const of = queue({ event: 'records' });

  test('are one event, each named by its sequence number', () => {
    const dynamodb = { eventID: '1', eventName: 'INSERT', eventSource: 'aws:dynamodb', dynamodb: { SequenceNumber: '111', Keys: { Id: { N: '101' } } } };
    const kinesis = { kinesis: { sequenceNumber: '495', data: 'aGk=' }, eventSource: 'aws:kinesis' };
    const items = [dynamodb, kinesis].map((record) => itemOf(message(JSON.stringify(record)), of));
    expect(items.map(({ identifier }) => identifier)).toEqual(['111', '495']);
    expect((JSON.parse(eventOf('records', items)) as DynamoDBStreamEvent).Records).toEqual([dynamodb, kinesis]);
  });

  test.each(['no', '7', 'null'])('that are none (%s) are left to the queue', (body) => {
    expect(sorted(message(body), of)).toEqual({ undeliverable: 'its body is no record of a stream' });
  });
});

describe('the size of an event', () => {
  const items = (...sizes: number[]) => sizes.map((size): Item => ({ message: message(''), text: 'x'.repeat(size), bytes: size }));
  const brackets = '{"Records":[]}'.length;

  test('is 6 MB at most: what is over comes in the next one', () => {
    const half = (MAX_EVENT_BYTES - brackets - 1) / 2;
    expect(nextBatch('sqs', items(Math.floor(half), Math.floor(half), 10))).toHaveLength(2);
    expect(nextBatch('sqs', items(Math.ceil(half) + 1, Math.ceil(half), 10))).toHaveLength(1);
    const full = items(Math.floor(half), Math.floor(half));
    expect(Buffer.byteLength(eventOf('sqs', full))).toBeLessThanOrEqual(MAX_EVENT_BYTES);
  });

  test('of a single message over it: it is left to the queue', () => {
    expect(sorted(message('x'.repeat(MAX_EVENT_BYTES)), queue())).toEqual({ undeliverable: 'its event would be over 6291456 bytes' });
  });
});
