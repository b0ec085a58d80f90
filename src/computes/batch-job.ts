import { Duration, Names, Size, Tags, Token } from 'aws-cdk-lib';
import * as batch from 'aws-cdk-lib/aws-batch';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { BatchEventTarget } from './batch-event-target';
import type { BatchJobComputeProps } from './batch-options';
import { batchQueue, isFargateJob } from './batch-queue';
import { containerImage, recordPattern, rights } from './ecs-task-definition';
import { letMount, TaskVolumeParts, volumeName } from './ecs-volume';
import type { ComputeConfig, ComputeContext, ICompute } from '../model/compute';
import type { IHandlerImage } from '../model/handler-image';
import { checkRange } from '../private/check-range';
import { JobSizes, jobSizes } from '../private/containers/batch-sizes';
import { hasHost, hostEnvironment } from '../private/environment/host-environment';
import { problem } from '../private/errors';
import { functionImage } from '../private/image/function-image';
import { checkRoleAccount } from '../private/role-account';

/** Source of these two: "Job timeouts" in the AWS Batch User Guide. */
const LEAST_TIMEOUT = Duration.seconds(60);
const STOP_TIMEOUT = Duration.seconds(30);
/** For the start of the handler, whose own timeout begins after that. Our host ends it; Batch is there for a host that cannot. */
const START = Duration.seconds(60);

/** `Compute.batchJob()`: one run for each event, from a queue. */
export class BatchJobCompute implements ICompute {
  public readonly computeName = 'batchJob';
  public readonly servicePrincipals = ['ecs-tasks.amazonaws.com'];
  public readonly image?: IHandlerImage;
  public readonly needsVpc: boolean;

  /**
   * @param props sizes and settings of the job
   */
  constructor(private readonly props: BatchJobComputeProps = {}) {
    this.image = props.image;
    this.needsVpc = !props.jobQueue && !props.computeEnvironments;
  }

  public bind(scope: Construct, context: ComputeContext): ComputeConfig {
    const { props } = this;
    checkRoleAccount(scope, context.role);
    checkNumbers(scope, props);
    const sizes = jobSizes(scope, isFargateJob(props), props);
    const { jobQueue, computeEnvironment } = batchQueue(scope, context, props);
    const image = functionImage(context, props.image);
    const name = Names.uniqueResourceName(scope, { maxLength: 64, separator: '-' });
    const jobDefinition = new batch.EcsJobDefinition(scope, 'JobDefinition', {
      container: jobContainer(scope, context, props, { image, name, sizes }),
      retryAttempts: props.retryAttempts,
      retryStrategies: props.retryStrategies,
      schedulingPriority: props.schedulingPriority,
      timeout: attemptTimeout(context),
      propagateTags: props.propagateTags,
    });
    setTokens(jobDefinition, props, sizes);
    withoutVolumeHosts(jobDefinition);
    for (const { _parts: volume } of props.volumes ?? []) {
      if (volume.fileSystem) { letMount(jobDefinition, context, volume, volume.fileSystem); }
    }
    for (const [key, value] of Object.entries(props.tags ?? {})) { Tags.of(jobDefinition).add(key, value); }
    const target = new BatchEventTarget(context, { name, jobDefinition, jobQueue, shareIdentifier: props.shareIdentifier });
    return {
      image,
      jobDefinition,
      jobQueue,
      computeEnvironment,
      eventTarget: target,
      starterTarget: target,
      ...hasHost(context.runtime) && { metricNamespace: 'CdkHybrid', metricDimensions: { FunctionName: name } },
    };
  }
}

function jobContainer(
  scope: Construct, context: ComputeContext, props: BatchJobComputeProps,
  { image, name, sizes }: { image: IHandlerImage; name: string; sizes: JobSizes },
): batch.IEcsContainerDefinition {
  const { vCpus, memoryMiB, requirements } = sizes;
  const { user, isReadonly } = rights(context, { readonlyRootFilesystem: props.readonlyRootFilesystem });
  const common: batch.EcsContainerDefinitionProps = {
    image: containerImage(scope, image),
    command: context.handler === undefined ? undefined : [context.handler],
    cpu: vCpus,
    memory: Size.mebibytes(requirements ? 1 : memoryMiB),
    environment: hostEnvironment(scope, context, image, { name, source: 'task', memoryMiB, stopTimeout: STOP_TIMEOUT }),
    secrets: Object.fromEntries(Object.entries(context.secrets).map(([variable, secret]) => [
      variable, { arn: secret.valueFrom, grantRead: grantee => secret.grantRead(grantee) },
    ])),
    jobRole: context.role,
    user,
    readonlyRootFilesystem: isReadonly,
    volumes: jobVolumes(scope, props, isReadonly),
    logging: ecs.LogDriver.awsLogs({
      logGroup: context.logGroup, streamPrefix: name, multilinePattern: props.multilinePattern && recordPattern(props.multilinePattern),
    }),
  };
  if (!isFargateJob(props)) { return new batch.EcsEc2ContainerDefinition(scope, 'Container', { ...common, gpu: requirements ? undefined : props.gpu }); }
  const { ephemeralStorageGiB } = props;
  const isStorageKnown = ephemeralStorageGiB !== undefined && !Token.isUnresolved(ephemeralStorageGiB);
  const isArm = context.architecture.name === lambda.Architecture.ARM_64.name;
  return new batch.EcsFargateContainerDefinition(scope, 'Container', {
    ...common,
    ephemeralStorageSize: isStorageKnown ? Size.gibibytes(ephemeralStorageGiB) : undefined,
    assignPublicIp: props.assignPublicIp,
    fargateCpuArchitecture: isArm ? ecs.CpuArchitecture.ARM64 : ecs.CpuArchitecture.X86_64,
    fargateOperatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
  });
}

