import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { BUNDLING_STACKS } from 'aws-cdk-lib/cx-api';
import { Compute, CustomRuntimeLayer, Engine, HandlerCode, HandlerRuntime, HandlerSecret, HttpEventFormat, HybridFunction, ICompute, ITrigger, Trigger } from '../../src';
import { COMPUTES, ComputeName, OPTION_RUNTIMES, RUNTIME_SUPPORT, RuntimeKind, TRIGGER_SUPPORT, TriggerName } from '../../src/model/support';
import { npmEnvironment, smallEngine, startRegistry } from '../registry';
import { inDirectory, workspace } from '../workspace';

const small = smallEngine('24.0.99');
const SMALL = HandlerRuntime.nodejs(Engine.nodejs('24.0.99', { sha512X86: small.checksum }));
let environment: { [name: string]: string };
beforeAll(async () => { environment = { ...npmEnvironment(await startRegistry(small.directory)), CDK_HYBRID_CACHE_DIR: workspace() }; });

const project = workspace({ 'dist/index.js': 'exports.handler = async () => 1;', 'Dockerfile': 'FROM scratch\n', 'bootstrap': '#!/bin/sh\n' });
chmodSync(join(project, 'bootstrap'), 0o755);

/** The one line that changes. */
const LINES: { [name in ComputeName]: () => ICompute } = {
  lambdaFunction: () => Compute.lambdaFunction({ memorySize: 512 }),
  lambdaImage: () => Compute.lambdaImage({ memorySize: 512 }),
  service: () => Compute.service({ cpu: 256, memoryLimitMiB: 512 }),
  process: () => Compute.process({ cpu: 256, memoryLimitMiB: 512 }),
  task: () => Compute.task({ cpu: 256, memoryLimitMiB: 512 }),
  batchJob: () => Compute.batchJob({ cpu: 256, memoryLimitMiB: 512 }),
};
/** What the app has beside the function, and events come from. */
interface Origins {
  readonly queue: sqs.IQueue;
  readonly topic: sns.ITopic;
  readonly bucket: s3.IBucket;
  readonly userPool: cognito.IUserPool;
  readonly table: dynamodb.ITable;
  readonly stream: kinesis.IStream;
  readonly logGroup: logs.ILogGroup;
}
const TRIGGERS: { [name in TriggerName]: (origins: Origins) => ITrigger } = {
  httpApi: () => Trigger.httpApi({ path: '/orders/{id}' }),
  restApi: () => Trigger.restApi({ path: '/orders/{id}' }),
  loadBalancer: () => Trigger.loadBalancer({ path: '/orders/*' }),
  queue: ({ queue }) => Trigger.queue(queue, { batchSize: 5 }),
  topic: ({ topic }) => Trigger.topic(topic),
  bucket: ({ bucket }) => Trigger.bucket(bucket, { prefix: 'orders/' }),
  tableStream: ({ table }) => Trigger.tableStream(table, { batchSize: 5 }),
  dataStream: ({ stream }) => Trigger.dataStream(stream, { batchSize: 5 }),
  logGroup: ({ logGroup }) => Trigger.logGroup(logGroup),
  eventPattern: () => Trigger.eventPattern({ source: ['shop'] }),
  functionUrl: () => Trigger.functionUrl(),
  userPool: ({ userPool }) => Trigger.userPool(userPool, { operations: [cognito.UserPoolOperation.PRE_SIGN_UP] }),
  of: () => Trigger.of({ bind: fn => fn.addPermission('Thing', { principal: new iam.ServicePrincipal('iot.amazonaws.com') }) }),
  schedule: () => Trigger.schedule({
    schedule: scheduler.ScheduleExpression.rate(Duration.hours(1)), input: scheduler.ScheduleTargetInput.fromObject({ job: 'tidy up' }),
  }),
};
const triggersOf = (compute: ComputeName) => (Object.keys(TRIGGERS) as TriggerName[]).filter(name => TRIGGER_SUPPORT[name][compute] === true);
const pairs = COMPUTES.flatMap(from => COMPUTES.filter(to => to !== from).map(to => [from, to] as const));

