/** `cdk-hybrid list` tells when functions and services run: of apps with every kind of trigger. */
import { Aws, CfnCondition, Duration, Fn, TimeZone, type Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as elbTargets from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import * as events from 'aws-cdk-lib/aws-events';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sources from 'aws-cdk-lib/aws-lambda-event-sources';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { cdkHybrid } from './command';
import { ACCOUNT, REGION, synthesizeFunctions, synthesizeService, type CommonProps } from './local-apps';
import { synthesizeTriggers } from './sample-events-app';
import { Compute, HybridFunction, Trigger, type ITrigger } from '../../src';
import { SMALL_CODE, SMALL_RUNTIME } from '../small-runtime';
import { workspace } from '../workspace';

const directory = workspace();
const allKinds = workspace();

/** When each runs, by its construct id. */
async function listed(app: string, cwd = directory): Promise<Record<string, string[]>> {
  const { code, out, err } = await cdkHybrid(['list', '--app', app], { cwd });
  expect([code, err]).toEqual([0, '']);
  const rows = out.trim().split('\n').map((line) => line.split(/ {2,}/));
  return Object.fromEntries(rows.map(([name, , , , , occasions]) => [name.replace('Stack/', ''), occasions?.split('; ') ?? []]));
}

/** A trigger of every kind that services and Lambda functions both can have. */
function sharedTriggers(stack: Stack): ITrigger[] {
  const schedule = scheduler.ScheduleExpression;
  const table = new dynamodb.Table(stack, 'Items', { partitionKey: { name: 'Id', type: dynamodb.AttributeType.STRING }, stream: dynamodb.StreamViewType.NEW_IMAGE });
  return [
    Trigger.queue(new sqs.Queue(stack, 'Orders')),
    Trigger.queue(sqs.Queue.fromQueueArn(stack, 'Foreign', `arn:aws:sqs:${REGION}:${ACCOUNT}:foreign`)),
    Trigger.topic(new sns.Topic(stack, 'News')),
    Trigger.topic(sns.Topic.fromTopicArn(stack, 'ForeignTopic', `arn:aws:sns:${REGION}:${ACCOUNT}:foreign-news`)),
    Trigger.bucket(new s3.Bucket(stack, 'Files')),
    Trigger.tableStream(table),
    Trigger.dataStream(new kinesis.Stream(stack, 'Clicks')),
    Trigger.logGroup(new logs.LogGroup(stack, 'Log')),
    Trigger.eventPattern({ source: ['own.app'], detailType: ['Order paid', 'Order lost'] }),
    Trigger.eventPattern({ source: events.Match.prefix('aws.') }, { id: 'OfAws', enabled: false }),
    Trigger.eventPattern({ account: [ACCOUNT] }, { id: 'OfAccount' }),
    Trigger.schedule({ schedule: schedule.rate(Duration.hours(1)) }),
    Trigger.schedule({ id: 'Once', schedule: schedule.at(new Date('2030-01-02T03:04:05Z')), enabled: false }),
    Trigger.loadBalancer({ path: '/web/*', methods: ['GET', 'PUT'], hosts: ['example.com'] }),
    Trigger.httpApi({ path: '/items/{id}', methods: ['GET', 'PUT'] }),
    Trigger.restApi({ path: '/orders/{proxy+}' }),
  ];
}

const SHARED = [
  'queue Orders', 'queue foreign', 'table Items', 'stream Clicks', 'topic News', 'topic foreign-news', 'bucket Files', 'rate(1 hour) Etc/UTC',
  'at(2030-01-02T03:04:05) Etc/UTC (disabled)', 'events own.app Order paid,Order lost', 'events * (disabled)', 'events OfAccount', 'log group Log',
  'GET,PUT example.com/web/*', 'GET,PUT /items/{id}', '/orders/{proxy+}',
];

/** What the CDK alone makes, or a template that was written by hand. */
function ownTriggers(stack: Stack, common: CommonProps): void {
  const make = (id: string): lambda.Function => new lambda.Function(stack, id, { ...common, handler: 'index.echo' });
  const [blue, green, paused, conditional] = ['Blue', 'Green', 'Paused', 'Conditional'].map(make);
  paused.addEventSource(new sources.SqsEventSource(new sqs.Queue(stack, 'Orders'), { enabled: false }));
  const live = new lambda.Alias(stack, 'Live', { aliasName: 'live', version: paused.currentVersion });
  new sns.Topic(stack, 'News').addSubscription(new subscriptions.LambdaSubscription(live));

  const listener = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc: new ec2.Vpc(stack, 'Vpc') })
    .addListener('Listener', { port: 80, open: false, defaultAction: elbv2.ListenerAction.fixedResponse(404) });
  const groupOf = (of: lambda.Function): elbv2.ApplicationTargetGroup =>
    new elbv2.ApplicationTargetGroup(stack, `${of.node.id}Group`, { targets: [new elbTargets.LambdaTarget(of)] });
  const behind = (id: string, path: string, priority: number, action: elbv2.ListenerAction): elbv2.ApplicationListenerRule =>
    new elbv2.ApplicationListenerRule(stack, id, { listener, priority, conditions: [elbv2.ListenerCondition.pathPatterns([path])], action });
  behind('Shares', '/both', 1, elbv2.ListenerAction.weightedForward([blue, green].map((each) => ({ targetGroup: groupOf(each), weight: 1 }))));
  const conditioned = (rule: elbv2.ApplicationListenerRule, property: string, value: object): void => {
    (rule.node.defaultChild as elbv2.CfnListenerRule).addPropertyOverride(property, Fn.conditionIf('Always', [value], Aws.NO_VALUE));
  };
  new CfnCondition(stack, 'Always', { expression: Fn.conditionEquals('a', 'a') });
  const targetGroup = groupOf(conditional);
  const forward = elbv2.ListenerAction.forward([targetGroup]);
  conditioned(behind('ByAction', '/by/action', 2, forward), 'Actions', { Type: 'forward', TargetGroupArn: targetGroup.targetGroupArn });
  conditioned(behind('ByCondition', '/by', 3, forward), 'Conditions', { Field: 'path-pattern', PathPatternConfig: { Values: ['/by/condition'] } });
}

