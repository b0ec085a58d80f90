import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect as expectCdk, haveResource, haveResourceLike, SynthUtils } from '@aws-cdk/assert';
import { App, Duration, Lazy, Size, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Compute, CustomRuntimeLayer, Engine, HandlerCode, HandlerRuntime, HybridFunction, HybridFunctionProps, ModuleFormat, SourceMapMode } from '../../src';
import { inDirectory, workspace } from '../workspace';

const HELLO = join(__dirname, '../fixtures/code/hello.ts');

type Props = Partial<HybridFunctionProps>;

function synthesize(props: Props | ((stack: Stack) => Props) = {}): { stack: Stack; fn: HybridFunction; template: Template } {
  const stack = new Stack(new App({ outdir: workspace() }), 'Stack');
  const fn = new HybridFunction(stack, 'Hello', { code: HandlerCode.fromEntry(HELLO), ...typeof props === 'function' ? props(stack) : props });
  return { stack, fn, template: Template.fromStack(stack) };
}

const failure = (props: Partial<HybridFunctionProps>) => {
  try {
    synthesize(props);
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was thrown';
};

describe('on Lambda, on our own layer', () => {
  test('a handler needs no more than its code', () => {
    const { template } = synthesize();
    template.hasResourceProperties('AWS::Lambda::Function', {
      Handler: 'index.handler',
      Runtime: 'provided.al2023',
      Architectures: ['x86_64'],
      Timeout: 30,
      Layers: [Match.anyValue()],
      LoggingConfig: { LogGroup: Match.anyValue() },
      Environment: { Variables: { NODE_OPTIONS: '--enable-source-maps' } },
    });
    template.resourceCountIs('AWS::Lambda::LayerVersion', 1);
    expect(Object.keys(template.findOutputs('*'))).toEqual([]);
  });

  test('construct ids are a contract with deployed stacks', () => {
    expect(Object.keys(synthesize().template.toJSON().Resources).sort()).toMatchSnapshot();
  });

  test('functions of one stack share one layer; an architecture of its own needs one of its own', () => {
    const stack = new Stack(new App({ outdir: workspace() }), 'Stack');
    new HybridFunction(stack, 'First', { code: HandlerCode.fromEntry(HELLO) });
    new HybridFunction(stack, 'Second', { code: HandlerCode.fromEntry(HELLO) });
    new HybridFunction(stack, 'Arm', { code: HandlerCode.fromEntry(HELLO), architecture: lambda.Architecture.ARM_64 });
    const layers = Template.fromStack(stack).findResources('AWS::Lambda::LayerVersion');
    expect(Object.values(layers).map(layer => layer.Properties.CompatibleArchitectures).sort()).toEqual([['arm64'], ['x86_64']]);
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', { Architectures: ['arm64'] });
  });

  test('the engine is what the runtime says', () => {
    const { stack } = synthesize({ runtime: HandlerRuntime.NODEJS_22 });
    expect(Object.values(Template.fromStack(stack).findResources('AWS::Lambda::LayerVersion'))[0].Properties.Description).toContain('22.23.3');
  });

  test('every setting reaches the function', () => {
    const { stack, template } = synthesize({
      description: 'says hello',
      timeout: Duration.minutes(2),
      environment: { TABLE: 'greetings' },
      logFormat: lambda.LoggingFormat.JSON,
      logLevel: lambda.ApplicationLogLevel.DEBUG,
      logRetention: logs.RetentionDays.ONE_WEEK,
      compute: Compute.lambdaFunction({
        memorySize: 512, ephemeralStorageSize: Size.gibibytes(1), tracing: lambda.Tracing.ACTIVE, reservedConcurrentExecutions: 5, functionName: 'hello',
      }),
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'says hello',
      Timeout: 120,
      MemorySize: 512,
      EphemeralStorage: { Size: 1024 },
      TracingConfig: { Mode: 'Active' },
      ReservedConcurrentExecutions: 5,
      FunctionName: 'hello',
      Environment: { Variables: { TABLE: 'greetings', NODE_OPTIONS: '--enable-source-maps' } },
      LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'DEBUG' },
    });
    expectCdk(stack).to(haveResource('AWS::Logs::LogGroup', { RetentionInDays: 7 }));
  });

  test('the user\'s NODE_OPTIONS win, and no map sets none', () => {
    synthesize({ environment: { NODE_OPTIONS: '--no-deprecation' } }).template
      .hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { NODE_OPTIONS: '--no-deprecation' } } });
    synthesize({ code: HandlerCode.fromEntry(HELLO, { sourceMap: SourceMapMode.NONE }) }).template
      .hasResourceProperties('AWS::Lambda::Function', { Environment: Match.absent() });
  });

  test('further layers stand behind the runtime\'s', () => {
    const { template } = synthesize(stack => ({
      compute: Compute.lambdaFunction({ layers: [lambda.LayerVersion.fromLayerVersionArn(stack, 'Extension', 'arn:aws:lambda:eu-west-1:111122223333:layer:extension:3')] }),
    }));
    template.hasResourceProperties('AWS::Lambda::Function', { Layers: [Match.anyValue(), 'arn:aws:lambda:eu-west-1:111122223333:layer:extension:3'] });
  });

  test('a layer of one\'s own is the runtime', () => {
    const { template } = synthesize(stack => ({
      runtime: HandlerRuntime.custom(lambda.LayerVersion.fromLayerVersionArn(stack, 'Own', 'arn:aws:lambda:eu-west-1:111122223333:layer:own:1')),
    }));
    template.hasResourceProperties('AWS::Lambda::Function', { Runtime: 'provided.al2023', Layers: ['arn:aws:lambda:eu-west-1:111122223333:layer:own:1'] });
    template.resourceCountIs('AWS::Lambda::LayerVersion', 0);
  });
});

