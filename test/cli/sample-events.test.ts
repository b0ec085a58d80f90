/** The events of `invoke --trigger`, held field by field to the samples of AWS's documentation; the functions are invoked for real. */
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as elbTargets from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sources from 'aws-cdk-lib/aws-lambda-event-sources';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as logTargets from 'aws-cdk-lib/aws-logs-destinations';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as notifications from 'aws-cdk-lib/aws-s3-notifications';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as schedulerTargets from 'aws-cdk-lib/aws-scheduler-targets';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type {
  ALBEvent, APIGatewayProxyEvent, APIGatewayProxyEventV2, CloudWatchLogsDecodedData, CloudWatchLogsEvent, DynamoDBStreamEvent, EventBridgeEvent,
  KinesisStreamEvent, PreSignUpTriggerEvent, S3Event, SNSEvent, SQSEvent,
} from 'aws-lambda';
import { layerFolder } from './app';
import { bundlePrograms, cdkHybrid, type Run } from './command';
import { Compute, HybridFunction, Trigger } from '../../src';
import { SMALL_CODE, SMALL_RUNTIME, withSmallRuntime } from '../small-runtime';
import { addFiles, inDirectory, workspace } from '../workspace';

const directory = workspace();
const account = '111122223333';
const region = 'eu-west-1';

beforeAll(() => {
  bundlePrograms();
  const layer = layerFolder(directory);
  addFiles(directory, { 'code/index.js': 'exports.echo = async (event) => event;' });
  const app = new App({ outdir: join(directory, 'cdk.out') });
  const stack = new Stack(app, 'Stack', { env: { account, region } });
  const common = {
    runtime: lambda.Runtime.PROVIDED_AL2023,
    architecture: process.arch === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64,
    code: lambda.Code.fromAsset(join(directory, 'code')),
    layers: [new lambda.LayerVersion(stack, 'Runtime', { code: lambda.Code.fromAsset(layer) })],
    handler: 'index.echo',
  };
  const all = new lambda.Function(stack, 'All', common);
  all.addEventSource(new sources.SqsEventSource(new sqs.Queue(stack, 'Orders', { queueName: 'orders' })));
  all.addEventSource(new sources.SqsEventSource(new sqs.Queue(stack, 'Payments', { fifo: true })));
  all.addEventSource(new sources.SqsEventSource(sqs.Queue.fromQueueArn(stack, 'Foreign', `arn:aws:sqs:${region}:${account}:foreign`)));
  const topic = new sns.Topic(stack, 'News', { topicName: 'news' });
  topic.addSubscription(new subscriptions.LambdaSubscription(all));
  const bucket = new s3.Bucket(stack, 'Files', { bucketName: 'the-files' });
  bucket.addEventNotification(s3.EventType.OBJECT_REMOVED, new notifications.LambdaDestination(all), { prefix: 'in box/', suffix: '.png' });
  const detail = { total: [{ numeric: ['>', 10] }], name: [{ prefix: 'a' }], note: [{ exists: false }] };
  const eventPattern = { source: ['own.app'], detailType: ['Ordered', 'Paid'], detail };
  new events.Rule(stack, 'Ordered', { eventPattern, targets: [new targets.LambdaFunction(all)] });
  new events.Rule(stack, 'Hourly', { ruleName: 'hourly', schedule: events.Schedule.rate(Duration.hours(1)), targets: [new targets.LambdaFunction(all)] });
  const nightly = scheduler.ScheduleTargetInput.fromObject({ night: true, at: scheduler.ContextAttribute.scheduledTime });
  new scheduler.Schedule(stack, 'Nightly', {
    schedule: scheduler.ScheduleExpression.cron({ hour: '3' }),
    target: new schedulerTargets.LambdaInvoke(all, { input: nightly }),
  });
  const table = new dynamodb.Table(stack, 'Items', {
    tableName: 'items', partitionKey: { name: 'Id', type: dynamodb.AttributeType.NUMBER }, stream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
  });
  all.addEventSource(new sources.DynamoEventSource(table, { startingPosition: lambda.StartingPosition.LATEST }));
  const clicks = new kinesis.Stream(stack, 'Clicks', { streamName: 'clicks' });
  all.addEventSource(new sources.KinesisEventSource(clicks, { startingPosition: lambda.StartingPosition.LATEST }));
  new logs.LogGroup(stack, 'Log', { logGroupName: '/the/log', removalPolicy: RemovalPolicy.DESTROY })
    .addSubscriptionFilter('Errors', { destination: new logTargets.LambdaDestination(all), filterPattern: logs.FilterPattern.allEvents(), filterName: 'errors' });
  const pool = new cognito.UserPool(stack, 'Users');
  pool.addTrigger(cognito.UserPoolOperation.PRE_SIGN_UP, all);
  pool.addTrigger(cognito.UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG, all, cognito.LambdaVersion.V2_0);
  const integration = new HttpLambdaIntegration('Items', all);
  new apigatewayv2.HttpApi(stack, 'HttpApi').addRoutes({ path: '/items/{id}', methods: [apigatewayv2.HttpMethod.PATCH], integration });
  const restApi = new apigateway.RestApi(stack, 'RestApi', { cloudWatchRole: false });
  restApi.root.addResource('orders').addResource('{id}').addMethod('ANY', new apigateway.LambdaIntegration(all));
  all.addFunctionUrl();
  const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc: new ec2.Vpc(stack, 'Vpc') });
  loadBalancer.addListener('Listener', {
    port: 80,
    open: false,
    defaultTargetGroups: [
      new elbv2.ApplicationTargetGroup(stack, 'Group', { targets: [new elbTargets.LambdaTarget(all)] }),
    ],
  });
  new lambda.Function(stack, 'None', common);
  app.synth();
  withSmallRuntime(() => services());
}, 60_000);

