import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as batch from 'aws-cdk-lib/aws-batch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { CONTAINER, container, definition, EC2, environment, job } from './batch';
import { Compute, HandlerImage, HandlerRuntime, HandlerSecret, HybridFunction, TaskVolume } from '../../src';
import { refusal, SMALL_CODE, SMALL_RUNTIME, synthesized, withSmallRuntime } from '../small-runtime';

describe('a job', () => {
  test('has a definition, a queue and a compute environment on Fargate', () => {
    const template = job();
    template.hasResourceProperties('AWS::Batch::JobDefinition', {
      Type: 'container',
      PlatformCapabilities: ['FARGATE'],
      ContainerProperties: {
        Image: { 'Fn::Sub': Match.stringLikeRegexp('111122223333.dkr.ecr.eu-west-1.*:[0-9a-f]{64}$') },
        Command: ['index.handler'],
        ResourceRequirements: [{ Type: 'MEMORY', Value: '512' }, { Type: 'VCPU', Value: '0.25' }],
        RuntimePlatform: { CpuArchitecture: 'X86_64', OperatingSystemFamily: 'LINUX' },
        NetworkConfiguration: { AssignPublicIp: 'DISABLED' },
      },
    });
    template.hasResourceProperties('AWS::Batch::JobQueue', { ComputeEnvironmentOrder: [{ Order: 1, ComputeEnvironment: Match.anyValue() }], Priority: 1, State: 'ENABLED' });
    template.hasResourceProperties('AWS::Batch::ComputeEnvironment', { Type: 'managed', ComputeResources: { Type: 'FARGATE' } });
    expect(Object.keys(template.findOutputs('*'))).toEqual([]);
  });

  test('construct ids are a contract with deployed stacks', () => {
    const ids = Object.keys(job().toJSON().Resources).filter(id => !id.startsWith('CdkHybridVpc'));
    expect(ids.sort()).toMatchSnapshot();
  });

  test('its host is told what it is, and takes the event of a task', () => {
    const variables = environment(job({ cpu: 1024, memoryLimitMiB: 3072 }, { timeout: Duration.hours(2), environment: { TABLE: 'orders' }, logFormat: lambda.LoggingFormat.JSON }));
    expect(variables).toEqual({
      TABLE: 'orders',
      AWS_REGION: 'eu-west-1',
      AWS_ACCOUNT_ID: '111122223333',
      AWS_LAMBDA_FUNCTION_NAME: expect.stringMatching(/^Stack-Report-/),
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '3072',
      AWS_LAMBDA_FUNCTION_TIMEOUT: '7200',
      AWS_LAMBDA_LOG_FORMAT: 'JSON',
      HYBRID_SOURCES: 'task',
      HYBRID_METRICS: 'emf',
      HYBRID_STOP_TIMEOUT: '30',
    });
  });

  test('readonlyRootFilesystem: it cannot be written, /tmp can, on Fargate and on EC2', () => {
    for (const compute of [{}, { launchType: EC2 }]) {
      // Fargate takes no host of a volume. With none, ECS mounts an empty one with the owner and the mode of the image's VOLUME /tmp.
      expect(container(job(compute))).toMatchObject({
        User: '65534:65534', ReadonlyRootFilesystem: true, Volumes: [{ Name: 'tmp' }], MountPoints: [{ SourceVolume: 'tmp', ContainerPath: '/tmp' }],
      });
      expect(JSON.stringify(container(job(compute)).Volumes)).not.toContain('Host');
    }
    const open = container(job({ readonlyRootFilesystem: false }));
    expect([open.ReadonlyRootFilesystem, open.Volumes, open.MountPoints]).toEqual([false, undefined, undefined]);
    const own = container(job({}, CONTAINER));
    expect([own.ReadonlyRootFilesystem, own.User]).toEqual([false, undefined]);
    expect(container(job({ readonlyRootFilesystem: true }, CONTAINER)).ReadonlyRootFilesystem).toBe(true);
  });

  test('multilinePattern; logs go to the log group of the function, and the tasks\' agent alone may write them and pull the image', () => {
    const template = job({ multilinePattern: '^\\d{4}-' });
    expect(container(template).LogConfiguration).toEqual({
      LogDriver: 'awslogs',
      Options: {
        'awslogs-group': { Ref: expect.stringMatching(/^ReportLogGroup/) },
        'awslogs-region': 'eu-west-1',
        'awslogs-stream-prefix': expect.stringMatching(/^Stack-Report-/),
        'awslogs-multiline-pattern': '(^\\d{4}-)|"_aws":',
      },
    });
    const roleOf = (arn: { 'Fn::GetAtt': string[] }) => arn['Fn::GetAtt'][0];
    const { JobRoleArn, ExecutionRoleArn } = container(template);
    expect(roleOf(JobRoleArn)).toMatch(/^ReportRole/);
    expect(roleOf(ExecutionRoleArn)).toMatch(/^ReportContainerExecutionRole/);
    template.hasResourceProperties('AWS::IAM::Role', { AssumeRolePolicyDocument: { Statement: [Match.objectLike({ Principal: { Service: 'ecs-tasks.amazonaws.com' } })] } });
    const [policy] = Object.values(template.findResources('AWS::IAM::Policy'));
    expect(policy.Properties.Roles).toEqual([{ Ref: roleOf(ExecutionRoleArn) }]);
  });

  test('the user\'s own container is told what it was promised, and nothing of our host', () => {
    const template = job({}, { ...CONTAINER, stage: 'prod', environment: { MINE: '1' } });
    expect(environment(template)).toEqual({ ENTRYPOINT: '/bin/abc', ENTRYPOINT_FUNC: '', STAGE: 'prod', AWS_REGION: 'eu-west-1', AWS_ACCOUNT_ID: '111122223333', MINE: '1' });
    expect(container(template).Command).toBeUndefined();
  });

  test('secrets are ECS\'s own: Batch reads them, not the handler', () => {
    const template = job({}, stack => ({
      secrets: {
        KEY: HandlerSecret.fromSecretsManager(new secretsmanager.Secret(stack, 'Key'), { field: 'api' }),
        URL: HandlerSecret.fromSsmParameter(ssm.StringParameter.fromSecureStringParameterAttributes(stack, 'Url', { parameterName: '/url' })),
      },
    }));
    expect(container(template).Secrets).toEqual([
      { Name: 'KEY', ValueFrom: { 'Fn::Join': ['', [{ Ref: expect.stringMatching(/^Key/) }, ':api::']] } },
      { Name: 'URL', ValueFrom: expect.anything() },
    ]);
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('^ReportContainerExecutionRole') }],
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'] })]) },
    });
    template.resourcePropertiesCountIs('AWS::IAM::Policy', { Roles: [{ Ref: Match.stringLikeRegexp('^ReportRole') }] }, 0);
  });

  test('environmentSchema: the host checks what only the deployment knows; a container without our host gets a warning', () => {
    const rules = (stack: Stack) => ({ environment: { STACK: stack.stackId }, environmentSchema: { STACK: { description: 'its owner' } } });
    const checked = environment(job({}, rules)).HYBRID_ENVIRONMENT_SCHEMA;
    expect(JSON.parse(checked as string)).toEqual({ STACK: { required: true, kind: 'string', description: 'its owner' } });
    withSmallRuntime(() => {
      const stack = new Stack();
      new HybridFunction(stack, 'Report', { ...CONTAINER, ...rules(stack), compute: Compute.batchJob() });
      Annotations.fromStack(stack).hasWarning('/Default/Report', Match.stringLikeRegexp('environmentSchema: what the deployment gives STACK is not checked.*because of a container without our host'));
    });
  });

  test('shared image: one for all computes of the function', () => {
    const template = synthesized(stack => {
      const fn = new HybridFunction(stack, 'Report', { runtime: SMALL_RUNTIME, code: SMALL_CODE, compute: Compute.lambdaImage() });
      fn.addCompute('Nightly', Compute.batchJob(), { handler: 'users.list', timeout: Duration.hours(3) });
    });
    const [fn] = Object.values(template.findResources('AWS::Lambda::Function'));
    expect(container(template).Image).toEqual(fn.Properties.Code.ImageUri);
    expect(container(template).Command).toEqual(['users.list']);
    expect(definition(template).Timeout).toEqual({ AttemptDurationSeconds: 3 * 3600 + 60 });
  });

  test('reports metrics, which those of a container without our host do not', () => {
    synthesized(stack => {
      const fn = new HybridFunction(stack, 'Report', { runtime: SMALL_RUNTIME, code: SMALL_CODE, compute: Compute.batchJob() });
      expect(stack.resolve(fn.metricErrors().toMetricConfig().metricStat)).toMatchObject({
        namespace: 'CdkHybrid', metricName: 'Errors', dimensions: [{ name: 'FunctionName', value: expect.stringMatching(/^Stack-Report-/) }],
      });
      const own = new HybridFunction(stack, 'Own', { ...CONTAINER, compute: Compute.batchJob() });
      expect(refusal(() => own.metricErrors())).toContain('CDK_HYBRID_METRICS_MISSING');
    });
  });

  test('grants and connections of the function are those of its jobs', () => {
    const template = synthesized(stack => {
      const vpc = new ec2.Vpc(stack, 'Vpc');
      const fn = new HybridFunction(stack, 'Report', { runtime: SMALL_RUNTIME, code: SMALL_CODE, vpc, compute: Compute.batchJob() });
      new ec2.SecurityGroup(stack, 'Database', { vpc }).connections.allowFrom(fn, ec2.Port.POSTGRES);
    });
    const [{ Properties: { ComputeResources } }] = Object.values(template.findResources('AWS::Batch::ComputeEnvironment'));
    expect(ComputeResources.SecurityGroupIds).toEqual([{ 'Fn::GetAtt': [expect.stringMatching(/^ReportSecurityGroup/), 'GroupId'] }]);
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { SourceSecurityGroupId: ComputeResources.SecurityGroupIds[0] });
  });
});