describe('on AWS\'s managed runtimes', () => {
  test('the same handler needs no layer', () => {
    const { template } = synthesize({ runtime: HandlerRuntime.AWS_NODEJS_24 });
    template.hasResourceProperties('AWS::Lambda::Function', { Runtime: 'nodejs24.x', Layers: Match.absent() });
    template.resourceCountIs('AWS::Lambda::LayerVersion', 0);
  });

  test('other languages name their handlers as they do', () => {
    synthesize({ runtime: HandlerRuntime.managed(lambda.Runtime.JAVA_21), handler: 'com.example.Hello::handle', code: HandlerCode.fromDirectory(workspace({ 'hello.jar': '' })) })
      .template.hasResourceProperties('AWS::Lambda::Function', { Runtime: 'java21', Handler: 'com.example.Hello::handle' });
  });
});

describe('permissions', () => {
  test('the role may write the function\'s own logs, and nothing else', () => {
    const { template } = synthesize();
    template.hasResourceProperties('AWS::IAM::Role', {
      ManagedPolicyArns: Match.absent(),
      AssumeRolePolicyDocument: Match.objectLike({
        Statement: ['lambda', 'ecs-tasks'].map(service => Match.objectLike({ Principal: { Service: `${service}.amazonaws.com` } })),
      }),
    });
    const [role] = Object.values(template.findResources('AWS::IAM::Role'));
    expect(role.Properties.Policies.map((policy: { PolicyDocument: { Statement: object[] } }) => policy.PolicyDocument.Statement)).toEqual([[
      { Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Effect: 'Allow', Resource: { 'Fn::GetAtt': [expect.stringMatching(/^HelloLogGroup/), 'Arn'] } },
    ]]);
    template.resourceCountIs('AWS::IAM::Policy', 0);
  });

  test('grants go to the function', () => {
    const stack = new Stack(new App({ outdir: workspace() }), 'Stack');
    const fn = new HybridFunction(stack, 'Hello', { code: HandlerCode.fromEntry(HELLO) });
    const table = new dynamodb.Table(stack, 'Table', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING } });
    table.grantReadData(fn);
    expectCdk(stack).to(haveResourceLike('AWS::IAM::Policy', { PolicyDocument: { Statement: [{ Effect: 'Allow' }] } }));
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: Match.arrayWith(['dynamodb:GetItem']) })]) } });
  });

  test('a role of one\'s own is used as it is', () => {
    const { template } = synthesize(stack => ({ role: iam.Role.fromRoleArn(stack, 'Own', 'arn:aws:iam::111122223333:role/own') }));
    template.hasResourceProperties('AWS::Lambda::Function', { Role: 'arn:aws:iam::111122223333:role/own' });
    template.resourceCountIs('AWS::IAM::Role', 0);
  });

  test('a role of another stack is given leave by a policy of this one', () => {
    const app = new App({ outdir: workspace() });
    const role = new iam.Role(new Stack(app, 'Roles'), 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const stack = new Stack(app, 'Stack');
    new HybridFunction(stack, 'Hello', { code: HandlerCode.fromEntry(HELLO), role });
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: [Match.objectLike({ Action: ['logs:CreateLogStream', 'logs:PutLogEvents'] })] },
      Roles: [{ 'Fn::ImportValue': Match.anyValue() }],
    });
  });
});