function services(): void {
  const app = new App({ outdir: join(directory, 'services.out') });
  const stack = new Stack(app, 'Stack', { env: { account, region } });
  const web = new HybridFunction(stack, 'Web', { code: SMALL_CODE, runtime: SMALL_RUNTIME, compute: Compute.service() });
  web.addTrigger(Trigger.queue(new sqs.Queue(stack, 'Orders', { queueName: 'orders' })));
  web.addTrigger(Trigger.topic(new sns.Topic(stack, 'News', { topicName: 'news' })));
  web.addTrigger(Trigger.schedule({ schedule: scheduler.ScheduleExpression.rate(Duration.hours(1)), input: scheduler.ScheduleTargetInput.fromObject({ every: 'hour' }) }));
  const task = new HybridFunction(stack, 'Job', { code: SMALL_CODE, runtime: SMALL_RUNTIME, vpc: web.vpc, compute: Compute.task() });
  task.addTrigger(Trigger.schedule({ schedule: scheduler.ScheduleExpression.rate(Duration.hours(2)), input: scheduler.ScheduleTargetInput.fromObject({ every: 'two hours' }) }));
  inDirectory(directory, { JSII_DEPRECATED: 'quiet' }, () => app.synth());
}

const run = (...args: string[]): Promise<Run> => cdkHybrid(['invoke', ...args], { cwd: directory });

async function printed<Event>(trigger: string, ...args: string[]): Promise<Event> {
  const { code, out, err } = await run('All', '--trigger', trigger, '--print', ...args);
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as Event;
}

/** The paths of all fields; those of lists by their first element. */
function fieldsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.length === 0 ? [`${path}[]`] : fieldsOf(value[0], `${path}[]`);
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [path];
  return Object.entries(value).flatMap(([name, inner]) => fieldsOf(inner, path ? `${path}.${name}` : name));
}

const EVENT_BRIDGE = ['version', 'id', 'detail-type', 'source', 'account', 'time', 'region', 'resources[]'];

