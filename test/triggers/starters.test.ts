/** Topics, buckets and log groups that start tasks and jobs. */
import { Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { allowedTo, arnOf, deployed, only } from './deliveries';
import { findingsOf } from './lint';
import { lintable } from './streams';
import { HybridFunction, ITrigger, TaskComputeProps, Trigger, TriggerConfig } from '../../src';
import { onEcs } from '../computes/ecs';
import { templateLinter } from '../real-parts';
import { refusal } from '../small-runtime';

interface Options {
  readonly retryAttempts?: number;
  readonly maxEventAge?: Duration;
  readonly deadLetterQueue?: sqs.IQueue;
  readonly id?: string;
}
/** Each trigger, and what it is invoked by: a resource, where its end is, and who has leave to invoke. */
const TRIGGERS = {
  topic: (stack: Stack, options: Options): ITrigger => Trigger.topic(new sns.Topic(stack, options.id ?? 'Origin'), options),
  bucket: (stack: Stack, options: Options): ITrigger => Trigger.bucket(new s3.Bucket(stack, options.id ?? 'Origin'), options),
  logGroup: (stack: Stack, options: Options): ITrigger => Trigger.logGroup(new logs.LogGroup(stack, options.id ?? 'Origin'), options),
};
const ENDS: { [trigger in keyof typeof TRIGGERS]: [type: string, end: (properties: any) => unknown, principal: string] } = {
  topic: ['AWS::SNS::Subscription', ({ Endpoint }) => Endpoint, 'sns.amazonaws.com'],
  bucket: ['Custom::S3BucketNotifications', ({ NotificationConfiguration: { LambdaFunctionConfigurations: [{ LambdaFunctionArn }] } }) => LambdaFunctionArn, 's3.amazonaws.com'],
  logGroup: ['AWS::Logs::SubscriptionFilter', ({ DestinationArn }) => DestinationArn, 'logs.amazonaws.com'],
};
type Name = keyof typeof TRIGGERS;
type Kind = 'task' | 'batchJob';
const names = Object.keys(TRIGGERS) as Name[];
const pairs = names.flatMap(name => (['task', 'batchJob'] as const).map(kind => [name, kind] as const));

/** A function `Api` with these triggers. */
function on(kind: Kind, add: (fn: HybridFunction, stack: Stack) => void, props?: Parameters<typeof onEcs>[1]): Template {
  return onEcs(kind as 'task', props, {}, add).template;
}
const withTrigger = (name: Name, kind: Kind, options: (stack: Stack) => Options = () => ({}), then: (made: TriggerConfig) => void = () => {}) =>
  on(kind, (fn, stack) => then(fn.addTrigger(TRIGGERS[name](stack, options(stack)))));

/** The starter of a template: its function, and what it may do. */
function starterOf(template: Template) {
  const [[id, { Properties }], ...others] = Object.entries(template.findResources('AWS::Lambda::Function')).filter(([name]) => /Starter[0-9A-F]{8}$/.test(name));
  expect(others).toEqual([]);
  const { HYBRID_STARTER_RUN: run, ...environment } = Properties.Environment.Variables;
  return { id, properties: Properties, run: JSON.parse(deployed(run)), environment, statements: allowedTo(template, /StarterRole[0-9A-F]{8}$/) };
}

describe.each(pairs)('%s on Compute.%s()', (name, kind) => {
  const make = (options?: (stack: Stack) => Options, then?: (made: TriggerConfig) => void) => withTrigger(name, kind, options, then);

  test('the origin, and no other, invokes a function that starts a run', () => {
    const template = make();
    const { id, properties } = starterOf(template);
    const [type, end, Principal] = ENDS[name];
    expect(end(only(template, type))).toEqual(arnOf(id));
    const source = name === 'topic' ? { Ref: expect.stringMatching(/^Origin/) } : arnOf('Origin');
    expect(only(template, 'AWS::Lambda::Permission')).toMatchObject({ Principal, FunctionName: arnOf(id), SourceArn: source });
    expect(properties).toMatchObject({
      Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'starter.handler', LoggingConfig: { LogGroup: { Ref: expect.stringMatching(/StarterLogGroup/) } },
    });
    template.resourceCountIs('AWS::SQS::Queue', 0);
    template.resourceCountIs('AWS::Lambda::EventInvokeConfig', 0);
  });

  test('that function may start this run, keep what is too large for it, write its logs, and nothing else', () => {
    const template = make();
    const { statements, environment } = starterOf(template);
    const objects = { 'Fn::Join': ['', [arnOf('.*StarterBucket'), '/*']] };
    const runs = kind === 'task' ? [
      { Effect: 'Allow', Action: 'ecs:RunTask', Resource: { Ref: expect.stringMatching(/^ApiTaskDefinition/) }, Condition: { ArnEquals: { 'ecs:cluster': arnOf('.*Cluster') } } },
      {
        Effect: 'Allow',
        Action: 'iam:PassRole',
        Resource: [arnOf('ApiRole'), arnOf('ApiTaskDefinitionExecutionRole')],
        Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      },
    ] : [{ Effect: 'Allow', Action: 'batch:SubmitJob', Resource: [{ Ref: expect.stringMatching(/^ApiJobDefinition/) }, { 'Fn::GetAtt': [expect.stringMatching('Queue'), 'JobQueueArn'] }] }];
    expect(statements).toEqual([
      { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: arnOf('.*StarterLogGroup') },
      ...runs,
      { Effect: 'Allow', Action: 's3:PutObject', Resource: objects },
    ]);
    expect(environment).toEqual({ HYBRID_STARTER_BUCKET: { Ref: expect.stringMatching(/StarterBucket/) } });
    expect(allowedTo(template, /^ApiRole/)).toContainEqual({ Effect: 'Allow', Action: 's3:GetObject', Resource: objects });
    const buckets = Object.entries(template.findResources('AWS::S3::Bucket')).filter(([id]) => /StarterBucket/.test(id));
    expect(buckets.map(([, { Properties }]) => Properties)).toEqual([expect.objectContaining({
      LifecycleConfiguration: { Rules: [expect.objectContaining({ ExpirationInDays: 30, Status: 'Enabled' })] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
    })]);
  });

  test('retryAttempts, maxEventAge and deadLetterQueue are those of its invocations', () => {
    const template = make(stack => ({ retryAttempts: 0, maxEventAge: Duration.hours(1), deadLetterQueue: new sqs.Queue(stack, 'Lost') }));
    const { id, statements } = starterOf(template);
    expect(only(template, 'AWS::Lambda::EventInvokeConfig')).toEqual({
      FunctionName: { Ref: id },
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 3600,
      DestinationConfig: { OnFailure: { Destination: arnOf('Lost') } },
    });
    expect(statements).toContainEqual(expect.objectContaining({ Action: expect.arrayContaining(['sqs:SendMessage']), Resource: arnOf('Lost') }));
    if (name === 'topic') { expect(only(template, 'AWS::SNS::Subscription').RedrivePolicy).toEqual({ deadLetterTargetArn: arnOf('Lost') }); }
  });

  test('what it made can be watched', () => {
    let queue: sqs.IQueue;
    make(stack => ({ deadLetterQueue: queue = new sqs.Queue(stack, 'Lost') }), ({ starter, deadLetterQueue, forwarder }) => {
      expect([starter!.node.path, deadLetterQueue, forwarder]).toEqual([expect.stringMatching(/^Stack\/Api\/\w+Origin\/Starter$/), queue, undefined]);
    });
  });

  test('two triggers have a function each, and may say different things', () => {
    const template = on(kind, (fn, stack) => ['One', 'Two'].forEach((id, retryAttempts) => fn.addTrigger(TRIGGERS[name](stack, { id, retryAttempts }))));
    expect(Object.keys(template.findResources('AWS::Lambda::Function')).filter(id => /Starter[0-9A-F]{8}$/.test(id))).toHaveLength(2);
    expect(Object.values(template.findResources('AWS::Lambda::EventInvokeConfig')).map(({ Properties }) => Properties.MaximumRetryAttempts)).toEqual([0, 1]);
  });

  test.each<[string, Options, string]>([
    ['more retries than 2', { retryAttempts: 3 }, "'retryAttempts' must be 0 to 2 where runs are started, got 3"],
    ['an age over 6 hours', { maxEventAge: Duration.hours(7) }, "'maxEventAge' must be 60 to 21600 seconds where runs are started, got 25200"],
  ])('%s are refused', (_what, options, message) => {
    expect(refusal(() => make(() => options))).toContain(message);
  });
});

describe('the run', () => {
  /** The options of a compute, the run of a starter, and what a schedule of the same function says. */
  const ofTask = (props?: Parameters<typeof onEcs>[1]) => {
    const template = on('task', (fn, stack) => {
      fn.addTrigger(TRIGGERS.topic(stack, {}));
      fn.addTrigger(Trigger.schedule({ schedule: scheduler.ScheduleExpression.rate(Duration.hours(1)) }));
    }, props);
    const { Target } = only(template, 'AWS::Scheduler::Schedule');
    return { run: starterOf(template).run, ecs: Target.EcsParameters, actions: starterOf(template).statements.map(({ Action }) => Action) };
  };
  const camelCase = (value: any): any => Array.isArray(value) ? value.map(camelCase) : typeof value === 'object' && !('Ref' in value || 'Fn::GetAtt' in value)
    ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name[0].toLowerCase() + name.slice(1), camelCase(part)]))
    : typeof value === 'object' ? deployed(value) : value;

  const instances = (props: TaskComputeProps) => (stack: Stack) => {
    const cluster = new ecs.Cluster(stack, 'Instances', { vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 }) });
    cluster.addCapacity('Capacity', { instanceType: new ec2.InstanceType('t3.small') });
    return { cluster, ...props };
  };
  test.each<[string, Parameters<typeof onEcs>[1]]>([
    ['Fargate', {}],
    ['a platform version, a public address, ECS Exec and tags', {
      platformVersion: ecs.FargatePlatformVersion.VERSION1_4,
      assignPublicIp: true,
      enableExecuteCommand: true,
      propagateTags: ecs.PropagatedTagSource.TASK_DEFINITION,
    }],
    ['capacity providers', { capacityProviderStrategies: [{ capacityProvider: 'FARGATE_SPOT', weight: 2, base: 1 }] }],
    ['instances with placement', instances({
      launchType: ecs.LaunchType.EC2,
      placementConstraints: [ecs.PlacementConstraint.memberOf('attribute:ecs.instance-type =~ t3.*')],
      placementStrategies: [ecs.PlacementStrategy.spreadAcross('attribute:ecs.availability-zone')],
    } as TaskComputeProps)],
  ])('of a task is that of a schedule: %s', (_what, props) => {
    const { run: { runTask }, ecs: parameters, actions } = ofTask(props);
    const { taskDefinitionArn, taskCount, ...same } = camelCase(parameters);
    expect(runTask).toEqual({
      ...same, taskDefinition: taskDefinitionArn, count: taskCount, cluster: expect.stringMatching(/^(Instances|.*Cluster)\w+\.Arn$/), overrides: { containerOverrides: [{ name: expect.any(String) }] },
    });
    expect(actions.includes('ecs:TagResource')).toBe(runTask.propagateTags === 'TASK_DEFINITION');
  });

  test('of a job has its queue and its definition', () => {
    expect(starterOf(withTrigger('bucket', 'batchJob')).run).toEqual({
      submitJob: { jobName: expect.stringMatching(/^Stack-Api-/), jobDefinition: expect.stringMatching(/^ApiJobDefinition/), jobQueue: expect.stringMatching(/^Api\w*Queue\w+\.JobQueueArn$/) },
    });
  });
});

test.each(['task', 'batchJob'] as const)('a FIFO topic on Compute.%s() is refused', kind => {
  const fifo = (stack: Stack) => new sns.Topic(stack, 'News', { fifo: true, topicName: 'news' });
  expect(refusal(() => on(kind, (fn, stack) => fn.addTrigger(Trigger.topic(fifo(stack)))))).toContain(
    `'topic' must be a standard topic on Compute.${kind}(): Amazon SNS invokes no functions from FIFO topics, got 'Stack/News'`);
});

test.each(['task', 'batchJob'] as const)('a function that nothing of the kind triggers has none: Compute.%s()', kind => {
  expect(Object.keys(on(kind, () => {}).findResources('AWS::Lambda::Function')).filter(id => /Starter/.test(id))).toEqual([]);
});

const linter = templateLinter();
(linter ? test : test.skip)('cfn-lint has nothing to say', () => {
  expect(findingsOf(linter!, pairs.map(([name, kind]) => lintable(withTrigger(name, kind))))).toBe('');
});