describe('in a VPC', () => {
  test('private subnets, a security group of its own, and leave to make network interfaces', () => {
    const { template, fn } = synthesize(stack => ({ vpc: new ec2.Vpc(stack, 'Vpc') }));
    fn.connections.allowToAnyIpv4(ec2.Port.HTTPS);
    template.hasResourceProperties('AWS::Lambda::Function', { VpcConfig: { SecurityGroupIds: [Match.anyValue()], SubnetIds: [Match.anyValue(), Match.anyValue()] } });
    template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: Match.arrayWith(['ec2:CreateNetworkInterface']) })]) } });
  });

  test('an empty list of security groups is none: the function gets its own', () => {
    const { fn } = synthesize(stack => ({ vpc: new ec2.Vpc(stack, 'Vpc'), securityGroups: [] }));
    expect(fn.connections.securityGroups).toHaveLength(1);
  });

  test('connections open a path between security groups', () => {
    const stack = new Stack(new App({ outdir: workspace() }), 'Stack');
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const fn = new HybridFunction(stack, 'Hello', { code: HandlerCode.fromEntry(HELLO), vpc });
    const database = new ec2.SecurityGroup(stack, 'Database', { vpc });
    database.connections.allowFrom(fn, ec2.Port.tcp(5432));
    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 5432 });
  });

  test('connections without one name the property that is missing', () => {
    const { fn } = synthesize();
    expect(() => fn.connections).toThrow('Stack/Hello: \'vpc\' must be a VPC for a function whose connections are used, got undefined; set vpc [CDK_HYBRID_VPC_MISSING]');
  });
});

