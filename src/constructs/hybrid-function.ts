import { Duration, Stack } from 'aws-cdk-lib';
import type * as batch from 'aws-cdk-lib/aws-batch';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { BoundCompute } from './bound-compute';
import { Compute } from '../computes/compute';
import type { ComputeContext, ICompute } from '../model/compute';
import type { EnvironmentRule } from '../model/environment-rule';
import type { IHandlerImage } from '../model/handler-image';
import { HandlerRuntime } from '../model/handler-runtime';
import type { HandlerSecret } from '../model/handler-secret';
import type { HybridFunctionOptions } from '../model/hybrid-function-options';
import type { ITrigger, TriggerConfig } from '../model/trigger';
import { checkHandlerName } from '../private/code/handler-name';
import { checkVpcStack, stackVpc } from '../private/containers/network';
import { applySchema } from '../private/environment/environment-schema';
import { checkEnvironment, checkSecrets } from '../private/environment/handler-environment';
import { problem } from '../private/errors';

/** What a handler is, and where it runs. */
export interface HybridFunctionProps extends HybridFunctionOptions {
  /**
   * Where the handler runs.
   *
   * @default Compute.lambdaFunction()
   */
  readonly compute?: ICompute;
}

/** What is different on a further compute of a function. */
export interface AddComputeOptions {
  /**
   * The handler, of the same code.
   *
   * @default - that of the function
   */
  readonly handler?: string;

  /**
   * Variables beside those of the function, or with other values.
   *
   * @default - those of the function
   */
  readonly environment?: { [name: string]: string };

  /**
   * Secrets beside those of the function.
   *
   * @default - those of the function
   */
  readonly secrets?: { [name: string]: HandlerSecret };

  /**
   * A role of its own. What is granted to the function is then not granted to this compute.
   *
   * @default - the role of the function
   */
  readonly role?: iam.IRole;

  /**
   * The longest that one invocation may take.
   *
   * @default - that of the function
   */
  readonly timeout?: Duration;

  /**
   * What it is for.
   *
   * @default - that of the function
   */
  readonly description?: string;
}

