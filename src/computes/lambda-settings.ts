import type { Size } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { ComputeContext } from '../model/compute';
import { checkSizes } from '../private/lambda-limits';

/** Sizes and settings of every Lambda function. */
export interface LambdaComputeProps {
  /**
   * Memory in MiB, 128 to 10,240; the CPU grows with it.
   *
   * @default 128
   */
  readonly memorySize?: number;

  /**
   * The size of `/tmp`, 512 MiB to 10 GiB.
   *
   * @default Size.mebibytes(512)
   */
  readonly ephemeralStorageSize?: Size;

  /**
   * Whether invocations are traced by AWS X-Ray.
   *
   * @default - X-Ray decides by the incoming trace header (`PassThrough`)
   */
  readonly tracing?: lambda.Tracing;

  /**
   * How many invocations may run at once, taken out of the account's limit.
   *
   * @default - no limit of its own
   */
  readonly reservedConcurrentExecutions?: number;

  /**
   * The physical name of the function. A named function can not be replaced without a new name.
   *
   * @default - CloudFormation names it
   */
  readonly functionName?: string;
}

/** What zips and images have in common, checked; with leave to join the VPC where there is one. */
export function lambdaSettings(scope: Construct, context: ComputeContext, sizes: LambdaComputeProps): Omit<lambda.FunctionOptions, 'environment'> {
  checkSizes(scope, { ...sizes, timeout: context.timeout });
  if (context.vpc) { grantNetworkInterfaces(context.role); }
  return {
    ...sizes,
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

/**
 * What Lambda needs to put a function into a VPC; none of it can be limited to a resource.
 * Source: "Giving Lambda functions access to resources in an Amazon VPC", required permissions, in the AWS Lambda Developer Guide.
 */
function grantNetworkInterfaces(role: iam.IRole): void {
  iam.Grant.addToPrincipal({
    grantee: role,
    actions: [
      'ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:DeleteNetworkInterface',
      'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses',
    ],
    resourceArns: ['*'],
  });
}