/** The app: everything in it but the compute, and the triggers that both computes of a swap can have. */
function app(name: ComputeName, triggers: TriggerName[]) {
  return inDirectory(project, environment, () => {
    const stack = new Stack(new App({ outdir: workspace() }), 'Shop', { env: { account: '111122223333', region: 'eu-west-1' } });
    const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
    const table = new dynamodb.Table(stack, 'Table', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, stream: dynamodb.StreamViewType.NEW_IMAGE });
    const database = new ec2.SecurityGroup(stack, 'Database', { vpc });
    const secret = new secretsmanager.Secret(stack, 'Secret');
    const queue = new sqs.Queue(stack, 'Queue', { visibilityTimeout: Duration.minutes(6) });
    const origins: Origins = {
      queue,
      table,
      topic: new sns.Topic(stack, 'Topic'),
      bucket: new s3.Bucket(stack, 'Bucket'),
      userPool: new cognito.UserPool(stack, 'UserPool'),
      stream: new kinesis.Stream(stack, 'Clicks'),
      logGroup: new logs.LogGroup(stack, 'Audit'),
    };

    const orders = new HybridFunction(stack, 'Orders', {
      code: HandlerCode.fromDirectory('dist'),
      runtime: SMALL,
      environment: { TABLE: table.tableName },
      secrets: { API_KEY: HandlerSecret.fromSecretsManager(secret) },
      timeout: Duration.seconds(60),
      logRetention: logs.RetentionDays.TWO_WEEKS,
      vpc,
      compute: LINES[name](),
    });
    table.grantReadWriteData(orders);
    database.connections.allowFrom(orders, ec2.Port.tcp(5432));
    orders.metricErrors().createAlarm(stack, 'Failing', { threshold: 1, evaluationPeriods: 1 });
    orders.metricInvocations().createAlarm(stack, 'Busy', { threshold: 1_000, evaluationPeriods: 1 });
    orders.metricDuration().createAlarm(stack, 'Slow', { threshold: 1_000, evaluationPeriods: 1 });
    for (const trigger of triggers) { orders.addTrigger(TRIGGERS[trigger](origins)); }
    return { stack, orders, template: Template.fromStack(stack) };
  });
}

type Resources = { [id: string]: { Type: string; Properties: any } };
const ofType = (template: Template, type: string) => Object.entries(template.toJSON().Resources as Resources).filter(([, { Type }]) => Type === type);
const synthesized = new Map<string, ReturnType<typeof app>>();
const appWith = (name: ComputeName, triggers: TriggerName[]) => {
  const key = [name, ...triggers].join();
  if (!synthesized.has(key)) { synthesized.set(key, app(name, triggers)); }
  return synthesized.get(key)!;
};

describe.each(COMPUTES.map(name => [name] as const))('on %s', name => {
  test('the handler finds its environment and its secret, whose value is nowhere', () => {
    const { template } = appWith(name, triggersOf(name));
    const json = JSON.stringify(template.toJSON());
    expect(json).not.toContain('resolve:secretsmanager');
    const table = Match.anyValue();
    switch (name) {
      case 'lambdaFunction':
      case 'lambdaImage':
        template.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { TABLE: table, HYBRID_SECRETS: Match.anyValue() } } });
        break;
      case 'batchJob':
        template.hasResourceProperties('AWS::Batch::JobDefinition', {
          ContainerProperties: { Environment: Match.arrayWith([{ Name: 'TABLE', Value: table }]), Secrets: [{ Name: 'API_KEY', ValueFrom: Match.anyValue() }] },
        });
        break;
      default:
        template.hasResourceProperties('AWS::ECS::TaskDefinition', {
          ContainerDefinitions: [Match.objectLike({
            Environment: Match.arrayWith([{ Name: 'TABLE', Value: table }]), Secrets: [{ Name: 'API_KEY', ValueFrom: Match.anyValue() }],
          })],
        });
    }
  });

  test('grants go to the role of the handler', () => {
    const { template, stack, orders } = appWith(name, triggersOf(name));
    const role = stack.resolve((orders.role.node.defaultChild as any).ref);
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [role], PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: Match.arrayWith(['dynamodb:PutItem']) })]) },
    });
    const main = ofType(template, 'AWS::IAM::Role').find(([id]) => id === role.Ref)![1];
    expect(main.Properties.AssumeRolePolicyDocument.Statement.map(({ Principal }: any) => Principal.Service)).toEqual(['lambda.amazonaws.com', 'ecs-tasks.amazonaws.com']);
  });

  test('connections open the way from its security group', () => {
    const { template } = appWith(name, triggersOf(name));
    const group = ofType(template, 'AWS::EC2::SecurityGroup').find(([id]) => id.startsWith('OrdersSecurityGroup'))!;
    const id = { 'Fn::GetAtt': [group[0], 'GroupId'] };
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 5432, SourceSecurityGroupId: id });
    const uses = JSON.stringify([
      ...ofType(template, 'AWS::Lambda::Function'), ...ofType(template, 'AWS::ECS::Service'), ...ofType(template, 'AWS::Scheduler::Schedule'),
      ...ofType(template, 'AWS::Batch::ComputeEnvironment'),
    ]);
    expect(uses).toContain(JSON.stringify(id));
  });

  test('invocations, errors and duration are measured', () => {
    const { template } = appWith(name, triggersOf(name));
    const Namespace = name.startsWith('lambda') ? 'AWS/Lambda' : 'CdkHybrid';
    for (const MetricName of ['Invocations', 'Errors', 'Duration']) {
      template.hasResourceProperties('AWS::CloudWatch::Alarm', { Namespace, MetricName, Dimensions: [{ Name: 'FunctionName', Value: Match.anyValue() }] });
    }
  });

  test('its triggers reach it', () => {
    const { template } = appWith(name, triggersOf(name));
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::ListenerRule', triggersOf(name).includes('loadBalancer') ? 1 : 0);
    template.resourceCountIs('AWS::Scheduler::Schedule', triggersOf(name).includes('schedule') ? 1 : 0);
    template.resourceCountIs('AWS::SNS::Subscription', triggersOf(name).includes('topic') ? 1 : 0);
    template.resourceCountIs('Custom::S3BucketNotifications', triggersOf(name).includes('bucket') ? 1 : 0);
    template.resourceCountIs('AWS::Events::Rule', triggersOf(name).includes('eventPattern') ? 1 : 0);
  });
});

