import { createHash } from 'node:crypto';
import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { ComputeContext } from '../model/compute';
import { problem } from '../private/errors';

/** Where a volume is in the container. */
export interface TaskVolumeOptions {
  /** The path in the container: `/mnt/data`. */
  readonly containerPath: string;

  /**
   * Whether it can only be read.
   *
   * @default false
   */
  readonly readOnly?: boolean;
}

/** A volume of a task. */
export class TaskVolume {
  /**
   * A folder of an EFS file system, as an access point shows it: with its user and its rights. The connection is encrypted and authorized by the
   * role of the task, which gets leave for it.
   *
   * @param accessPoint the access point; its file system must be known
   * @param options where it is in the container
   */
  public static fromEfsAccessPoint(accessPoint: efs.IAccessPoint, options: TaskVolumeOptions): TaskVolume {
    return new TaskVolume({ fileSystem: accessPoint.fileSystem, accessPoint, ...options });
  }

  /**
   * An EFS file system from its root. The connection is encrypted and authorized by the role of the task, which gets leave for it. Our
   * images run as the user 65534, who has to have rights there; an access point is the simpler way.
   *
   * @param fileSystem the file system
   * @param options where it is in the container
   */
  public static fromEfsFileSystem(fileSystem: efs.IFileSystem, options: TaskVolumeOptions): TaskVolume {
    return new TaskVolume({ fileSystem, ...options });
  }

  /**
   * A folder of the instance that the task runs on. EC2 only.
   *
   * @param sourcePath the path on the instance
   * @param options where it is in the container
   */
  public static fromHostPath(sourcePath: string, options: TaskVolumeOptions): TaskVolume {
    return new TaskVolume({ sourcePath, ...options });
  }

  /**
   * An empty folder that lives as long as the task, as room to write beside a read-only root file system. Owner and mode are those of a `VOLUME` of that
   * path in the Dockerfile; without one it is root's.
   *
   * @param options where it is in the container
   */
  public static scratch(options: TaskVolumeOptions): TaskVolume {
    return new TaskVolume(options);
  }

  private constructor(/** @internal */ public readonly _parts: TaskVolumeParts) {}
}

/**
 * What a volume is.
 *
 * @internal
 */
export interface TaskVolumeParts extends TaskVolumeOptions {
  readonly fileSystem?: efs.IFileSystem;
  readonly accessPoint?: efs.IAccessPoint;
  readonly sourcePath?: string;
}

/** Puts a volume into a container, with leave to use it. */
export function addVolume(container: ecs.ContainerDefinition, context: ComputeContext, volume: TaskVolumeParts): void {
  const { containerPath, readOnly = false, sourcePath, fileSystem, accessPoint } = volume;
  const { taskDefinition } = container;
  if (sourcePath !== undefined && !taskDefinition.isEc2Compatible) {
    throw problem(taskDefinition, 'LAUNCH_TYPE', { property: 'volumes', given: `the folder ${sourcePath} of the instance`, accepted: 'other volumes on Fargate' });
  }
  const name = volumeName(taskDefinition, containerPath, container.mountPoints.map(mounted => mounted.containerPath));
  taskDefinition.addVolume({
    name,
    host: sourcePath === undefined ? undefined : { sourcePath },
    efsVolumeConfiguration: fileSystem && {
      fileSystemId: fileSystem.fileSystemId,
      transitEncryption: 'ENABLED',
      authorizationConfig: { iam: 'ENABLED', accessPointId: accessPoint?.accessPointId },
    },
  });
  container.addMountPoints({ sourceVolume: name, containerPath, readOnly });
  if (fileSystem) { letMount(taskDefinition, context, volume, fileSystem); }
}

/** The name of a volume, by its path, which must be one that no other has. */
export function volumeName(scope: IConstruct, containerPath: string, others: string[]): string {
  const wrong = (accepted: string) => problem(scope, 'VOLUME_PATH', { property: 'volumes', given: containerPath, accepted });
  if (others.some(other => trimmed(other) === trimmed(containerPath))) { throw wrong('a path that no other volume has'); }
  // The name of a volume cannot be known at deployment only.
  if (Token.isUnresolved(containerPath)) { return `volume-${others.length}`; }
  if (!/^\/.+/.test(containerPath)) { throw wrong('an absolute path below /'); }
  const name = plain(containerPath);
  return others.some(other => plain(other) === name) ? `${name}-${createHash('sha256').update(containerPath).digest('hex').slice(0, 8)}` : name;
}

const trimmed = (path: string) => path.replace(/\/+$/, '');
const plain = (path: string) => path.replace(/^\/+|\/+$/g, '').replace(/[^A-Za-z0-9_-]/g, '-');

/** Source: "Using IAM to control file system data access" in the Amazon EFS User Guide. */
export function letMount(definition: IConstruct, context: ComputeContext, volume: TaskVolumeParts, fileSystem: efs.IFileSystem): void {
  const { role, securityGroups } = context;
  const { accessPoint, readOnly } = volume;
  role.addToPrincipalPolicy(new iam.PolicyStatement({
    actions: ['elasticfilesystem:ClientMount', ...readOnly ? [] : ['elasticfilesystem:ClientWrite']],
    resources: [fileSystem.fileSystemArn],
    conditions: {
      Bool: { 'elasticfilesystem:AccessedViaMountTarget': 'true' },
      ...accessPoint && { StringEquals: { 'elasticfilesystem:AccessPointArn': accessPoint.accessPointArn } },
    },
  }));
  fileSystem.connections.allowDefaultPortFrom(new ec2.Connections({ securityGroups }));
  definition.node.addDependency(fileSystem.mountTargetsAvailable);
}
