import { Size } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { ComputeConfig, ComputeContext, ICompute } from '../model/compute';
import { stageHandlerCode } from '../private/handler-code-asset';
import { checkSizes, checkUnzippedSize } from '../private/lambda-limits';
import { runtimeLayer } from '../private/runtime-layer';

/** Sizes and settings of `Compute.lambdaFunction()`. */
export interface LambdaFunctionComputeProps {
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
   * Further layers, at most four beside a custom runtime layer (Lambda allows five).
   *
   * @default - none
   */
  readonly layers?: lambda.ILayerVersion[];

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

/** `Compute.lambdaFunction()`: a zip on the custom runtime layer or on a managed runtime. */
export class LambdaFunctionCompute implements ICompute {
  public readonly computeName = 'lambdaFunction';
  public readonly servicePrincipals = ['lambda.amazonaws.com'];

  /**
   * @param props sizes and settings of the Lambda function
   */
  constructor(private readonly props: LambdaFunctionComputeProps = {}) {}

  public bind(scope: Construct, context: ComputeContext): ComputeConfig {
    checkSizes(scope, { ...this.props, timeout: context.timeout });
    const { managed } = context.runtime._parts;
    const layer = runtimeLayer(scope, context.runtime, context.architecture);
    const layers = [...layer ? [layer] : [], ...this.props.layers ?? []];
    const code = stageHandlerCode(scope, context);
    if (context.vpc) { grantNetworkInterfaces(context.role); }

    const lambdaFunction = new lambda.Function(scope, 'Function', {
      ...this.props,
      code: code.code,
      handler: context.handler,
      runtime: managed ?? lambda.Runtime.PROVIDED_AL2023,
      architecture: context.architecture,
      layers,
      environment: { ...code.environment, ...context.environment },
      timeout: context.timeout,
      role: context.role,
      logGroup: context.logGroup,
      loggingFormat: context.logFormat,
      applicationLogLevelV2: context.logLevel,
      description: context.description,
      vpc: context.vpc,
      vpcSubnets: context.vpcSubnets,
      securityGroups: context.securityGroups,
    });
    checkUnzippedSize(scope, code.unzippedBytes, layers);
    return { lambdaFunction };
  }
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
