/**
 * Messages that SNS and S3 send, and bodies that lie in S3: the bundled host with moto's server as SNS, S3 and SQS. Senders of the project's own (streams, log
 * groups) have the test as their stand-in.
 */
import { CreateBucketCommand, PutBucketNotificationConfigurationCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { queueHost, told } from './queue-host';
import { until } from './sqs-server';
import { motoServer } from '../../real-parts';
import { HostProcess, killHosts } from '../host/host-process';
import { startMoto, type Moto } from '../moto';

const program = motoServer();
const ACCESS = { region: 'eu-west-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } };

(program ? describe : describe.skip)('a message', () => {
  let moto: Moto;
  let sqs: SQSClient;
  let s3: S3Client;

  beforeAll(async () => {
    moto = await startMoto(program!);
    sqs = new SQSClient({ ...ACCESS, endpoint: moto.endpoint });
    s3 = new S3Client({ ...ACCESS, endpoint: moto.endpoint, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: 'files', CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }));
  });
  afterEach(killHosts);
  afterAll(async () => {
    sqs.destroy();
    s3.destroy();
    await moto.stop();
  });

  const queueOf = async (QueueName: string) => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout: '600', ...QueueName.endsWith('.fifo') && { FifoQueue: 'true' } } }));
    return { url: QueueUrl!, arn: `arn:aws:sqs:eu-west-1:123456789012:${QueueName}` };
  };
  const left = async (url: string) => {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }));
    return Number(Attributes!.ApproximateNumberOfMessages) + Number(Attributes!.ApproximateNumberOfMessagesNotVisible);
  };
  const emptied = (url: string) => until('the queue is empty', async () => await left(url) === 0);
  const host = (handler: string, entry: object): HostProcess => queueHost(handler, [entry], {
    AWS_ENDPOINT_URL: moto.endpoint, AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x',
  });
  const sns = async (parameters: Record<string, string>) => {
    const answer = await fetch(moto.endpoint, {
      method: 'POST',
      headers: { authorization: 'AWS4-HMAC-SHA256 Credential=x/20260101/eu-west-1/sns/aws4_request, SignedHeaders=host, Signature=x' },
      body: new URLSearchParams({ Version: '2010-03-31', ...parameters }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text;
  };

  test("of SNS is Lambda's event of SNS, each an invocation of its own; a raw one stays in the queue", async () => {
    const queue = await queueOf('notifications');
    const topic = /<TopicArn>(.*)<\/TopicArn>/.exec(await sns({ Action: 'CreateTopic', Name: 'orders' }))![1];
    await sns({ Action: 'Subscribe', TopicArn: topic, Protocol: 'sqs', Endpoint: queue.arn });
    const attribute = { 'MessageAttributes.entry.1.Name': 'kind', 'MessageAttributes.entry.1.Value.DataType': 'String', 'MessageAttributes.entry.1.Value.StringValue': 'a' };
    await sns({ Action: 'Publish', TopicArn: topic, Subject: 'one', Message: 'größe', ...attribute });
    await sns({ Action: 'Publish', TopicArn: topic, Message: 'two' });
    await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'raw' }));
    const running = host('single', { ...queue, event: 'sns' });
    await until('delivered', async () => await left(queue.url) === 1);
    expect(told(running).map(({ Records }) => Records)).toEqual(expect.arrayContaining([[{
      EventSource: 'aws:sns',
      EventVersion: '1.0',
      // moto makes one up.
      EventSubscriptionArn: expect.stringMatching(/^arn:aws:sns:[^:]+:123456789012:orders:[0-9a-f-]+$/),
      Sns: {
        Type: 'Notification',
        MessageId: expect.any(String),
        TopicArn: topic,
        Subject: 'one',
        Message: 'größe',
        Timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        SignatureVersion: expect.stringMatching(/^[12]$/),
        Signature: expect.any(String),
        SigningCertUrl: expect.stringMatching(/^https:/),
        UnsubscribeUrl: expect.stringMatching(/^https:.*SubscriptionArn=arn:aws:sns:/),
        MessageAttributes: { kind: { Type: 'String', Value: 'a' } },
      },
    }]]));
    expect(told(running).map(({ Records }) => Records[0].Sns.Message).sort()).toEqual(['größe', 'two']);
    await running.wrote('stderr', /queue notifications: message [0-9a-f-]+ is left to the queue, it cannot be delivered: it is no notification of SNS \(is raw message delivery on\?\)\n/);
  });

  test("of S3 is Lambda's event of S3; its test is dropped", async () => {
    const queue = await queueOf('uploads');
    await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: 'files', NotificationConfiguration: { QueueConfigurations: [{ QueueArn: queue.arn, Events: ['s3:ObjectCreated:*'] }] } }));
    expect(await left(queue.url)).toBe(1);
    await s3.send(new PutObjectCommand({ Bucket: 'files', Key: 'a.png', Body: 'x' }));
    const running = host('single', { ...queue, event: 'body' });
    await emptied(queue.url);
    expect(told(running)).toEqual([{ Records: [expect.objectContaining({ eventSource: 'aws:s3', s3: expect.objectContaining({ object: expect.objectContaining({ key: 'a.png' }) }) })] }]);
  });

  test('whose body is in S3 is delivered with that body, up to 6 MB; a body that cannot be read leaves it to the queue', async () => {
    const queue = await queueOf('large');
    await s3.send(new PutObjectCommand({ Bucket: 'files', Key: 'large.json', Body: JSON.stringify({ text: 'ü'.repeat(2_000_000) }) }));
    const refer = (uri: string) => sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: '{}', MessageAttributes: { HybridS3Uri: { DataType: 'String', StringValue: uri } } }));
    await refer('s3://files/large.json');
    await refer('s3://files/nothing.json');
    const running = host('lengths', { ...queue, event: 'body' });
    await until('delivered', async () => await left(queue.url) === 1);
    expect(told(running)).toEqual([2_000_000]);
    await running.wrote('stderr', /cannot be delivered: its body is in s3:\/\/files\/nothing.json, which cannot be read: NoSuchKey/);
  });

  test("of a user's own queue says of itself what it likes: nothing is read from S3 for it", async () => {
    const queue = await queueOf('strangers');
    await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'own', MessageAttributes: { HybridS3Uri: { DataType: 'String', StringValue: 's3://files/large.json' } } }));
    const running = host('bodies', queue);
    await emptied(queue.url);
    expect(told(running)).toEqual([['own'], 'done own']);
  });

  test('that is a record of a stream: a batch, of which everything stays from the first on that the handler names', async () => {
    const queue = await queueOf('records.fifo');
    for (const [index, text] of ['a', 'b', 'c'].entries()) {
      await sqs.send(new SendMessageCommand({
        QueueUrl: queue.url, MessageGroupId: 'shard', MessageDeduplicationId: text, MessageBody: JSON.stringify({ eventSource: 'aws:dynamodb', dynamodb: { SequenceNumber: `10${index}`, text } }),
      }));
    }
    const running = host('stream', { ...queue, event: 'records', reportBatchItemFailures: true });
    await until('delivered', async () => await left(queue.url) === 2);
    expect(told(running)).toEqual([['a', 'b', 'c']]);
    await running.wrote('stderr', /2 of 3 messages failed: the handler named them/);
  });
});