/** Numbers that are known at deployment only, which the constructs of the CDK calculate with or refuse. */
function setTokens(jobDefinition: batch.EcsJobDefinition, { ephemeralStorageGiB }: BatchJobComputeProps, { requirements }: JobSizes): void {
  const resource = jobDefinition.node.defaultChild as batch.CfnJobDefinition;
  if (requirements) {
    resource.addPropertyOverride('ContainerProperties.ResourceRequirements', requirements.map(({ type, value }) => ({ Type: type, Value: value })));
  }
  if (Token.isUnresolved(ephemeralStorageGiB)) { resource.addPropertyOverride('ContainerProperties.EphemeralStorage.SizeInGiB', ephemeralStorageGiB); }
}

/**
 * Fargate takes no host of a volume, not even an empty one. Without it ECS mounts an empty folder that has the owner and the mode of the
 * image's `VOLUME`. Sources: `Volume` in the AWS Batch API Reference, "Bind mounts" in the Amazon ECS Developer Guide.
 */
function withoutVolumeHosts(jobDefinition: batch.EcsJobDefinition): void {
  jobDefinition.container.volumes.forEach((volume, index) => {
    if (batch.HostVolume.isHostVolume(volume) && volume.hostPath === undefined) {
      (jobDefinition.node.defaultChild as batch.CfnJobDefinition).addPropertyDeletionOverride(`ContainerProperties.Volumes.${index}.Host`);
    }
  });
}

function jobVolumes(scope: Construct, props: BatchJobComputeProps, isReadonly: boolean): batch.EcsVolume[] {
  const volumes: TaskVolumeParts[] = [...isReadonly ? [{ containerPath: '/tmp' }] : [], ...(props.volumes ?? []).map(({ _parts }) => _parts)];
  return volumes.map(({ containerPath, readOnly, sourcePath, fileSystem, accessPoint }, index) => {
    const others = volumes.slice(0, index).map(other => other.containerPath);
    const common = { name: volumeName(scope, containerPath, others), containerPath, readonly: readOnly };
    if (sourcePath !== undefined && isFargateJob(props)) {
      throw problem(scope, 'BATCH_OPTION', {
        property: 'volumes', given: sourcePath, accepted: 'without folders of instances on Fargate', mend: 'use a file system, or set launchType: LaunchType.EC2',
      });
    }
    return fileSystem
      ? batch.EcsVolume.efs({ ...common, fileSystem, accessPointId: accessPoint?.accessPointId, enableTransitEncryption: true, useJobRole: true })
      : batch.EcsVolume.host({ ...common, hostPath: sourcePath });
  });
}

/** Refuses numbers that Batch does not have. */
function checkNumbers(scope: Construct, props: BatchJobComputeProps): void {
  checkRange(scope, 'ephemeralStorageGiB', props.ephemeralStorageGiB, { least: 21, most: 200, unit: 'GiB' });
  checkRange(scope, 'retryAttempts', props.retryAttempts, { least: 1, most: 10 });
  checkRange(scope, 'retryStrategies', props.retryStrategies?.length, { least: 1, most: 5 });
  checkRange(scope, 'schedulingPriority', props.schedulingPriority, { least: 0, most: 9999 });
}

function attemptTimeout({ timeout, runtime }: ComputeContext): Duration {
  if (timeout.isUnresolved()) { return timeout; }
  const seconds = Math.ceil(timeout.toSeconds({ integral: false }));
  return hasHost(runtime) ? Duration.seconds(seconds).plus(START) : Duration.seconds(Math.max(seconds, LEAST_TIMEOUT.toSeconds()));
}