test.each(pairs)('from %s to %s nothing is replaced but the compute and what reaches it', (from, to) => {
  const both = triggersOf(from).filter(name => triggersOf(to).includes(name));
  const kept = (name: ComputeName) => {
    const resources: Resources = appWith(name, both).template.toJSON().Resources;
    // What a handler owns whatever runs it, and what the app has beside it.
    const mine = /^Orders(Role|LogGroup|SecurityGroup)[0-9A-F]{8}$|^(Topic|Bucket|UserPool)[0-9A-F]{8}$|^(Vpc|Table|Queue|Clicks|Audit|Database|Secret|Failing|Busy|Slow)|^OrdersLoadBalancer.*Rule|^OrdersSchedule|^OrdersEventPatternRule[0-9A-F]{8}$|^OrdersStream\w+EventSourceMapping|^OrdersLogGroupAuditSubscriptionFilter[0-9A-F]{8}$/;
    const ofMine = Object.entries(resources).filter(([id]) => mine.test(id));
    return Object.fromEntries(ofMine.map(([id, { Type, Properties }]) => [id, { Type, Properties }]));
  };
  const [before, after] = [kept(from), kept(to)];
  const ids = Object.keys(before).filter(id => !/^OrdersSchedule/.test(id));
  expect(Object.keys(after)).toEqual(expect.arrayContaining(ids));
  for (const [id, { Type, Properties }] of Object.entries(before)) {
    // These follow the compute in place: CloudFormation updates them without a replacement.
    const follows = [
      'AWS::IAM::Policy', 'AWS::CloudWatch::Alarm', 'AWS::ElasticLoadBalancingV2::ListenerRule', 'AWS::Scheduler::Schedule', 'AWS::Events::Rule',
      'AWS::Lambda::EventSourceMapping', 'AWS::Logs::SubscriptionFilter',
    ];
    if (after[id] && !follows.includes(Type)) { expect({ [id]: after[id].Properties }).toEqual({ [id]: Properties }); }
  }
  const ofRole = (name: ComputeName) => ofType(appWith(name, both).template, 'AWS::IAM::Policy').filter(([id]) => id.startsWith('OrdersRole'));
  expect(ofRole(to)).toEqual(ofRole(from));
  const priorities = (name: ComputeName) => ofType(appWith(name, both).template, 'AWS::ElasticLoadBalancingV2::ListenerRule').map(([, { Properties }]) => Properties.Priority);
  expect(priorities(from)).toEqual(priorities(to));
});

