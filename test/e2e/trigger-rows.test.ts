/**
 * Each trigger of a service, from its origin to the handler: what the template says is made in moto's server, which stands in for AWS, with
 * AWS's own client, and the bundled host gets the environment of the template. No setting is written here a second time.
 *
 * moto lacks: a check of the policies of queues when a service sends to them, so the tests look at the policy that the queue was given; a
 * Scheduler that sends; event source mappings and subscriptions that invoke functions without a container engine, so the tests read the
 * streams as Lambda does.
 */
import { gunzipSync } from 'node:zlib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ContextAttribute, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { account, arn, Cloud, Deployment, region } from './trigger-rows-deployment';
import { Trigger } from '../../src';
import { forward } from '../layers/forwarder/forwarder-process';
import { killHosts } from '../layers/host/host-process';
import { motoServer } from '../real-parts';

const program = motoServer();
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

(program ? describe : describe.skip)("a service's handler gets", () => {
  let cloud: Cloud;
  beforeAll(async () => { cloud = await Cloud.start(program!); });
  afterEach(async () => {
    await killHosts();
    await cloud.reset();
  });
  afterAll(() => cloud.stop());

  test('queue: the messages of a queue', async () => {
    const deployment = await Deployment.of(cloud, stack => Trigger.queue(new sqs.Queue(stack, 'Orders')));
    const [{ url, arn: queueArn }] = await deployment.queues();
    const MessageAttributes = { kind: { DataType: 'String', StringValue: 'book' }, bytes: { DataType: 'Binary', BinaryValue: 'bytes' } };
    const { MessageId } = await cloud.call('sqs', 'send_message', { QueueUrl: url, MessageBody: 'größe', MessageAttributes });
    // Source: "Using Lambda with Amazon SQS" in the AWS Lambda Developer Guide.
    expect(await deployment.delivered('event')).toEqual([{
      Records: [{
        messageId: MessageId,
        receiptHandle: expect.any(String),
        body: 'größe',
        attributes: expect.objectContaining({
          ApproximateReceiveCount: '1',
          SentTimestamp: expect.stringMatching(/^\d{13}$/),
          SenderId: expect.any(String),
          ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
        }),
        messageAttributes: {
          kind: { stringValue: 'book', stringListValues: [], binaryListValues: [], dataType: 'String' },
          bytes: { binaryValue: Buffer.from('bytes').toString('base64'), stringListValues: [], binaryListValues: [], dataType: 'Binary' },
        },
        md5OfBody: 'fdbb3a56280acfa9031707622c599ccb',
        md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
        eventSource: 'aws:sqs',
        eventSourceARN: queueArn,
        awsRegion: region,
      }],
    }]);
  });

  test('eventPattern: the events of a bus that match, as EventBridge makes them', async () => {
    const deployment = await Deployment.of(cloud, stack => Trigger.eventPattern(
      { source: ['shop'], detailType: ['Order placed'], detail: { price: [{ numeric: ['>', 10] }], kind: [{ prefix: 'b' }] } },
      { eventBus: new events.EventBus(stack, 'Bus', { eventBusName: 'orders' }) },
    ));
    const Detail = JSON.stringify({ kind: 'book', price: 12.5, text: '"größe"' });
    const order = { Source: 'shop', DetailType: 'Order placed', EventBusName: 'orders', Resources: ['arn:aws:any'], Detail };
    const { FailedEntryCount, Entries } = await cloud.call('events', 'put_events', {
      Entries: [
        { ...order, DetailType: 'Order cancelled' },
        { ...order, Detail: JSON.stringify({ kind: 'book', price: 9 }) },
        { ...order, Detail: JSON.stringify({ kind: 'toy', price: 12.5 }) },
        { ...order, EventBusName: 'default' },
        order,
      ],
    });
    expect(FailedEntryCount).toBe(0);
    // Source: "AWS service event metadata" in the Amazon EventBridge User Guide.
    expect(await deployment.delivered('event')).toEqual([{
      'version': '0',
      'id': Entries[4].EventId,
      'detail-type': 'Order placed',
      'source': 'shop',
      // moto leaves out account.
      'time': expect.stringMatching(TIME),
      'region': region,
      'resources': ['arn:aws:any'],
      'detail': { kind: 'book', price: 12.5, text: '"größe"' },
    }]);
    const { attributes: { Arn } } = await deployment.only('AWS::Events::Rule');
    expect(await deployment.senders()).toEqual([{
      Principal: { Service: 'events.amazonaws.com' }, Condition: { ArnEquals: { 'aws:SourceArn': Arn } },
    }]);
  });

  const kind = sns.SubscriptionFilter.stringFilter({ allowlist: ['book'] });
  test.each([
    ['attributes', { filterPolicy: { kind } }],
    ['body', { filterPolicyWithMessageBody: { kind: sns.FilterOrPolicy.filter(kind) } }],
  ])('topic: the messages of a topic whose %s match, as SNS sends them to Lambda', async (_what, props) => {
    const deployment = await Deployment.of(cloud, stack => Trigger.topic(new sns.Topic(stack, 'Orders'), props));
    const { attributes: { Ref: TopicArn } } = await deployment.only('AWS::SNS::Topic');
    const publish = async (value: string) => (await cloud.call('sns', 'publish', {
      TopicArn, Subject: 'größe', Message: JSON.stringify({ kind: value }), MessageAttributes: { kind: { DataType: 'String', StringValue: value } },
    })).MessageId;
    await publish('toy');
    const MessageId = await publish('book');
    // Source: "Using Lambda with Amazon SNS" in the AWS Lambda Developer Guide.
    expect(await deployment.delivered('event')).toEqual([{
      Records: [{
        EventVersion: '1.0',
        // Another ARN than that of the subscription: moto always writes us-east-1, and an identifier that it makes up.
        EventSubscriptionArn: expect.stringMatching(/^arn:aws:sns:us-east-1:123456789012:Orders\w+:[0-9a-f-]{36}$/),
        EventSource: 'aws:sns',
        Sns: {
          Type: 'Notification',
          MessageId,
          TopicArn,
          Subject: 'größe',
          Message: '{"kind":"book"}',
          Timestamp: expect.stringMatching(TIME),
          SignatureVersion: expect.stringMatching(/^[12]$/),
          Signature: expect.any(String),
          SigningCertUrl: expect.stringMatching(/^https:/),
          UnsubscribeUrl: expect.stringMatching(/^https:/),
          MessageAttributes: { kind: { Type: 'String', Value: 'book' } },
        },
      }],
    }]);
    expect(await deployment.senders()).toEqual([{
      Principal: { Service: 'sns.amazonaws.com' }, Condition: { ArnEquals: { 'aws:SourceArn': TopicArn } },
    }]);
  });

  test('bucket: what happens to objects whose key matches, and not the test of S3', async () => {
    const deployment = await Deployment.of(cloud, stack => Trigger.bucket(new s3.Bucket(stack, 'Files'), {
      prefix: 'in/', suffix: '.png', events: [s3.EventType.OBJECT_CREATED, s3.EventType.OBJECT_REMOVED],
    }));
    const { attributes: { Ref: Bucket, Arn } } = await deployment.only('AWS::S3::Bucket');
    const [queue] = await deployment.queues();
    // The test of S3.
    expect(await cloud.messagesIn(queue.url)).toBe(1);
    for (const Key of ['out/a.png', 'in/a.txt', 'in/größe 1.png']) { await cloud.call('s3', 'put_object', { Bucket, Key }); }
    await cloud.call('s3', 'delete_object', { Bucket, Key: 'in/größe 1.png' });
    const record = (eventName: string) => ({
      eventVersion: expect.stringMatching(/^2\.\d$/),
      eventSource: 'aws:s3',
      awsRegion: region,
      eventTime: expect.stringMatching(TIME),
      eventName,
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: expect.any(String),
        bucket: { name: Bucket, arn: Arn },
        // Source: "Event message structure" in the Amazon S3 User Guide: keys are URL encoded.
        // moto encodes slashes, too.
        object: { key: expect.stringMatching(/^in(\/|%2F)gr%C3%B6%C3%9Fe\+1\.png$/), size: 0, eTag: 'd41d8cd98f00b204e9800998ecf8427e' },
      },
      // moto lacks userIdentity, requestParameters, responseElements, the owner of the bucket, and the object's versionId and sequencer.
    });
    const delivered = await deployment.delivered('event');
    expect(delivered).toHaveLength(2);
    expect(delivered).toEqual(expect.arrayContaining(['ObjectCreated:Put', 'ObjectRemoved:Delete'].map(name => ({ Records: [record(name)] }))));
    expect(await deployment.senders()).toEqual([{
      Principal: { Service: 's3.amazonaws.com' }, Condition: { ArnLike: { 'aws:SourceArn': Arn }, StringEquals: { 'aws:SourceAccount': account } },
    }]);
  });

  const DUE = '2026-01-02T03:04:05Z';
  test.each<[string, ScheduleTargetInput | undefined, object]>([
    ['its input', ScheduleTargetInput.fromObject({ text: '"größe"', at: ContextAttribute.scheduledTime }), { text: '"größe"', at: DUE }],
    // Source: "Managing targets" in the EventBridge Scheduler User Guide.
    ['the event of EventBridge Scheduler', undefined, {
      'version': '0',
      'id': 'run-1',
      'detail-type': 'Scheduled Event',
      'source': 'aws.scheduler',
      account,
      'time': DUE,
      region,
      'resources': ['<schedule>'],
      'detail': '{}',
    }],
  ])('schedule: %s; moto keeps the schedule and the test sends what it keeps, for nothing is ever sent by moto', async (_what, input, event) => {
    const deployment = await Deployment.of(cloud, () => Trigger.schedule({ schedule: ScheduleExpression.cron({ minute: '0' }), input }));
    const { properties, attributes: { Ref: Name, Arn } } = await deployment.only('AWS::Scheduler::Schedule');
    const { Target, ScheduleExpression: expression } = await cloud.call('scheduler', 'get_schedule', { Name });
    expect([Target, expression]).toEqual([expect.objectContaining(properties.Target), properties.ScheduleExpression]);
    const [queue] = await deployment.queues();
    expect(Target.Arn).toBe(queue.arn);
    // Source: "Adding context attributes" in the EventBridge Scheduler User Guide.
    const now = { 'schedule-arn': Arn, 'scheduled-time': DUE, 'execution-id': 'run-1', 'attempt-number': '1' };
    const MessageBody = Object.entries(now).reduce((text, [name, value]) => text.replaceAll(`<aws.scheduler.${name}>`, value), Target.Input);
    await cloud.call('sqs', 'send_message', { QueueUrl: queue.url, MessageBody });
    expect(await deployment.delivered('event')).toEqual([JSON.parse(JSON.stringify(event).replace('<schedule>', Arn))]);
  });

  const forwarderOf = (deployment: Deployment) => deployment.only('AWS::Lambda::Function', /Forwarder[0-9A-F]{8}$/);
  /** Sends an event through the forwarder, with the environment that the template gives it, and gives the events that reach the handler. */
  const through = async (deployment: Deployment, event: object, handler: string) => {
    const { properties: { Environment: { Variables } } } = await forwarderOf(deployment);
    const answer = await forward(event, {
      queueUrl: Variables.HYBRID_FORWARDER_QUEUE_URL, bucket: Variables.HYBRID_FORWARDER_BUCKET, environment: cloud.environment,
    });
    expect(answer).toEqual({ result: { batchItemFailures: [] }, log: '' });
    return deployment.delivered(handler);
  };
  /** Sends records as the event source mapping does, and gives those that reach the handler. */
  const recordsThrough = async (deployment: Deployment, records: object[]) => {
    const { properties: { BatchSize, FunctionResponseTypes } } = await deployment.only('AWS::Lambda::EventSourceMapping');
    expect([BatchSize >= records.length, FunctionResponseTypes]).toEqual([true, ['ReportBatchItemFailures']]);
    const delivered = await through(deployment, { Records: records }, 'records');
    expect(delivered.map(event => Object.keys(event))).toEqual(delivered.map(() => ['Records']));
    return delivered.flatMap(({ Records }) => Records);
  };
  /** What lies in a stream, with the id of its shard. */
  const read = async (service: string, stream: object, ShardIteratorType: string) => {
    const { StreamDescription: { Shards: [{ ShardId }] } } = await cloud.call(service, 'describe_stream', stream);
    const { ShardIterator } = await cloud.call(service, 'get_shard_iterator', { ...stream, ShardId, ShardIteratorType });
    const { Records } = await cloud.call(service, 'get_records', { ShardIterator });
    return { ShardId, Records: Records as any[] };
  };

  test('tableStream: the changes of a table in order, as Lambda gives them', async () => {
    const deployment = await Deployment.of(cloud, stack => Trigger.tableStream(new dynamodb.Table(stack, 'Orders', {
      partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, stream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
    })));
    const { attributes: { Ref: TableName, StreamArn } } = await deployment.only('AWS::DynamoDB::Table');
    const list = { L: [{ N: '1.5' }, { NULL: true }, { BOOL: false }] };
    const [first, second] = ['a', 'größe'].map(text => ({ id: { S: 'one' }, text: { S: text }, list }));
    for (const Item of [first, second]) { await cloud.call('dynamodb', 'put_item', { TableName, Item }); }
    await cloud.call('dynamodb', 'delete_item', { TableName, Key: { id: { S: 'one' } } });
    const { properties: { EventSourceArn, StartingPosition } } = await deployment.only('AWS::Lambda::EventSourceMapping');
    const { Records } = await read('dynamodbstreams', { StreamArn: EventSourceArn }, StartingPosition);
    // Lambda adds where the record is from. Source: "Using AWS Lambda with Amazon DynamoDB" in the AWS Lambda Developer Guide.
    const records = Records.map(record => ({ ...record, eventSourceARN: StreamArn }));
    const given = await recordsThrough(deployment, records);
    expect(given).toEqual(records);
    const change = (eventName: string, images: object) => ({
      eventID: expect.any(String),
      eventName,
      eventVersion: expect.stringMatching(/^1\.\d$/),
      eventSource: 'aws:dynamodb',
      // moto says always the same.
      awsRegion: 'us-east-1',
      dynamodb: {
        ApproximateCreationDateTime: expect.any(Number),
        Keys: { id: { S: 'one' } },
        SequenceNumber: expect.stringMatching(/^\d+$/),
        SizeBytes: expect.any(Number),
        StreamViewType: 'NEW_AND_OLD_IMAGES',
        ...images,
      },
      eventSourceARN: StreamArn,
    });
    expect(given).toEqual([
      change('INSERT', { NewImage: first }), change('MODIFY', { OldImage: first, NewImage: second }), change('REMOVE', { OldImage: second }),
    ]);
  });

  test('dataStream: the records of a stream in order, as Lambda gives them', async () => {
    const settings = { shardCount: 1, encryption: kinesis.StreamEncryption.UNENCRYPTED };
    const deployment = await Deployment.of(cloud, stack => Trigger.dataStream(new kinesis.Stream(stack, 'Orders', settings)));
    const { attributes: { Ref: StreamName, Arn } } = await deployment.only('AWS::Kinesis::Stream');
    const texts = ['first', 'größe', '{"third":3}'];
    for (const Data of texts) { await cloud.call('kinesis', 'put_record', { StreamName, PartitionKey: 'one', Data }); }
    const { properties: { EventSourceArn, StartingPosition } } = await deployment.only('AWS::Lambda::EventSourceMapping');
    expect(EventSourceArn).toBe(Arn);
    const { Records, ShardId } = await read('kinesis', { StreamName }, StartingPosition);
    // Source: "Using Lambda with Kinesis Data Streams" in the AWS Lambda Developer Guide.
    const records = Records.map(({ PartitionKey, SequenceNumber, Data, ApproximateArrivalTimestamp }) => ({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: PartitionKey,
        sequenceNumber: SequenceNumber,
        data: Data,
        approximateArrivalTimestamp: ApproximateArrivalTimestamp,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `${ShardId}:${SequenceNumber}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: arn('iam', 'role/forwarder'),
      awsRegion: region,
      eventSourceARN: EventSourceArn,
    }));
    const given = await recordsThrough(deployment, records);
    expect(given).toEqual(records);
    expect(given.map((record: any) => Buffer.from(record.kinesis.data, 'base64').toString())).toEqual(texts);
  });

  test('logGroup: the events of a log group, as CloudWatch Logs sends them, with moto by way of a data stream and whatever the pattern', async () => {
    const deployment = await Deployment.of(cloud, stack => Trigger.logGroup(new logs.LogGroup(stack, 'Orders')));
    const { properties: { LogGroupName: logGroupName, FilterPattern, DestinationArn } } = await deployment.only('AWS::Logs::SubscriptionFilter');
    expect(DestinationArn).toBe((await forwarderOf(deployment)).attributes.Arn);
    await cloud.call('kinesis', 'create_stream', { StreamName: 'carrier', ShardCount: 1 });
    await cloud.call('logs', 'put_subscription_filter', {
      logGroupName,
      filterName: 'all',
      filterPattern: FilterPattern,
      destinationArn: arn('kinesis', 'stream/carrier'),
      roleArn: `arn:aws:iam::${account}:role/logs`,
    });
    await cloud.call('logs', 'create_log_stream', { logGroupName, logStreamName: 'one' });
    const timestamp = Date.now();
    const messages = ['first', '"größe"'];
    await cloud.call('logs', 'put_log_events', { logGroupName, logStreamName: 'one', logEvents: messages.map(message => ({ timestamp, message })) });
    const { Records: [{ Data }] } = await read('kinesis', { StreamName: 'carrier' }, 'TRIM_HORIZON');
    const event = { awslogs: { data: Data } };
    expect(await through(deployment, event, 'event')).toEqual([event]);
    // Source: "Subscription filters with AWS Lambda" in the Amazon CloudWatch Logs User Guide.
    expect(JSON.parse(gunzipSync(Buffer.from(Data, 'base64')).toString())).toEqual({
      messageType: 'DATA_MESSAGE',
      owner: account,
      logGroup: logGroupName,
      logStream: 'one',
      subscriptionFilters: ['all'],
      logEvents: messages.map(message => ({ id: expect.anything(), timestamp, message })),
    });
  });
});
