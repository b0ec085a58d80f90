/** The events of `invoke --trigger`: what the template and the options say in them; the functions are invoked for real. Their fields are in sample-events-fields.test.ts. */
import { gunzipSync } from 'node:zlib';
import { Duration } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type {
  ALBEvent, APIGatewayProxyEvent, APIGatewayProxyEventV2, CloudWatchLogsDecodedData, CloudWatchLogsEvent, DynamoDBStreamEvent, EventBridgeEvent,
  KinesisStreamEvent, PreSignUpTriggerEvent, S3Event, SNSEvent, SQSEvent,
} from 'aws-lambda';
import { cdkHybrid, type Run } from './command';
import { ACCOUNT, REGION, synthesizeService } from './local-apps';
import { synthesizeTriggers } from './sample-events-app';
import { Compute, HybridFunction, Trigger } from '../../src';
import { SMALL_CODE, SMALL_RUNTIME } from '../small-runtime';
import { workspace } from '../workspace';

const directory = workspace();

beforeAll(() => {
  synthesizeTriggers(directory);
  synthesizeService(directory, 'services.out', (web, stack) => {
    const schedule = scheduler.ScheduleExpression.rate(Duration.hours(1));
    const scheduled = (input: object) => Trigger.schedule({ schedule, input: scheduler.ScheduleTargetInput.fromObject(input) });
    web.addTrigger(Trigger.queue(new sqs.Queue(stack, 'Orders', { queueName: 'orders' })));
    web.addTrigger(Trigger.topic(new sns.Topic(stack, 'News', { topicName: 'news' })));
    web.addTrigger(scheduled({ every: 'hour' }));
    const partitionKey = { name: 'Id', type: dynamodb.AttributeType.STRING };
    web.addTrigger(Trigger.tableStream(new dynamodb.Table(stack, 'Items', { tableName: 'items', partitionKey, stream: dynamodb.StreamViewType.NEW_IMAGE })));
    web.addTrigger(Trigger.logGroup(new logs.LogGroup(stack, 'Log', { logGroupName: '/the/log' })));
    const task = new HybridFunction(stack, 'Job', { code: SMALL_CODE, runtime: SMALL_RUNTIME, vpc: web.vpc, compute: Compute.task() });
    task.addTrigger(scheduled({ every: 'hour, a task' }));
    task.addTrigger(Trigger.topic(new sns.Topic(stack, 'Work', { topicName: 'work' })));
    task.addTrigger(Trigger.bucket(new s3.Bucket(stack, 'Uploads', { bucketName: 'uploads' }), { prefix: 'in/' }));
    task.addTrigger(Trigger.logGroup(new logs.LogGroup(stack, 'Watched', { logGroupName: '/watched' })));
  });
}, 60_000);

const run = (...args: string[]): Promise<Run> => cdkHybrid(['invoke', ...args], { cwd: directory });

async function printed<Event>(trigger: string, ...args: string[]): Promise<Event> {
  const { code, out, err } = await run('All', '--trigger', trigger, '--print', ...args);
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as Event;
}

test('names are those of the template', async () => {
  const { Records: [order] } = await printed<SQSEvent>('queue:Orders');
  expect([order.eventSourceARN, order.awsRegion]).toEqual([`arn:aws:sqs:${REGION}:${ACCOUNT}:orders`, REGION]);
  expect((await printed<SQSEvent>('queue:foreign')).Records[0].eventSourceARN).toBe(`arn:aws:sqs:${REGION}:${ACCOUNT}:foreign`);
  expect((await printed<SNSEvent>('topic')).Records[0].Sns.TopicArn).toBe(`arn:aws:sns:${REGION}:${ACCOUNT}:news`);
  const { Records: [{ eventName, s3: file }] } = await printed<S3Event>('bucket:Files');
  expect([eventName, file.bucket.name, file.bucket.arn, file.object.key]).toEqual(['ObjectRemoved:Delete', 'the-files', 'arn:aws:s3:::the-files', 'in+box/example.png']);
  const { Records: items } = await printed<DynamoDBStreamEvent>('tableStream');
  expect(items.map((item) => item.eventName)).toEqual(['INSERT', 'MODIFY', 'REMOVE']);
  expect(items[0].eventSourceARN).toMatch(new RegExp(`^arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/items/stream/`));
  expect((await printed<KinesisStreamEvent>('dataStream')).Records[0].eventSourceARN).toBe(`arn:aws:kinesis:${REGION}:${ACCOUNT}:stream/clicks`);
  expect(await printed<EventBridgeEvent<string, unknown>>('eventPattern')).toMatchObject({ 'source': 'own.app', 'detail-type': 'Ordered', 'account': ACCOUNT, 'region': REGION, 'detail': { total: 11, name: 'a' } });
  expect((await printed<EventBridgeEvent<string, unknown>>('schedule:Hourly')).resources).toEqual([`arn:aws:events:${REGION}:${ACCOUNT}:rule/hourly`]);
  expect(await printed('schedule:Nightly')).toEqual({ night: true, at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]+Z$/) });
  expect((await printed<EventBridgeEvent<string, unknown>>('schedule:Plain')).resources).toEqual([`arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default/plain`]);
  expect((await printed<PreSignUpTriggerEvent>('userPool:PreSignUp')).triggerSource).toBe('PreSignUp_SignUp');
  for (const [name, version] of [['TokensV1', '1'], ['TokensV2', '2'], ['TokensV3', '3']]) {
    expect(JSON.parse((await run(name, '--trigger', 'userPool:PreTokenGeneration', '--print')).out)).toMatchObject({ version, triggerSource: 'TokenGeneration_Authentication' });
  }
});