const refusedTriggers = (Object.keys(TRIGGERS) as TriggerName[]).flatMap(trigger => COMPUTES.flatMap(compute => {
  const support: true | string = TRIGGER_SUPPORT[trigger][compute];
  return support === true ? [] : [[trigger, compute, support] as const];
}));
test.each(refusedTriggers)('%s on %s is refused: %s', (trigger, compute, reason) => {
  expect(() => app(compute, [trigger])).toThrow(`Shop/Orders: 'addTrigger' must be a trigger that the compute can have, got 'Trigger.${trigger}() on Compute.${compute}()'; ${reason}`);
});

describe('runtimes', () => {
  const RUNTIMES: { [name in RuntimeKind]: (stack: Stack) => HandlerRuntime } = {
    'NODEJS_20 to NODEJS_26': () => SMALL,
    'extend()': () => SMALL.extend({ instructions: ['RUN true'] }),
    'container({ host: true })': () => HandlerRuntime.container({ dockerfile: 'Dockerfile', host: true }),
    'container()': () => HandlerRuntime.container({ dockerfile: 'Dockerfile' }),
    'custom()': stack => HandlerRuntime.custom(new CustomRuntimeLayer(stack, 'Layer', { engine: SMALL._parts.engine, bootstrap: 'bootstrap' }).layerVersion),
    'AWS_* and managed()': () => HandlerRuntime.managed(lambda.Runtime.NODEJS_24_X),
  };
  const all = (Object.keys(RUNTIMES) as RuntimeKind[]).flatMap(runtime => COMPUTES.map(compute => [runtime, compute] as const));
  const make = (runtime: RuntimeKind, compute: ICompute, then: (fn: HybridFunction) => void = () => {}) => inDirectory(project, environment, () => {
    // As when the CDK CLI lists stacks: the engine of a container's host need not be there.
    const stack = new Stack(new App({ outdir: workspace(), context: runtime === 'container({ host: true })' ? { [BUNDLING_STACKS]: [] } : {} }), 'Shop');
    then(new HybridFunction(stack, 'Orders', { code: HandlerCode.fromDirectory('dist'), runtime: RUNTIMES[runtime](stack), compute }));
    Template.fromStack(stack);
  });
  test.each(all.filter(([runtime, compute]) => RUNTIME_SUPPORT[runtime][compute] === true))('%s run on %s', (runtime, compute) => {
    expect(() => make(runtime, LINES[compute]())).not.toThrow();
  });
  test.each(all.filter(([runtime, compute]) => RUNTIME_SUPPORT[runtime][compute] !== true))('%s on %s are refused with what to do', (runtime, compute) => {
    expect(() => make(runtime, LINES[compute]())).toThrow(/^Shop\/Orders: 'runtime' must be .*, got '.*'; use .*\[CDK_HYBRID_RUNTIME_(FOR|NOT_FOR)_IMAGES\]$/);
  });

  /** Each option on a compute that has it, whose runtimes are then the ones to tell apart. */
  const OPTIONS: { [option in keyof typeof OPTION_RUNTIMES]: [ComputeName, () => ICompute, ((fn: HybridFunction) => void)?] } = {
    eventFormat: ['service', LINES.service, fn => fn.addTrigger(Trigger.loadBalancer({ path: '/', eventFormat: HttpEventFormat.V2 }))],
    gracefulShutdown: ['lambdaImage', () => Compute.lambdaImage({ gracefulShutdown: true })],
    maxConcurrency: ['service', () => Compute.service({ maxConcurrency: 4 })],
    metricErrors: ['service', LINES.service, fn => fn.metricErrors()],
    trustedProxyHops: ['service', () => Compute.service({ trustedProxyHops: 2 })],
    workers: ['service', () => Compute.service({ workers: 4 })],
  };
  const options = (Object.keys(OPTIONS) as (keyof typeof OPTIONS)[]).flatMap(option => (Object.keys(RUNTIMES) as RuntimeKind[])
    .filter(runtime => RUNTIME_SUPPORT[runtime][OPTIONS[option][0]] === true)
    .map(runtime => [option, (OPTION_RUNTIMES[option] as readonly RuntimeKind[]).includes(runtime) ? 'is there' : 'is refused', runtime] as const));
  test.each(options)('%s %s with %s', (option, is, runtime) => {
    const [, compute, then] = OPTIONS[option];
    const made = () => make(runtime, compute(), then);
    if (is === 'is there') { expect(made).not.toThrow(); } else { expect(made).toThrow(/\[CDK_HYBRID_(HOST_MISSING|LAMBDA_OPTION_UNSUPPORTED|METRICS_MISSING)\]$/); }
  });
});
