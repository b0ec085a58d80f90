/**
 * `cdk-hybrid local` with functions in containers: their routes on one port, and the messages of a local SQS server. Containers are real, with
 * networks of their own as engines have them unless they are told otherwise; so is ElasticMQ in the place of SQS.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetQueueAttributesCommand, GetQueueUrlCommand, PurgeQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { App, Duration, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Compute, HandlerCode, HandlerImage, HybridFunction, Trigger } from '../../src';
import { bundlePrograms } from '../cli/command';
import '../cli/jsii-classes';
import { serveLocally, type Local } from '../cli/local';
import { SqsServer, until } from '../layers/queue/sqs-server';
import { containerEngine, queueServer } from '../real-parts';
import { inDirectory, workspace } from '../workspace';
import { freePorts } from './containers';

const engine = containerEngine();
const isPodman = engine !== undefined && /^podman/.test(spawnSync(engine, ['--version'], { encoding: 'utf8' }).stdout);
const program = queueServer();
const [account, region] = ['123456789012', 'eu-west-1'];

const directory = workspace({
  'code/index.js': `
    exports.handler = async (event) => {
      if (event.Records) {
        const [{ body, eventSourceARN, Sns }] = event.Records;
        console.log('got ' + JSON.stringify({ messages: event.Records.length, body, eventSourceARN, message: Sns && Sns.Message }));
        if (body === 'fail') throw new Error('on purpose');
        return;
      }
      return { statusCode: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ by: process.env.BY, event }) };
    };`,
});

/** What podman is told instead of what this machine tells it: which network containers have. Other engines have one for each of their own accord. */
function withNetwork(netns: 'host' | 'private'): Record<string, string> {
  const given = process.env.CONTAINERS_CONF;
  const others = given ? readFileSync(given, 'utf8').replace(/^netns *=.*\n/m, '') : '[containers]\n';
  const folder = workspace({ 'containers.conf': others.replace('[containers]', `[containers]\nnetns = "${netns}"`) });
  return { CONTAINERS_CONF: join(folder, 'containers.conf') };
}

const common = {
  CDK_HYBRID_CACHE_DIR: join(tmpdir(), 'cdk-hybrid-test-cache'),
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: '',
  AWS_SECRET_ACCESS_KEY: '',
  AWS_CONFIG_FILE: '/nowhere',
  AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
};

/** The containers of this machine that the command has named after the app. */
function containers(): string[] {
  const { stdout } = spawnSync(engine!, ['ps', '--all', '--format', '{{.Names}}', '--filter', 'name=cdk-hybrid-Shop'], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean);
}

const architecture = process.arch === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64;

function synthesize(): void {
  const app = new App({ outdir: join(directory, 'cdk.out') });
  const stack = new Stack(app, 'Shop', { env: { account, region } });
  const image = new HandlerImage(stack, 'Image', { code: HandlerCode.fromDirectory('code'), architecture });
  const dead = new sqs.Queue(stack, 'Dead', { queueName: 'dead' });
  const queue = (queueName: string) =>
    new sqs.Queue(stack, queueName, { queueName, visibilityTimeout: Duration.seconds(1), deadLetterQueue: { queue: dead, maxReceiveCount: 2 } });

  const service = new HybridFunction(stack, 'Service', { architecture, environment: { BY: 'service' }, timeout: Duration.seconds(1), compute: Compute.service({ image }) });
  service.addTrigger(Trigger.loadBalancer({ path: '/balanced/*' }));
  service.addTrigger(Trigger.httpApi({ path: '/http/{id}' }));
  service.addTrigger(Trigger.restApi({ path: '/rest/{proxy+}', methods: ['PUT'] }));
  service.addTrigger(Trigger.queue(queue('orders')));
  service.addTrigger(Trigger.topic(new sns.Topic(stack, 'News')));

  const fn = new HybridFunction(stack, 'Fn', { architecture, environment: { BY: 'function' }, timeout: Duration.seconds(1), compute: Compute.lambdaImage({ image }) });
  fn.addTrigger(Trigger.loadBalancer({ path: '/lambda/balanced' }));
  fn.addTrigger(Trigger.httpApi({ path: '/lambda/http/{id}' }));
  fn.addTrigger(Trigger.restApi({ path: '/lambda/rest' }));
  fn.addTrigger(Trigger.queue(queue('bills')));
  app.synth();
}

