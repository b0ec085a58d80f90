import { Duration, Lazy, Size, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as destinations from 'aws-cdk-lib/aws-lambda-destinations';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Compute, CustomRuntimeLayer, HandlerRuntime, HybridFunction, HybridFunctionProps, LambdaComputeProps, LambdaFunctionComputeProps } from '../../src';
import { refusal, SMALL_CODE, SMALL_RUNTIME, synthesized } from '../small-runtime';

const MANAGED = HandlerRuntime.AWS_NODEJS_24;
const PYTHON = HandlerRuntime.managed(lambda.Runtime.PYTHON_3_13);

type In<T> = T | ((stack: Stack) => T);
const given = <T>(value: In<T>, stack: Stack): T => typeof value === 'function' ? (value as (stack: Stack) => T)(stack) : value;

/** One function from a zip. */
function zip(compute: In<LambdaFunctionComputeProps>, props: In<HybridFunctionProps> = {}): Template & { fn: HybridFunction } {
  let fn!: HybridFunction;
  const template = synthesized(stack => {
    fn = new HybridFunction(stack, 'Hello', { runtime: MANAGED, code: SMALL_CODE, ...given(props, stack), compute: Compute.lambdaFunction(given(compute, stack)) });
  });
  return Object.assign(template, { fn });
}

/** The same from an image. */
const image = (compute: In<LambdaComputeProps>, props: HybridFunctionProps = {}) => synthesized(stack => {
  new HybridFunction(stack, 'Hello', { runtime: SMALL_RUNTIME, code: SMALL_CODE, ...props, compute: Compute.lambdaImage(given(compute, stack)) });
});

const refused = (...options: Parameters<typeof zip>) => refusal(() => zip(...options));

describe('safe defaults', () => {
  test('neither address nor alias nor destinations nor tracing, and a role that may write its own logs alone', () => {
    const template = zip({});
    for (const type of ['AWS::Lambda::Url', 'AWS::Lambda::Alias', 'AWS::Lambda::Version', 'AWS::Lambda::EventInvokeConfig', 'AWS::IAM::Policy', 'AWS::Lambda::Permission']) {
      template.resourceCountIs(type, 0);
    }
    template.hasResourceProperties('AWS::Lambda::Function', {
      TracingConfig: Match.absent(), DeadLetterConfig: Match.absent(), VpcConfig: Match.absent(), CapacityProviderConfig: Match.absent(),
    });
  });

  test('an address that is asked for takes no strangers', () => {
    zip({ functionUrl: {} }).hasResourceProperties('AWS::Lambda::Url', { AuthType: 'AWS_IAM', InvokeMode: Match.absent(), Cors: Match.absent() });
  });

  test('allowPublicSubnet: public subnets are refused unless they are allowed', () => {
    const inPublic = (stack: Stack) => ({ vpc: new ec2.Vpc(stack, 'Vpc'), vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } });
    expect(refused({}, inPublic)).toContain('allowPublicSubnet');
    zip({ allowPublicSubnet: true }, inPublic).hasResourceProperties('AWS::Lambda::Function', { VpcConfig: Match.anyValue() });
  });
});

