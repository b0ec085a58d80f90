import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { ComputeContext, HandlerCode, HandlerRuntime, HandlerSecret, HybridFunction, HybridFunctionProps, ICompute, ITrigger, TriggerContext } from '../../src';
import { inDirectory, workspace } from '../workspace';

const project = workspace({ 'dist/index.js': '', 'dist/nightly.js': '' });

/** A compute that makes nothing, and keeps what it was told. */
class Recorded implements ICompute {
  public context!: ComputeContext;
  public scope!: Construct;
  constructor(
    public readonly computeName = 'recorded', public readonly servicePrincipals = ['ecs-tasks.amazonaws.com'],
    public readonly needsVpc = false, public readonly vpc?: ec2.IVpc,
  ) {}
  public bind(scope: Construct, context: ComputeContext) { this.scope = scope; this.context = context; return {}; }
}

class RecordedTrigger implements ITrigger {
  public context!: TriggerContext;
  constructor(public readonly triggerName = 'recorded', public readonly triggerId = 'Recorded') {}
  public bind(scope: Construct, context: TriggerContext) { this.context = context; new s3.Bucket(scope, 'Bucket'); return {}; }
}

function functionOf(stack: Stack, props: HybridFunctionProps = {}) {
  return inDirectory(project, {}, () => new HybridFunction(stack, 'Orders', {
    code: HandlerCode.fromDirectory('dist'), runtime: HandlerRuntime.AWS_NODEJS_24, environment: { TABLE: 'orders' }, ...props,
  }));
}

describe('a further compute', () => {
  test('has what the function has, in a scope of its own', () => {
    const stack = new Stack();
    const fn = functionOf(stack, { timeout: Duration.seconds(7), description: 'Takes orders' });
    const nightly = new Recorded();
    fn.addCompute('Nightly', nightly);
    expect(nightly.scope.node.path).toBe('Default/Orders/Nightly');
    expect(nightly.context).toMatchObject({ owner: fn, handler: 'index.handler', environment: { TABLE: 'orders' }, description: 'Takes orders', logGroup: fn.logGroup });
    expect(nightly.context.role.roleArn).toBe(fn.role.roleArn);
    expect(nightly.context.timeout.toSeconds()).toBe(7);
  });

  test('may have its own handler, variables, secrets, timeout, description and role', () => {
    const stack = new Stack();
    const secret = HandlerSecret.fromSecretsManager(new secretsmanager.Secret(stack, 'Secret'));
    const role = new iam.Role(stack, 'Own', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
    const fn = functionOf(stack);
    const nightly = new Recorded();
    const made = fn.addCompute('Nightly', nightly, {
      handler: 'nightly.handler', environment: { TABLE: 'archive', MODE: 'all' }, secrets: { KEY: secret }, timeout: Duration.hours(2), description: 'Archives', role,
    });
    expect(nightly.context).toMatchObject({
      handler: 'nightly.handler', environment: { TABLE: 'archive', MODE: 'all' }, secrets: { KEY: secret }, description: 'Archives',
    });
    expect(nightly.context.role.roleArn).toBe(role.roleArn);
    expect(made.grantPrincipal).toBe(role.grantPrincipal);
    expect(fn.grantPrincipal).not.toBe(role.grantPrincipal);
  });

  test('lets its service assume the role of the function, once', () => {
    const stack = new Stack();
    const fn = functionOf(stack);
    fn.addCompute('Nightly', new Recorded());
    fn.addCompute('Weekly', new Recorded());
    fn.addCompute('Again', new Recorded('recorded', ['lambda.amazonaws.com']));
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: ['lambda.amazonaws.com', 'ecs-tasks.amazonaws.com'].map(Service => ({ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service } })),
        Version: '2012-10-17',
      },
    });
  });

  test('that needs a VPC gets one, while the function stays outside', () => {
    const stack = new Stack();
    const fn = functionOf(stack);
    const made = fn.addCompute('Nightly', new Recorded('recorded', ['ecs-tasks.amazonaws.com'], true));
    expect(made.connections.securityGroups).toHaveLength(1);
    expect(() => fn.connections).toThrow("'vpc' must be a VPC for a function whose connections are used");
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::EC2::VPC', 1);
    template.hasResourceProperties('AWS::Lambda::Function', { VpcConfig: Match.absent() });
  });

  test('that is named as another one is refused by the CDK', () => {
    const fn = functionOf(new Stack());
    fn.addCompute('Nightly', new Recorded());
    expect(() => fn.addCompute('Nightly', new Recorded())).toThrow('There is already a Construct with name \'Nightly\'');
  });

  test('refuses what the function refuses', () => {
    const stack = new Stack();
    const fn = functionOf(stack);
    expect(() => fn.addCompute('A', new Recorded(), { handler: 'nodot' })).toThrow('CDK_HYBRID_HANDLER_NAME');
    expect(() => fn.addCompute('B', new Recorded(), { environment: { AWS_REGION: 'x' } })).toThrow('CDK_HYBRID_ENVIRONMENT_RESERVED');
    const secret = HandlerSecret.fromSecretsManager(new secretsmanager.Secret(stack, 'Secret'));
    expect(() => fn.addCompute('C', new Recorded(), { secrets: { TABLE: secret } })).toThrow('CDK_HYBRID_SECRET_CONFLICT');
  });

  test('is held to the schema of the function', () => {
    const fn = functionOf(new Stack(), { environmentSchema: { TABLE: {} } });
    expect(() => fn.addCompute('A', new Recorded(), { environment: { OTHER: 'x' } })).toThrow('CDK_HYBRID_ENVIRONMENT_SCHEMA');
  });
});

