import type * as batch from 'aws-cdk-lib/aws-batch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { TaskVolume } from './ecs-volume';
import type { IHandlerImage } from '../model/handler-image';

/** Sizes and settings of `Compute.batchJob()`. */
export interface BatchJobComputeProps {
  /**
   * An image that several functions share, such as a `HandlerImage`. The function then says the handler alone.
   *
   * @default - an image of the function's code; computes of the same function have one and the same
   */
  readonly image?: IHandlerImage;

  /**
   * `FARGATE`, or `EC2`: on instances that Batch starts and stops.
   *
   * @default LaunchType.FARGATE
   */
  readonly launchType?: ecs.LaunchType;

  /**
   * CPU units; 1,024 are one vCPU. On Fargate one of 256, 512, 1024, 2048, 4096, 8192, 16384; on EC2 whole vCPUs.
   *
   * @default - 256 on Fargate, 1024 on EC2
   */
  readonly cpu?: number;

  /**
   * Memory in MiB that the job cannot exceed. Fargate has certain values for each `cpu`.
   *
   * @default - the least that Fargate has for the `cpu`: 512 for 256, 2048 for 1024
   */
  readonly memoryLimitMiB?: number;

  /**
   * The storage of a job in GiB, 21 to 200. Fargate only.
   *
   * @default - the 20 GiB that Fargate always gives
   */
  readonly ephemeralStorageGiB?: number;

  /**
   * How many GPUs a job has. EC2 only; Batch then chooses instances that have some, and the image for them.
   *
   * @default - none
   */
  readonly gpu?: number;

  /**
   * Whether the root file system cannot be written. `/tmp` can be, always. A container of your own that is given `true` needs
   * `VOLUME /tmp` in its Dockerfile: ECS takes owner and mode of the volume from there.
   *
   * @default - true with our runtimes; false with a container of your own
   */
  readonly readonlyRootFilesystem?: boolean;

  /**
   * Volumes of the handler's container, beside `/tmp`. Those of the instance (`TaskVolume.fromHostPath()`) are for EC2.
   *
   * @default - none
   */
  readonly volumes?: TaskVolume[];

  /**
   * The regular expression (of Go) by which the first line of a log record is known: `^\d{4}-`. Lines that do not match are added to the
   * record before. Metric lines of our host always are records of their own.
   *
   * @default - each line is a record
   */
  readonly multilinePattern?: string;

  /**
   * How often a job is tried, 1 to 10: the first time counts. A job that takes longer than its timeout fails like any other under our
   * host, with exit code 124.
   *
   * @default 1
   */
  readonly retryAttempts?: number;

  /**
   * After which failures a job is tried again, and after which not; five at most. The first that matches counts.
   *
   * @default - after every failure
   */
  readonly retryStrategies?: batch.RetryStrategy[];

  /**
   * The priority of jobs in a queue with a scheduling policy, 0 to 9999; the highest comes first.
   *
   * @default 0
   */
  readonly schedulingPriority?: number;

  /**
   * The fair share that jobs belong to, in a queue with a scheduling policy: every job there must belong to one.
   *
   * @default - none
   */
  readonly shareIdentifier?: string;

  /**
   * Whether the tasks that run jobs have the tags of the jobs.
   *
   * @default false
   */
  readonly propagateTags?: boolean;

  /**
   * Tags of the job definition, which its jobs have as well.
   *
   * @default - those of the stack
   */
  readonly tags?: { [name: string]: string };

  /**
   * Whether jobs get public IP addresses, which they need in public subnets; they then run in public ones unless the function says others.
   * Fargate only.
   *
   * @default false
   */
  readonly assignPublicIp?: boolean;

  /**
   * A queue of your own. Its compute environments say where jobs run, in which subnets and with which security groups; those of the
   * function do not count.
   *
   * @default - one for this function
   */
  readonly jobQueue?: batch.IJobQueue;

  /**
   * The priority of the queue among queues that share compute environments; the highest comes first.
   *
   * @default 1
   */
  readonly jobQueuePriority?: number;

  /**
   * How the queue shares its capacity out.
   *
   * @default - first in, first out
   */
  readonly schedulingPolicy?: batch.ISchedulingPolicy;

  /**
   * Compute environments of your own, one to three, in their order; they say in which subnets and with which security groups jobs run.
   *
   * @default - one for this function, in its subnets and with its security groups
   */
  readonly computeEnvironments?: batch.IComputeEnvironment[];

  /**
   * How many vCPUs the compute environment has at most; further jobs wait.
   *
   * @default 256
   */
  readonly maxvCpus?: number;

  /**
   * How many vCPUs of instances are kept running without jobs. EC2 only.
   *
   * @default 0
   */
  readonly minvCpus?: number;

  /**
   * Whether jobs run on spare capacity, which costs less and may be taken away: a job then fails and is tried again if
   * `retryAttempts` says so.
   *
   * @default false
   */
  readonly spot?: boolean;

  /**
   * The most that spot instances may cost, in percent of their full price. EC2 with `spot` only.
   *
   * @default - their full price
   */
  readonly spotBidPercentage?: number;

  /**
   * Which instances of a type are started first. EC2 only.
   *
   * @default - BEST_FIT_PROGRESSIVE; SPOT_PRICE_CAPACITY_OPTIMIZED with `spot`
   */
  readonly allocationStrategy?: batch.AllocationStrategy;

  /**
   * The types of the instances, of the function's architecture. EC2 only.
   *
   * @default - Batch chooses among common ones of the architecture
   */
  readonly instanceTypes?: ec2.InstanceType[];

  /**
   * The families of the instances, of the function's architecture. EC2 only.
   *
   * @default - Batch chooses among common ones of the architecture
   */
  readonly instanceClasses?: ec2.InstanceClass[];

  /**
   * What instances are started from: their disks, their user data. EC2 only.
   *
   * @default - none
   */
  readonly launchTemplate?: ec2.ILaunchTemplate;
}
