import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { HybridNetwork, ITrigger, LaunchableTask, LaunchableTaskProps, ProcessService, RunTaskStateProps, Trigger } from '../../src';
import { CONTAINER, givenVpc, handlerOf, instances } from '../computes/ecs';
import { refusal, withSmallRuntime } from '../small-runtime';
import { workspace } from '../workspace';

type Props = LaunchableTaskProps | ((stack: Stack) => LaunchableTaskProps);

function launchable(props: Props = {}, more: (task: LaunchableTask, stack: Stack) => void = () => {}) {
  return withSmallRuntime(() => {
    const stack = new Stack(new App({ outdir: workspace() }), 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
    const own = typeof props === 'function' ? props(stack) : props;
    const task = new LaunchableTask(stack, 'Report', { ...CONTAINER, ...own.cluster ? {} : { vpc: givenVpc(stack) }, ...own });
    more(task, stack);
    return { task, stack, template: Template.fromStack(stack) };
  });
}

/** The one policy of a user or role of the stack. */
const statementsOf = (template: Template, name: RegExp) => Object.entries(template.findResources('AWS::IAM::Policy'))
  .filter(([id]) => name.test(id)).flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);

const RUN = {
  Action: 'ecs:RunTask',
  Effect: 'Allow',
  Resource: { Ref: expect.stringMatching(/^ReportTaskDefinition/) },
  Condition: { ArnEquals: { 'ecs:cluster': { 'Fn::GetAtt': [expect.stringMatching(/^CdkHybridCluster/), 'Arn'] } } },
};
const PASS_ROLES = {
  Action: 'iam:PassRole',
  Effect: 'Allow',
  Resource: [{ 'Fn::GetAtt': [expect.stringMatching(/^ReportRole/), 'Arn'] }, { 'Fn::GetAtt': [expect.stringMatching(/^ReportTaskDefinitionExecutionRole/), 'Arn'] }],
  Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
};

test('is a task definition without a service', () => {
  const { template } = launchable();
  template.resourceCountIs('AWS::ECS::TaskDefinition', 1);
  template.resourceCountIs('AWS::ECS::Service', 0);
  template.resourceCountIs('AWS::S3::Bucket', 0);
  expect(Object.keys(template.findOutputs('*'))).toEqual([]);
});

test('grantRun lets run this definition on this cluster, with its two roles, and nothing else', () => {
  const { template } = launchable({}, (task, stack) => { task.grantRun(new iam.User(stack, 'Launcher')); });
  expect(statementsOf(template, /^Launcher/)).toEqual([RUN, PASS_ROLES]);
});

describe('events of any size', () => {
  test('with largeEvents go to a bucket that is encrypted, private, takes TLS alone and forgets them', () => {
    const { template, task } = launchable({ largeEvents: true });
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 7, Status: 'Enabled' })] },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]) },
    });
    expect(statementsOf(template, /^ReportRole/)).toContainEqual(expect.objectContaining({ Action: expect.arrayContaining(['s3:GetObject*']) }));
    expect(task.eventBucket).toBeDefined();
  });

  test('are written by who may run the task', () => {
    const { template } = launchable({ largeEvents: true }, (task, stack) => { task.grantRun(new iam.User(stack, 'Launcher')); });
    expect(statementsOf(template, /^Launcher/)).toContainEqual(expect.objectContaining({ Action: expect.arrayContaining(['s3:PutObject']) }));
  });

  test('a bucket of one\'s own: eventBucket; how long the one that is made keeps events: eventExpiration', () => {
    const { template, task } = launchable(stack => ({ eventBucket: s3.Bucket.fromBucketName(stack, 'Given', 'events') }));
    template.resourceCountIs('AWS::S3::Bucket', 0);
    expect(task.eventBucket!.bucketName).toBe('events');
    launchable({ largeEvents: true, eventExpiration: Duration.days(2) }).template
      .hasResourceProperties('AWS::S3::Bucket', { LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 2 })] } });
  });
});

describe('a launcher finds what it needs in its environment', () => {
  const environment = (props: Props = {}) => {
    const { stack, task } = launchable(props);
    return stack.resolve(task.launchEnvironment());
  };

  test('on Fargate', () => {
    expect(environment({ largeEvents: true })).toEqual({
      TASK_CLUSTER: { 'Fn::GetAtt': [expect.stringMatching(/^CdkHybridCluster/), 'Arn'] },
      TASK_DEFINITION: { Ref: expect.stringMatching(/^ReportTaskDefinition/) },
      TASK_CONTAINER: 'handler',
      TASK_LAUNCH_TYPE: 'FARGATE',
      TASK_SUBNETS: 'private-1,private-2',
      TASK_SECURITY_GROUPS: { 'Fn::GetAtt': [expect.stringMatching(/^ReportSecurityGroup/), 'GroupId'] },
      TASK_ASSIGN_PUBLIC_IP: 'DISABLED',
      TASK_EVENT_BUCKET: { Ref: expect.stringMatching(/^ReportEventBucket/) },
    });
  });

  test('with public addresses, and on instances', () => {
    expect(environment({ assignPublicIp: true })).toMatchObject({ TASK_ASSIGN_PUBLIC_IP: 'ENABLED', TASK_SUBNETS: 'public-1,public-2' });
    const onInstances = environment(stack => {
      const { cluster, provider } = instances(stack);
      return { cluster, capacityProviderStrategies: [{ capacityProvider: provider.capacityProviderName }] };
    });
    expect(onInstances).not.toHaveProperty('TASK_LAUNCH_TYPE');
    expect(environment({ capacityProviderStrategies: [] })).toHaveProperty('TASK_LAUNCH_TYPE', 'FARGATE');
    expect(Object.keys(launchable().task.launchEnvironment('JOB'))).toContain('JOB_CLUSTER');
  });
});

