/** What every Lambda compute can be told, and how it becomes the settings of a Lambda function. */
import type { Duration, Size } from 'aws-cdk-lib';
import type * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { ComputeContext } from '../model/compute';
import { problem } from '../private/errors';
import { checkSizes, INSTANCE_MEMORY_MIB } from '../private/lambda/lambda-limits';
import { checkManagedInstances } from '../private/lambda/lambda-managed-instances';
import { checkRoleAccount } from '../private/role-account';

/** Sizes and settings of every Lambda function. */
export interface LambdaComputeProps {
  /**
   * Memory in MiB, 128 to 10,240; on Managed Instances 2,048 to 32,768. The CPU grows with it.
   *
   * @default - 128; on Managed Instances 2,048
   */
  readonly memorySize?: number;

  /**
   * The size of `/tmp`, 512 MiB to 10 GiB.
   *
   * @default Size.mebibytes(512)
   */
  readonly ephemeralStorageSize?: Size;

  /**
   * A file system to mount below `/mnt`. Needs `vpc`.
   *
   * @default - none
   */
  readonly filesystem?: lambda.FileSystem;

  /**
   * Whether invocations are traced by AWS X-Ray.
   *
   * @default - X-Ray decides by the incoming trace header (`PassThrough`)
   */
  readonly tracing?: lambda.Tracing;

  /**
   * The version of CloudWatch Lambda Insights. Its agent must be in an image already.
   *
   * @default - none
   */
  readonly insightsVersion?: lambda.LambdaInsightsVersion;

  /**
   * How many invocations may run at once, taken out of the account's limit.
   *
   * @default - no limit of its own
   */
  readonly reservedConcurrentExecutions?: number;

  /**
   * How many environments are started in advance and kept. The function then gets a version and the alias `live`, which
   * triggers use.
   *
   * @default - none
   */
  readonly provisionedConcurrentExecutions?: number;

  /**
   * Up to how many environments provisioned concurrency scales, from `provisionedConcurrentExecutions` on.
   *
   * @default - it does not scale
   */
  readonly provisionedConcurrencyMax?: number;

  /**
   * The share of the provisioned environments that should be in use, 0.1 to 0.9. Needs `provisionedConcurrencyMax`.
   *
   * @default - 0.7; no target with `provisionedConcurrencySchedules` alone
   */
  readonly provisionedConcurrencyTargetUtilization?: number;

  /**
   * Other bounds of provisioned concurrency at certain times, by names that tell them apart. Needs
   * `provisionedConcurrencyMax`.
   *
   * @default - none
   */
  readonly provisionedConcurrencySchedules?: { [name: string]: appscaling.ScalingSchedule };

  /**
   * Where events of asynchronous invocations go that failed every time. Not together with `deadLetterTopic`; `onFailure`
   * tells more.
   *
   * @default - none
   */
  readonly deadLetterQueue?: sqs.IQueue;

  /**
   * Where events of asynchronous invocations go that failed every time. Not together with `deadLetterQueue`.
   *
   * @default - none
   */
  readonly deadLetterTopic?: sns.ITopic;

  /**
   * Who is told of asynchronous invocations that failed every time.
   *
   * @default - nobody
   */
  readonly onFailure?: lambda.IDestination;

  /**
   * Who is told of asynchronous invocations that succeeded.
   *
   * @default - nobody
   */
  readonly onSuccess?: lambda.IDestination;

  /**
   * How often an asynchronous invocation is tried again, 0 to 2.
   *
   * @default 2
   */
  readonly retryAttempts?: number;

  /**
   * How old an event of an asynchronous invocation may become, 60 seconds to 6 hours.
   *
   * @default Duration.hours(6)
   */
  readonly maxEventAge?: Duration;

  /**
   * An HTTPS address of the function's own: who may call it (`authType`), from which web pages (`cors`), and whether
   * responses are streamed (`invokeMode`).
   *
   * @default - none. Given empty, callers need leave by IAM and responses are sent whole
   */
  readonly functionUrl?: lambda.FunctionUrlOptions;

  /**
   * The key that encrypts the environment.
   *
   * @default - one that Lambda manages
   */
  readonly environmentEncryption?: kms.IKey;

  /**
   * Whether Lambda stops a function that invokes itself in a loop.
   *
   * @default RecursiveLoop.TERMINATE
   */
  readonly recursiveLoop?: lambda.RecursiveLoop;

  /**
   * Whether the function may be in public subnets, from where it has no way to the internet.
   *
   * @default false
   */
  readonly allowPublicSubnet?: boolean;

  /**
   * Whether the function may use IPv6 in subnets that have both. Needs `vpc`.
   *
   * @default false
   */
  readonly ipv6AllowedForDualStack?: boolean;

  /**
   * Whether `process.on('SIGTERM')` of the handler runs before its environment ends. AWS gives it about half a second. Our
   * own runtimes only.
   *
   * @default false
   */
  readonly gracefulShutdown?: boolean;