describe('concurrency', () => {
  test('reservedConcurrentExecutions', () => {
    zip({ reservedConcurrentExecutions: 5 }).hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: 5 });
    expect(refused({ reservedConcurrentExecutions: -1 })).toContain('\'reservedConcurrentExecutions\' must be a whole number from 0, got -1');
  });

  test('provisionedConcurrentExecutions: a version, and an alias that triggers use', () => {
    const template = zip({ provisionedConcurrentExecutions: 3, functionUrl: {}, retryAttempts: 1 });
    template.hasResourceProperties('AWS::Lambda::Alias', {
      Name: 'live',
      FunctionVersion: { 'Fn::GetAtt': [Match.stringLikeRegexp('^HelloFunctionCurrentVersion'), 'Version'] },
      ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 3 },
    });
    template.hasResourceProperties('AWS::Lambda::Url', { Qualifier: 'live' });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { Qualifier: { 'Fn::Select': Match.anyValue() } });
  });

  test('provisionedConcurrencyMax and provisionedConcurrencyTargetUtilization: it scales by use', () => {
    const template = zip({ provisionedConcurrentExecutions: 2, provisionedConcurrencyMax: 10 });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity: 2, MaxCapacity: 10, ScalableDimension: 'lambda:function:ProvisionedConcurrency' });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', { TargetTrackingScalingPolicyConfiguration: { TargetValue: 0.7 } });
    zip({ provisionedConcurrentExecutions: 2, provisionedConcurrencyMax: 10, provisionedConcurrencyTargetUtilization: 0.5 })
      .hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', { TargetTrackingScalingPolicyConfiguration: { TargetValue: 0.5 } });
  });

  test('provisionedConcurrencySchedules: other bounds at other times', () => {
    const template = zip({
      provisionedConcurrentExecutions: 1,
      provisionedConcurrencyMax: 10,
      provisionedConcurrencySchedules: { Morning: { schedule: appscaling.Schedule.cron({ hour: '8', minute: '0' }), minCapacity: 5 } },
    });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      ScheduledActions: [{ ScheduledActionName: 'Morning', Schedule: 'cron(0 8 * * ? *)', ScalableTargetAction: { MinCapacity: 5 } }],
    });
    template.resourceCountIs('AWS::ApplicationAutoScaling::ScalingPolicy', 0);
  });

  test('what does not fit together is refused', () => {
    expect(refused({ provisionedConcurrentExecutions: 0 })).toContain('a whole number from 1, got 0');
    expect(refused({ provisionedConcurrentExecutions: 5, reservedConcurrentExecutions: 3 })).toContain('\'provisionedConcurrentExecutions\' must be 1 to 3 (the reserved concurrency), got 5');
    expect(refused({ provisionedConcurrentExecutions: 5, provisionedConcurrencyMax: 4 })).toContain('\'provisionedConcurrencyMax\' must be a whole number from 5, got 4');
    expect(refused({ provisionedConcurrencyMax: 4 })).toBe('Stack/Hello: \'provisionedConcurrentExecutions\' must be given when provisionedConcurrencyMax is, got undefined; '
      + 'set provisionedConcurrentExecutions, or leave provisionedConcurrencyMax out [CDK_HYBRID_LAMBDA_OPTION_CONFLICT]');
    expect(refused({ provisionedConcurrentExecutions: 1, provisionedConcurrencyTargetUtilization: 0.5 })).toContain('\'provisionedConcurrencyMax\' must be given');
    expect(refused({ provisionedConcurrentExecutions: 1, provisionedConcurrencyMax: 4, provisionedConcurrencyTargetUtilization: 1 })).toContain('must be 0.1 to 0.9, got 1');
  });

  test('tokens are let through', () => {
    const number = () => Token.asNumber(Lazy.number({ produce: () => 7 }));
    zip({ reservedConcurrentExecutions: number(), provisionedConcurrentExecutions: number(), provisionedConcurrencyMax: number() })
      .hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity: 7, MaxCapacity: 7 });
  });
});

describe('SnapStart (snapStart)', () => {
  const snapStart = lambda.SnapStartConf.ON_PUBLISHED_VERSIONS;

  test('on managed runtimes that have it: a version, and an alias that triggers use', () => {
    const template = zip({ snapStart }, { runtime: PYTHON, handler: 'app.handler' });
    template.hasResourceProperties('AWS::Lambda::Function', { SnapStart: { ApplyOn: 'PublishedVersions' }, Runtime: 'python3.13' });
    template.hasResourceProperties('AWS::Lambda::Alias', { Name: 'live', ProvisionedConcurrencyConfig: Match.absent() });
    Annotations.fromStack(Stack.of(template.fn)).hasNoWarning('*', Match.anyValue());
  });

  test('others are refused with the reason', () => {
    expect(refused({ snapStart })).toBe('Stack/Hello: \'snapStart\' must be left out, or with Java 11, Python 3.12, .NET 8 or later, as AWS manages them, got \'given with the runtime nodejs24.x\'; '
      + 'leave the option out, or use a runtime that has it [CDK_HYBRID_LAMBDA_OPTION_UNSUPPORTED]');
    expect(refused({ snapStart }, { runtime: SMALL_RUNTIME })).toContain('given with the runtime nodejs-24.0.99');
    expect(refused({ snapStart, provisionedConcurrentExecutions: 1 }, { runtime: PYTHON })).toContain('\'provisionedConcurrentExecutions\' must be left out with snapStart');
    expect(refused({ snapStart, ephemeralStorageSize: Size.gibibytes(1) }, { runtime: PYTHON })).toContain('at most 512 MiB with snapStart, got \'1024 MiB\'');
  });
});

