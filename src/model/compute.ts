import type { Duration } from 'aws-cdk-lib';
import type * as batch from 'aws-cdk-lib/aws-batch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { EnvironmentRule } from './environment-rule';
import type { IHttpGatewayTarget } from './gateway-target';
import type { HandlerCode } from './handler-code';
import type { IHandlerImage } from './handler-image';
import type { HandlerRuntime } from './handler-runtime';
import type { HandlerSecret } from './handler-secret';
import type { IQueueTarget } from './queue-target';
import type { IEventTarget, IHttpTarget, IStarterTarget } from './trigger-target';

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
   * Whether it runs in a VPC always. A function that has none then gets that of the compute, or else the one that this
   * library makes for the stack.
   *
   * @default false
   */
  readonly needsVpc?: boolean;

  /**
   * The VPC that the compute brings, such as that of a cluster.
   *
   * @default - none
   */
  readonly vpc?: ec2.IVpc;

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
  /** The function. What its computes share (an image) belongs under it. */
  readonly owner: Construct;
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
  /** What the handler finds in its environment, and nobody in the template. */
  readonly secrets: { [name: string]: HandlerSecret };
  /**
   * What is known at deployment only and has to be checked when the handler starts.
   *
   * @default - nothing
   */
  readonly environmentSchema?: { [name: string]: EnvironmentRule };
  /** The longest that one invocation may take. */
  readonly timeout: Duration;
  /** The instruction set. */
  readonly architecture: lambda.Architecture;
  /** The role of the handler. What is granted to it here is of this compute alone: a policy, which is removed after the compute. */
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
   * What invokers of the Lambda function use: an alias where there is one.
   *
   * @default - the Lambda function
   */
  readonly lambdaTarget?: lambda.IFunction;

  /**
   * The HTTPS address of a Lambda function.
   *
   * @default - none was asked for
   */
  readonly functionUrl?: lambda.IFunctionUrl;

  /**
   * The image, on computes that run one.
   *
   * @default - none
   */
  readonly image?: IHandlerImage;

  /**
   * The ECS service, on computes that are one: an `ecs.FargateService` or an `ecs.Ec2Service`.
   *
   * @default - not a service
   */
  readonly service?: ecs.BaseService;

  /**
   * The task definition, on ECS computes. Sidecars and volumes may be added to it.
   *
   * @default - none
   */
  readonly taskDefinition?: ecs.TaskDefinition;

  /**
   * The cluster, on ECS computes.
   *
   * @default - none
   */
  readonly cluster?: ecs.ICluster;

  /**
   * The job definition, on Batch.
   *
   * @default - not a job
   */
  readonly jobDefinition?: batch.IJobDefinition;

  /**
   * The queue that jobs go to, on Batch.
   *
   * @default - not a job
   */
  readonly jobQueue?: batch.IJobQueue;

  /**
   * The compute environment that was made for the function, on Batch.
   *
   * @default - not a job, or one with a queue or environments of the user's own
   */
  readonly computeEnvironment?: batch.IManagedComputeEnvironment;

  /**
   * How load balancers reach the handler.
   *
   * @default - the compute takes no HTTP requests
   */
  readonly httpTarget?: IHttpTarget;

  /**
   * How APIs of API Gateway reach the handler, where they do not invoke it as a Lambda function.
   *
   * @default - the compute takes no requests of APIs
   */
  readonly httpGatewayTarget?: IHttpGatewayTarget;

  /**
   * How single events reach the handler.
   *
   * @default - the compute takes no single events
   */
  readonly eventTarget?: IEventTarget;

  /**
   * How a run is started with an event of an origin that invokes functions.
   *
   * @default - the compute is not started for each event
   */
  readonly starterTarget?: IStarterTarget;

  /**
   * How messages of queues reach the handler.
   *
   * @default - the compute takes none
   */
  readonly queueTarget?: IQueueTarget;

  /**
   * The CloudWatch namespace of the metrics `Invocations`, `Errors` and `Duration`.
   *
   * @default - the compute reports none
   */
  readonly metricNamespace?: string;

  /**
   * The dimensions of these metrics.
   *
   * @default - none
   */
  readonly metricDimensions?: { [name: string]: string };
}