describe('bad input is refused in one line', () => {
  test.each<[string, Partial<HybridFunctionProps>, string]>([
    ['a missing entry', { code: HandlerCode.fromEntry('nowhere.ts') }, 'Stack/Hello: \'code\' must be an existing file (looked for '],
    ['a directory for an entry', { code: HandlerCode.fromEntry(__dirname) }, 'must be a file for HandlerCode.fromEntry, got '],
    ['a missing directory', { code: HandlerCode.fromDirectory('nowhere') }, 'must be an existing directory for HandlerCode.fromDirectory (looked for '],
    ['a file for a directory', { code: HandlerCode.fromDirectory(HELLO) }, 'must be an existing directory for HandlerCode.fromDirectory (this is a file), got '],
    ['a handler without a dot', { handler: 'handler' }, 'Stack/Hello: \'handler\' must be \'file.export\', with folders before and nested exports behind where there are any, got \'handler\'; '],
    ['a handler that is not in the bundle', { handler: 'hello.handler' }, 'Stack/Hello: \'handler\' must be \'index.<export>\' for code from HandlerCode.fromEntry, got \'hello.handler\'; '],
    ['a handler whose file is not there', { code: HandlerCode.fromDirectory(__dirname), handler: 'api/nowhere.handler' }, '(looked for api/nowhere.js, api/nowhere.mjs, api/nowhere.cjs), got \'api/nowhere.handler\'; '],
    ['a name that Lambda reserves', { environment: { AWS_REGION: 'x' } }, 'Stack/Hello: \'environment\' must be names that Lambda does not reserve, got \'AWS_REGION\'; '],
    ['a name that Lambda does not take', { environment: { 'MY-NAME': 'x' } }, 'Stack/Hello: \'environment\' must be names of letters, digits and _'],
    ['a file with its extension', { handler: 'index.ts.handler' }, 'Stack/Hello: \'handler\' must be \'file.export\''],
    ['an empty path', { code: HandlerCode.fromEntry('') }, 'Stack/Hello: \'code\' must be HandlerCode.fromEntry(...) or HandlerCode.fromDirectory(...) with a path, got \'\'; '],
    ['no code at all', { code: undefined as never }, 'Stack/Hello: \'code\' must be HandlerCode.fromEntry(...)'],
    ['a value that is no string', { environment: { TABLE: undefined as never } }, 'Stack/Hello: \'environment.TABLE\' must be a string, got undefined; '],
    ['no time', { timeout: Duration.seconds(0) }, 'Stack/Hello: \'timeout\' must be 1 to 900 seconds, got 0; '],
    ['more time than Lambda has', { timeout: Duration.minutes(16) }, 'Stack/Hello: \'timeout\' must be 1 to 900 seconds, got 960; '],
    ['too little memory', { compute: Compute.lambdaFunction({ memorySize: 64 }) }, 'Stack/Hello: \'memorySize\' must be 128 to 10240 MiB, got 64; '],
    ['too large a /tmp', { compute: Compute.lambdaFunction({ ephemeralStorageSize: Size.gibibytes(11) }) }, '\'ephemeralStorageSize\' must be 512 to 10240 MiB, got 11264; '],
    ['fewer than no executions', { compute: Compute.lambdaFunction({ reservedConcurrentExecutions: -1 }) }, '\'reservedConcurrentExecutions\' must be a whole number from 0, got -1; '],
    ['a log level for text logs', { logLevel: lambda.ApplicationLogLevel.DEBUG }, 'Stack/Hello: \'logFormat\' must be LoggingFormat.JSON when logLevel is given, got undefined; '],
    ['JavaScript for Python', { runtime: HandlerRuntime.managed(lambda.Runtime.PYTHON_3_13) }, 'Stack/Hello: \'runtime\' must be a Node.js runtime for code from HandlerCode.fromEntry, got \'python3.13\'; '],
    ['subnets without a VPC', { vpcSubnets: {} }, 'Stack/Hello: \'vpc\' must be a VPC when vpcSubnets is given, got undefined; '],
  ])('%s', (_case, props, message) => {
    expect(failure(props)).toContain(message);
    expect(failure(props)).toMatch(/^Stack\/Hello: [^\n]* \[CDK_HYBRID_[A-Z_]+\]$/);
  });

  test('code that does not bundle: esbuild\'s message with file and line', () => {
    const directory = workspace({ 'package.json': '{}', 'broken.ts': 'export const handler = async () => {\n  return 1 +;\n};\n' });
    expect(failure({ code: HandlerCode.fromEntry(join(directory, 'broken.ts')) })).toMatch(/^Stack\/Hello: 'code' must be code that esbuild can bundle, got '.*broken\.ts'; esbuild says: broken\.ts:2:12: Unexpected ";" \[CDK_HYBRID_BUNDLING_FAILED\]$/);
  });

  test.each<[string, HandlerRuntime | undefined]>([['our runtime', undefined], ['a runtime of its own', HandlerRuntime.managed(lambda.Runtime.PYTHON_3_13)]])(
    'an entry in another language, on %s: what takes it', (_case, runtime) => {
      const directory = workspace({ 'x.py': 'def handler(event, context): return 1\n' });
      expect(failure({ code: HandlerCode.fromEntry(join(directory, 'x.py')), ...runtime ? { runtime } : {} })).toMatch(
        /^Stack\/Hello: 'code' must be a file of TypeScript or JavaScript, which HandlerCode\.fromEntry bundles, got '.*x\.py'; other languages take HandlerCode\.fromDirectory\(\.\.\.\) or a container, HandlerRuntime\.container\(\.\.\.\) \[CDK_HYBRID_BUNDLING_FAILED\]$/);
    });

  test.each<[string, string, string]>([
    ['export const handler = 1;\nexport const other = 2;', 'index.main', 'Stack/Hello: \'handler\' must be \'index.<export>\' with an export of hello.ts (it has handler, other), got \'index.main\'; '],
    ['import \'node:fs\';\nconst handler = 1;', 'index.handler', 'with an export of hello.ts (it has none), got \'index.handler\'; '],
    [[...Array(30).keys()].map(n => `export const e${n + 10} = 1;`).join('\n'), 'index.main', '(it has e10, e11, e12, e13, e14, e15, e16, e17, e18, e19, e20, e21, e22, e23, e24, e25, e26, e27, e28, e29, ...)'],
  ])('a handler that the entry does not export: %j', (entry, handler, message) => {
    const directory = workspace({ 'package.json': '{}', 'hello.ts': entry });
    for (const format of [ModuleFormat.COMMONJS, ModuleFormat.ESM]) {
      const said = failure({ code: HandlerCode.fromEntry(join(directory, 'hello.ts'), { format }), handler });
      expect(said.replace(`${directory}/`, '')).toContain(message);
      expect(said).toMatch(/\[CDK_HYBRID_HANDLER_NOT_IN_BUNDLE\]$/);
    }
  });

  test.each<[string, Partial<HybridFunctionProps>]>([
    ['export const api = { users: { list: 1 } };', { handler: 'index.api.users.list' }],
    ['exports.handler = 1;', { handler: 'index.main' }],
    ['export default { main: 1 };', { handler: 'index.main' }],
    ['export const main = 1;', { handler: Lazy.string({ produce: () => 'index.main' }) }],
    ['export const main = 1;', { handler: '/opt/nodejs/wrapper.handler' }],
  ])('but not what it may export: %j', (entry, props) => {
    expect(failure({ code: HandlerCode.fromEntry(join(workspace({ 'package.json': '{}', 'hello.ts': entry }), 'hello.ts')), ...props })).toBe('nothing was thrown');
  });

  test('an entry with a loader of its own is TypeScript or JavaScript, whatever its name', () => {
    const directory = workspace({ 'package.json': '{}', 'hello.es6': 'export const handler = async () => 1;\n' });
    expect(failure({ code: HandlerCode.fromEntry(join(directory, 'hello.es6'), { loader: { '.es6': 'js' } }) })).toBe('nothing was thrown');
  });

  test('no esbuild: how to install it, in each language', () => {
    const directory = workspace({ 'hello.ts': 'export const handler = 1;' });
    const message = inDirectory(directory, { PATH: directory }, () => failure({ code: HandlerCode.fromEntry('hello.ts') }));
    expect(message).toContain('npm install --save-dev esbuild');
    expect(message).toContain('Python, Java, .NET and Go');
    expect(message).toContain('[CDK_HYBRID_ESBUILD_NOT_FOUND]');
  });

  test('code and layers over Lambda\'s 250 MB', () => {
    const directory = workspace({ 'index.js': 'exports.handler = async () => 1;' });
    writeFileSync(join(directory, 'model.bin'), '');
    truncateSync(join(directory, 'model.bin'), 200_000_000);
    expect(failure({ code: HandlerCode.fromDirectory(directory) })).toMatch(/^Stack\/Hello: 'code' must be at most 262144000 bytes unzipped, together with all layers, got '\d+ bytes \(code 2000000\d\d, layers \d+\)'; .* \[CDK_HYBRID_PACKAGE_TOO_LARGE\]$/);
  });
});

