import type { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { HandlerCode } from './handler-code';
import type { IHandlerImage } from './handler-image';
import type { HandlerRuntime } from './handler-runtime';

/**
 * Where a handler runs. `Compute` has the ones of this library; a class of your own may wrap one of them, and change what it has made.
 */
export interface ICompute {
  /** The name of the compute, for messages: `lambdaFunction`. */
  readonly computeName: string;

  /** The services that must be able to assume the function's role: `lambda.amazonaws.com`. */
  readonly servicePrincipals: string[];

  /**
   * The image that this compute was given: code, handler, runtime and architecture of a function on it are the image's.
   *
   * @default - the function says them
   */
  readonly image?: IHandlerImage;

  /**
   * Makes the resources of this compute. Called once for each function that uses it; MUST use only static construct ids.
   *
   * @param scope where the resources belong
   * @param context what the function is, equal for every compute
   */
  bind(scope: Construct, context: ComputeContext): ComputeConfig;
}

/** What every compute is told of the function: the part that a swap does not change. */
export interface ComputeContext {
  /**
   * Where the code comes from.
   *
   * @default - none; what a container runs is in its image
   */
  readonly code?: HandlerCode;
  /**
   * The handler, `file.export`.
   *
   * @default - what the image of a container runs
   */
  readonly handler?: string;
  /** How the code is started. */
  readonly runtime: HandlerRuntime;
  /**
   * The stage, which custom containers find in their environment.
   *
   * @default - the name of the CDK stage, or else of the stack
   */
  readonly stage?: string;
  /** The environment of the handler. */
  readonly environment: { [name: string]: string };
  /** The longest that one invocation may take. */
  readonly timeout: Duration;
  /** The instruction set. */
  readonly architecture: lambda.Architecture;
  /** The role of the handler. */
  readonly role: iam.IRole;
  /** Where its logs go. */
  readonly logGroup: logs.ILogGroup;
  /**
   * The format of its logs.
   *
   * @default - text
   */
  readonly logFormat?: lambda.LoggingFormat;
  /**
   * The least level that is logged; JSON logs only.
   *
   * @default - the compute's own default
   */
  readonly logLevel?: lambda.ApplicationLogLevel;
  /**
   * What the function is for.
   *
   * @default - none
   */
  readonly description?: string;
  /**
   * The VPC that it is in.
   *
   * @default - none
   */
  readonly vpc?: ec2.IVpc;
  /**
   * The subnets that it is in.
   *
   * @default - the private subnets of the VPC
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /**
   * Its security groups.
   *
   * @default - none without a VPC
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
}

/** What a compute has made. */
export interface ComputeConfig {
  /**
   * The Lambda function, on computes that are one.
   *
   * @default - not a Lambda function
   */
  readonly lambdaFunction?: lambda.Function;

  /**
   * The image, on computes that run one.
   *
   * @default - none
   */
  readonly image?: IHandlerImage;
}