describe('Step Functions', () => {
  const stateOf = (props: RunTaskStateProps = {}, own: Props = {}) => {
    const { template } = launchable(own, (task, stack) => {
      new sfn.StateMachine(stack, 'Machine', { definitionBody: sfn.DefinitionBody.fromChainable(task.runTaskState(stack, 'Run', props)) });
    });
    const [{ Properties }] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
    const text = JSON.stringify(Properties.DefinitionString['Fn::Join'][1].map((part: unknown) => typeof part === 'string' ? part : 'REFERENCE').join(''));
    return { template, run: JSON.parse(JSON.parse(text)).States.Run };
  };

  test('a state runs the task with its input as the event, and waits for its end', () => {
    const { run } = stateOf();
    expect(run.Resource).toMatch(/:states:::ecs:runTask\.sync$/);
    expect(run.Parameters).toMatchObject({
      LaunchType: 'FARGATE',
      NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ['private-1', 'private-2'], SecurityGroups: ['REFERENCE'] } },
      Overrides: { ContainerOverrides: [{ Name: 'handler', Environment: [{ 'Name': 'HYBRID_EVENT', 'Value.$': 'States.JsonToString($)' }] }] },
    });
  });

  test('part of the input, an object of S3, and where the result goes: eventPath, eventS3Uri, resultS3Uri', () => {
    const variables = (props: RunTaskStateProps) => stateOf(props).run.Parameters.Overrides.ContainerOverrides[0].Environment;
    expect(variables({ eventPath: '$.order' })).toEqual([{ 'Name': 'HYBRID_EVENT', 'Value.$': 'States.JsonToString($.order)' }]);
    expect(variables({ eventS3Uri: sfn.JsonPath.stringAt('$.uri'), resultS3Uri: 's3://results/1' })).toEqual([
      { 'Name': 'HYBRID_EVENT_S3_URI', 'Value.$': '$.uri' }, { Name: 'HYBRID_RESULT_S3_URI', Value: 's3://results/1' },
    ]);
  });

  test('on instances', () => {
    const { run } = stateOf({}, stack => ({ cluster: instances(stack).cluster, launchType: ecs.LaunchType.EC2 }));
    expect(run.Parameters).toMatchObject({ LaunchType: 'EC2' });
  });
});

describe('tag propagation: propagateTags', () => {
  const propagateTags = ecs.PropagatedTagSource.TASK_DEFINITION;
  const TAG = {
    Action: 'ecs:TagResource',
    Effect: 'Allow',
    Resource: { 'Fn::Join': ['', [expect.any(String), { Ref: 'AWS::Partition' }, expect.stringMatching(/^:ecs:/), expect.anything(), '/*']] },
    Condition: { StringEquals: { 'ecs:CreateAction': 'RunTask' } },
  };

  test('of a schedule, which may give the tags', () => {
    const schedule = scheduler.ScheduleExpression.rate(Duration.hours(6));
    const { template } = launchable({ propagateTags }, task => { task.addTrigger(Trigger.schedule({ schedule })); });
    template.hasResourceProperties('AWS::Scheduler::Schedule', { Target: Match.objectLike({ EcsParameters: Match.objectLike({ PropagateTags: 'TASK_DEFINITION' }) }) });
    expect(statementsOf(template, /ReportSchedule/)).toEqual([RUN, PASS_ROLES, TAG]);
  });

  test('of a state machine', () => {
    const { template } = launchable({ propagateTags }, (task, stack) => {
      new sfn.StateMachine(stack, 'Machine', { definitionBody: sfn.DefinitionBody.fromChainable(task.runTaskState(stack, 'Run')) });
    });
    expect(JSON.stringify(template.findResources('AWS::StepFunctions::StateMachine'))).toContain('\\"PropagateTags\\":\\"TASK_DEFINITION\\"');
    expect(statementsOf(template, /^Machine/)).toContainEqual(TAG);
  });

  test('of a launcher', () => {
    const { template, task } = launchable({ propagateTags }, (one, stack) => { one.grantRun(new iam.User(stack, 'Launcher')); });
    expect(statementsOf(template, /^Launcher/)).toContainEqual(TAG);
    expect(task.launchEnvironment()).toMatchObject({ TASK_PROPAGATE_TAGS: 'TASK_DEFINITION' });
  });

  test('there is no service to take tags from', () => {
    expect(refusal(() => launchable({ propagateTags: ecs.PropagatedTagSource.SERVICE })))
      .toContain('\'propagateTags\' must be PropagatedTagSource.TASK_DEFINITION or NONE for a task, got \'SERVICE\'');
  });
});