describe('the VPC of a function', () => {
  test('is made once per stack where a compute needs one and none is given, and says what it costs', () => {
    const stack = new Stack();
    const compute = () => new Recorded('recorded', ['ecs-tasks.amazonaws.com'], true);
    const first = functionOf(stack, { compute: compute() });
    const second = inDirectory(project, {}, () => new HybridFunction(stack, 'Second', { code: HandlerCode.fromDirectory('dist'), compute: compute() }));
    expect(first.vpc).toBe(second.vpc);
    Template.fromStack(stack).resourceCountIs('AWS::EC2::VPC', 1);
    expect(stack.node.metadata.map(({ data }) => data).join()).toContain('NAT gateway costs money');
  });

  test('is that of the compute, and no other', () => {
    const stack = new Stack();
    const vpc = new ec2.Vpc(stack, 'Vpc');
    expect(functionOf(stack, { compute: new Recorded('recorded', ['x.amazonaws.com'], true, vpc) }).vpc).toBe(vpc);
    const other = new ec2.Vpc(stack, 'Other');
    expect(() => new HybridFunction(stack, 'Torn', { vpc: other, compute: new Recorded('recorded', ['x.amazonaws.com'], true, vpc) }))
      .toThrow("Default/Torn: 'vpc' must be that of the compute, Default/Vpc, or not given, got 'Default/Other'");
  });
});

describe('a trigger', () => {
  test('is bound in a scope of its own, to what the compute is', () => {
    const stack = new Stack();
    const trigger = new RecordedTrigger();
    functionOf(stack, { timeout: Duration.seconds(9) }).addTrigger(trigger);
    expect(stack.node.findAll().map(({ node }) => node.path)).toContain('Default/Orders/Recorded/Bucket');
    expect(trigger.context.computeName).toBe('lambdaFunction');
    expect(trigger.context.compute.lambdaFunction).toBeInstanceOf(lambda.Function);
    expect(trigger.context.timeout.toSeconds()).toBe(9);
  });

  test('of a further compute is that compute\'s', () => {
    const stack = new Stack();
    const trigger = new RecordedTrigger();
    const nightly = functionOf(stack).addCompute('Nightly', new Recorded());
    nightly.addTrigger(trigger);
    expect(trigger.context.computeName).toBe('recorded');
    expect(stack.node.findAll().map(({ node }) => node.path)).toContain('Default/Orders/Nightly/Recorded/Bucket');
  });

  test('that the function has already is refused', () => {
    const fn = functionOf(new Stack());
    fn.addTrigger(new RecordedTrigger());
    expect(() => fn.addTrigger(new RecordedTrigger())).toThrow("'addTrigger' must be a trigger that the function does not have yet, got 'Recorded'; set id of the trigger");
  });

  test('that the compute cannot have is refused with the reason', () => {
    const fn = functionOf(new Stack(), { compute: new Recorded('process') });
    expect(() => fn.addTrigger(new RecordedTrigger('loadBalancer')))
      .toThrow('got \'Trigger.loadBalancer() on Compute.process()\'; its handler is started once and runs for ever; use Compute.service()');
  });
});

describe('metrics', () => {
  test('of a Lambda function are those of AWS', () => {
    const stack = new Stack();
    const fn = functionOf(stack);
    expect(stack.resolve(fn.metricInvocations().toMetricConfig().metricStat)).toMatchObject({
      namespace: 'AWS/Lambda', metricName: 'Invocations', statistic: 'Sum', dimensions: [{ name: 'FunctionName' }],
    });
    expect(fn.metricErrors().toMetricConfig().metricStat).toMatchObject({ metricName: 'Errors', statistic: 'Sum' });
    expect(fn.metricDuration({ statistic: 'p99' }).toMetricConfig().metricStat).toMatchObject({ metricName: 'Duration', statistic: 'p99' });
  });

  test('that a compute does not report are refused', () => {
    const fn = functionOf(new Stack(), { compute: new Recorded() });
    expect(() => fn.metricErrors()).toThrow("'metric' must be a function whose compute and runtime report metrics, got 'Errors'");
  });
});