test('requests have the mapping that local has', async () => {
  expect(await printed<APIGatewayProxyEventV2>('httpApi')).toMatchObject({ version: '2.0', routeKey: 'PATCH /items/{id}', rawPath: '/items/id', pathParameters: { id: 'id' }, requestContext: { accountId: ACCOUNT, http: { method: 'PATCH' } } });
  expect(await printed<APIGatewayProxyEvent>('restApi', '--method', 'PUT', '--path', '/orders/7?a=b', '--body', '{"a":1}')).toMatchObject({
    resource: '/orders/{id}', path: '/orders/7', httpMethod: 'PUT', pathParameters: { id: '7' }, queryStringParameters: { a: 'b' }, body: '{"a":1}', requestContext: { stage: 'prod' },
  });
  expect(await printed<APIGatewayProxyEventV2>('functionUrl', '--body', 'text')).toMatchObject({ routeKey: '$default', rawPath: '/', body: 'text', requestContext: { http: { method: 'POST', sourceIp: '192.0.2.1' } } });
  expect(await printed<ALBEvent>('loadBalancer', '--path', '/x')).toMatchObject({ httpMethod: 'GET', path: '/x' });
});

test('overrides are in the place of what is made up', async () => {
  const { Records: [message] } = await printed<SQSEvent>('queue:Orders', '--body', 'text', '--set', 'Records.0.attributes.ApproximateReceiveCount=three', '--set', 'Records.0.extra.deep=[1]');
  expect(message).toMatchObject({ body: 'text', md5OfBody: '1cb251ec0d568de6a929b520c4aed8d1', attributes: { ApproximateReceiveCount: 'three' }, extra: { deep: [1] } });
  expect((await printed<S3Event>('bucket', '--key', 'a b/ü.png')).Records[0].s3.object.key).toBe('a+b/%C3%BC.png');
  const { Records: [{ kinesis: record }] } = await printed<KinesisStreamEvent>('dataStream', '--key', 'k', '--body', 'hi');
  expect([record.partitionKey, record.data]).toEqual(['k', 'aGk=']);
  expect(await printed('eventPattern', '--body', '{"a":1}')).toMatchObject({ source: 'own.app', detail: { a: 1 } });
  const { awslogs } = await printed<CloudWatchLogsEvent>('logGroup', '--body', 'line', '--set', 'logStream=own');
  const data = JSON.parse(gunzipSync(Buffer.from(awslogs.data, 'base64')).toString()) as CloudWatchLogsDecodedData;
  expect(data).toEqual({
    messageType: 'DATA_MESSAGE', owner: ACCOUNT, logGroup: '/the/log', logStream: 'own', subscriptionFilters: ['errors'], logEvents: [{ id: expect.stringMatching(/^\d+$/), timestamp: expect.any(Number), message: 'line' }],
  });
});

test('the function is invoked with the event', async () => {
  const { code, out } = await run('All', '--trigger', 'queue:Orders', '--body', 'hello');
  expect([code, JSON.parse(out)]).toEqual([0, { Records: [expect.objectContaining({ body: 'hello', eventSource: 'aws:sqs' })] }]);
});

