/** `invoke --trigger` of a service: the event goes into the queue that its host polls. ElasticMQ as SQS, and the host as `local` tells it of its queues. */
import { gunzipSync } from 'node:zlib';
import { Duration } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { cdkHybrid, type Run } from './command';
import { serveLocally } from './local';
import { ACCOUNT, REGION, synthesizeService } from './local-apps';
import { notingClient } from './noting-client';
import { Trigger } from '../../src';
import { killHosts, type HostProcess } from '../layers/host/host-process';
import { queueHost, told } from '../layers/queue/queue-host';
import { SqsServer, until } from '../layers/queue/sqs-server';
import { queueServer } from '../real-parts';
import { workspace } from '../workspace';

const directory = workspace();
const program = queueServer();
const arn = (service: string, name: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${name}`;

beforeAll(() => synthesizeService(directory, 'cdk.out', (web, stack) => {
  web.addTrigger(Trigger.queue(new sqs.Queue(stack, 'Orders', { queueName: 'orders' })));
  web.addTrigger(Trigger.queue(new sqs.Queue(stack, 'Payments', { queueName: 'payments.fifo', fifo: true })));
  web.addTrigger(Trigger.topic(new sns.Topic(stack, 'News', { topicName: 'news' })));
  web.addTrigger(Trigger.bucket(new s3.Bucket(stack, 'Files', { bucketName: 'the-files' })));
  web.addTrigger(Trigger.eventPattern({ source: ['own.app'], detailType: ['Ordered'] }));
  web.addTrigger(Trigger.schedule({ schedule: scheduler.ScheduleExpression.rate(Duration.hours(1)), input: scheduler.ScheduleTargetInput.fromObject({ every: 'hour' }) }));
  const partitionKey = { name: 'Id', type: dynamodb.AttributeType.STRING };
  web.addTrigger(Trigger.tableStream(new dynamodb.Table(stack, 'Items', { tableName: 'items', partitionKey, stream: dynamodb.StreamViewType.NEW_IMAGE })));
  web.addTrigger(Trigger.dataStream(new kinesis.Stream(stack, 'Clicks', { streamName: 'clicks' })));
  web.addTrigger(Trigger.logGroup(new logs.LogGroup(stack, 'Log', { logGroupName: '/the/log' })));
  web.addTrigger(Trigger.loadBalancer({ path: '/web' }));
}), 60_000);

const run = (endpoint: string, ...args: string[]): Promise<Run> =>
  cdkHybrid(['invoke', 'Web', ...args], { cwd: directory, env: { AWS_ENDPOINT_URL_SQS: endpoint, AWS_ENDPOINT_URL: '', AWS_ACCESS_KEY_ID: '' } });

(program ? describe : describe.skip)('the host of a service gets', () => {
  let server: SqsServer;
  let host: HostProcess;

  beforeAll(async () => {
    server = await SqsServer.start(program!);
    const { path } = notingClient(directory, 'engine', `case $1 in
      info) echo '{"host":{}}';; inspect) echo bridge;; create) env | grep -E '^(HYBRID_|AWS_)' > '${directory}/environment';; start) cat '${directory}/environment'; exec sleep 60;;
      esac`);
    const env = { AWS_ENDPOINT_URL_SQS: server.endpoint, AWS_ACCESS_KEY_ID: '', CDK_DOCKER: path };
    await serveLocally({ cwd: directory, env }, async ({ said }) => {
      const [, queues] = await said(/\bHYBRID_QUEUES=(\[.*\])$/m);
      host = queueHost('single', JSON.parse(queues), { ...server.environment, AWS_LAMBDA_MAX_CONCURRENCY: '20' });
    });
  }, 60_000);
  afterAll(async () => {
    await killHosts();
    await server.stop();
  });

  /** What the handler is given. @param count records, by as many invocations as it takes */
  async function delivered(trigger: string, args: readonly string[] = [], count = 1): Promise<any[]> {
    const before = told(host).length;
    const { code, out, err } = await run(server.endpoint, '--trigger', trigger, ...args);
    expect([code, out]).toEqual([0, '']);
    expect(err).toMatch(/^(cdk-hybrid: the message [\w-]+ is in the queue \S+ at http:\S+\n)+$/);
    const events = (): any[] => told(host).slice(before);
    await until(`the host has ${trigger}`, () => events().flatMap(({ Records = [1] }) => Records).length >= count);
    return events();
  }

  test('a message of its queue, with attributes, of a FIFO queue in its group', async () => {
    const attribute = '{"dataType":"String","stringValue":"blue"}';
    const [{ Records: [order] }] = await delivered('queue:Orders', ['--body', '{"order":7}', '--set', `Records.0.messageAttributes.colour=${attribute}`]);
    expect(order).toMatchObject({ body: '{"order":7}', eventSourceARN: arn('sqs', 'orders'), messageAttributes: { colour: { dataType: 'String', stringValue: 'blue' } } });
    const group = ['--set', 'Records.0.attributes.MessageGroupId=customer'];
    for (const body of ['one', 'one']) {
      const [{ Records: [payment] }] = await delivered('queue:Payments', ['--body', body, ...group]);
      expect(payment).toMatchObject({ body, eventSourceARN: arn('sqs', 'payments.fifo'), attributes: { MessageGroupId: 'customer' } });
    }
  }, 60_000);

  test('notifications of a topic and a bucket, events and schedules', async () => {
    const [{ Records: [news] }] = await delivered('topic', ['--body', 'extra']);
    const urls = { SigningCertUrl: expect.any(String), UnsubscribeUrl: expect.any(String) };
    expect(news).toMatchObject({ EventSource: 'aws:sns', Sns: { Message: 'extra', TopicArn: arn('sns', 'news'), ...urls } });
    expect(news.EventSubscriptionArn).toContain(arn('sns', 'news:'));
    const [{ Records: [file] }] = await delivered('bucket', ['--key', 'in/cat.png']);
    expect(file).toMatchObject({ eventSource: 'aws:s3', s3: { bucket: { name: 'the-files' }, object: { key: 'in/cat.png' } } });
    const [ordered] = await delivered('eventPattern', ['--body', '{"total":1}']);
    expect(ordered).toMatchObject({ 'source': 'own.app', 'detail-type': 'Ordered', 'detail': { total: 1 } });
    expect(await delivered('schedule')).toEqual([{ every: 'hour' }]);
  }, 60_000);

  test('records of streams in order, and events of log groups', async () => {
    const items = await delivered('tableStream', [], 3);
    expect(items.flatMap(({ Records }) => Records).map(({ eventName }) => eventName)).toEqual(['INSERT', 'MODIFY', 'REMOVE']);
    for (const data of ['a', 'a']) {
      const [{ Records: [click] }] = await delivered('dataStream', ['--key', 'k', '--body', data]);
      expect(click).toMatchObject({ eventSource: 'aws:kinesis', kinesis: { partitionKey: 'k', data: Buffer.from(data).toString('base64') } });
    }
    const [{ awslogs }] = await delivered('logGroup', ['--body', 'line']);
    expect(JSON.parse(gunzipSync(Buffer.from(awslogs.data, 'base64')).toString())).toMatchObject({ logGroup: '/the/log', logEvents: [{ message: 'line' }] });
  }, 60_000);
});

test.each<[string, string, string[], RegExp]>([
  ['no server of one\'s own', '', ['--trigger', 'topic'],
    /^cdk-hybrid: Stack\/Web takes this event from the queue Stack-WebTopicNewsQueue\w+, and AWS_ENDPOINT_URL_SQS names no SQS server .*; set it to .*QUEUE_SERVER_MISSING\]\n$/],
  ['a server of AWS\'s', 'https://sqs.eu-west-1.amazonaws.com', ['--trigger', 'queue:Orders'], /from the queue orders, and AWS_ENDPOINT_URL_SQS names no .*QUEUE_SERVER_MISSING\]\n$/],
  ['a server that does not answer', 'http://127.0.0.1:9', ['--trigger', 'queue:Orders'], /^cdk-hybrid: the queue orders at http:\/\/127\.0\.0\.1:9: .*ECONNREFUSED.*; start .*QUEUE_UNUSABLE\]\n$/],
  ['a trigger that is a request', 'http://127.0.0.1:9', ['--trigger', 'loadBalancer'], /^cdk-hybrid: Stack\/Web is a service and takes no event of loadBalancer from a queue; .*CONTAINER_NO_TASK\]\n$/],
  ['records that are none', 'http://127.0.0.1:9', ['--trigger', 'topic', '--set', 'Records={}'], /^cdk-hybrid: Records must be an array of objects, got {}; .*SET_INVALID\]\n$/],
  ['no trigger', 'http://127.0.0.1:9', ['--event', '{}'], /^cdk-hybrid: Stack\/Web is a service and takes no event; .*CONTAINER_NO_TASK\]\n$/],
])('%s is told in one line', async (_what, endpoint, args, line) => {
  expect(await run(endpoint, ...args)).toEqual({ code: 2, out: '', err: expect.stringMatching(line) });
});