describe('safe defaults', () => {
  test('private subnets without public addresses, a security group that lets nobody in, no leave but for logs', () => {
    const template = job({}, stack => ({ vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 }) }));
    const privateSubnet = { Ref: Match.stringLikeRegexp('^VpcPrivateSubnet') };
    template.hasResourceProperties('AWS::Batch::ComputeEnvironment', { ComputeResources: { Subnets: [privateSubnet, privateSubnet] } });
    expect(container(template).NetworkConfiguration).toEqual({ AssignPublicIp: 'DISABLED' });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: Match.absent() });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
    template.hasResource('AWS::IAM::Role', {
      Properties: {
        ManagedPolicyArns: Match.absent(),
        Policies: [{ PolicyDocument: { Statement: [Match.objectLike({ Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ReportLogGroup'), 'Arn'] } })] } }],
      },
    });
    expect([container(template).Privileged, container(template).User, container(template).ReadonlyRootFilesystem]).toEqual([undefined, '65534:65534', true]);
  });
});

test('image: a shared one brings code, runtime and architecture; the function says the handler', () => {
  const template = synthesized(stack => {
    const image = new HandlerImage(stack, 'Shared', { code: SMALL_CODE, runtime: SMALL_RUNTIME });
    for (const handler of ['index.handler', 'users.list']) { new HybridFunction(stack, handler.split('.')[0], { handler, compute: Compute.batchJob({ image }) }); }
  });
  const jobs = Object.values(template.findResources('AWS::Batch::JobDefinition')).map(({ Properties }) => Properties.ContainerProperties);
  expect(jobs.map(({ Command }) => Command)).toEqual([['index.handler'], ['users.list']]);
  expect(jobs[0].Image).toEqual(jobs[1].Image);
});

test('a role of another account is refused', () => {
  const role = (account: string) => (stack: Stack) => ({ role: iam.Role.fromRoleArn(stack, 'Given', `arn:aws:iam::${account}:role/given`) });
  expect(refusal(() => job({}, role('444455556666')))).toBe('Stack/Report: \'role\' must be a role of the account of the stack, 111122223333, '
    + 'got \'a role of the account 444455556666\'; use a resource of the account that the stack is deployed to [CDK_HYBRID_ACCOUNT_CONFLICT]');
  expect(container(job({}, role('111122223333'))).JobRoleArn).toBe('arn:aws:iam::111122223333:role/given');
});

describe('batch: volumes', () => {
  test('file systems, scratch space, and folders of instances', () => {
    const template = job(stack => {
      const fileSystem = new efs.FileSystem(stack, 'Files', { vpc: new ec2.Vpc(stack, 'Vpc') });
      return {
        launchType: EC2,
        volumes: [
          TaskVolume.fromEfsAccessPoint(fileSystem.addAccessPoint('Reports'), { containerPath: '/mnt/reports' }),
          TaskVolume.scratch({ containerPath: '/scratch' }), TaskVolume.fromHostPath('/models', { containerPath: '/models', readOnly: true }),
        ],
      };
    });
    expect(container(template).MountPoints).toEqual([
      { ContainerPath: '/tmp', SourceVolume: 'tmp' }, { ContainerPath: '/mnt/reports', SourceVolume: 'mnt-reports' },
      { ContainerPath: '/scratch', SourceVolume: 'scratch' }, { ContainerPath: '/models', SourceVolume: 'models', ReadOnly: true },
    ]);
    expect(container(template).Volumes).toEqual([
      { Name: 'tmp' },
      {
        Name: 'mnt-reports',
        EfsVolumeConfiguration: {
          FileSystemId: { Ref: expect.stringMatching(/^Files/) },
          TransitEncryption: 'ENABLED',
          AuthorizationConfig: { AccessPointId: { Ref: expect.stringMatching(/^FilesReports/) }, Iam: 'ENABLED' },
        },
      },
      { Name: 'scratch' }, { Name: 'models', Host: { SourcePath: '/models' } },
    ]);
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('^ReportRole') }],
      PolicyDocument: { Statement: [Match.objectLike({ Action: ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'] })] },
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 2049, SourceSecurityGroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ReportSecurityGroup'), 'GroupId'] } });
  });

  test('paths that are taken, and folders of instances on Fargate, are refused', () => {
    expect(refusal(() => job({ volumes: [TaskVolume.scratch({ containerPath: '/tmp' })] }))).toMatch(/'volumes' must be a path that no other volume has, got '\/tmp'.*VOLUME_PATH\]$/);
    expect(refusal(() => job({ volumes: [TaskVolume.fromHostPath('/data', { containerPath: '/data' })] }))).toMatch(/without folders of instances on Fargate.*BATCH_OPTION\]$/);
  });
});

describe('batch: retries', () => {
  test('retries: a job is tried as often as retryAttempts says', () => {
    expect(definition(job({ retryAttempts: 4 })).RetryStrategy).toEqual({ Attempts: 4 });
    expect(definition(job()).RetryStrategy).toEqual({});
    for (const retryAttempts of [0, 11, 1.5]) {
      expect(refusal(() => job({ retryAttempts }))).toBe(`Stack/Report: 'retryAttempts' must be 1 to 10, got ${retryAttempts}; choose a value in the range [CDK_HYBRID_SIZE_OUT_OF_RANGE]`);
    }
  });

  test('retryStrategies say after which failures', () => {
    const retryStrategies = [
      batch.RetryStrategy.of(batch.Action.RETRY, batch.Reason.SPOT_INSTANCE_RECLAIMED), batch.RetryStrategy.of(batch.Action.EXIT, batch.Reason.custom({ onExitCode: '124' })),
    ];
    expect(definition(job({ retryAttempts: 3, retryStrategies })).RetryStrategy).toEqual({
      Attempts: 3, EvaluateOnExit: [{ Action: 'RETRY', OnStatusReason: 'Host EC2*' }, { Action: 'EXIT', OnExitCode: '124' }],
    });
    expect(refusal(() => job({ retryStrategies: Array(6).fill(retryStrategies[0]) }))).toContain("'retryStrategies' must be 1 to 5, got 6");
  });
});

describe('batch: timeout', () => {
  test('timeout: the host keeps that of the function; Batch waits a minute longer, for the start', () => {
    const of_ = (timeout: Duration) => {
      const template = job({}, { timeout });
      return [environment(template).AWS_LAMBDA_FUNCTION_TIMEOUT, definition(template).Timeout];
    };
    expect(of_(Duration.seconds(1))).toEqual(['1', { AttemptDurationSeconds: 61 }]);
    expect(of_(Duration.days(3))).toEqual(['259200', { AttemptDurationSeconds: 259_260 }]);
    expect(of_(Duration.millis(1500))).toEqual(['2', { AttemptDurationSeconds: 62 }]);
  });

  test('a container without our host is ended by Batch, which knows no less than a minute', () => {
    const of_ = (seconds: number) => definition(job({}, { ...CONTAINER, timeout: Duration.seconds(seconds) })).Timeout.AttemptDurationSeconds;
    expect([of_(5), of_(90)]).toEqual([60, 90]);
  });

  test('a timeout that is known at deployment only is passed on', () => {
    const template = job({}, stack => ({ timeout: Duration.seconds(new CfnParameter(stack, 'Seconds', { type: 'Number' }).valueAsNumber) }));
    expect([environment(template).AWS_LAMBDA_FUNCTION_TIMEOUT, definition(template).Timeout]).toEqual([{ Ref: 'Seconds' }, { AttemptDurationSeconds: { Ref: 'Seconds' } }]);
  });
});

describe('batch: tags and propagation', () => {
  test('tags of the job definition; propagateTags: whether tasks have them', () => {
    const { Tags: tags, PropagateTags } = definition(job({ tags: { team: 'billing' }, propagateTags: true }));
    expect([tags, PropagateTags]).toEqual([{ team: 'billing' }, true]);
  });
});

test('managed runtimes and layers run as zips alone', () => {
  expect(refusal(() => job({}, { runtime: HandlerRuntime.AWS_NODEJS_24 }))).toContain('CDK_HYBRID_RUNTIME_NOT_FOR_IMAGES');
});