describe('code from a directory', () => {
  test('exclude: what is left out is neither counted nor found', () => {
    const directory = workspace({ 'index.js': 'exports.handler = async () => 1;', 'models/large.bin': '' });
    truncateSync(join(directory, 'models/large.bin'), 300_000_000);
    expect(failure({ code: HandlerCode.fromDirectory(directory, { exclude: ['models'] }) })).toBe('nothing was thrown');
    expect(failure({ code: HandlerCode.fromDirectory(directory, { exclude: ['index.js', 'models'] }) })).toContain('[CDK_HYBRID_HANDLER_FILE_NOT_FOUND]');
  });

  test('a link in a circle does no harm', () => {
    const directory = workspace({ 'index.js': 'exports.handler = async () => 1;' });
    symlinkSync('loop', join(directory, 'loop'));
    expect(failure({ code: HandlerCode.fromDirectory(directory, { exclude: ['loop'] }) })).toBe('nothing was thrown');
  });

  test('a handler may be in a layer', () => {
    expect(failure({ code: HandlerCode.fromDirectory(workspace({ 'app.js': '' })), handler: '/opt/nodejs/wrapper.handler' })).toBe('nothing was thrown');
  });
});

describe('a custom runtime layer as the runtime', () => {
  const withLayer = (architecture: lambda.Architecture) => synthesize(stack => ({
    runtime: HandlerRuntime.custom(new CustomRuntimeLayer(stack, 'Runtime', { architecture }).layerVersion),
  }));

  test('the function knows its engine', () => {
    withLayer(lambda.Architecture.X86_64).template.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { NODE_OPTIONS: '--enable-source-maps' } } });
  });

  test('a layer for another architecture is refused', () => {
    expect(() => withLayer(lambda.Architecture.ARM_64))
      .toThrow('Stack/Hello: \'architecture\' must be arm64, for which the layer of the runtime is built, got \'x86_64\'; set architecture');
  });

  test('two engines of one version and different checksums do not share a layer', () => {
    const stack = new Stack(new App({ outdir: workspace() }), 'Stack');
    new HybridFunction(stack, 'First', { code: HandlerCode.fromEntry(HELLO) });
    const other = HandlerRuntime.nodejs(Engine.nodejs(Engine.NODEJS_24.version, { sha512X86: 'b'.repeat(128) }));
    expect(() => new HybridFunction(stack, 'Second', { code: HandlerCode.fromEntry(HELLO), runtime: other })).toThrow('[CDK_HYBRID_ENGINE_CONFLICT]');
  });
});

test('a stack that the CDK CLI does not want need not bundle', () => {
  const directory = workspace({ 'broken.ts': 'export const handler = 1 +;' });
  const stack = new Stack(new App({ outdir: workspace(), context: { 'aws:cdk:bundling-stacks': ['Other'] } }), 'Stack');
  expect(() => new HybridFunction(stack, 'Hello', { code: HandlerCode.fromEntry(join(directory, 'broken.ts')) })).not.toThrow();
});

test('esbuild\'s warnings become warnings of the construct', () => {
  const directory = workspace({ 'package.json': '{}', 'odd.ts': 'export const handler = async (n: number) => n === NaN;\n' });
  const { stack } = synthesize({ code: HandlerCode.fromEntry(join(directory, 'odd.ts')) });
  Annotations.fromStack(stack).hasWarning('/Stack/Hello', Match.stringLikeRegexp('odd\\.ts:1:\\d+: Comparison with NaN'));
});

test('two synths give the same template', () => {
  const once = () => SynthUtils.toCloudFormation(synthesize().stack);
  expect(once()).toEqual(once());
});
