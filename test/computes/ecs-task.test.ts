/** What services, processes and tasks have in common: the task definition. */
import { App, Duration, Fn, Lazy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { BUNDLING_STACKS } from 'aws-cdk-lib/cx-api';
import { CONTAINER, givenVpc, handlerOf, instances, onEcs, task, templateOf } from './ecs';
import { Compute, EnvironmentKind, HandlerRuntime, HandlerSecret, HybridFunction, OtelCollector } from '../../src';
import { refusal, synthesized, withSmallRuntime } from '../small-runtime';
import { workspace } from '../workspace';

describe('a task without any option', () => {
  const template = () => templateOf('task');

  test('runs on Fargate, on the architecture of the image', () => {
    template().hasResourceProperties('AWS::ECS::TaskDefinition', {
      RequiresCompatibilities: ['FARGATE'],
      NetworkMode: 'awsvpc',
      Cpu: '256',
      Memory: '512',
      RuntimePlatform: { CpuArchitecture: 'X86_64', OperatingSystemFamily: 'LINUX' },
    });
  });

  test('has no rights beyond what it needs: another user, a read-only root file system, a writable /tmp', () => {
    const { handler, task: { Volumes } } = handlerOf(template());
    expect(handler).toMatchObject({
      User: '65534:65534', ReadonlyRootFilesystem: true, MountPoints: [{ ContainerPath: '/tmp', ReadOnly: false, SourceVolume: 'tmp' }],
    });
    expect(handler).not.toHaveProperty('Privileged');
    // Empty: ECS copies owner and mode of the image's VOLUME. Source: "Use bind mounts with Amazon ECS" in its Developer Guide.
    expect(Volumes).toEqual([{ Name: 'tmp' }]);
  });

  test('is told what it runs by the names of Lambda', () => {
    expect(handlerOf(template())).toMatchObject({
      handler: { Name: 'handler', Command: ['index.handler'], StopTimeout: 30 },
      environment: {
        AWS_REGION: 'eu-west-1',
        AWS_ACCOUNT_ID: '111122223333',
        AWS_LAMBDA_FUNCTION_NAME: 'Stack-Api-DBBEC0DB',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
        AWS_LAMBDA_FUNCTION_TIMEOUT: '30',
        HYBRID_SOURCES: 'task',
        HYBRID_METRICS: 'emf',
        HYBRID_STOP_TIMEOUT: '30',
      },
    });
  });

  test('logs to the log group of the function, under its name', () => {
    expect(task().handler.LogConfiguration).toEqual({
      LogDriver: 'awslogs',
      Options: { 'awslogs-group': { Ref: 'ApiLogGroup1717FE17' }, 'awslogs-stream-prefix': 'Stack-Api-DBBEC0DB', 'awslogs-region': 'eu-west-1' },
    });
  });

  test('runs with the role of the function; another one pulls the image and writes the logs', () => {
    const { task: { TaskRoleArn, ExecutionRoleArn } } = task();
    expect(TaskRoleArn).toEqual({ 'Fn::GetAtt': ['ApiRoleDE7A08EC', 'Arn'] });
    expect(ExecutionRoleArn).toEqual({ 'Fn::GetAtt': ['ApiTaskDefinitionExecutionRoleAC97F158', 'Arn'] });
  });

  test('is of the cluster and the VPC that all functions of the stack share', () => {
    const shared = synthesized(stack => {
      for (const id of ['One', 'Two']) { new HybridFunction(stack, id, { ...CONTAINER, compute: Compute.service() }); }
    });
    shared.resourceCountIs('AWS::ECS::Cluster', 1);
    shared.resourceCountIs('AWS::EC2::VPC', 1);
    shared.hasResourceProperties('AWS::ECS::Cluster', { ClusterSettings: Match.absent() });
  });

  test('construct ids are a contract with deployed stacks', () => {
    for (const kind of ['task', 'process', 'service'] as const) {
      expect({ [kind]: Object.keys(templateOf(kind).toJSON().Resources).sort() }).toMatchSnapshot();
    }
  });
});

describe('what every compute of a function has', () => {
  test('environment, handler and timeout', () => {
    const { handler, environment } = task({}, { environment: { TABLE: 'orders' }, handler: 'users.list', timeout: Duration.hours(3) });
    expect(handler.Command).toEqual(['users.list']);
    expect(environment).toMatchObject({ TABLE: 'orders', AWS_LAMBDA_FUNCTION_TIMEOUT: '10800' });
  });

  test('a handler that is known at deployment only', () => {
    expect(task({}, { handler: Fn.importValue('Handler') }).handler.Command).toEqual([{ 'Fn::ImportValue': 'Handler' }]);
  });

  test('role: one that is there, with what is granted', () => {
    const template = templateOf('task', {}, stack => ({ role: new iam.Role(stack, 'Mine', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }) }), (fn, stack) => {
      new sqs.Queue(stack, 'Queue').grantSendMessages(fn);
    });
    expect(handlerOf(template).task.TaskRoleArn).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Mine/), 'Arn'] });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: Match.arrayWith(['sqs:SendMessage']) })]) }, Roles: [{ Ref: Match.stringLikeRegexp('^Mine') }],
    });
    expect(refusal(() => task({}, stack => ({ role: iam.Role.fromRoleArn(stack, 'Mine', 'arn:aws:iam::444455556666:role/mine') }))))
      .toContain('Stack/Api: \'role\' must be a role of the account of the stack, 111122223333, got \'a role of the account 444455556666\'');
  });

  test('securityGroups: those that are there', () => {
    templateOf('service', {}, stack => ({ securityGroups: ['sg-1', 'sg-2'].map(id => ec2.SecurityGroup.fromSecurityGroupId(stack, id, id)) }))
      .hasResourceProperties('AWS::ECS::Service', { NetworkConfiguration: { AwsvpcConfiguration: { SecurityGroups: ['sg-1', 'sg-2'] } } });
  });

  test('JSON logs and their level: logFormat, logLevel', () => {
    expect(task({}, { logFormat: lambda.LoggingFormat.JSON, logLevel: lambda.ApplicationLogLevel.WARN }).environment)
      .toMatchObject({ AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'WARN' });
  });

  test('log retention: logRetention', () => {
    templateOf('task', {}, { logRetention: logs.RetentionDays.ONE_WEEK }).hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
  });

  test('secrets, which ECS puts into the environment', () => {
    const template = templateOf('task', {}, stack => ({ secrets: { KEY: HandlerSecret.fromSecretsManager(new secretsmanager.Secret(stack, 'Secret'), { field: 'key' }) } }));
    const { handler, environment } = handlerOf(template);
    expect(handler.Secrets).toEqual([{ Name: 'KEY', ValueFrom: { 'Fn::Join': ['', [{ Ref: 'SecretA720EF05' }, ':key::']] } }]);
    expect(environment).not.toHaveProperty('KEY');
    expect(environment).not.toHaveProperty('HYBRID_SECRETS');
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'] })]) },
      Roles: [{ Ref: 'ApiTaskDefinitionExecutionRoleAC97F158' }],
    });
  });

  test('environmentSchema: a schema of the environment, for what is not known before the start', () => {
    const { environment } = task({}, {
      environment: { BUCKET: Fn.importValue('Bucket') },
      environmentSchema: { BUCKET: { kind: EnvironmentKind.STRING }, LEVEL: { defaultValue: '3', kind: EnvironmentKind.INTEGER } },
    });
    expect(JSON.parse(environment.HYBRID_ENVIRONMENT_SCHEMA as string)).toEqual({ BUCKET: { required: true, kind: 'string' } });
    expect(environment.LEVEL).toBe('3');
  });

  test('metrics, which the host reports', () => {
    const { fn } = onEcs('task');
    expect(fn.metricErrors()).toMatchObject({ namespace: 'CdkHybrid', metricName: 'Errors', dimensions: { FunctionName: 'Stack-Api-DBBEC0DB' } });
    expect(refusal(() => onEcs('task', {}, CONTAINER).fn.metricErrors())).toContain('CDK_HYBRID_METRICS_MISSING');
  });

  test('an image for arm64', () => {
    expect(task({}, { ...CONTAINER, architecture: lambda.Architecture.ARM_64 }).task.RuntimePlatform.CpuArchitecture).toBe('ARM64');
  });

  test('one image for all computes of the function, each with its handler', () => {
    const { template } = onEcs('task', {}, {}, fn => { fn.addCompute('Other', Compute.service(), { handler: 'users.list', environment: { MORE: '1' } }); });
    const containers = Object.values(template.findResources('AWS::ECS::TaskDefinition')).map(({ Properties }) => Properties.ContainerDefinitions[0]);
    expect(containers.map(({ Command }) => Command[0]).sort()).toEqual(['index.handler', 'users.list']);
    expect(new Set(containers.map(({ Image }) => JSON.stringify(Image))).size).toBe(1);
    expect(refusal(() => onEcs('task', {}, {}, fn => { fn.addCompute('Other', Compute.task(), { handler: 'nowhere.list' }); }))).toContain('CDK_HYBRID_HANDLER_FILE_NOT_FOUND');
  });
});

