import type { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { EnvironmentRule } from './environment-rule';
import type { HandlerCode } from './handler-code';
import type { HandlerRuntime } from './handler-runtime';
import type { HandlerSecret } from './handler-secret';

/** What a handler is: everything that stays when its compute changes. */
export interface HybridFunctionOptions {
  /**
   * Where the code of the handler comes from.
   *
   * @default - none; only a container of your own, and a function on an image that has its code already, do without
   */
  readonly code?: HandlerCode;

  /**
   * The handler: the file without its extension, a dot, the export. Files in folders (`api/users.handler`) and nested
   * exports (`index.api.users`) are fine.
   *
   * @default - `index.handler`; on an image that of the image; on a container of your own what its Dockerfile says
   */
  readonly handler?: string;

  /**
   * How the code is started.
   *
   * @default - HandlerRuntime.NODEJS_24; on an image that of the image
   */
  readonly runtime?: HandlerRuntime;

  /**
   * The environment of the handler. Names that Lambda reserves (`AWS_REGION`, `_HANDLER`, ...) are refused.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * Secrets that the handler finds in its environment, by the names of their variables. Their values are in no template,
   * image or log. The function may read them; nobody else gets leave to.
   *
   * @default - none
   */
  readonly secrets?: { [name: string]: HandlerSecret };

  /**
   * What the variables of `environment` and `secrets` must be. With it, variables that it does not name are refused. What is
   * known at synth is checked at synth, the rest when the handler starts.
   *
   * @default - anything goes
   */
  readonly environmentSchema?: { [name: string]: EnvironmentRule };

  /**
   * The longest that one invocation may take; Lambda allows 1 second to 15 minutes. A process has no limit.
   *
   * @default Duration.seconds(30)
   */
  readonly timeout?: Duration;

  /**
   * The instruction set of engine and code.
   *
   * @default - Architecture.X86_64; on an image that of the image
   */
  readonly architecture?: lambda.Architecture;

  /**
   * The role of the handler, when it has one already. Grants are added to it; it must be assumable by the compute.
   *
   * @default - a role with only what is granted, and leave to write the function's own logs
   */
  readonly role?: iam.IRole;

  /**
   * How long logs are kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Text or JSON logs.
   *
   * @default - text
   */
  readonly logFormat?: lambda.LoggingFormat;

  /**
   * The least level that is logged. Needs `logFormat: LoggingFormat.JSON`.
   *
   * @default - INFO with JSON logs; everything with text logs
   */
  readonly logLevel?: lambda.ApplicationLogLevel;

  /**
   * The stage that a container of your own finds in its environment, as `STAGE`.
   *
   * @default - the name of the CDK stage, or else of the stack
   */
  readonly stage?: string;

  /**
   * What the function is for.
   *
   * @default - none
   */
  readonly description?: string;

  /**
   * The VPC to run in.
   *
   * @default - none on Lambda; on ECS and Batch that of the compute's cluster, or else one for all functions of the stack
   * that have none. It has a NAT gateway, which costs money by the hour.
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnets to run in. Needs `vpc`.
   *
   * @default - the VPC's private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the function. Needs `vpc`.
   *
   * @default - one of its own that lets everything out and nothing in
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
}