/** Who may have the role of a handler: always both, so that a compute whose place another takes can do its work until it is gone. */
const SERVICES = ['lambda.amazonaws.com', 'ecs-tasks.amazonaws.com'];

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

  /** The HTTPS address of a Lambda function that was asked for one; else undefined. */
  public readonly functionUrl?: lambda.IFunctionUrl;

  /** The image, on computes that run one; else undefined. */
  public readonly image?: IHandlerImage;

  /** The ECS service, on computes that are one; else undefined. */
  public readonly service?: ecs.BaseService;

  /** The task definition, on ECS computes; else undefined. */
  public readonly taskDefinition?: ecs.TaskDefinition;

  /** The cluster, on ECS computes; else undefined. */
  public readonly cluster?: ecs.ICluster;

  /** The job definition, on Batch; else undefined. */
  public readonly jobDefinition?: batch.IJobDefinition;

  /** The queue that jobs go to, on Batch; else undefined. */
  public readonly jobQueue?: batch.IJobQueue;

  /** The VPC, where the function is in one; else undefined. */
  public readonly vpc?: ec2.IVpc;

  private readonly context: ComputeContext;
  private readonly mainCompute: BoundCompute;
  private readonly networkConnections?: ec2.Connections;
  private readonly assumedBy: Set<string>;
  private readonly environmentSchema?: { [name: string]: EnvironmentRule };

  constructor(scope: Construct, id: string, props: HybridFunctionProps = {}) {
    super(scope, id);

    const compute = props.compute ?? Compute.lambdaFunction();
    this.runtime = props.runtime ?? compute.image?.runtime ?? HandlerRuntime.NODEJS_24;
    this.architecture = props.architecture ?? compute.image?.architecture ?? lambda.Architecture.X86_64;
    const handler = props.handler ?? compute.image?.handler ?? (this.runtime._parts.container ? undefined : 'index.handler');
    if (handler !== undefined) { checkHandlerName(this, handler, this.runtime); }
    const { environment = {}, secrets = {} } = props;
    checkEnvironment(this, environment);
    checkSecrets(this, secrets, environment);
    this.checkLogs(props);

    this.logGroup = new logs.LogGroup(this, 'LogGroup', { retention: props.logRetention ?? logs.RetentionDays.ONE_MONTH });
    this.assumedBy = new Set([...SERVICES, ...compute.servicePrincipals]);
    this.role = props.role ?? new iam.Role(this, 'Role', {
      assumedBy: new iam.CompositePrincipal(...[...this.assumedBy].map(service => new iam.ServicePrincipal(service))),
      // Inline, for a policy resource of its own per function is felt in the synth of an app with many.
      inlinePolicies: { WriteLogs: new iam.PolicyDocument({ statements: [this.logsStatement()] }) },
    });
    this.grantPrincipal = this.role.grantPrincipal;
    if (props.role) { this.grantLogs(props.role); }

    this.vpc = this.vpcOf(compute, props.vpc);
    this.checkNetwork(props);
    const securityGroups = this.vpc && this.securityGroupsOf(this, this.vpc, props.securityGroups);
    this.networkConnections = securityGroups && new ec2.Connections({ securityGroups });

    this.environmentSchema = props.environmentSchema;
    this.context = {
      owner: this,
      code: props.code,
      handler,
      runtime: this.runtime,
      stage: props.stage,
      ...applySchema(this, props.environmentSchema, environment, Object.keys(secrets)),
      secrets,
      timeout: props.timeout ?? Duration.seconds(30),
      architecture: this.architecture,
      role: this.role,
      logGroup: this.logGroup,
      logFormat: props.logFormat,
      logLevel: props.logLevel,
      description: props.description,
      vpc: this.vpc,
      vpcSubnets: props.vpcSubnets,
      securityGroups,
    };
    this.mainCompute = BoundCompute._bind(this, compute, this.context, this.networkConnections);
    const { made } = this.mainCompute;
    this.lambdaFunction = made.lambdaFunction;
    this.functionUrl = made.functionUrl;
    this.image = made.image;
    this.service = made.service;
    this.taskDefinition = made.taskDefinition;
    this.cluster = made.cluster;
    this.jobDefinition = made.jobDefinition;
    this.jobQueue = made.jobQueue;
  }

  /** The network connections of the function; an error without a `vpc`. */
  public get connections(): ec2.Connections {
    return this.mainCompute.connections;
  }

  /**
   * Says when the handler runs.
   *
   * @param trigger the trigger
   * @returns what the trigger has made
   */
  public addTrigger(trigger: ITrigger): TriggerConfig {
    return this.mainCompute.addTrigger(trigger);
  }

  /**
   * Runs the same code on a further compute: one bundle, one image, one role unless it is given another.
   *
   * @param id the construct id of what the compute makes
   * @param compute where it runs
   * @param options what is different there
   */
  public addCompute(id: string, compute: ICompute, options: AddComputeOptions = {}): BoundCompute {
    const scope = new Construct(this, id);
    const { context } = this;
    const handler = options.handler ?? context.handler;
    if (options.handler !== undefined) { checkHandlerName(scope, options.handler, this.runtime); }
    const environment = { ...context.environment, ...options.environment };
    const secrets = { ...context.secrets, ...options.secrets };
    checkEnvironment(scope, environment);
    checkSecrets(scope, secrets, environment);
    const checked = applySchema(scope, this.environmentSchema, environment, Object.keys(secrets));
    if (!options.role) { this.letAssume(compute.servicePrincipals); }
    const vpc = this.vpc ?? this.vpcOf(compute);
    const securityGroups = context.securityGroups ?? (vpc && this.securityGroupsOf(scope, vpc));
    return BoundCompute._bind(scope, compute, {
      ...context,
      handler,
      ...checked,
      secrets,
      timeout: options.timeout ?? context.timeout,
      description: options.description ?? context.description,
      role: options.role ?? this.role,
      vpc,
      securityGroups,
    }, this.networkConnections ?? (securityGroups && new ec2.Connections({ securityGroups })));
  }

  /**
   * A metric of the handler.
   *
   * @param metricName its name: `Invocations`
   * @param props statistic, period and more
   */
  public metric(metricName: string, props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.mainCompute.metric(metricName, props);
  }

  /**
   * How often the handler ran. Its statistic is the sum.
   *
   * @param props another statistic, a period and more
   */
  public metricInvocations(props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.mainCompute.metricInvocations(props);
  }

  /**
   * How often the handler failed. Its statistic is the sum.
   *
   * @param props another statistic, a period and more
   */
  public metricErrors(props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.mainCompute.metricErrors(props);
  }

  /**
   * How long the handler took, in milliseconds. Its statistic is the average.
   *
   * @param props another statistic, a period and more
   */
  public metricDuration(props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.mainCompute.metricDuration(props);
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

  /** Further services that must be able to assume a role of ours. */
  private letAssume(services: string[]): void {
    if (!(this.role instanceof iam.Role)) { return; }
    for (const service of services.filter(name => !this.assumedBy.has(name))) {
      this.assumedBy.add(service);
      this.role.assumeRolePolicy?.addStatements(new iam.PolicyStatement({ actions: ['sts:AssumeRole'], principals: [new iam.ServicePrincipal(service)] }));
    }
  }

  private vpcOf(compute: ICompute, given?: ec2.IVpc): ec2.IVpc | undefined {
    if (given && compute.vpc && given !== compute.vpc) {
      throw problem(this, 'VPC_CONFLICT', { property: 'vpc', given: given.node.path, accepted: `that of the compute, ${compute.vpc.node.path}, or not given` });
    }
    const vpc = given ?? compute.vpc;
    if (vpc) { checkVpcStack(this, vpc); }
    return vpc ?? (compute.needsVpc ? stackVpc(this) : undefined);
  }

  private securityGroupsOf(scope: Construct, vpc: ec2.IVpc, given: ec2.ISecurityGroup[] = []): ec2.ISecurityGroup[] {
    return given.length > 0 ? given : [new ec2.SecurityGroup(scope, 'SecurityGroup', { vpc })];
  }

  private checkNetwork(props: HybridFunctionProps): void {
    if (this.vpc) { return; }
    for (const property of ['vpcSubnets', 'securityGroups'] as const) {
      if (props[property]) {
        throw problem(this, 'VPC_MISSING', { property: 'vpc', given: undefined, accepted: `a VPC when ${property} is given` });
      }
    }
  }
}