describe('has the fields of the sample in the documentation of AWS:', () => {
  // Source of the names: the sample of the page that each case names.
  test.each<[string, string, string[]]>([
    ['"Using Lambda with Amazon SQS", example standard queue message event', 'queue:Orders', [
      'messageId', 'receiptHandle', 'body', 'attributes.ApproximateReceiveCount', 'attributes.SentTimestamp', 'attributes.SenderId',
      'attributes.ApproximateFirstReceiveTimestamp', 'messageAttributes', 'md5OfBody', 'eventSource', 'eventSourceARN', 'awsRegion',
    ].map((name) => `Records[].${name}`)],
    ['the same page, example FIFO queue message event', 'queue:Payments', [
      'messageId', 'receiptHandle', 'body', 'attributes.ApproximateReceiveCount', 'attributes.SentTimestamp', 'attributes.SequenceNumber', 'attributes.MessageGroupId',
      'attributes.SenderId', 'attributes.MessageDeduplicationId', 'attributes.ApproximateFirstReceiveTimestamp', 'messageAttributes', 'md5OfBody', 'eventSource', 'eventSourceARN', 'awsRegion',
    ].map((name) => `Records[].${name}`)],
    ['"Invoking Lambda functions with Amazon SNS notifications"', 'topic', [
      'EventVersion', 'EventSubscriptionArn', 'EventSource', 'Sns.SignatureVersion', 'Sns.Timestamp', 'Sns.Signature', 'Sns.SigningCertUrl', 'Sns.MessageId', 'Sns.Message',
      'Sns.MessageAttributes', 'Sns.Type', 'Sns.UnsubscribeUrl', 'Sns.TopicArn', 'Sns.Subject',
    ].map((name) => `Records[].${name}`)],
    ['"Process Amazon S3 event notifications with Lambda"', 'bucket', [
      'eventVersion', 'eventSource', 'awsRegion', 'eventTime', 'eventName', 'userIdentity.principalId', 'requestParameters.sourceIPAddress', 'responseElements.x-amz-request-id',
      'responseElements.x-amz-id-2', 's3.s3SchemaVersion', 's3.configurationId', 's3.bucket.name', 's3.bucket.ownerIdentity.principalId', 's3.bucket.arn', 's3.object.key', 's3.object.size',
      's3.object.eTag', 's3.object.sequencer',
    ].map((name) => `Records[].${name}`)],
    ['"Process DynamoDB records with Lambda"; the time is of StreamRecord in the Amazon DynamoDB API Reference', 'tableStream', [
      'eventID', 'eventName', 'eventVersion', 'eventSource', 'awsRegion', 'dynamodb.ApproximateCreationDateTime', 'dynamodb.Keys.Id.N', 'dynamodb.NewImage.Message.S', 'dynamodb.NewImage.Id.N',
      'dynamodb.SequenceNumber', 'dynamodb.SizeBytes', 'dynamodb.StreamViewType', 'eventSourceARN',
    ].map((name) => `Records[].${name}`)],
    ['"How Lambda processes records from stream and queue-based event sources", Kinesis', 'dataStream', [
      'kinesis.kinesisSchemaVersion', 'kinesis.partitionKey', 'kinesis.sequenceNumber', 'kinesis.data', 'kinesis.approximateArrivalTimestamp', 'eventSource', 'eventVersion', 'eventID', 'eventName',
      'invokeIdentityArn', 'awsRegion', 'eventSourceARN',
    ].map((name) => `Records[].${name}`)],
    ['"Subscription filters with AWS Lambda"', 'logGroup', ['awslogs.data']],
    ['"Amazon EventBridge events", event structure', 'eventPattern', [...EVENT_BRIDGE, 'detail.total', 'detail.name']],
    ['"Creating a rule that runs on a schedule"', 'schedule:Hourly', [...EVENT_BRIDGE, 'detail']],
    ['"Pre sign-up Lambda trigger"', 'userPool:PreSignUp', [
      'version', 'region', 'userPoolId', 'userName', 'callerContext.awsSdkVersion', 'callerContext.clientId', 'triggerSource', 'request.userAttributes.email', 'request.validationData',
      'response.autoConfirmUser', 'response.autoVerifyEmail', 'response.autoVerifyPhone',
    ]],
    ['"Use Lambda functions as targets" of load balancers', 'loadBalancer', [
      'requestContext.elb.targetGroupArn', 'httpMethod', 'path', 'queryStringParameters', 'body', 'isBase64Encoded',
      ...['host', 'user-agent', 'accept', 'x-forwarded-for', 'x-forwarded-port', 'x-forwarded-proto'].map((name) => `headers.${name}`),
    ]],
  ])('%s', async (_page, trigger, fields) => {
    expect(fieldsOf(await printed(trigger)).map((field) => field.replace(/^resources$/, 'resources[]')).sort()).toEqual([...fields].sort());
  });
});