/** @param port on which nothing else listens */
function synthesizeQueueService(port: number): void {
  const app = new App({ outdir: join(directory, 'queue.out') });
  const stack = new Stack(app, 'Shop', { env: { account, region } });
  const service = new HybridFunction(stack, 'Service', { architecture, code: HandlerCode.fromDirectory('code'), compute: Compute.service({ port }) });
  service.addTrigger(Trigger.queue(new sqs.Queue(stack, 'Parcels', { queueName: 'parcels' })));
  app.synth();
}

(engine && program ? describe : describe.skip)('functions in containers on this machine', () => {
  let server: SqsServer;
  beforeAll(async () => {
    bundlePrograms();
    inDirectory(directory, { ...common, JSII_DEPRECATED: 'quiet' }, synthesize);
    server = await SqsServer.start(program!, '0.0.0.0');
  }, 300_000);
  afterAll(() => server?.stop());

  const urlOf = async (QueueName: string) => (await server.client.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl!;
  const send = async (name: string, MessageBody: string) => server.client.send(new SendMessageCommand({ QueueUrl: await urlOf(name), MessageBody }));
  const countOf = async (name: string) => {
    const { Attributes } = await server.client.send(new GetQueueAttributesCommand({ QueueUrl: await urlOf(name), AttributeNames: ['All'] }));
    return Number(Attributes!.ApproximateNumberOfMessages) + Number(Attributes!.ApproximateNumberOfMessagesNotVisible);
  };
  /** What a route answers, as soon as its container does. */
  async function asked(url: string, init?: RequestInit): Promise<any> {
    let last = '';
    for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
      const answer = await fetch(url, init);
      const text = await answer.text();
      if (answer.ok) { return JSON.parse(text); }
      last = `${answer.status} ${text}`;
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    throw new Error(`${url}: ${last}`);
  }

  test('routes, queues and topics', async () => {
    const env = { ...common, ...withNetwork('private'), AWS_ENDPOINT_URL_SQS: server.endpoint };
    await serveLocally({ cwd: directory, env }, async ({ url, lines, said, stop }: Local) => {
      await said(/^Shop\/Service {2}http:\S+/m);
      const routes = lines().split('\n').filter(line => / (loadBalancer|httpApi|restApi)$/.test(line)).map(line => line.replace(url, '<url>'));
      expect(routes.sort()).toEqual([
        'Shop/Fn  ANY <url>/lambda/balanced  loadBalancer',
        'Shop/Fn  ANY <url>/lambda/http/{id}  httpApi',
        'Shop/Fn  ANY <url>/lambda/rest  restApi',
        'Shop/Service  ANY <url>/balanced/*  loadBalancer',
        'Shop/Service  ANY <url>/http/{id}  httpApi',
        'Shop/Service  PUT <url>/rest/{proxy+}  restApi',
      ]);
      const ofLoadBalancer = { httpMethod: 'GET', queryStringParameters: { x: '1' }, requestContext: { elb: { targetGroupArn: expect.any(String) } } };
      expect(await asked(`${url}/balanced/a?x=1`)).toMatchObject({ by: 'service', event: { ...ofLoadBalancer, path: '/balanced/a' } });
      expect(await asked(`${url}/lambda/balanced?x=1`)).toMatchObject({ by: 'function', event: { ...ofLoadBalancer, path: '/lambda/balanced' } });
      const ofHttpApi = { version: '2.0', pathParameters: { id: '7' }, requestContext: { stage: '$default', http: { method: 'POST', sourceIp: '127.0.0.1' } } };
      const posted = { method: 'POST', body: Buffer.from([0, 255]), headers: { 'Content-Type': 'image/png', 'x-hybrid-context-stage': 'forged' } };
      expect(await asked(`${url}/http/7`, posted)).toMatchObject({
        by: 'service', event: { ...ofHttpApi, routeKey: 'ANY /http/{id}', rawPath: '/http/7', body: 'AP8=', isBase64Encoded: true },
      });
      expect(await asked(`${url}/lambda/http/7`, posted)).toMatchObject({
        by: 'function', event: { ...ofHttpApi, routeKey: 'ANY /lambda/http/{id}', rawPath: '/lambda/http/7', body: 'AP8=', isBase64Encoded: true },
      });
      const ofRestApi = { httpMethod: 'PUT', body: 'text', requestContext: { stage: 'prod', identity: { sourceIp: '127.0.0.1' } } };
      const put = { method: 'PUT', body: 'text', headers: { 'Content-Type': 'text/plain' } };
      expect(await asked(`${url}/rest/a/b`, put)).toMatchObject({
        by: 'service', event: { ...ofRestApi, resource: '/rest/{proxy+}', path: '/rest/a/b', pathParameters: { proxy: 'a/b' } },
      });
      expect(await asked(`${url}/lambda/rest`, put)).toMatchObject({ by: 'function', event: { ...ofRestApi, resource: '/lambda/rest', path: '/lambda/rest' } });

      for (const [who, queue] of [['Service', 'orders'], ['Fn', 'bills']]) {
        await send(queue, 'one');
        const got = new RegExp(`^\\[${who}\\] .*got {"messages":1,"body":"one","eventSourceARN":"arn:aws:sqs:${region}:${account}:${queue}"}`, 'm');
        await until(`${who} has it`, () => got.test(lines()));
        await send(queue, 'fail');
        await until(`what ${who} fails is a dead letter`, async () => await countOf(queue) === 0 && await countOf('dead') === 1);
        await server.client.send(new PurgeQueueCommand({ QueueUrl: await urlOf('dead') }));
      }
      const [, news] = await said(/the queue (Shop-ServiceTopicNewsQueue\w+) was not at/);
      await send(news, JSON.stringify({ Type: 'Notification', MessageId: '1', TopicArn: 'arn', Message: 'extra', Timestamp: '2026-01-01T00:00:00.000Z' }));
      await until('the service has it', () => /^\[Service\] .*got {"messages":1,"message":"extra"}/m.test(lines()));
      await until('it is deleted', async () => await countOf(news) === 0);
      expect(await stop('SIGTERM')).toBe(0);
    });
    expect(containers()).toEqual([]);
  }, 300_000);

  // Podman alone may be told so.
  (isPodman ? test : test.skip)('an engine that gives containers the network of the machine: they get to a server on loopback', async () => {
    const loopback = await SqsServer.start(program!);
    try {
      const [port] = await freePorts(1);
      inDirectory(directory, { ...common, JSII_DEPRECATED: 'quiet' }, () => synthesizeQueueService(port));
      const env = { ...common, ...withNetwork('host'), AWS_ENDPOINT_URL_SQS: loopback.endpoint };
      await serveLocally({ cwd: directory, env }, async ({ lines, said, stop }) => {
        await said(/^cdk-hybrid: the queue parcels .*has been made/m);
        const { QueueUrl } = await loopback.client.send(new GetQueueUrlCommand({ QueueName: 'parcels' }));
        await loopback.client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'one' }));
        await until('the handler has it', () => lines().includes('got {"messages":1,"body":"one"'));
        expect(await stop('SIGTERM')).toBe(0);
      }, ['--app', 'queue.out']);
    } finally {
      await loopback.stop();
    }
  }, 120_000);
});