test('a service, a task and what lies between them and their origins', async () => {
  const of = async (name: string, trigger: string): Promise<any> => JSON.parse((await run(name, '--app', 'services.out', '--trigger', trigger, '--print')).out);
  expect((await of('Web', 'queue')).Records[0].eventSourceARN).toBe(`arn:aws:sqs:${REGION}:${ACCOUNT}:orders`);
  expect((await of('Web', 'topic')).Records[0].Sns.TopicArn).toBe(`arn:aws:sns:${REGION}:${ACCOUNT}:news`);
  expect(await of('Web', 'schedule')).toEqual({ every: 'hour' });
  const { Records: items } = await of('Web', 'tableStream');
  expect(items.map(({ dynamodb: { StreamViewType, ...rest } }: any) => [StreamViewType, 'NewImage' in rest, 'OldImage' in rest])).toEqual([
    ['NEW_IMAGE', true, false], ['NEW_IMAGE', true, false], ['NEW_IMAGE', false, false],
  ]);
  expect(await of('Web', 'logGroup')).toEqual({ awslogs: { data: expect.any(String) } });
  expect(await of('Job', 'schedule')).toEqual({ every: 'hour, a task' });
  expect((await of('Job', 'topic')).Records[0].Sns.TopicArn).toBe(`arn:aws:sns:${REGION}:${ACCOUNT}:work`);
  expect((await of('Job', 'bucket')).Records[0].s3).toMatchObject({ bucket: { name: 'uploads' }, object: { key: expect.stringMatching(/^in\//) } });
  const { awslogs } = await of('Job', 'logGroup');
  expect(JSON.parse(gunzipSync(Buffer.from(awslogs.data, 'base64')).toString()).logGroup).toBe('/watched');
});

test('what lies between an origin and a service or a task is no function of the app', async () => {
  const { out } = await cdkHybrid(['list', '--app', 'services.out'], { cwd: directory });
  const listed = out.trim().split('\n').map((line) => line.split(/ +/).slice(0, 2));
  // The CDK's own, which sets the notifications of buckets.
  expect(listed.filter(([name]) => !name.includes('BucketNotificationsHandler'))).toEqual([['Stack/Web', 'service'], ['Stack/Job', 'task']]);
  for (const name of ['Forwarder', 'Starter']) {
    expect(await cdkHybrid(['invoke', name, '--app', 'services.out'], { cwd: directory })).toMatchObject({ code: 2, err: expect.stringMatching(/FUNCTION_UNKNOWN/) });
  }
});

describe('refuses', () => {
  test.each<[string, string[], RegExp]>([
    ['a trigger that the function has not, and names those that it has', ['None', '--trigger', 'queue'], /Stack\/None has no trigger 'queue' in the template of Stack: it has none; .*TRIGGER_UNKNOWN\]$/],
    ['a name that no trigger has', ['All', '--trigger', 'queue:Other'], /has no trigger 'queue:Other'.*: it has queue:Orders, queue:Payments, queue:foreign, tableStream:Items, .*TRIGGER_UNKNOWN\]$/],
    ['a kind of which there are several', ['All', '--trigger', 'queue'], /has several triggers 'queue': queue:Orders, queue:Payments, queue:foreign; .*TRIGGER_AMBIGUOUS\]$/],
    ['a kind that does not exist', ['All', '--trigger', 'mail'], /--trigger must be one of bucket, .*, got 'mail'; .*USAGE\]$/],
    ['an option that the trigger has no use for', ['All', '--trigger', 'topic', '--key', 'a'], /--key is for the triggers bucket, dataStream, not for topic; .*USAGE\]$/],
    ['a place that the event has not', ['All', '--trigger', 'topic', '--set', 'Records.5.a=b'], /--set Records\.5\.a=b: '5' must be a number from 0 to 1; .*SET_INVALID\]$/],
    ['what is no place', ['All', '--trigger', 'topic', '--set', 'Records'], /--set must be PATH=VALUE, got 'Records'; .*SET_INVALID\]$/],
    ['a field in a text', ['All', '--trigger', 'topic', '--set', 'Records.0.EventSource.a=1'], /'a' would be in "aws:sns", which is no object; .*SET_INVALID\]$/],
    ['a detail that is not JSON', ['All', '--trigger', 'eventPattern', '--body', 'text'], /--body must be JSON for an event pattern.*got 'text'; .*EVENT_INVALID\]$/],
    ['--set without --trigger', ['All', '--set', 'a=b'], /--set is for --trigger; .*USAGE\]$/],
    ['--event with --trigger', ['All', '--event', '{}', '--trigger', 'topic'], /--trigger and --event exclude each other; .*USAGE\]$/],
  ])('%s', async (_what, args, line) => {
    const { code, out, err } = await run(...args);
    expect([code, out, err.trim()]).toEqual([2, '', expect.stringMatching(line)]);
  });
});