describe('asynchronous invocations', () => {
  test('deadLetterQueue', () => {
    const template = zip(stack => ({ deadLetterQueue: new sqs.Queue(stack, 'Failed') }));
    template.hasResourceProperties('AWS::Lambda::Function', { DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Failed'), 'Arn'] } } });
    template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: [Match.objectLike({ Action: 'sqs:SendMessage' })] } });
  });

  test('deadLetterTopic', () => {
    zip(stack => ({ deadLetterTopic: new sns.Topic(stack, 'Failed') }))
      .hasResourceProperties('AWS::Lambda::Function', { DeadLetterConfig: { TargetArn: { Ref: Match.stringLikeRegexp('^Failed') } } });
    expect(refused(stack => ({ deadLetterTopic: new sns.Topic(stack, 'Topic'), deadLetterQueue: new sqs.Queue(stack, 'Queue') })))
      .toContain('\'deadLetterTopic\' must be left out when deadLetterQueue is given');
  });

  test('onFailure, onSuccess, retryAttempts and maxEventAge', () => {
    zip(stack => ({
      onFailure: new destinations.SqsDestination(new sqs.Queue(stack, 'Failed')),
      onSuccess: new destinations.SnsDestination(new sns.Topic(stack, 'Done')),
      retryAttempts: 0,
      maxEventAge: Duration.minutes(10),
    })).hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() }, OnSuccess: { Destination: Match.anyValue() } },
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 600,
      Qualifier: '$LATEST',
    });
    expect(refused({ retryAttempts: 3 })).toContain('\'retryAttempts\' must be 0 to 2 on a Lambda compute, got 3');
    expect(refused({ maxEventAge: Duration.days(1) })).toContain('\'maxEventAge\' must be 60 to 21600 seconds on a Lambda compute, got 86400');
  });
});

test('tracing, with leave to send traces', () => {
  for (const template of [zip({ tracing: lambda.Tracing.ACTIVE }), image({ tracing: lambda.Tracing.ACTIVE })]) {
    template.hasResourceProperties('AWS::Lambda::Function', { TracingConfig: { Mode: 'Active' } });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: [Match.objectLike({ Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'] })] }, Roles: [{ Ref: Match.stringLikeRegexp('^HelloRole') }],
    });
  }
});

test('functionUrl: an address of its own, with streaming (invokeMode) if wanted, for zips and images', () => {
  const template = zip({
    functionUrl: { authType: lambda.FunctionUrlAuthType.NONE, invokeMode: lambda.InvokeMode.RESPONSE_STREAM, cors: { allowedOrigins: ['https://example.com'] } },
  });
  template.hasResourceProperties('AWS::Lambda::Url', { AuthType: 'NONE', InvokeMode: 'RESPONSE_STREAM', Cors: { AllowOrigins: ['https://example.com'] } });
  image({ functionUrl: { invokeMode: lambda.InvokeMode.RESPONSE_STREAM } }).hasResourceProperties('AWS::Lambda::Url', { AuthType: 'AWS_IAM', InvokeMode: 'RESPONSE_STREAM' });
  expect(Stack.of(template.fn).resolve(template.fn.functionUrl!.url)).toEqual({ 'Fn::GetAtt': [expect.stringContaining('FunctionUrl'), 'FunctionUrl'] });
});

describe('storage', () => {
  test('ephemeralStorageSize', () => {
    zip({ ephemeralStorageSize: Size.gibibytes(2) }).hasResourceProperties('AWS::Lambda::Function', { EphemeralStorage: { Size: 2048 } });
  });

  test('filesystem: a file system, which needs a VPC', () => {
    const inVpc = (stack: Stack) => new ec2.Vpc(stack, 'Vpc');
    let vpc!: ec2.Vpc;
    const template = zip(stack => ({
      filesystem: lambda.FileSystem.fromEfsAccessPoint(new efs.FileSystem(stack, 'Files', { vpc }).addAccessPoint('Access'), '/mnt/files'),
    }), stack => ({ vpc: vpc = inVpc(stack) }));
    template.hasResourceProperties('AWS::Lambda::Function', { FileSystemConfigs: [{ LocalMountPath: '/mnt/files' }] });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 2049, SourceSecurityGroupId: Match.anyValue() });
    expect(refused(stack => ({
      filesystem: lambda.FileSystem.fromEfsAccessPoint(new efs.FileSystem(stack, 'Files', { vpc: inVpc(stack) }).addAccessPoint('Access'), '/mnt/files'),
    }))).toContain('\'vpc\' must be a VPC when filesystem is given');
  });
});