  /**
   * The capacity provider whose EC2 instances run the function (Managed Instances). It is in the network of these instances:
   * not together with `vpc`. A deployment that moves a function onto them or away makes another one.
   *
   * @default - Lambda's own fleet
   */
  readonly capacityProvider?: lambda.ICapacityProvider;

  /**
   * How many invocations one environment may have at once, 1 to 1,600. Managed Instances only.
   *
   * @default - Lambda's own default, by the runtime and the vCPUs
   */
  readonly maxConcurrency?: number;

  /**
   * How much memory an environment has for each vCPU: 2, 4 or 8 GiB. Managed Instances only.
   *
   * @default 2
   */
  readonly executionEnvironmentMemoryGiBPerVCpu?: number;

  /**
   * How many environments there are at least. Managed Instances only.
   *
   * @default 3
   */
  readonly minExecutionEnvironments?: number;

  /**
   * How many environments there are at most. Managed Instances only.
   *
   * @default - no limit but that of the capacity provider
   */
  readonly maxExecutionEnvironments?: number;

  /**
   * The physical name of the function. A named function can not be replaced without a new name.
   *
   * @default - CloudFormation names it
   */
  readonly functionName?: string;
}

/** These, and of what zips alone have the part that concerns them. */
export type LambdaOptions = LambdaComputeProps & { readonly snapStart?: lambda.SnapStartConf };

/** What zips and images have in common, checked; with leave to join the VPC where there is one. */
export function lambdaSettings(scope: Construct, context: ComputeContext, props: LambdaOptions): Omit<lambda.FunctionOptions, 'environment'> {
  checkSizes(scope, { ...props, timeout: context.timeout });
  checkManagedInstances(scope, context, props);
  checkTogether(scope, context, props);
  checkRoleAccount(scope, context.role);
  if (context.vpc) { grantNetworkInterfaces(context.role); }
  return {
    // Lambda's own default is less than its least on Managed Instances.
    memorySize: props.memorySize ?? (props.capacityProvider ? INSTANCE_MEMORY_MIB.least : undefined),
    ephemeralStorageSize: props.ephemeralStorageSize,
    filesystem: props.filesystem,
    tracing: props.tracing,
    insightsVersion: props.insightsVersion,
    reservedConcurrentExecutions: props.reservedConcurrentExecutions,
    deadLetterQueue: props.deadLetterQueue,
    deadLetterTopic: props.deadLetterTopic,
    environmentEncryption: props.environmentEncryption,
    recursiveLoop: props.recursiveLoop,
    allowPublicSubnet: props.allowPublicSubnet,
    ipv6AllowedForDualStack: props.ipv6AllowedForDualStack,
    functionName: props.functionName,
    architecture: context.architecture,
    timeout: context.timeout,
    role: context.role,
    logGroup: context.logGroup,
    loggingFormat: context.logFormat,
    applicationLogLevelV2: context.logLevel,
    description: context.description,
    vpc: context.vpc,
    vpcSubnets: context.vpcSubnets,
    securityGroups: context.securityGroups,
  };
}

/** Refuses options that exclude or need each other. */
function checkTogether(scope: Construct, { vpc }: ComputeContext, props: LambdaComputeProps): void {
  if (props.deadLetterQueue && props.deadLetterTopic) {
    throw problem(scope, 'LAMBDA_OPTION_CONFLICT', { property: 'deadLetterTopic', given: 'given', accepted: 'left out when deadLetterQueue is given' });
  }
  for (const property of ['filesystem', 'ipv6AllowedForDualStack'] as const) {
    if (props[property] && !vpc) {
      throw problem(scope, 'VPC_MISSING', { property: 'vpc', given: undefined, accepted: `a VPC when ${property} is given` });
    }
  }
  const needs = (property: keyof LambdaComputeProps, needed: keyof LambdaComputeProps) => {
    if (props[property] !== undefined && props[needed] === undefined) {
      throw problem(scope, 'LAMBDA_OPTION_CONFLICT', { property: needed, given: undefined, accepted: `given when ${property} is`, mend: `set ${needed}, or leave ${property} out` });
    }
  };
  needs('provisionedConcurrencyMax', 'provisionedConcurrentExecutions');
  needs('provisionedConcurrencyTargetUtilization', 'provisionedConcurrencyMax');
  needs('provisionedConcurrencySchedules', 'provisionedConcurrencyMax');
}

/**
 * What Lambda needs to put a function into a VPC; none of it can be limited to a resource.
 * Source: "Giving Lambda functions access to resources in an Amazon VPC", required permissions, in the AWS Lambda Developer Guide.
 */
function grantNetworkInterfaces(grantee: iam.IGrantable): void {
  iam.Grant.addToPrincipal({
    grantee,
    actions: [
      'ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:DeleteNetworkInterface',
      'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses',
    ],
    resourceArns: ['*'],
  });
}