describe('a container of one\'s own', () => {
  test('gets what it was promised and nothing else', () => {
    const { handler, environment } = task({}, { ...CONTAINER, stage: 'prod', environment: { MINE: '1' } });
    expect(environment).toEqual({ ENTRYPOINT: '', ENTRYPOINT_FUNC: '', STAGE: 'prod', AWS_REGION: 'eu-west-1', AWS_ACCOUNT_ID: '111122223333', MINE: '1' });
    expect(handler).toMatchObject({ ReadonlyRootFilesystem: false });
    for (const member of ['Command', 'User', 'HealthCheck', 'MountPoints']) { expect(handler[member] ?? []).toEqual([]); }
  });

  test('with our host is told what our images are told', () => {
    const runtime = HandlerRuntime.container({ dockerfile: 'Dockerfile', host: true });
    const { handler, environment } = withSmallRuntime(() => {
      // As when the CDK CLI lists stacks: the engine of the host need not be there.
      const stack = new Stack(new App({ outdir: workspace(), context: { [BUNDLING_STACKS]: [] } }), 'Stack');
      new HybridFunction(stack, 'Api', { runtime, handler: 'app.main', vpc: givenVpc(stack), compute: Compute.task() });
      return handlerOf(Template.fromStack(stack));
    });
    expect(handler.Command).toEqual(['app.main']);
    expect(environment).toMatchObject({ HYBRID_SOURCES: 'task', HYBRID_METRICS: 'emf' });
  });
});