describe('layers', () => {
  const further = (count: number) => (stack: Stack) => ({
    layers: Array.from({ length: count }, (_, index) => lambda.LayerVersion.fromLayerVersionArn(stack, `Layer${index}`, `arn:aws:lambda:eu-west-1:111122223333:layer:l:${index}`)),
  });

  test('layers are five at most, that of the runtime included', () => {
    zip(further(5)).hasResourceProperties('AWS::Lambda::Function', { Layers: Match.arrayWith(['arn:aws:lambda:eu-west-1:111122223333:layer:l:4']) });
    expect(refused(further(6))).toContain('\'layers\' must be at most 5 layers, got 6');
    expect(refused(further(5), { runtime: SMALL_RUNTIME })).toBe('Stack/Hello: \'layers\' must be at most 4 layers beside that of the runtime, got 5; '
      + 'put several into one layer, or into the code [CDK_HYBRID_LAYERS_TOO_MANY]');
  });

  test('insightsVersion is one of them', () => {
    zip({ insightsVersion: lambda.LambdaInsightsVersion.VERSION_1_0_333_0 }).hasResourceProperties('AWS::Lambda::Function', { Layers: [Match.stringLikeRegexp('LambdaInsightsExtension')] });
    expect(refused(stack => ({ ...further(4)(stack), insightsVersion: lambda.LambdaInsightsVersion.VERSION_1_0_333_0 }), { runtime: SMALL_RUNTIME }))
      .toContain('at most 3 layers beside that of the runtime, that of Lambda Insights, got 4');
  });
});

test('environmentEncryption', () => {
  zip(stack => ({ environmentEncryption: new kms.Key(stack, 'Key') }), { environment: { TABLE: 't' } })
    .hasResourceProperties('AWS::Lambda::Function', { KmsKeyArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] } });
});

test('codeSigningConfig, recursiveLoop and runtimeManagementMode', () => {
  zip(stack => ({
    codeSigningConfig: lambda.CodeSigningConfig.fromCodeSigningConfigArn(stack, 'Signing', 'arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-1'),
    recursiveLoop: lambda.RecursiveLoop.ALLOW,
    runtimeManagementMode: lambda.RuntimeManagementMode.FUNCTION_UPDATE,
  })).hasResourceProperties('AWS::Lambda::Function', {
    CodeSigningConfigArn: 'arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-1', RecursiveLoop: 'Allow', RuntimeManagementConfig: { UpdateRuntimeOn: 'FunctionUpdate' },
  });
});

test('ipv6AllowedForDualStack, which needs a VPC', () => {
  zip({ ipv6AllowedForDualStack: true }, stack => ({ vpc: new ec2.Vpc(stack, 'Vpc') })).hasResourceProperties('AWS::Lambda::Function', { VpcConfig: { Ipv6AllowedForDualStack: true } });
  expect(refused({ ipv6AllowedForDualStack: true })).toContain('\'vpc\' must be a VPC when ipv6AllowedForDualStack is given');
});

test('functionName and memorySize', () => {
  zip({ functionName: 'hello', memorySize: 1769 }).hasResourceProperties('AWS::Lambda::Function', { FunctionName: 'hello', MemorySize: 1769 });
});

test('timeout over 15 minutes names the computes that have no such limit', () => {
  expect(refused({}, { timeout: Duration.hours(1) })).toBe('Stack/Hello: \'timeout\' must be 1 to 900 seconds, got 3600; '
    + 'use Compute.task(), Compute.batchJob() or Compute.process(), which have no such limit [CDK_HYBRID_SIZE_OUT_OF_RANGE]');
});

test('a role of another account is refused', () => {
  const role = (account: string) => (stack: Stack) => ({ role: iam.Role.fromRoleArn(stack, 'Given', `arn:aws:iam::${account}:role/given`) });
  expect(refused({}, role('444455556666'))).toBe('Stack/Hello: \'role\' must be a role of the account of the stack, 111122223333, '
    + 'got \'a role of the account 444455556666\'; use a resource of the account that the stack is deployed to [CDK_HYBRID_ACCOUNT_CONFLICT]');
  zip({}, role('111122223333')).hasResourceProperties('AWS::Lambda::Function', { Role: 'arn:aws:iam::111122223333:role/given' });
});

