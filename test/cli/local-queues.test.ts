/** Queues trigger functions on this machine: ElasticMQ as SQS, functions that really run, and a container engine that notes what a service is told. */
import { GetQueueAttributesCommand, GetQueueUrlCommand, PurgeQueueCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { Duration, type Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sources from 'aws-cdk-lib/aws-lambda-event-sources';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { serveLocally } from './local';
import { ACCOUNT, REGION, synthesizeFunctions, synthesizeService, type CommonProps } from './local-apps';
import { notingClient } from './noting-client';
import { Trigger } from '../../src';
import { SqsServer, until } from '../layers/queue/sqs-server';
import { queueServer } from '../real-parts';
import { workspace } from '../workspace';

const directory = workspace();
const program = queueServer();

const HANDLERS = `
  exports.handler = async ({ Records }) => {
    for (const { body, eventSourceARN, awsRegion } of Records) {
      console.log('got ' + JSON.stringify({ body, eventSourceARN, awsRegion }));
      if (body === 'fail') throw new Error('as asked');
    }
  };
  exports.partial = async ({ Records }) => ({ batchItemFailures: Records.filter(({ body }) => body.includes('fail')).map(({ messageId }) => ({ itemIdentifier: messageId })) });`;

beforeAll(() => {
  synthesizeFunctions(directory, 'cdk.out', HANDLERS, functions);
  synthesizeService(directory, 'services.out', (web, stack) => {
    web.addTrigger(Trigger.queue(new sqs.Queue(stack, 'Queue', { queueName: 'of-a-service' }), { batchSize: 5 }));
    web.addTrigger(Trigger.topic(new sns.Topic(stack, 'News')));
  });
}, 60_000);

function functions(stack: Stack, props: CommonProps): void {
  const common = { ...props, timeout: Duration.seconds(10) };
  const orders = new lambda.Function(stack, 'Orders', { ...common, handler: 'index.handler' });
  const dead = new sqs.Queue(stack, 'Dead', { queueName: 'dead' });
  const queue = new sqs.Queue(stack, 'Queue', { queueName: 'orders', visibilityTimeout: Duration.seconds(1), deadLetterQueue: { queue: dead, maxReceiveCount: 2 } });
  new lambda.Alias(stack, 'Live', { aliasName: 'live', version: orders.currentVersion }).addEventSource(new sources.SqsEventSource(queue));
  const partial = new lambda.Function(stack, 'Partial', { ...common, handler: 'index.partial' });
  partial.addEventSource(new sources.SqsEventSource(new sqs.Queue(stack, 'Fifo', { fifo: true, contentBasedDeduplication: true, visibilityTimeout: Duration.seconds(60) }), {
    reportBatchItemFailures: true, filters: [lambda.FilterCriteria.filter({ body: { kind: lambda.FilterRule.isEqual('wanted') } })],
  }));
}

test('without a server of one\'s own it is said that messages are not taken', async () => {
  for (const endpoint of ['', 'https://sqs.eu-west-1.amazonaws.com']) {
    await serveLocally({ cwd: directory, env: { AWS_ENDPOINT_URL_SQS: endpoint, AWS_ENDPOINT_URL: '' } }, async ({ said, stop }) => {
      await said(/^cdk-hybrid: messages of orders, Stack-Fifo\w+\.fifo are not taken: AWS_ENDPOINT_URL_SQS names no SQS server of your own$/m);
      expect(await stop('SIGTERM')).toBe(0);
    });
  }
});

test('a server that cannot be reached is told once, and does not keep the functions from being served', async () => {
  await serveLocally({ cwd: directory, env: { AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9' } }, async ({ lines, said, stop }) => {
    await said(/^cdk-hybrid: the queue orders at http:\/\/127\.0\.0\.1:9: .*ECONNREFUSED.*; start the server .*QUEUE_UNUSABLE\]$/m);
    await said(/^Serving 2 functions/m);
    expect(await stop('SIGTERM')).toBe(0);
    expect(lines().match(/the queue orders at/g)).toHaveLength(1);
  });
});

(program ? describe : describe.skip)('with an SQS server of one\'s own', () => {
  let server: SqsServer;
  beforeAll(async () => { server = await SqsServer.start(program!); });
  afterAll(() => server.stop());

  const urlOf = async (QueueName: string): Promise<string> => (await server.client.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl!;
  const attributesOf = async (name: string): Promise<Record<string, string>> =>
    (await server.client.send(new GetQueueAttributesCommand({ QueueUrl: await urlOf(name), AttributeNames: ['All'] }))).Attributes!;
  const countOf = async (name: string): Promise<number> => {
    const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: inFlight } = await attributesOf(name);
    return Number(visible) + Number(inFlight);
  };
  const environment = (): Record<string, string> => ({ AWS_ENDPOINT_URL_SQS: server.endpoint, AWS_ACCESS_KEY_ID: '' });

  test('queues are made as the template has them, and messages become events', async () => {
    await serveLocally({ cwd: directory, env: environment() }, async ({ lines, said, stop }) => {
      await said(/^cdk-hybrid: the queue dead was not at \S+ and has been made$/m);
      await said(/^cdk-hybrid: the queue orders was not at \S+ and has been made: visibility timeout 1 s, to dead after 2 receives$/m);
      await said(/^Stack\/Orders {2}takes messages of orders at http:\S+$/m);
      const [, fifo] = await said(/^Stack\/Partial {2}takes messages of (Stack-Fifo\w+\.fifo) at/m);
      expect(lines()).toMatch(/has been made: FIFO, visibility timeout 60 s$/m);
      expect(await attributesOf(fifo)).toMatchObject({ FifoQueue: 'true', ContentBasedDeduplication: 'true', VisibilityTimeout: '60' });
      expect(JSON.parse((await attributesOf('orders')).RedrivePolicy)).toMatchObject({ deadLetterTargetArn: (await attributesOf('dead')).QueueArn });

      await server.client.send(new SendMessageCommand({ QueueUrl: await urlOf('orders'), MessageBody: 'hello' }));
      await said(new RegExp(`got {"body":"hello","eventSourceARN":"arn:aws:sqs:${REGION}:${ACCOUNT}:orders","awsRegion":"${REGION}"}`));
      await until('it is deleted', async () => await countOf('orders') === 0);

      await server.client.send(new SendMessageCommand({ QueueUrl: await urlOf('orders'), MessageBody: 'fail' }));
      await until('it is a dead letter', async () => await countOf('dead') === 1);
      expect(lines().match(/got {"body":"fail"/g)).toHaveLength(2);

      for (const MessageBody of ['{"kind":"other"}', '{"kind":"wanted"}', '{"kind":"wanted","fail":1}']) {
        await server.client.send(new SendMessageCommand({ QueueUrl: await urlOf(fifo), MessageBody, MessageGroupId: MessageBody }));
      }
      await said(/queue Stack-Fifo\w+\.fifo: request \S+: 1 of \d messages failed/);
      await until('only what failed is left', async () => await countOf(fifo) === 1);
      expect(await stop('SIGTERM')).toBe(0);
    });
  }, 60_000);

  test('what is there already is left as it is, and nothing is taken after the end', async () => {
    await server.client.send(new PurgeQueueCommand({ QueueUrl: await urlOf('orders') }));
    await serveLocally({ cwd: directory, env: environment() }, async ({ lines, said, stop }) => {
      await said(/^Stack\/Orders {2}takes messages of orders/m);
      expect(lines()).not.toContain('has been made');
      expect(await stop('SIGINT')).toBe(0);
    });
    await server.client.send(new SendMessageCommand({ QueueUrl: await urlOf('orders'), MessageBody: 'later' }));
    // The server may first give it to the long poll that was broken off: then it is there once its visibility timeout is over, which ends no other long poll.
    const bodies: (string | undefined)[] = [];
    await until('it is received', async () => {
      const { Messages = [] } = await server.client.send(new ReceiveMessageCommand({ QueueUrl: await urlOf('orders') }));
      bodies.push(...Messages.map(({ Body }) => Body));
      return bodies.length > 0;
    });
    expect(bodies).toEqual(['later']);
  }, 60_000);

  test('the host of a service is told where its queues are', async () => {
    const { path, calls } = notingClient(directory, 'services', `case $1 in
      info) echo '{"host":{}}';; inspect) echo bridge;; create) env | grep -E '^(HYBRID_|AWS_)' > '${directory}/environment';; start) cat '${directory}/environment'; exec sleep 60;;
      esac`);
    await serveLocally({ cwd: directory, env: { ...environment(), CDK_DOCKER: path } }, async ({ lines, said, stop }) => {
      const [, queues] = await said(/\bHYBRID_QUEUES=(\[.*\])$/m);
      await said(/\bHYBRID_SOURCES=http,queue$/m);
      await said(new RegExp(`\\bAWS_ENDPOINT_URL_SQS=http://host\\.containers\\.internal:${new URL(server.endpoint).port}$`, 'm'));
      const [own, between] = JSON.parse(queues);
      expect(own).toMatchObject({ arn: `arn:aws:sqs:${REGION}:${ACCOUNT}:of-a-service`, url: await urlOf('of-a-service'), event: 'sqs', batchSize: 5 });
      expect(between).toMatchObject({ event: 'sns', url: expect.stringMatching(/Stack-WebTopicNews/) });
      expect(lines()).not.toContain('HYBRID_QUEUES is left out');
      expect(await stop('SIGTERM')).toBe(0);
    }, ['--app', 'services.out']);
    expect(calls()).toMatch(/--env HYBRID_QUEUES/);
  }, 30_000);
});

test('a service without a server of one\'s own serves its other triggers', async () => {
  const { path } = notingClient(directory, 'without', `case $1 in
    inspect) echo bridge;; create) env | grep '^HYBRID_' > '${directory}/without.env';; start) cat '${directory}/without.env'; exec sleep 60;;
    esac`);
  await serveLocally({ cwd: directory, env: { CDK_DOCKER: path, AWS_ENDPOINT_URL_SQS: '', AWS_ENDPOINT_URL: '' } }, async ({ said, stop }) => {
    await said(/^cdk-hybrid: Stack\/Web: messages of of-a-service, Stack-WebTopicNews\w+ are not taken: AWS_ENDPOINT_URL_SQS names no SQS server of your own$/m);
    await said(/\bHYBRID_SOURCES=http$/m);
    expect(await stop('SIGTERM')).toBe(0);
  }, ['--app', 'services.out']);
}, 30_000);