test('EventBridge Scheduler runs the task with an event', () => {
  const schedule = (options: object): ITrigger => ({
    triggerName: 'custom',
    triggerId: 'Nightly',
    bind: (scope: Construct, { compute }) => ({
      schedule: new scheduler.Schedule(scope, 'Schedule', {
        schedule: scheduler.ScheduleExpression.rate(Duration.hours(6)), target: compute.eventTarget!.scheduleTarget(scope, options),
      }),
    }),
  });
  const { template } = launchable({ platformVersion: ecs.FargatePlatformVersion.LATEST }, task => {
    const input = scheduler.ScheduleTargetInput.fromObject({ at: scheduler.ContextAttribute.scheduledTime });
    task.addTrigger(schedule({ input, retryAttempts: 3 }));
  });
  const [{ Properties: { Target } }] = Object.values(template.findResources('AWS::Scheduler::Schedule'));
  expect(Target).toMatchObject({
    EcsParameters: {
      LaunchType: 'FARGATE',
      PlatformVersion: 'LATEST',
      TaskCount: 1,
      NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED', Subnets: ['private-1', 'private-2'] } },
    },
    RetryPolicy: { MaximumRetryAttempts: 3 },
  });
  expect(JSON.parse(Target.Input)).toEqual({
    containerOverrides: [{ name: 'handler', environment: [{ name: 'HYBRID_EVENT', value: '{"at":"<aws.scheduler.scheduled-time>"}' }] }],
  });
  expect(statementsOf(template, /Nightly/)).toEqual([RUN, PASS_ROLES]);
});

test('a process is an ECS service', () => {
  const template = withSmallRuntime(() => {
    const stack = new Stack(new App({ outdir: workspace() }), 'Stack');
    new ProcessService(stack, 'Cache', { ...CONTAINER, vpc: givenVpc(stack), port: 6379, description: 'caches' });
    return Template.fromStack(stack);
  });
  template.hasResourceProperties('AWS::ECS::Service', { DesiredCount: 1 });
  expect(handlerOf(template).environment).toMatchObject({ PORT: '6379' });
});

describe('a network', () => {
  const network = (...props: ConstructorParameters<typeof HybridNetwork> extends [unknown, unknown, ...infer Rest] ? Rest : never) => {
    const stack = new Stack(new App({ outdir: workspace() }), 'Stack');
    new HybridNetwork(stack, 'Network', ...props);
    return Template.fromStack(stack);
  };
  const ENDPOINT = 'AWS::EC2::VPCEndpoint';

  test('has two zones, one NAT gateway, and the endpoint that costs nothing', () => {
    const template = network();
    template.resourceCountIs('AWS::EC2::Subnet', 4);
    template.resourceCountIs('AWS::EC2::NatGateway', 1);
    template.resourceCountIs(ENDPOINT, 1);
    template.hasResourceProperties(ENDPOINT, { VpcEndpointType: 'Gateway' });
  });

  test('cidr, zones and NAT gateways: ipAddresses, maxAzs, natGateways', () => {
    const template = network({ ipAddresses: ec2.IpAddresses.cidr('10.20.0.0/16'), maxAzs: 2, natGateways: 2 });
    template.hasResourceProperties('AWS::EC2::VPC', { CidrBlock: '10.20.0.0/16' });
    template.resourceCountIs('AWS::EC2::NatGateway', 2);
  });

  test('subnets: subnetConfiguration', () => {
    const template = network({
      subnetConfiguration: [{ name: 'Edge', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 26 }, { name: 'Tasks', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 }],
    });
    const blocks = Object.values(template.findResources('AWS::EC2::Subnet')).map(({ Properties }) => Properties.CidrBlock.split('/')[1]);
    expect(blocks.sort()).toEqual(['20', '20', '26', '26']);
  });

  test('endpoints for ECR, logs and secrets; by default where there is no NAT gateway', () => {
    for (const template of [network({ endpoints: true }), network({ natGateways: 0 })]) {
      template.resourceCountIs(ENDPOINT, 6);
      for (const service of ['ecr.api', 'ecr.dkr', 'logs', 'secretsmanager', 'ssm']) {
        template.hasResourceProperties(ENDPOINT, { VpcEndpointType: 'Interface', ServiceName: { 'Fn::Join': ['', ['com.amazonaws.', { Ref: 'AWS::Region' }, `.${service}`]] } });
      }
    }
    network({ natGateways: 0, endpoints: false }).resourceCountIs(ENDPOINT, 1);
  });
});
