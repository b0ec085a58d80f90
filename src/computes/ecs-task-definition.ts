/** Makes the task definition that every ECS compute has: the handler's container, its image, environment, logs and volumes. */
import { Duration, Names, Stack, Tokenization } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { checkTask, isFargateTask } from './ecs-checks';
import type { EcsComputeProps } from './ecs-options';
import { addCollector } from './ecs-tracing';
import { addVolume } from './ecs-volume';
import type { ComputeContext } from '../model/compute';
import type { IHandlerImage } from '../model/handler-image';
import { checkRange } from '../private/check-range';
import { ecsCluster } from '../private/containers/ecs-cluster';
import { checkInstances } from '../private/containers/ecs-instances';
import { hasHost, hostEnvironment, HostOptions } from '../private/environment/host-environment';
import { functionImage } from '../private/image/function-image';

/** What one compute asks of its task beside what the user does. */
export interface EcsTaskOptions {
  readonly source: HostOptions['source'];
  readonly port?: number;
  /** The name of the port, for Service Connect. */
  readonly portName?: string;
  readonly settings?: { [name: string]: string };
  readonly healthCheck?: ecs.HealthCheck;
}

/** A task definition, and what runs it needs to know. */
export interface EcsTask {
  readonly taskDefinition: ecs.TaskDefinition;
  readonly container: ecs.ContainerDefinition;
  readonly cluster: ecs.ICluster;
  readonly image: IHandlerImage;
  readonly isFargate: boolean;
  /** The name of the function, in its logs and metrics. */
  readonly name: string;
  readonly hasHost: boolean;
  readonly vpc: ec2.IVpc;
  readonly stopTimeout: Duration;
}

/** The handler's container. */
const CONTAINER = 'handler';
/** Nobody: the user of our images. */
const NOBODY = '65534:65534';
const DEFAULT_CPU = 256;
const DEFAULT_MEMORY_MIB = 512;
const DEFAULT_STOP_TIMEOUT = Duration.seconds(30);

/** Makes the task definition. */
export function ecsTask(scope: Construct, context: ComputeContext, props: EcsComputeProps, options: EcsTaskOptions): EcsTask {
  const isFargate = isFargateTask(props);
  const { cpu = DEFAULT_CPU, memoryLimitMiB = DEFAULT_MEMORY_MIB, stopTimeout = DEFAULT_STOP_TIMEOUT } = props;
  checkTask(scope, context, { ...props, cpu, memoryLimitMiB, stopTimeout }, isFargate);
  checkRange(scope, 'port', options.port, { least: 1, most: 65_535 });

  const vpc = context.vpc!;
  const cluster = ecsCluster(scope, {
    cluster: props.cluster,
    vpc,
    containerInsights: props.containerInsights,
    capacityProviders: props.capacityProviderStrategies?.map(({ capacityProvider }) => capacityProvider) ?? [],
  });
  const image = functionImage(context, props.image);
  const name = Names.uniqueResourceName(scope, { maxLength: 64, separator: '-' });
  const isHosted = hasHost(context.runtime);
  const taskDefinition = emptyDefinition(scope, context, props, { cpu, memoryLimitMiB, isFargate });
  if (!isFargate && props.cpuReservation !== undefined) { limitCpu(taskDefinition, cpu); }
  const { user, isReadonly } = rights(context, props);
  const container = taskDefinition.addContainer('Handler', {
    containerName: CONTAINER,
    image: containerImage(scope, image),
    command: context.handler === undefined ? undefined : [context.handler],
    environment: hostEnvironment(scope, context, image, { name, stopTimeout, memoryMiB: memoryLimitMiB, ...options }),
    secrets: Object.fromEntries(Object.entries(context.secrets).map(([variable, secret]) => [variable, secret._ecsSecret()])),
    user,
    readonlyRootFilesystem: isReadonly,
    cpu: props.cpuReservation ?? (isFargate ? undefined : cpu),
    memoryLimitMiB: isFargate ? undefined : memoryLimitMiB,
    memoryReservationMiB: props.memoryReservationMiB,
    stopTimeout,
    ulimits: props.ulimits,
    portMappings: options.port === undefined ? [] : [{ containerPort: options.port, name: options.portName }],
    healthCheck: options.healthCheck,
    logging: ecs.LogDrivers.awsLogs({
      logGroup: context.logGroup, streamPrefix: name, multilinePattern: props.multilinePattern && recordPattern(props.multilinePattern),
    }),
  });
  if (isReadonly) { addVolume(container, context, { containerPath: '/tmp' }); }
  props.volumes?.forEach(({ _parts }) => addVolume(container, context, _parts));
  if (!isFargate) { checkInstances(scope, cluster, context.architecture, props.capacityProviderStrategies); }
  if (props.tracing) { addCollector(container, context, name, props.tracing._props); }
  return { taskDefinition, container, cluster, image, isFargate, name, hasHost: isHosted, vpc, stopTimeout };
}

function emptyDefinition(
  scope: Construct, { architecture, role }: ComputeContext, { ephemeralStorageGiB }: EcsComputeProps,
  { cpu, memoryLimitMiB, isFargate }: { cpu: number; memoryLimitMiB: number; isFargate: boolean },
): ecs.TaskDefinition {
  const isArm = architecture.name === lambda.Architecture.ARM_64.name;
  if (isFargate) {
    return new ecs.FargateTaskDefinition(scope, 'TaskDefinition', {
      taskRole: role,
      cpu,
      memoryLimitMiB,
      ephemeralStorageGiB,
      runtimePlatform: {
        cpuArchitecture: isArm ? ecs.CpuArchitecture.ARM64 : ecs.CpuArchitecture.X86_64,
        operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
      },
    });
  }
  return new ecs.Ec2TaskDefinition(scope, 'TaskDefinition', {
    taskRole: role,
    networkMode: ecs.NetworkMode.AWS_VPC,
    // Fargate is told the architecture; among instances of both kinds ECS has to choose the right ones.
    placementConstraints: [ecs.PlacementConstraint.memberOf(`attribute:ecs.cpu-architecture == ${isArm ? 'arm64' : 'x86_64'}`)],
  });
}

/** On EC2 the limit of a task is not a property of the CDK's task definition. */
function limitCpu(taskDefinition: ecs.TaskDefinition, cpu: number): void {
  (taskDefinition.node.defaultChild as ecs.CfnTaskDefinition).cpu = Tokenization.stringifyNumber(cpu);
}

/** Our images are made for a user without rights; what others need is not known. */
export function rights({ runtime }: ComputeContext, { readonlyRootFilesystem, enableExecuteCommand = false }: EcsComputeProps) {
  const isOurs = runtime._parts.engine !== undefined;
  return { user: isOurs ? NOBODY : undefined, isReadonly: readonlyRootFilesystem ?? (isOurs && !enableExecuteCommand) };
}

/** An image for containers of this stack. */
export function containerImage(scope: Construct, { asset }: IHandlerImage): ecs.ContainerImage {
  const [stack, imageStack] = [Stack.of(scope), Stack.of(asset)];
  if (stack !== imageStack) { stack.addDependency(imageStack, 'the image is published with that stack'); }
  return ecs.ContainerImage.fromDockerImageAsset(asset);
}

/**
 * The metrics of our host are lines of JSON, which CloudWatch finds in records of their own only.
 * Source: "Specification: Embedded metric format" in the Amazon CloudWatch User Guide; the member `_aws`.
 */
export const recordPattern = (pattern: string) => `(${pattern})|"_aws":`;
