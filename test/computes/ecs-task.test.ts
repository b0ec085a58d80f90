/** What services, processes and tasks have in common: the task definition. */
import { App, Duration, Fn, Lazy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { BUNDLING_STACKS } from 'aws-cdk-lib/cx-api';
import { CONTAINER, givenVpc, handlerOf, instances, onEcs, templateOf } from './ecs';
import { Compute, EnvironmentKind, HandlerRuntime, HandlerSecret, HybridFunction, OtelCollector, TaskVolume } from '../../src';
import { refusal, synthesized, withSmallRuntime } from '../small-runtime';
import { workspace } from '../workspace';

const task = (...given: Parameters<typeof onEcs> extends [unknown, ...infer Rest] ? Rest : never) => handlerOf(templateOf('task', ...given));

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

describe('volumes', () => {
  const fileSystem = (stack: Stack) => new efs.FileSystem(stack, 'Files', { vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 1 }) });

  test('EFS access point: fromEfsAccessPoint at its containerPath, encrypted, authorized by the role, reachable', () => {
    let vpc: ec2.IVpc;
    const template = templateOf('task', stack => {
      const files = fileSystem(stack);
      vpc = files.node.scope!.node.findChild('Vpc') as ec2.Vpc;
      return { volumes: [TaskVolume.fromEfsAccessPoint(files.addAccessPoint('Access', { path: '/data' }), { containerPath: '/mnt/data' })] };
    }, () => ({ vpc }));
    const { handler, task: { Volumes } } = handlerOf(template);
    expect(handler.MountPoints).toContainEqual({ ContainerPath: '/mnt/data', ReadOnly: false, SourceVolume: 'mnt-data' });
    expect(Volumes).toContainEqual({
      Name: 'mnt-data',
      EFSVolumeConfiguration: {
        FilesystemId: { Ref: 'Files8E6940B8' }, TransitEncryption: 'ENABLED', AuthorizationConfig: { IAM: 'ENABLED', AccessPointId: { Ref: 'FilesAccess0D5BF4BB' } },
      },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({
          Action: ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'],
          Resource: { 'Fn::GetAtt': ['Files8E6940B8', 'Arn'] },
          Condition: Match.objectLike({ StringEquals: { 'elasticfilesystem:AccessPointArn': Match.anyValue() } }),
        })]),
      },
      Roles: [{ Ref: 'ApiRoleDE7A08EC' }],
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 2049, SourceSecurityGroupId: { 'Fn::GetAtt': ['ApiSecurityGroup2D7B9747', 'GroupId'] } });
  });

  test('EFS file system that can only be read: fromEfsFileSystem, readOnly', () => {
    let vpc: ec2.IVpc;
    const template = templateOf('task', stack => {
      const files = fileSystem(stack);
      vpc = files.node.scope!.node.findChild('Vpc') as ec2.Vpc;
      return { volumes: [TaskVolume.fromEfsFileSystem(files, { containerPath: '/data', readOnly: true })] };
    }, () => ({ vpc }));
    template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'elasticfilesystem:ClientMount' })]) } });
    expect(handlerOf(template).handler.MountPoints).toContainEqual({ ContainerPath: '/data', ReadOnly: true, SourceVolume: 'data' });
  });

  test('empty ones, and folders of the instance: scratch, fromHostPath', () => {
    expect(task({ volumes: [TaskVolume.scratch({ containerPath: '/var/cache/' })] }).task.Volumes).toEqual([{ Name: 'tmp' }, { Name: 'var-cache' }]);
    const onInstance = task(stack => ({
      ...instances(stack), launchType: ecs.LaunchType.EC2, volumes: [TaskVolume.fromHostPath('/var/run/docker.sock', { containerPath: '/var/run/docker.sock' })],
    }));
    expect(onInstance.task.Volumes[1]).toMatchObject({ Host: { SourcePath: '/var/run/docker.sock' } });
    expect(refusal(() => task({ volumes: [TaskVolume.fromHostPath('/data', { containerPath: '/data' })] })))
      .toContain('\'volumes\' must be other volumes on Fargate, got \'the folder /data of the instance\'');
  });

  test('paths that are taken or not absolute are refused', () => {
    const withPath = (containerPath: string) => refusal(() => task({ volumes: [TaskVolume.scratch({ containerPath })] }));
    expect(withPath('/tmp')).toContain('\'volumes\' must be a path that no other volume has, got \'/tmp\'');
    expect(withPath('/tmp/')).toContain('a path that no other volume has');
    expect(withPath('data')).toContain('\'volumes\' must be an absolute path below /, got \'data\'');
  });

  test('paths that read alike are volumes of their own', () => {
    const { handler, task: { Volumes } } = task({ volumes: ['/a/b', '/a-b'].map(containerPath => TaskVolume.scratch({ containerPath })) });
    expect(handler.MountPoints.map(({ ContainerPath }: { ContainerPath: string }) => ContainerPath)).toEqual(['/tmp', '/a/b', '/a-b']);
    expect(new Set(Volumes.map(({ Name }: { Name: string }) => Name)).size).toBe(3);
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

describe('EC2 launch type', () => {
  test('runs on the instances of the cluster, of its architecture, with limits of the container', () => {
    const { task: definition, handler } = task(stack => ({ ...instances(stack), launchType: ecs.LaunchType.EC2, cpu: 300, memoryLimitMiB: 700 }));
    expect(definition).toMatchObject({
      RequiresCompatibilities: ['EC2'], NetworkMode: 'awsvpc', PlacementConstraints: [{ Type: 'memberOf', Expression: 'attribute:ecs.cpu-architecture == x86_64' }],
    });
    expect(definition).not.toHaveProperty('Cpu');
    expect(handler).toMatchObject({ Cpu: 300, Memory: 700 });
  });

  test('is the one when capacity providers are of instances', () => {
    const { task: definition } = task(stack => {
      const { cluster, provider } = instances(stack);
      return { cluster, capacityProviderStrategies: [{ capacityProvider: provider.capacityProviderName, weight: 1 }] };
    });
    expect(definition.RequiresCompatibilities).toEqual(['EC2']);
  });

  test('needs a cluster', () => {
    expect(refusal(() => task({ launchType: ecs.LaunchType.EC2 }))).toBe('Stack/Api: \'cluster\' must be a cluster with instances on EC2, got undefined; '
      + 'set cluster, or run on Fargate [CDK_HYBRID_CLUSTER_MISSING]');
  });

  test('options of the other launch type are refused', () => {
    const onInstances = (props: object) => refusal(() => task(stack => ({ ...instances(stack), launchType: ecs.LaunchType.EC2, ...props })));
    expect(onInstances({ assignPublicIp: true })).toContain('\'assignPublicIp\' must be left out on EC2, got true');
    expect(onInstances({ ephemeralStorageGiB: 30 })).toContain('CDK_HYBRID_LAUNCH_TYPE');
    expect(onInstances({ platformVersion: ecs.FargatePlatformVersion.LATEST })).toContain('CDK_HYBRID_LAUNCH_TYPE');
    expect(refusal(() => task({ placementStrategies: [ecs.PlacementStrategy.packedByCpu()] }))).toContain('\'placementStrategies\' must be left out on Fargate');
    expect(refusal(() => task({ launchType: ecs.LaunchType.EXTERNAL }))).toContain('\'launchType\' must be LaunchType.FARGATE or LaunchType.EC2, got \'EXTERNAL\'');
    expect(refusal(() => task({ capacityProviderStrategies: [{ capacityProvider: 'FARGATE' }, { capacityProvider: 'mine' }] })))
      .toContain('\'capacityProviderStrategies\' must be providers of the cluster\'s instances alone on EC2, got \'FARGATE\'');
  });

  test('an arm64 image on x86 instances is refused, given or made later', () => {
    const arm = { ...CONTAINER, architecture: lambda.Architecture.ARM_64 };
    const onProvider = (type: string) => onEcs('task', stack => {
      const { cluster, provider } = instances(stack, type);
      return { cluster, capacityProviderStrategies: [{ capacityProvider: provider.capacityProviderName }] };
    }, arm);
    expect(refusal(() => onProvider('m5.large'))).toContain('Stack/Api: \'architecture\' must be that of the instances of the cluster, which are m5.large, got \'arm64\'');
    expect(onProvider('m7g.large').fn.architecture.name).toBe('arm64');
    const later = () => onEcs('task', stack => ({ cluster: new ecs.Cluster(stack, 'Cluster', { vpc: givenVpc(stack) }), launchType: ecs.LaunchType.EC2 }), arm, fn => {
      (fn.cluster as ecs.Cluster).addCapacity('Capacity', { instanceType: new ec2.InstanceType('c5.large') });
    });
    expect(refusal(later)).toContain('which are c5.large');
  });
});

describe('cluster and network', () => {
  test('existing cluster: it brings its VPC', () => {
    const { fn, template } = onEcs('service', stack => ({ cluster: new ecs.Cluster(stack, 'Cluster', { vpc: givenVpc(stack) }) }));
    expect(fn.vpc!.vpcId).toBe('vpc-1');
    template.resourceCountIs('AWS::ECS::Cluster', 1);
    template.resourceCountIs('AWS::EC2::VPC', 0);
  });

  test('a cluster that was imported by its ARN is used in the VPC of the function', () => {
    templateOf('service', stack => ({ cluster: ecs.Cluster.fromClusterArn(stack, 'Imported', 'arn:aws:ecs:eu-west-1:111122223333:cluster/shared') }), stack => ({ vpc: givenVpc(stack) }))
      .hasResourceProperties('AWS::ECS::Service', { Cluster: 'shared', NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ['private-1', 'private-2'] } } });
  });

  test('functions in two VPCs share the cluster of the stack', () => {
    const template = synthesized(stack => {
      new HybridFunction(stack, 'One', { ...CONTAINER, compute: Compute.service() });
      new HybridFunction(stack, 'Two', { ...CONTAINER, vpc: givenVpc(stack), compute: Compute.service() });
    });
    template.resourceCountIs('AWS::ECS::Cluster', 1);
    expect(Object.values(template.findResources('AWS::ECS::Service')).map(({ Properties }) => Properties.Cluster)).toEqual([{ Ref: 'CdkHybridClusterDEC6D19D' }, { Ref: 'CdkHybridClusterDEC6D19D' }]);
  });

  test('a cluster in another VPC than the function is refused', () => {
    const further = () => onEcs('task', {}, {}, (fn, stack) => { fn.addCompute('Other', Compute.task({ cluster: new ecs.Cluster(stack, 'Cluster', { vpc: new ec2.Vpc(stack, 'Vpc') }) })); });
    expect(refusal(further)).toContain('Stack/Api/Other: \'cluster\' must be a cluster in the VPC of the function, Stack/GivenVpc, got \'a cluster in Stack/Vpc\'');
  });

  test('vpc: one of another account or region is refused', () => {
    const elsewhere = (env: { account: string; region: string }) => refusal(() => synthesized(stack => {
      const vpc = new ec2.Vpc(new Stack(stack.node.root, 'Other', { env }), 'Vpc');
      new HybridFunction(stack, 'Api', { ...CONTAINER, vpc, compute: Compute.service() });
    }));
    expect(elsewhere({ account: '444455556666', region: 'eu-west-1' }))
      .toMatch(/^Stack\/Api: 'vpc' must be a VPC of the account of the stack, 111122223333, got 'Other\/Vpc of the account 444455556666'; .*\[CDK_HYBRID_ACCOUNT_CONFLICT\]$/);
    expect(elsewhere({ account: '111122223333', region: 'us-east-1' })).toContain('\'vpc\' must be a VPC of the region of the stack, eu-west-1');
  });

  test('Container Insights of the cluster that is made: containerInsights', () => {
    templateOf('task', { containerInsights: ecs.ContainerInsights.ENHANCED }).hasResourceProperties('AWS::ECS::Cluster', { ClusterSettings: [{ Name: 'containerInsights', Value: 'enhanced' }] });
    const two = (second: ecs.ContainerInsights) => synthesized(stack => {
      new HybridFunction(stack, 'One', { ...CONTAINER, compute: Compute.task({ containerInsights: ecs.ContainerInsights.ENABLED }) });
      new HybridFunction(stack, 'Two', { ...CONTAINER, compute: Compute.task({ containerInsights: second }) });
    });
    two(ecs.ContainerInsights.ENABLED).resourceCountIs('AWS::ECS::Cluster', 1);
    expect(refusal(() => two(ecs.ContainerInsights.DISABLED))).toContain('CDK_HYBRID_CLUSTER_CONFLICT');
    expect(refusal(() => task(stack => ({ cluster: new ecs.Cluster(stack, 'Cluster', { vpc: givenVpc(stack) }), containerInsights: ecs.ContainerInsights.ENABLED }))))
      .toContain('\'containerInsights\' must be left out with a cluster of your own, got \'enabled\'');
  });
});

test('a runtime that is no image is refused', () => {
  expect(refusal(() => task({}, { runtime: HandlerRuntime.AWS_NODEJS_24 }))).toContain('CDK_HYBRID_RUNTIME_NOT_FOR_IMAGES');
});