describe('options of the task', () => {
  test('cpu and memoryLimitMiB', () => {
    const { task: definition, environment } = task({ cpu: 1024, memoryLimitMiB: 8192 });
    expect(definition).toMatchObject({ Cpu: '1024', Memory: '8192' });
    expect(environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE).toBe('8192');
  });

  test.each([
    [{ cpu: 300 }, '\'cpu\' must be one of 256, 512, 1024, 2048, 4096, 8192, 16384 on Fargate, got 300'],
    [{ cpu: 256, memoryLimitMiB: 1536 }, '\'memoryLimitMiB\' must be one of 512, 1024, 2048 for 256 CPU units on Fargate, got 1536'],
    [{ cpu: 1024, memoryLimitMiB: 512 }, '\'memoryLimitMiB\' must be one of 2048, 3072, 4096, 5120, 6144, 7168, 8192 for 1024 CPU units on Fargate, got 512'],
    [{ cpu: 8192, memoryLimitMiB: 18_432 }, '\'memoryLimitMiB\' must be 16384 to 61440 in steps of 4096 for 8192 CPU units on Fargate, got 18432'],
  ])('a pair that Fargate does not have is refused: %j', (sizes, message) => {
    expect(refusal(() => task(sizes, CONTAINER))).toContain(`Stack/Api: ${message}; choose a pair`);
  });

  test('sizes that are known at deployment only are passed on', () => {
    const cpu = Lazy.number({ produce: () => 512 });
    expect(task({ cpu, memoryLimitMiB: Lazy.number({ produce: () => 1024 }) }, CONTAINER).task).toMatchObject({ Cpu: '512', Memory: '1024' });
  });

  test('soft memory limit: memoryReservationMiB', () => {
    expect(task({ memoryReservationMiB: 256 }).handler.MemoryReservation).toBe(256);
    expect(refusal(() => task({ memoryReservationMiB: 1024 }))).toContain('\'memoryReservationMiB\' must be 6 to 512 MiB, got 1024');
  });

  test('soft CPU limit: cpuReservation', () => {
    const onFargate = task({ cpu: 1024, memoryLimitMiB: 2048, cpuReservation: 768 });
    expect(onFargate).toMatchObject({ task: { Cpu: '1024' }, handler: { Cpu: 768 } });
    expect(task().handler).not.toHaveProperty('Cpu');
    const onInstances = task(stack => ({ ...instances(stack), launchType: ecs.LaunchType.EC2, cpu: 1024, cpuReservation: 512 }));
    expect(onInstances).toMatchObject({ task: { Cpu: '1024' }, handler: { Cpu: 512 } });
    expect(refusal(() => task({ cpuReservation: 512 }))).toContain('\'cpuReservation\' must be 2 to 256 CPU units, got 512');
  });

  test('ephemeralStorageGiB', () => {
    expect(task({ ephemeralStorageGiB: 50 }).task.EphemeralStorage).toEqual({ SizeInGiB: 50 });
    expect(refusal(() => task({ ephemeralStorageGiB: 20 }))).toContain('\'ephemeralStorageGiB\' must be 21 to 200 GiB, got 20');
  });

  test('stopTimeout, told to the host as well', () => {
    const { handler, environment } = task({ stopTimeout: Duration.minutes(2) });
    expect(handler.StopTimeout).toBe(120);
    expect(environment.HYBRID_STOP_TIMEOUT).toBe('120');
    expect(refusal(() => task({ stopTimeout: Duration.minutes(3) }))).toContain('\'stopTimeout\' must be 2 to 120 seconds, got 180');
  });

  test('multiline log pattern: multilinePattern; the host\'s metrics stay records of their own', () => {
    const { 'awslogs-multiline-pattern': pattern } = task({ multilinePattern: '^\\d{4}-' }).handler.LogConfiguration.Options;
    const begins = (line: string) => new RegExp(pattern).test(line);
    expect(['2026-01-01 x', '{"_aws":{"Timestamp":1}}'].map(begins)).toEqual([true, true]);
    expect(['    at Object.<anonymous>', '{"a":1}'].map(begins)).toEqual([false, false]);
  });

  test('ECS Exec: enableExecuteCommand, with a root file system that can be written', () => {
    const template = templateOf('task', { enableExecuteCommand: true });
    expect(handlerOf(template).handler.ReadonlyRootFilesystem).toBe(false);
    template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: Match.arrayWith(['ssmmessages:OpenDataChannel']) })]) } });
    expect(task({ enableExecuteCommand: true, readonlyRootFilesystem: true }).handler.ReadonlyRootFilesystem).toBe(true);
  });

  test('readonlyRootFilesystem of a container of one\'s own, with a /tmp', () => {
    expect(task({ readonlyRootFilesystem: true }, CONTAINER).handler).toMatchObject({ ReadonlyRootFilesystem: true, MountPoints: [{ ContainerPath: '/tmp' }] });
  });

  test('ulimits', () => {
    expect(task({ ulimits: [{ name: ecs.UlimitName.NOFILE, softLimit: 65_536, hardLimit: 65_536 }] }).handler.Ulimits)
      .toEqual([{ Name: 'nofile', SoftLimit: 65_536, HardLimit: 65_536 }]);
  });

  test('sidecars, such as an agent, in the exposed task definition', () => {
    const { template } = onEcs('task', {}, {}, fn => {
      fn.taskDefinition!.addContainer('Agent', { image: ecs.ContainerImage.fromRegistry('example.com/agent:1'), essential: false });
    });
    expect(handlerOf(template).sidecars).toMatchObject([{ Name: 'Agent', Essential: false }]);
  });

  test('an image of another stack is published before', () => {
    const { stack } = onEcs('task', {}, {}, (fn, one) => {
      const other = new Stack(one.node.root, 'Other', { env: { account: '111122223333', region: 'eu-west-1' } });
      new HybridFunction(other, 'Second', { compute: Compute.task({ image: fn.image! }), vpc: givenVpc(other), handler: 'users.list' });
    });
    const other = stack.node.root.node.findChild('Other') as Stack;
    expect(other.dependencies).toContain(stack);
  });
});

