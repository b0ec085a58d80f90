import { CfnParameter, Duration, Lazy, Size, Stack, Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Compute, HandlerRuntime, HybridFunction, HybridFunctionProps, ICompute, LambdaComputeProps, LambdaFunctionComputeProps } from '../../src';
import { SMALL_CODE, SMALL_RUNTIME, synthesized } from '../small-runtime';

/** Numbers that only the deployment knows, and numbers that only the end of the synth knows. */
const KINDS: [string, (stack: Stack) => number, unknown][] = [
  ['a parameter of the stack', stack => (stack.node.tryFindChild('Number') as CfnParameter ?? new CfnParameter(stack, 'Number', { type: 'Number' })).valueAsNumber, { Ref: 'Number' }],
  ['a lazy value', () => Lazy.number({ produce: () => 90 }), 90],
];

const FUNCTION = 'AWS::Lambda::Function';
const INSTANCES = 'CapacityProviderConfig.LambdaManagedInstancesCapacityProviderConfig';
const INVOKE = 'AWS::Lambda::EventInvokeConfig';
const TARGET = 'AWS::ApplicationAutoScaling::ScalableTarget';

/** Where a number of each option ends up. */
const PLACES: [string, (value: number, stack: Stack) => LambdaComputeProps, string, string][] = [
  ['memorySize', memorySize => ({ memorySize }), FUNCTION, 'MemorySize'],
  ['ephemeralStorageSize', value => ({ ephemeralStorageSize: Size.mebibytes(value) }), FUNCTION, 'EphemeralStorage.Size'],
  ['reservedConcurrentExecutions', reservedConcurrentExecutions => ({ reservedConcurrentExecutions }), FUNCTION, 'ReservedConcurrentExecutions'],
  ['provisionedConcurrentExecutions', provisionedConcurrentExecutions => ({ provisionedConcurrentExecutions, reservedConcurrentExecutions: 2 }), 'AWS::Lambda::Alias', 'ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions'],
  ['provisionedConcurrencyMax', provisionedConcurrencyMax => ({ provisionedConcurrentExecutions: 2, provisionedConcurrencyMax }), TARGET, 'MaxCapacity'],
  [
    'provisionedConcurrencyTargetUtilization',
    value => ({ provisionedConcurrentExecutions: 2, provisionedConcurrencyMax: 5, provisionedConcurrencyTargetUtilization: value }),
    'AWS::ApplicationAutoScaling::ScalingPolicy', 'TargetTrackingScalingPolicyConfiguration.TargetValue',
  ],
  [
    'provisionedConcurrencySchedules',
    minCapacity => ({ provisionedConcurrentExecutions: 2, provisionedConcurrencyMax: 5, provisionedConcurrencySchedules: { Morning: { schedule: appscaling.Schedule.cron({ hour: '8' }), minCapacity } } }),
    TARGET, 'ScheduledActions.0.ScalableTargetAction.MinCapacity',
  ],
  ['retryAttempts', retryAttempts => ({ retryAttempts }), INVOKE, 'MaximumRetryAttempts'],
  ['retryAttempts of an alias', retryAttempts => ({ retryAttempts, provisionedConcurrentExecutions: 1 }), INVOKE, 'MaximumRetryAttempts'],
  ['maxEventAge', value => ({ maxEventAge: Duration.seconds(value) }), INVOKE, 'MaximumEventAgeInSeconds'],
  ...(['maxConcurrency', 'executionEnvironmentMemoryGiBPerVCpu', 'minExecutionEnvironments', 'maxExecutionEnvironments'] as const).map((option, index): typeof PLACES[number] => [
    option,
    (value, stack) => ({ capacityProvider: lambda.CapacityProvider.fromCapacityProviderName(stack, 'Instances', 'instances'), minExecutionEnvironments: 1, [option]: value }),
    FUNCTION,
    [`${INSTANCES}.PerExecutionEnvironmentMaxConcurrency`, `${INSTANCES}.ExecutionEnvironmentMemoryGiBPerVCpu`, 'FunctionScalingConfig.MinExecutionEnvironments', 'FunctionScalingConfig.MaxExecutionEnvironments'][index],
  ]),
  ['memorySize on Managed Instances', (memorySize, stack) => ({
    memorySize, capacityProvider: lambda.CapacityProvider.fromCapacityProviderName(stack, 'Instances', 'instances'), executionEnvironmentMemoryGiBPerVCpu: 8,
  }), FUNCTION, 'MemorySize'],
];

