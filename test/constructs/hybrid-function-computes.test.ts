import { Duration, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { AddComputeOptions, Compute, HandlerSecret, HybridFunction, ICompute } from '../../src';
import { SMALL_CODE, SMALL_RUNTIME, synthesized } from '../small-runtime';

/** What the resource of a compute has, under the same names for each. */
interface Made { command: string; memory: string; role: string; environment: { [name: string]: string }; secrets: string[]; timeout: number }

const COMPUTES: { [name: string]: { compute: (memory?: number) => ICompute; service: string; read: (resources: { [id: string]: any }) => Made } } = {
  lambdaFunction: { compute: memorySize => Compute.lambdaFunction({ memorySize }), service: 'lambda', read: ofFunction(properties => properties.Handler) },
  lambdaImage: { compute: memorySize => Compute.lambdaImage({ memorySize }), service: 'lambda', read: ofFunction(properties => properties.ImageConfig.Command[0]) },
  task: { compute: memoryLimitMiB => Compute.task({ cpu: 256, memoryLimitMiB }), service: 'ecs-tasks', read: ofTask },
  process: { compute: memoryLimitMiB => Compute.process({ cpu: 256, memoryLimitMiB }), service: 'ecs-tasks', read: ofTask },
  service: { compute: memoryLimitMiB => Compute.service({ cpu: 256, memoryLimitMiB }), service: 'ecs-tasks', read: ofTask },
  batchJob: {
    compute: memoryLimitMiB => Compute.batchJob({ memoryLimitMiB }),
    service: 'ecs-tasks',
    read: resources => {
      const { ContainerProperties: container } = only(resources, 'AWS::Batch::JobDefinition');
      return {
        command: container.Command[0],
        memory: container.ResourceRequirements[0].Value,
        role: container.JobRoleArn['Fn::GetAtt'][0],
        environment: pairs(container.Environment),
        secrets: (container.Secrets ?? []).map(({ Name }: { Name: string }) => Name),
        timeout: Number(pairs(container.Environment).AWS_LAMBDA_FUNCTION_TIMEOUT),
      };
    },
  },
};

function only(resources: { [id: string]: any }, type: string): any {
  return Object.values(resources).find(({ Type }) => Type === type).Properties;
}

function pairs(environment: { Name: string; Value: string }[]): { [name: string]: string } {
  return Object.fromEntries(environment.map(({ Name, Value }) => [Name, Value]));
}

function ofFunction(command: (properties: any) => string) {
  return (resources: { [id: string]: any }): Made => {
    const properties = only(resources, 'AWS::Lambda::Function');
    const variables = properties.Environment.Variables;
    return {
      command: command(properties),
      memory: String(properties.MemorySize),
      role: properties.Role['Fn::GetAtt'][0],
      environment: variables,
      secrets: variables.HYBRID_SECRETS ? ['KEY'].filter(name => JSON.stringify(variables.HYBRID_SECRETS).includes(name)) : [],
      timeout: properties.Timeout,
    };
  };
}

function ofTask(resources: { [id: string]: any }): Made {
  const { Memory, TaskRoleArn, ContainerDefinitions: [container] } = only(resources, 'AWS::ECS::TaskDefinition');
  return {
    command: container.Command[0],
    memory: Memory,
    role: TaskRoleArn['Fn::GetAtt'][0],
    environment: pairs(container.Environment),
    secrets: (container.Secrets ?? []).map(({ Name }: { Name: string }) => Name),
    timeout: Number(pairs(container.Environment).AWS_LAMBDA_FUNCTION_TIMEOUT),
  };
}

/** What a further compute of a function is, whose own is something else. */
function further(name: string, options: (stack: Stack) => AddComputeOptions, memory?: number): Made {
  const template = synthesized(stack => {
    const fn = new HybridFunction(stack, 'Users', {
      runtime: SMALL_RUNTIME,
      code: SMALL_CODE,
      environment: { TABLE: 'users', MODE: 'one' },
      timeout: Duration.seconds(7),
      compute: name.startsWith('lambda') ? Compute.task() : Compute.lambdaImage(),
    });
    fn.addCompute('Nightly', COMPUTES[name].compute(memory), options(stack));
    new s3.Bucket(stack, 'Bucket').grantRead(fn);
  });
  // Its resources are in a scope of its own.
  const resources = Object.entries(template.toJSON().Resources as { [id: string]: any }).filter(([id]) => id.startsWith('UsersNightly'));
  return COMPUTES[name].read(Object.fromEntries(resources));
}

describe.each(Object.keys(COMPUTES).map(name => [name] as const))('one function carries many computes: a further %s', name => {
  const { service } = COMPUTES[name];

  test('has handler, environment, role and timeout of the function', () => {
    const made = further(name, () => ({}));
    expect(made).toMatchObject({ command: 'index.handler', environment: { TABLE: 'users', MODE: 'one' }, role: expect.stringMatching(/^UsersRole/), secrets: [] });
    if (name !== 'process') { expect(made.timeout).toBe(7); }
  });

  test('may override handler, memory, environment, secrets, role and timeout', () => {
    const made = further(name, stack => ({
      handler: 'users.list',
      environment: { MODE: 'all' },
      secrets: { KEY: HandlerSecret.fromSecretsManager(new secretsmanager.Secret(stack, 'Secret')) },
      role: new iam.Role(stack, 'Own', { assumedBy: new iam.ServicePrincipal(`${service}.amazonaws.com`) }),
      timeout: Duration.minutes(2),
    }), 2048);
    expect(made).toMatchObject({ command: 'users.list', memory: '2048', environment: { TABLE: 'users', MODE: 'all' }, role: expect.stringMatching(/^Own/), secrets: ['KEY'] });
    if (name !== 'process') { expect(made.timeout).toBe(120); }
  });
});

test('one function carries many computes: what is granted to it is granted to those with its role alone', () => {
  const template = synthesized(stack => {
    const fn = new HybridFunction(stack, 'Users', { runtime: SMALL_RUNTIME, code: SMALL_CODE });
    const role = new iam.Role(stack, 'Own', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    fn.addCompute('Same', Compute.lambdaFunction());
    const other = fn.addCompute('Other', Compute.lambdaFunction(), { role });
    new s3.Bucket(stack, 'Bucket').grantRead(fn);
    new s3.Bucket(stack, 'Archive').grantRead(other);
  });
  const reads = (bucket: string) => ({ Statement: [Match.objectLike({ Resource: Match.arrayWith([{ 'Fn::GetAtt': [Match.stringLikeRegexp(`^${bucket}`), 'Arn'] }]) })] });
  template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: reads('Bucket'), Roles: [{ Ref: Match.stringLikeRegexp('^UsersRole') }] });
  template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: reads('Archive'), Roles: [{ Ref: Match.stringLikeRegexp('^Own') }] });
});
