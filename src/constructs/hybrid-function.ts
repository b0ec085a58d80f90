import { Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { Compute } from '../computes/compute';
import type { ICompute } from '../model/compute';
import type { HandlerCode } from '../model/handler-code';
import type { IHandlerImage } from '../model/handler-image';
import { HandlerRuntime } from '../model/handler-runtime';
import { problem } from '../private/errors';
import { checkEnvironment } from '../private/handler-environment';
import { checkHandlerName } from '../private/handler-name';

/** What a handler is, and where it runs. */
export interface HybridFunctionProps {
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
   * Where the handler runs.
   *
   * @default Compute.lambdaFunction()
   */
  readonly compute?: ICompute;

  /**
   * The environment of the handler. Names that Lambda reserves (`AWS_REGION`, `_HANDLER`, ...) are refused.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * The longest that one invocation may take; Lambda allows 1 second to 15 minutes.
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
   * @default - none
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

/**
 * One handler, and the compute that runs it.
 *
 * @example
 * const hello = new HybridFunction(this, 'Hello', {
 *   code: HandlerCode.fromEntry('src/hello.ts'),
 *   compute: Compute.lambdaFunction({ memorySize: 512 }),
 * });
 */
export class HybridFunction extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** The role of the handler. Its construct id does not change with the compute. */
  public readonly role: iam.IRole;

  /** Where permissions go: the role. */
  public readonly grantPrincipal: iam.IPrincipal;

  /** Where the logs go. */
  public readonly logGroup: logs.LogGroup;

  /** How the code is started. */
  public readonly runtime: HandlerRuntime;

  /** The instruction set. */
  public readonly architecture: lambda.Architecture;

  /** The Lambda function, on computes that are one; else undefined. */
  public readonly lambdaFunction?: lambda.Function;

  /** The image, on computes that run one; else undefined. */
  public readonly image?: IHandlerImage;

  private readonly networkConnections?: ec2.Connections;

  constructor(scope: Construct, id: string, props: HybridFunctionProps = {}) {
    super(scope, id);

    const compute = props.compute ?? Compute.lambdaFunction();
    this.runtime = props.runtime ?? compute.image?.runtime ?? HandlerRuntime.NODEJS_24;
    this.architecture = props.architecture ?? compute.image?.architecture ?? lambda.Architecture.X86_64;
    const handler = props.handler ?? compute.image?.handler ?? (this.runtime._parts.container ? undefined : 'index.handler');
    if (handler !== undefined) { checkHandlerName(this, handler, this.runtime); }
    checkEnvironment(this, props.environment ?? {});
    this.checkNetwork(props);
    this.checkLogs(props);

    this.logGroup = new logs.LogGroup(this, 'LogGroup', { retention: props.logRetention ?? logs.RetentionDays.ONE_MONTH });
    this.role = props.role ?? new iam.Role(this, 'Role', {
      assumedBy: new iam.CompositePrincipal(...compute.servicePrincipals.map(service => new iam.ServicePrincipal(service))),
      // Inline, for a policy resource of its own per function is felt in the synth of an app with many.
      inlinePolicies: { WriteLogs: new iam.PolicyDocument({ statements: [this.logsStatement()] }) },
    });
    this.grantPrincipal = this.role.grantPrincipal;
    if (props.role) { this.grantLogs(props.role); }

    const securityGroups = props.vpc && (props.securityGroups?.length ? props.securityGroups : [new ec2.SecurityGroup(this, 'SecurityGroup', { vpc: props.vpc })]);
    this.networkConnections = securityGroups && new ec2.Connections({ securityGroups });

    const made = compute.bind(this, {
      code: props.code,
      handler,
      runtime: this.runtime,
      stage: props.stage,
      environment: props.environment ?? {},
      timeout: props.timeout ?? Duration.seconds(30),
      architecture: this.architecture,
      role: this.role,
      logGroup: this.logGroup,
      logFormat: props.logFormat,
      logLevel: props.logLevel,
      description: props.description,
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      securityGroups,
    });
    this.lambdaFunction = made.lambdaFunction;
    this.image = made.image;
  }

  /** The network connections of the function; an error without a `vpc`. */
  public get connections(): ec2.Connections {
    if (!this.networkConnections) {
      throw problem(this, 'VPC_MISSING', { property: 'vpc', given: undefined, accepted: 'a VPC for a function whose connections are used' });
    }
    return this.networkConnections;
  }

  private checkLogs({ logLevel, logFormat }: HybridFunctionProps): void {
    if (logLevel && logFormat !== lambda.LoggingFormat.JSON) {
      throw problem(this, 'LOG_LEVEL_NEEDS_JSON', { property: 'logFormat', given: logFormat, accepted: 'LoggingFormat.JSON when logLevel is given' });
    }
  }

  private logsStatement(): iam.PolicyStatement {
    return new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [this.logGroup.logGroupArn] });
  }

  /** In a policy of this stack: one in the stack of the role would need the log group, which needs the role's stack first. */
  private grantLogs(role: iam.IRole): void {
    if (Stack.of(role) === Stack.of(this)) {
      role.addToPrincipalPolicy(this.logsStatement());
    } else {
      new iam.Policy(this, 'WriteLogs', { roles: [role], statements: [this.logsStatement()] });
    }
  }

  private checkNetwork(props: HybridFunctionProps): void {
    if (props.vpc) { return; }
    for (const property of ['vpcSubnets', 'securityGroups'] as const) {
      if (props[property]) {
        throw problem(this, 'VPC_MISSING', { property: 'vpc', given: undefined, accepted: `a VPC when ${property} is given` });
      }
    }
  }
}