describe('tracing', () => {
  test('tracing: a collector of OpenTelemetry beside the handler', () => {
    const template = templateOf('task', { tracing: OtelCollector.xray() });
    const { handler, sidecars, environment } = handlerOf(template);
    expect(sidecars).toMatchObject([{
      Name: 'otel-collector',
      Image: expect.stringMatching(/^public\.ecr\.aws\/aws-observability\/aws-otel-collector:v[\d.]+$/),
      Command: ['--config=/etc/ecs/ecs-xray.yaml'],
      Essential: false,
      MemoryReservation: 128,
      ReadonlyRootFilesystem: true,
    }]);
    expect(environment).toMatchObject({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318', OTEL_SERVICE_NAME: 'Stack-Api-DBBEC0DB' });
    expect(handler.DependsOn).toEqual([{ Condition: 'START', ContainerName: 'otel-collector' }]);
    template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: Match.arrayWith(['xray:PutTraceSegments']) })]) } });
  });

  test('another image, config and memoryReservationMiB of the collector', () => {
    const { sidecars } = task({ tracing: OtelCollector.xray({ image: ecs.ContainerImage.fromRegistry('mirror/otel:1'), config: 'receivers: {}', memoryReservationMiB: 64 }) });
    expect(sidecars).toMatchObject([{ Image: 'mirror/otel:1', Environment: [{ Name: 'AOT_CONFIG_CONTENT', Value: 'receivers: {}' }], MemoryReservation: 64 }]);
    expect(sidecars[0]).not.toHaveProperty('Command');
  });

  test('the user\'s own endpoint and name stay', () => {
    const { environment } = task({ tracing: OtelCollector.xray() }, { environment: { OTEL_SERVICE_NAME: 'shop' } });
    expect(environment.OTEL_SERVICE_NAME).toBe('shop');
  });
});

test('a runtime that is no image is refused', () => {
  expect(refusal(() => task({}, { runtime: HandlerRuntime.AWS_NODEJS_24 }))).toContain('CDK_HYBRID_RUNTIME_NOT_FOR_IMAGES');
});
