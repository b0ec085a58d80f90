/** The queue of a job and the compute environment behind it. */
import { Annotations, Token } from 'aws-cdk-lib';
import * as batch from 'aws-cdk-lib/aws-batch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { BatchJobComputeProps } from './batch-options';
import { taskSubnets } from './ecs-launch';
import type { ComputeContext } from '../model/compute';
import { checkRange } from '../private/check-range';
import { problem } from '../private/errors';

type Property = keyof BatchJobComputeProps;

const EC2_ONLY: readonly Property[] = ['gpu', 'minvCpus', 'spotBidPercentage', 'allocationStrategy', 'instanceTypes', 'instanceClasses', 'launchTemplate'];
const FARGATE_ONLY: readonly Property[] = ['ephemeralStorageGiB', 'assignPublicIp'];
/** What a compute environment that is made here would have. */
const OF_ENVIRONMENT: readonly Property[] = [
  'maxvCpus', 'minvCpus', 'spot', 'spotBidPercentage', 'allocationStrategy', 'instanceTypes', 'instanceClasses', 'launchTemplate',
];
const OF_QUEUE: readonly Property[] = ['computeEnvironments', 'jobQueuePriority', 'schedulingPolicy'];

/** The CDK's. */
const DEFAULT_MAX_VCPUS = 256;

/** Where jobs wait and run. */
export interface BatchQueue {
  readonly jobQueue: batch.IJobQueue;
  /** The compute environment that was made for the function. */
  readonly computeEnvironment?: batch.IManagedComputeEnvironment;
}

/**
 * The queue that was given, or one for the function. Not one for the stack: jobs have the security groups of their compute
 * environment, and what may connect to the database is this function and no other.
 */
export function batchQueue(scope: Construct, context: ComputeContext, props: BatchJobComputeProps): BatchQueue {
  const { jobQueue, computeEnvironments, schedulingPolicy, shareIdentifier } = props;
  checkOptions(scope, props);
  const given = computeEnvironments ?? jobQueue?.computeEnvironments.map(({ computeEnvironment }) => computeEnvironment) ?? [];
  given.forEach(environment => checkEnvironment(scope, context, environment as batch.IComputeEnvironment, props));
  if (schedulingPolicy && shareIdentifier === undefined) {
    throw problem(scope, 'BATCH_OPTION', {
      property: 'shareIdentifier', given: undefined, accepted: 'given with a scheduling policy', mend: 'name the fair share that the jobs belong to',
    });
  }
  if (jobQueue) { return { jobQueue }; }
  const made = computeEnvironments ? undefined : makeEnvironment(scope, context, props);
  return {
    computeEnvironment: made,
    jobQueue: new batch.JobQueue(scope, 'JobQueue', {
      computeEnvironments: (computeEnvironments ?? [made!]).map((environment, index) => ({ computeEnvironment: environment, order: index + 1 })),
      priority: props.jobQueuePriority,
      schedulingPolicy,
    }),
  };
}

function checkOptions(scope: Construct, props: BatchJobComputeProps): void {
  const { launchType = ecs.LaunchType.FARGATE } = props;
  if (launchType !== ecs.LaunchType.FARGATE && launchType !== ecs.LaunchType.EC2) {
    throw problem(scope, 'BATCH_OPTION', { property: 'launchType', given: launchType, accepted: 'FARGATE or EC2', mend: 'choose one of these' });
  }
  const refuse = (names: readonly Property[], accepted: string, mend: string) => {
    const property = names.find(name => props[name] !== undefined);
    if (property) { throw problem(scope, 'BATCH_OPTION', { property, given: 'a value', accepted, mend }); }
  };
  if (isFargateJob(props)) {
    refuse(EC2_ONLY, 'not given on Fargate', 'leave it out, or set launchType: LaunchType.EC2');
  } else {
    refuse(FARGATE_ONLY, 'not given on EC2', 'leave it out; instances have the disks of their launchTemplate and the addresses of their subnets');
  }
  if (props.jobQueue) { refuse([...OF_QUEUE, ...OF_ENVIRONMENT], 'not given with a jobQueue', 'set it where the queue is made'); }
  if (props.computeEnvironments) { refuse(OF_ENVIRONMENT, 'not given with computeEnvironments', 'set it where they are made'); }
  checkRange(scope, 'computeEnvironments', props.computeEnvironments?.length, { least: 1, most: 3 });
  checkRange(scope, 'jobQueuePriority', props.jobQueuePriority, { least: 0, most: Infinity });
  checkRange(scope, 'maxvCpus', props.maxvCpus, { least: 1, most: Infinity });
  const { maxvCpus = DEFAULT_MAX_VCPUS } = props;
  checkRange(scope, 'minvCpus', props.minvCpus, { least: 0, most: Token.isUnresolved(maxvCpus) ? Infinity : maxvCpus, unit: '(maxvCpus)' });
  checkRange(scope, 'spotBidPercentage', props.spotBidPercentage, { least: 1, most: 100, unit: 'percent' });
  if (props.spotBidPercentage !== undefined && !props.spot) {
    throw problem(scope, 'BATCH_OPTION', { property: 'spotBidPercentage', given: props.spotBidPercentage, accepted: 'not given without spot', mend: 'leave it out, or set spot: true' });
  }
}

