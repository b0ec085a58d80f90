/** Lambda Managed Instances: what a function on a capacity provider must be, and what it is told. */
import { Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { checkRange } from '../check-range';
import { problem } from '../errors';
import { INSTANCE_MEMORY_MIB } from './lambda-limits';
import { isAtLeast, languageNames, LanguageVersions } from './managed-runtime';
import type { ComputeContext } from '../../model/compute';

/** What a user says of the instances. */
export interface ManagedInstances {
  readonly capacityProvider?: lambda.ICapacityProvider;
  readonly maxConcurrency?: number;
  readonly executionEnvironmentMemoryGiBPerVCpu?: number;
  readonly minExecutionEnvironments?: number;
  readonly maxExecutionEnvironments?: number;
}

/** What a function on Managed Instances must not have beside them. */
export interface NotOnInstances {
  readonly memorySize?: number;
  readonly provisionedConcurrentExecutions?: number;
  readonly snapStart?: lambda.SnapStartConf;
}

const INSTANCE_OPTIONS = ['maxConcurrency', 'executionEnvironmentMemoryGiBPerVCpu', 'minExecutionEnvironments', 'maxExecutionEnvironments'] as const;

/** The first version of each language. Source: "Lambda Managed Instances runtimes" in the AWS Lambda Developer Guide. */
const FIRST_VERSIONS: LanguageVersions = { java: '21', python: '3.13', nodejs: '22', dotnet: '8' };

/** Refuses what Managed Instances do not have, and their options without them. */
export function checkManagedInstances(scope: IConstruct, context: ComputeContext, props: ManagedInstances & NotOnInstances): void {
  const { capacityProvider, executionEnvironmentMemoryGiBPerVCpu: ratio, minExecutionEnvironments: least } = props;
  if (!capacityProvider) {
    const alone = INSTANCE_OPTIONS.find(option => props[option] !== undefined);
    if (alone) {
      throw problem(scope, 'LAMBDA_OPTION_UNSUPPORTED', { property: alone, given: props[alone], accepted: 'left out without capacityProvider', mend: 'set capacityProvider to run on Managed Instances' });
    }
    return;
  }
  checkRuntime(scope, context);
  checkArchitecture(scope, capacityProvider, context.architecture);
  for (const option of ['provisionedConcurrentExecutions', 'snapStart'] as const) {
    if (props[option] !== undefined) {
      throw problem(scope, 'LAMBDA_OPTION_CONFLICT', { property: option, given: 'given', accepted: 'left out with capacityProvider, whose instances are always there', mend: 'set minExecutionEnvironments instead' });
    }
  }
  if (context.vpc) {
    throw problem(scope, 'LAMBDA_OPTION_CONFLICT', {
      property: 'vpc', given: context.vpc.node.path, accepted: 'left out with capacityProvider', mend: 'the function is in the subnets and security groups of the capacity provider; give those what it needs',
    });
  }
  checkRange(scope, 'maxConcurrency', props.maxConcurrency, { least: 1, most: 1600 });
  checkRange(scope, 'minExecutionEnvironments', least, { least: 0, most: 15_000 });
  checkRange(scope, 'maxExecutionEnvironments', props.maxExecutionEnvironments, { least: least === undefined || Token.isUnresolved(least) ? 0 : least, most: 15_000 });
  const memory = props.memorySize ?? INSTANCE_MEMORY_MIB.least;
  if (ratio === undefined || Token.isUnresolved(ratio) || Token.isUnresolved(memory)) { return; }
  // Source: "CapacityProviderConfig" in the AWS SAM Developer Guide.
  const ratios = [2, 4, 8].filter(value => value * 1024 <= memory);
  if (!ratios.includes(ratio)) {
    throw problem(scope, 'SIZE_OUT_OF_RANGE', {
      property: 'executionEnvironmentMemoryGiBPerVCpu', given: ratio, accepted: `${ratios.join(', ')} with ${memory} MiB`, mend: 'choose one of them, or a larger memorySize',
    });
  }
}

/** Puts a function on the instances of its capacity provider. What is invoked without a qualifier is then what was deployed last. */
export function useManagedInstances(fn: lambda.Function, props: ManagedInstances): void {
  const { capacityProvider, minExecutionEnvironments, maxExecutionEnvironments } = props;
  if (!capacityProvider) { return; }
  const resource = fn.node.defaultChild as lambda.CfnFunction;
  // Lambda moves no function onto instances or away: a swap has to make another one.
  resource.overrideLogicalId(`${Stack.of(fn).resolve(resource.logicalId)}OnInstances`);
  // As the capacity provider's own addFunction() does, which imported ones do not have.
  resource.capacityProviderConfig = {
    lambdaManagedInstancesCapacityProviderConfig: {
      capacityProviderArn: capacityProvider.capacityProviderArn,
      perExecutionEnvironmentMaxConcurrency: props.maxConcurrency,
      executionEnvironmentMemoryGiBPerVCpu: props.executionEnvironmentMemoryGiBPerVCpu,
    },
  };
  resource.publishToLatestPublished = true;
  if (minExecutionEnvironments !== undefined || maxExecutionEnvironments !== undefined) {
    resource.functionScalingConfig = { minExecutionEnvironments, maxExecutionEnvironments };
  }
}

function checkRuntime(scope: IConstruct, { runtime }: ComputeContext): void {
  const { managed } = runtime._parts;
  if (!managed || managed.name.startsWith('provided') || isAtLeast(managed, FIRST_VERSIONS)) { return; }
  throw problem(scope, 'LAMBDA_OPTION_UNSUPPORTED', {
    property: 'capacityProvider',
    given: `given with the runtime ${managed.name}`,
    accepted: `left out, or with a runtime that Managed Instances have: one of ours, ${languageNames(FIRST_VERSIONS)} and later`,
  });
}

/** An imported capacity provider, or one without requirements, does not say what its instances are. */
function checkArchitecture(scope: IConstruct, provider: lambda.ICapacityProvider, architecture: lambda.Architecture): void {
  const resource = provider.node.defaultChild;
  const requirements = resource instanceof lambda.CfnCapacityProvider ? resource.instanceRequirements : undefined;
  if (!requirements || Token.isUnresolved(requirements)) { return; }
  const { architectures, allowedInstanceTypes = [] } = requirements as lambda.CfnCapacityProvider.InstanceRequirementsProperty;
  const accepted = architectures ?? architecturesOf(allowedInstanceTypes);
  if (accepted.length > 0 && !Token.isUnresolved(accepted) && !accepted.includes(architecture.name)) {
    throw problem(scope, 'CAPACITY_ARCHITECTURE', { property: 'architecture', given: architecture.name, accepted: `${accepted.join(', ')}, that of ${provider.node.path}` });
  }
}

/** What these types of instances have, when all of them are known. */
function architecturesOf(types: string[]): string[] {
  if (Token.isUnresolved(types) || types.some(type => Token.isUnresolved(type))) { return []; }
  return [...new Set(types.map(type => new ec2.InstanceType(type).architecture))];
}
