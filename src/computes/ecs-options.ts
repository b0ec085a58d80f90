import type { Duration } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { OtelCollector } from './ecs-tracing';
import type { TaskVolume } from './ecs-volume';
import type { IHandlerImage } from '../model/handler-image';

/** Sizes and settings of every ECS task. */
export interface EcsComputeProps {
  /**
   * An image that several functions share, such as a `HandlerImage`. The function then says the handler alone.
   *
   * @default - an image of the function's code; functions of the same code and runtime still have one and the same
   */
  readonly image?: IHandlerImage;

  /**
   * The cluster.
   *
   * @default - one for all functions of the stack that have none
   */
  readonly cluster?: ecs.ICluster;

  /**
   * What CloudWatch Container Insights observes of the cluster that this library makes. Its metrics cost money. A cluster
   * of your own has its own setting.
   *
   * @default - the setting of the account
   */
  readonly containerInsights?: ecs.ContainerInsights;

  /**
   * `FARGATE`, or `EC2` on the instances of a `cluster` of your own.
   *
   * @default - LaunchType.FARGATE; EC2 when `capacityProviderStrategies` name providers of your own
   */
  readonly launchType?: ecs.LaunchType;

  /**
   * Which capacity is used, and how much of each: `FARGATE`, `FARGATE_SPOT`, or providers of the cluster's instances.
   *
   * @default - none; the launch type says it
   */
  readonly capacityProviderStrategies?: ecs.CapacityProviderStrategy[];

  /**
   * CPU units; 1,024 are one vCPU. On Fargate what the task cannot exceed, one of 256, 512, 1024, 2048, 4096, 8192, 16384. On EC2 what is set aside
   * for the handler's container, 128 to 196,608; it may use more that the instance has free, unless `cpuReservation` is given.
   *
   * @default 256
   */
  readonly cpu?: number;

  /**
   * CPU units that the handler's container is given for sure when sidecars want some as well; it may use more, up to `cpu`, which then is what the
   * task cannot exceed on EC2 too.
   *
   * @default - on Fargate containers share `cpu` as they come; on EC2 `cpu`, without a limit above
   */
  readonly cpuReservation?: number;

  /**
   * Memory in MiB that the task cannot exceed. Fargate has certain values for each `cpu`.
   *
   * @default 512
   */
  readonly memoryLimitMiB?: number;

  /**
   * Memory in MiB that the handler's container is given for sure; it may use more, up to `memoryLimitMiB`.
   *
   * @default - `memoryLimitMiB`
   */
  readonly memoryReservationMiB?: number;

  /**
   * The storage of the task in GiB, 21 to 200. Fargate only.
   *
   * @default - the 20 GiB that Fargate always gives
   */
  readonly ephemeralStorageGiB?: number;

  /**
   * How long the handler has from SIGTERM to its end, 2 seconds and more; Fargate allows 120 seconds.
   *
   * @default Duration.seconds(30)
   */
  readonly stopTimeout?: Duration;

  /**
   * Whether the root file system cannot be written. `/tmp` can be, always. A container of your own that is given `true` needs
   * `VOLUME /tmp` in its Dockerfile: ECS takes owner and mode of the volume from there.
   *
   * @default - true with our runtimes unless `enableExecuteCommand` is set; false with a container of your own
   */
  readonly readonlyRootFilesystem?: boolean;

  /**
   * Whether commands can be run in the container by ECS Exec, which needs a root file system that can be written.
   *
   * @default false
   */
  readonly enableExecuteCommand?: boolean;

  /**
   * Volumes of the handler's container, beside `/tmp`.
   *
   * @default - none
   */
  readonly volumes?: TaskVolume[];

  /**
   * Limits of the operating system, such as open files.
   *
   * @default - those of ECS
   */
  readonly ulimits?: ecs.Ulimit[];

  /**
   * The regular expression (of Go) by which the first line of a log record is known: `^\d{4}-`. Lines that do not match are added to the
   * record before. Metric lines of our host always are records of their own.
   *
   * @default - each line is a record
   */
  readonly multilinePattern?: string;

  /**
   * A collector of traces beside the handler.
   *
   * @default - none
   */
  readonly tracing?: OtelCollector;

  /**
   * Whether tasks get public IP addresses. Fargate only.
   *
   * @default - they do not
   */
  readonly assignPublicIp?: boolean;

  /**
   * The version of Fargate.
   *
   * @default FargatePlatformVersion.LATEST
   */
  readonly platformVersion?: ecs.FargatePlatformVersion;

  /**
   * Whether tasks have the tags of the service or of the task definition. `Compute.task()` has no service to take them from. Who starts tasks by
   * himself gives them tags himself.
   *
   * @default - they have neither
   */
  readonly propagateTags?: ecs.PropagatedTagSource;

  /**
   * Which instances tasks may be placed on. EC2 only.
   *
   * @default - those of the architecture
   */
  readonly placementConstraints?: ecs.PlacementConstraint[];

  /**
   * Among which instances tasks are spread or packed. EC2 only.
   *
   * @default - ECS spreads them among the zones
   */
  readonly placementStrategies?: ecs.PlacementStrategy[];
}