test('names are those of the template', async () => {
  const { Records: [order] } = await printed<SQSEvent>('queue:Orders');
  expect([order.eventSourceARN, order.awsRegion]).toEqual([`arn:aws:sqs:${region}:${account}:orders`, region]);
  expect((await printed<SQSEvent>('queue:foreign')).Records[0].eventSourceARN).toBe(`arn:aws:sqs:${region}:${account}:foreign`);
  expect((await printed<SNSEvent>('topic')).Records[0].Sns.TopicArn).toBe(`arn:aws:sns:${region}:${account}:news`);
  const { Records: [{ eventName, s3: file }] } = await printed<S3Event>('bucket:Files');
  expect([eventName, file.bucket.name, file.bucket.arn, file.object.key]).toEqual(['ObjectRemoved:Delete', 'the-files', 'arn:aws:s3:::the-files', 'in+box/example.png']);
  const { Records: items } = await printed<DynamoDBStreamEvent>('tableStream');
  expect(items.map((item) => item.eventName)).toEqual(['INSERT', 'MODIFY', 'REMOVE']);
  expect(items[0].eventSourceARN).toMatch(new RegExp(`^arn:aws:dynamodb:${region}:${account}:table/items/stream/`));
  expect((await printed<KinesisStreamEvent>('dataStream')).Records[0].eventSourceARN).toBe(`arn:aws:kinesis:${region}:${account}:stream/clicks`);
  expect(await printed<EventBridgeEvent<string, unknown>>('eventPattern')).toMatchObject({ 'source': 'own.app', 'detail-type': 'Ordered', account, region, 'detail': { total: 11, name: 'a' } });
  expect((await printed<EventBridgeEvent<string, unknown>>('schedule:Hourly')).resources).toEqual([`arn:aws:events:${region}:${account}:rule/hourly`]);
  expect(await printed('schedule:Nightly')).toEqual({ night: true, at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]+Z$/) });
  expect((await printed<PreSignUpTriggerEvent>('userPool:PreSignUp')).triggerSource).toBe('PreSignUp_SignUp');
  expect(await printed('userPool:PreTokenGeneration')).toMatchObject({ version: '2', triggerSource: 'TokenGeneration_Authentication', request: { scopes: ['openid'] } });
});

test('requests have the mapping that local has', async () => {
  expect(await printed<APIGatewayProxyEventV2>('httpApi')).toMatchObject({ version: '2.0', routeKey: 'PATCH /items/{id}', rawPath: '/items/id', pathParameters: { id: 'id' }, requestContext: { accountId: account, http: { method: 'PATCH' } } });
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
    messageType: 'DATA_MESSAGE', owner: account, logGroup: '/the/log', logStream: 'own', subscriptionFilters: ['errors'], logEvents: [{ id: expect.stringMatching(/^\d+$/), timestamp: expect.any(Number), message: 'line' }],
  });
});

test('the function is invoked with the event', async () => {
  const { code, out } = await run('All', '--trigger', 'queue:Orders', '--body', 'hello');
  expect([code, JSON.parse(out)]).toEqual([0, { Records: [expect.objectContaining({ body: 'hello', eventSource: 'aws:sqs' })] }]);
});

test('a service, a task and what lies between them and their origins', async () => {
  const of = async (name: string, trigger: string): Promise<any> => JSON.parse((await run(name, '--app', 'services.out', '--trigger', trigger, '--print')).out);
  expect((await of('Web', 'queue')).Records[0].eventSourceARN).toBe(`arn:aws:sqs:${region}:${account}:orders`);
  expect((await of('Web', 'topic')).Records[0].Sns.TopicArn).toBe(`arn:aws:sns:${region}:${account}:news`);
  expect(await of('Web', 'schedule')).toEqual({ every: 'hour' });
  expect(await of('Job', 'schedule')).toEqual({ every: 'two hours' });
  expect(await run('Web', '--app', 'services.out', '--trigger', 'queue')).toMatchObject({ code: 2, err: expect.stringMatching(/CONTAINER_NO_TASK/) });
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