describe('gracefulShutdown', () => {
  const told = { Environment: { Variables: { HYBRID_GRACEFUL_SHUTDOWN: 'true' } } };

  test('our own runtimes are told, as zips and as images', () => {
    zip({ gracefulShutdown: true }, { runtime: SMALL_RUNTIME }).hasResourceProperties('AWS::Lambda::Function', told);
    image({ gracefulShutdown: true }).hasResourceProperties('AWS::Lambda::Function', told);
    zip({ gracefulShutdown: true }, stack => ({ runtime: HandlerRuntime.custom(new CustomRuntimeLayer(stack, 'Layer', { engine: SMALL_RUNTIME._parts.engine }).layerVersion) }))
      .hasResourceProperties('AWS::Lambda::Function', told);
    zip({ gracefulShutdown: false }, { runtime: SMALL_RUNTIME }).hasResourceProperties('AWS::Lambda::Function', { Environment: Match.absent() });
  });

  test('others would not understand', () => {
    expect(refused({ gracefulShutdown: true })).toContain('\'gracefulShutdown\' must be left out, or with one of our own runtimes, got \'true with the runtime nodejs24.x\'');
  });
});

describe('Managed Instances (capacityProvider)', () => {
  const provider = (stack: Stack, props: Partial<lambda.CapacityProviderProps> = {}) => {
    const vpc = new ec2.Vpc(stack, 'Vpc');
    return new lambda.CapacityProvider(stack, 'Instances', { subnets: vpc.privateSubnets, securityGroups: [new ec2.SecurityGroup(stack, 'Group', { vpc })], ...props });
  };
  const named = (stack: Stack) => lambda.CapacityProvider.fromCapacityProviderName(stack, 'Instances', 'instances');

  test('capacityProvider: a function on one, in the memory that it needs there', () => {
    const template = zip(stack => ({ capacityProvider: provider(stack) }), { runtime: SMALL_RUNTIME });
    template.hasResourceProperties('AWS::Lambda::Function', {
      MemorySize: 2048,
      CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Instances'), 'Arn'] } } },
      PublishToLatestPublished: true,
      FunctionScalingConfig: Match.absent(),
      VpcConfig: Match.absent(),
    });
    template.resourceCountIs('AWS::Lambda::Alias', 0);
  });

  test('a swap onto instances makes another function: Lambda moves none', () => {
    const ids = (template: Template) => Object.keys(template.findResources('AWS::Lambda::Function'));
    const [onLambda, onInstances] = [zip({}), zip(stack => ({ capacityProvider: named(stack), functionUrl: {} }))];
    expect(ids(onInstances)).toEqual([`${ids(onLambda)[0]}OnInstances`]);
    onInstances.hasResourceProperties('AWS::Lambda::Url', { TargetFunctionArn: { 'Fn::GetAtt': [ids(onInstances)[0], 'Arn'] } });
  });

  test('maxConcurrency, executionEnvironmentMemoryGiBPerVCpu, minExecutionEnvironments, maxExecutionEnvironments; as an image, on a capacity provider made elsewhere', () => {
    image(stack => ({
      capacityProvider: named(stack),
      memorySize: 16_384,
      maxConcurrency: 20,
      executionEnvironmentMemoryGiBPerVCpu: 4,
      minExecutionEnvironments: 2,
      maxExecutionEnvironments: 6,
    })).hasResourceProperties('AWS::Lambda::Function', {
      MemorySize: 16_384,
      CapacityProviderConfig: {
        LambdaManagedInstancesCapacityProviderConfig: { PerExecutionEnvironmentMaxConcurrency: 20, ExecutionEnvironmentMemoryGiBPerVCpu: 4 },
      },
      FunctionScalingConfig: { MinExecutionEnvironments: 2, MaxExecutionEnvironments: 6 },
    });
  });

  test('an arm64 function on x86 instances is refused', () => {
    const x86 = (stack: Stack) => ({ capacityProvider: provider(stack, { architectures: [lambda.Architecture.X86_64] }) });
    expect(refused(x86, { architecture: lambda.Architecture.ARM_64 })).toBe('Stack/Hello: \'architecture\' must be x86_64, that of Stack/Instances, got \'arm64\'; '
      + 'set architecture, or give a capacity provider of that architecture [CDK_HYBRID_CAPACITY_ARCHITECTURE]');
    expect(refused(x86, { architecture: lambda.Architecture.ARM_64 })).toBe(refusal(() => image(x86, { architecture: lambda.Architecture.ARM_64 })));
    zip(x86).hasResourceProperties('AWS::Lambda::Function', { Architectures: ['x86_64'] });
  });

  test('an arm64 function on instance types of x86 alone is refused', () => {
    const types = (...names: string[]) => (stack: Stack) => ({
      capacityProvider: provider(stack, { instanceTypeFilter: lambda.InstanceTypeFilter.allow(names.map(name => new ec2.InstanceType(name))) }),
    });
    const arm = { architecture: lambda.Architecture.ARM_64 };
    expect(refused(types('m7i.large', 'c7a.large'), arm)).toContain('\'architecture\' must be x86_64, that of Stack/Instances, got \'arm64\'');
    expect(refused(types('m8g.large'))).toContain('\'architecture\' must be arm64, that of Stack/Instances, got \'x86_64\'');
    for (const some of [types('m7i.large', 'm8g.large'), types(Lazy.string({ produce: () => 'm8g.large' }))]) {
      zip(some, arm).hasResourceProperties('AWS::Lambda::Function', { Architectures: ['arm64'] });
    }
  });

  test('its network is that of the instances', () => {
    let vpc!: ec2.IVpc;
    expect(refused(stack => ({ capacityProvider: named(stack) }), stack => ({ vpc: vpc = new ec2.Vpc(stack, 'Own') })))
      .toContain('\'vpc\' must be left out with capacityProvider, got \'Stack/Own\'; the function is in the subnets and security groups of the capacity provider');
    expect(vpc).toBeDefined();
  });

  test('sizes, runtimes and options that it does not have are refused', () => {
    const on = (options: LambdaFunctionComputeProps, runtime = MANAGED) =>
      refused(stack => ({ capacityProvider: named(stack), ...options }), { runtime });
    expect(on({ memorySize: 1024 })).toContain('\'memorySize\' must be 2048 to 32768 MiB on Managed Instances, got 1024');
    expect(refused({ memorySize: 16_384 })).toContain('\'memorySize\' must be 128 to 10240 MiB, got 16384');
    expect(on({ executionEnvironmentMemoryGiBPerVCpu: 8 })).toContain('\'executionEnvironmentMemoryGiBPerVCpu\' must be 2 with 2048 MiB, got 8');
    expect(on({ executionEnvironmentMemoryGiBPerVCpu: 3, memorySize: 4096 })).toContain('must be 2, 4 with 4096 MiB, got 3');
    expect(on({ maxConcurrency: 1601 })).toContain('\'maxConcurrency\' must be 1 to 1600, got 1601');
    expect(on({ minExecutionEnvironments: 5, maxExecutionEnvironments: 4 })).toContain('\'maxExecutionEnvironments\' must be 5 to 15000, got 4');
    expect(on({ provisionedConcurrentExecutions: 1 })).toContain('set minExecutionEnvironments instead');
    expect(on({ snapStart: lambda.SnapStartConf.ON_PUBLISHED_VERSIONS }, PYTHON)).toContain('\'snapStart\' must be left out with capacityProvider');
    expect(on({}, HandlerRuntime.AWS_NODEJS_20)).toContain('one of ours, java21, python3.13, nodejs22, dotnet8 and later, got \'given with the runtime nodejs20.x\'');
    expect(on({}, HandlerRuntime.managed(lambda.Runtime.PYTHON_3_9))).toContain('LAMBDA_OPTION_UNSUPPORTED');
    expect(on({}, HandlerRuntime.managed(lambda.Runtime.RUBY_3_4))).toContain('LAMBDA_OPTION_UNSUPPORTED');
    expect(refused({ maxConcurrency: 2 })).toContain('\'maxConcurrency\' must be left out without capacityProvider, got 2; set capacityProvider to run on Managed Instances');
  });
});

describe('the 4 KB that Lambda has for an environment', () => {
  test('are checked with what is known, when the app is synthesized', () => {
    const environment = { LARGE: 'x'.repeat(4000), URL: Lazy.string({ produce: () => 'u'.repeat(100) }) };
    expect(refused({}, { environment })).toContain('\'environment\' must be at most 4096 bytes, names and secrets\' references included, '
      + 'got \'at least 4121 bytes (the largest: LARGE 4011, URL 109)\'');
  });

  test('what only the deployment knows counts as nothing', () => {
    zip({}, stack => ({ environment: { LARGE: 'x'.repeat(4000), ARN: `${stack.stackId}${'y'.repeat(40)}` } })).resourceCountIs('AWS::Lambda::Function', 1);
  });
});

test('metrics are those of AWS/Lambda', () => {
  const { fn } = zip({});
  expect(Stack.of(fn).resolve(fn.metricErrors().toMetricConfig().metricStat)).toMatchObject({
    namespace: 'AWS/Lambda', metricName: 'Errors', dimensions: [{ name: 'FunctionName', value: { Ref: expect.stringMatching(/^HelloFunction/) } }],
  });
});