/** Whether jobs run on Fargate. */
export function isFargateJob({ launchType }: BatchJobComputeProps): boolean {
  return launchType !== ecs.LaunchType.EC2;
}

function makeEnvironment(scope: Construct, context: ComputeContext, props: BatchJobComputeProps): batch.IManagedComputeEnvironment {
  const { securityGroups } = context;
  const vpc = context.vpc!;
  const vpcSubnets = taskSubnets(context, { assignPublicIp: props.assignPublicIp });
  const { maxvCpus, spot, gpu } = props;
  const common = { vpc, vpcSubnets, securityGroups, maxvCpus, spot };
  if (isFargateJob(props)) {
    if (!props.assignPublicIp && vpc.selectSubnets(vpcSubnets).hasPublic) {
      Annotations.of(scope).addWarningV2('cdk-hybrid:BatchJob.publicSubnets',
        'the subnets are public and jobs have no public IP address, so that their image cannot be pulled through the internet; set assignPublicIp, or choose private subnets');
    }
    return new batch.FargateComputeEnvironment(scope, 'ComputeEnvironment', common);
  }
  const { instanceTypes, instanceClasses } = props;
  const isChosen = (instanceTypes?.length ?? 0) + (instanceClasses?.length ?? 0) > 0;
  checkArchitecture(scope, context, { instanceTypes, instanceClasses });
  if (gpu && !isChosen) {
    throw problem(scope, 'BATCH_OPTION', {
      property: 'instanceTypes', given: undefined, accepted: 'types with GPUs when gpu is given', mend: 'name some, e.g. g5.xlarge',
    });
  }
  const isArm = context.architecture.name === lambda.Architecture.ARM_64.name;
  const known = instanceTypes?.filter(type => !Token.isUnresolved(type.toString()));
  const isKnown = (known?.length ?? 0) + (instanceClasses?.length ?? 0) > 0;
  const environment = new batch.ManagedEc2EcsComputeEnvironment(scope, 'ComputeEnvironment', {
    ...common,
    minvCpus: props.minvCpus,
    spotBidPercentage: props.spotBidPercentage,
    allocationStrategy: props.allocationStrategy,
    instanceTypes: known,
    instanceClasses,
    defaultInstanceClasses: isKnown ? undefined : [isArm ? batch.DefaultInstanceClass.ARM64 : batch.DefaultInstanceClass.X86_64],
    useOptimalInstanceClasses: isKnown ? false : undefined,
    // For instances with GPUs Batch has images of its own.
    images: gpu ? undefined : [{ imageType: batch.EcsMachineImageType.ECS_AL2023 }],
    launchTemplate: props.launchTemplate,
  });
  if (known?.length !== instanceTypes?.length) {
    // The construct of the CDK takes types apart, which those that are known at deployment only cannot be.
    const families = instanceClasses?.map(instanceClass => ofClass(instanceClass).toString().split('.')[0]) ?? [];
    (environment.node.defaultChild as batch.CfnComputeEnvironment).addPropertyOverride('ComputeResources.InstanceTypes', [...instanceTypes!.map(String), ...families]);
  }
  return environment;
}

const ofClass = (instanceClass: ec2.InstanceClass) => ec2.InstanceType.of(instanceClass, ec2.InstanceSize.LARGE);

/** Refuses an environment that cannot run the job. Of imported ones nothing is known. */
function checkEnvironment(scope: Construct, context: ComputeContext, environment: batch.IComputeEnvironment, props: BatchJobComputeProps): void {
  const isFargate = environment instanceof batch.FargateComputeEnvironment;
  const isEc2 = environment instanceof batch.ManagedEc2EcsComputeEnvironment;
  if (isFargate ? !isFargateJob(props) : isEc2 && isFargateJob(props)) {
    throw problem(scope, 'BATCH_OPTION', {
      property: 'launchType',
      given: isFargate ? ecs.LaunchType.EC2 : ecs.LaunchType.FARGATE,
      accepted: `that of the compute environment ${environment.node.path}`,
      mend: `set launchType: LaunchType.${isFargate ? 'FARGATE' : 'EC2'}`,
    });
  }
  if (isEc2) { checkArchitecture(scope, context, environment); }
}

function checkArchitecture(
  scope: Construct, { architecture }: ComputeContext, { instanceTypes = [], instanceClasses = [] }: Pick<BatchJobComputeProps, 'instanceTypes' | 'instanceClasses'>,
): void {
  const types = [
    ...instanceTypes,
    ...instanceClasses.map(ofClass),
  ].filter(type => !Token.isUnresolved(type.toString()));
  const wrong = types.find(type => type.architecture !== architecture.name);
  if (wrong) {
    throw problem(scope, 'BATCH_ARCHITECTURE', { property: 'architecture', given: architecture.name, accepted: `${wrong.architecture}, that of the instance type ${wrong.toString()}` });
  }
}