beforeAll(() => {
  synthesizeTriggers(allKinds);
  synthesizeFunctions(directory, 'own.out', 'exports.echo = async (event) => event;', ownTriggers);
  synthesizeService(directory, 'service.out', (web, stack) => {
    sharedTriggers(stack).forEach((each) => web.addTrigger(each));
    for (const [id, compute] of [['Job', Compute.batchJob()], ['Task', Compute.task()]] as const) {
      const once = new HybridFunction(stack, id, { code: SMALL_CODE, runtime: SMALL_RUNTIME, vpc: web.vpc, compute });
      once.addTrigger(Trigger.schedule({ schedule: scheduler.ScheduleExpression.cron({ minute: '0', hour: '3', timeZone: TimeZone.EUROPE_BERLIN }) }));
      once.addTrigger(Trigger.eventPattern({ source: ['own.app'], detailType: [id] }));
      once.addTrigger(Trigger.topic(new sns.Topic(stack, `${id}News`)));
      once.addTrigger(Trigger.bucket(new s3.Bucket(stack, `${id}Files`)));
      once.addTrigger(Trigger.logGroup(new logs.LogGroup(stack, `${id}Log`)));
    }
  });
  synthesizeService(directory, 'function.out', (web, stack) => {
    const shared = new HybridFunction(stack, 'Shared', { code: SMALL_CODE, runtime: SMALL_RUNTIME, vpc: web.vpc });
    sharedTriggers(stack).forEach((each) => shared.addTrigger(each));
  });
}, 60_000);

test('a service and a Lambda function with the same triggers run at the same occasions', async () => {
  expect((await listed('service.out')).Web).toEqual(SHARED);
  expect(await listed('function.out')).toMatchObject({ Shared: SHARED, Web: [] });
});

test('a task and a job are started by schedules, events, topics, buckets and log groups', async () => {
  expect(await listed('service.out')).toMatchObject({
    Task: ['topic TaskNews', 'bucket TaskFiles', 'cron(0 3 * * ? *) Europe/Berlin', 'events own.app Task', 'log group TaskLog'],
    Job: ['topic JobNews', 'bucket JobFiles', 'cron(0 3 * * ? *) Europe/Berlin', 'events own.app Job', 'log group JobLog'],
  });
});

test('a function has all that it runs for, and the same route of another kind is told apart', async () => {
  const { All: all, MultiValue: multiValue, TokensV2: tokens, None: none } = await listed('cdk.out', allKinds);
  expect(all.map((each) => each.replace(/^(user pool Users) \w+(,\w+){11}$/, '$1 and its 12 operations'))).toEqual([
    'queue Orders', 'queue Payments', 'queue foreign', 'table Items', 'stream Clicks', 'topic News', 'bucket Files', 'cron(* 3 * * ? *) Etc/UTC',
    'events own.app Ordered,Paid', 'rate(1 hour)', 'log group Log', 'user pool Users and its 12 operations', '/* (loadBalancer)', 'PATCH /items/{id}', '/orders/{id}', '/* (functionUrl)',
  ]);
  expect([multiValue, tokens, none]).toEqual([['/* (loadBalancer)'], ['user pool UsersV2 PreTokenGeneration'], []]);
});

test('by aliases, shares of a route, and where conditions of the template choose', async () => {
  expect(await listed('own.out')).toMatchObject({
    Paused: ['queue Orders (disabled)', 'topic News'], Blue: ['/both'], Green: ['/both'], Conditional: ['/by/action', '/by/condition'],
  });
});

test('a trigger of one\'s own id is found by it', async () => {
  const { code, out, err } = await cdkHybrid(['invoke', 'Shared', '--app', 'function.out', '--trigger', 'eventPattern:OfAccount', '--print'], { cwd: directory });
  expect([code, err, JSON.parse(out)]).toEqual([0, '', expect.objectContaining({ account: ACCOUNT })]);
});