function property(template: Template, type: string, path: string): unknown {
  const [{ Properties }] = Object.values(template.findResources(type));
  return path.split('.').reduce<unknown>((value, key) => (value as { [key: string]: unknown } | undefined)?.[key], Properties);
}

const functionWith = (make: (stack: Stack) => ICompute, props: (stack: Stack) => HybridFunctionProps = () => ({})) => synthesized(stack => {
  new HybridFunction(stack, 'Hello', { runtime: SMALL_RUNTIME, code: SMALL_CODE, compute: make(stack), ...props(stack) });
});

describe.each(KINDS)('%s for a number', (_kind, number, expected) => {
  test.each(PLACES)('%s', (_option, options, type, path) => {
    for (const make of [Compute.lambdaFunction, Compute.lambdaImage]) {
      expect(property(functionWith(stack => make(options(number(stack), stack))), type, path)).toEqual(expected);
    }
  });

  test('timeout', () => {
    const props = (stack: Stack) => ({ timeout: Duration.seconds(number(stack)) });
    expect(property(functionWith(() => Compute.lambdaFunction(), props), FUNCTION, 'Timeout')).toEqual(expected);
  });

  test('ephemeralStorageSize beside snapStart', () => {
    const snapStart = lambda.SnapStartConf.ON_PUBLISHED_VERSIONS;
    const compute = (stack: Stack) => Compute.lambdaFunction({ snapStart, ephemeralStorageSize: Size.mebibytes(number(stack)) });
    const template = functionWith(compute, () => ({ runtime: HandlerRuntime.managed(lambda.Runtime.PYTHON_3_13) }));
    expect(property(template, FUNCTION, 'EphemeralStorage.Size')).toEqual(expected);
  });
});

describe('a string that only the deployment knows', () => {
  const TEXT = { Ref: 'Text' };
  const text = (stack: Stack) => (stack.node.tryFindChild('Text') as CfnParameter ?? new CfnParameter(stack, 'Text')).valueAsString;

  test.each<[string, (value: string) => HybridFunctionProps & LambdaFunctionComputeProps, string]>([
    ['handler', handler => ({ handler }), 'Handler'],
    ['description', description => ({ description }), 'Description'],
    ['functionName', functionName => ({ functionName }), 'FunctionName'],
    ['environment', value => ({ environment: { TABLE: value } }), 'Environment.Variables.TABLE'],
    ['defaultValue of environmentSchema', defaultValue => ({ environmentSchema: { TABLE: { defaultValue } } }), 'Environment.Variables.TABLE'],
  ])('%s', (_option, options, path) => {
    const template = synthesized(stack => {
      const given = options(text(stack));
      new HybridFunction(stack, 'Hello', { runtime: SMALL_RUNTIME, code: SMALL_CODE, compute: Compute.lambdaFunction(given), ...given });
    });
    expect(property(template, FUNCTION, path)).toEqual(TEXT);
  });

  test('description of a rule, which messages quote', () => {
    const template = functionWith(() => Compute.lambdaFunction(), stack => ({
      environment: { TABLE: stack.stackId }, environmentSchema: { TABLE: { description: `of ${text(stack)}` } },
    }));
    expect(JSON.stringify(property(template, FUNCTION, 'Environment.Variables.HYBRID_ENVIRONMENT_SCHEMA'))).toContain('{"Ref":"Text"}');
  });

  test('the name of a variable, which is known at the end of the synth', () => {
    const name = Lazy.string({ produce: () => 'TABLE' });
    const template = functionWith(() => Compute.lambdaFunction(), () => ({ environment: { [name]: 'orders' } }));
    expect(property(template, FUNCTION, 'Environment.Variables')).toEqual({ TABLE: 'orders' });
  });

  test('the account of a role', () => {
    const role = (stack: Stack) => Token.asString({ 'Fn::Sub': `arn:aws:iam::\${${text(stack) && 'Text'}}:role/given` });
    const template = functionWith(() => Compute.lambdaFunction(), stack => ({ role: iam.Role.fromRoleArn(stack, 'Given', role(stack)) }));
    expect(property(template, FUNCTION, 'Role')).toEqual({ 'Fn::Sub': 'arn:aws:iam::${Text}:role/given' });
  });
});
