/** Makes options of a container engine out of a container of a task definition. */
import { spawnSync } from 'node:child_process';
import { ContainerDefinition, HealthCheck, LinuxParameters, refuseUnknown, TaskDefinition } from './task-definition-template';

/** Whether the engine is podman, whose options are not all Docker's. */
const isPodman = /^podman/.test(spawnSync(process.env.CDK_DOCKER ?? 'docker', ['--version'], { encoding: 'utf8' }).stdout ?? '');

/** CPU units of a vCPU. */
const VCPU = 1024;

const KNOWN: (keyof ContainerDefinition)[] = [
  'Name', 'Image', 'EntryPoint', 'Command', 'Environment', 'Secrets', 'User', 'ReadonlyRootFilesystem', 'Cpu', 'Memory', 'MemoryReservation',
  'Ulimits', 'LinuxParameters', 'MountPoints', 'PortMappings', 'HealthCheck', 'StopTimeout', 'DependsOn',
];
/** What is ECS's and Batch's own affair, or of the machine. */
const NOT_OF_THE_ENGINE = [
  'Essential', 'LogConfiguration', 'JobRoleArn', 'ExecutionRoleArn', 'NetworkConfiguration', 'FargatePlatformConfiguration', 'RuntimePlatform',
];

/**
 * The options of one container.
 *
 * @param volumes by the names of the task's volumes: what the engine mounts
 */
export function containerOptions(container: ContainerDefinition, task: TaskDefinition, volumes: { readonly [name: string]: string }): string[] {
  refuseUnknown('container definition', container, [...KNOWN, ...NOT_OF_THE_ENGINE]);
  const { User, ReadonlyRootFilesystem, Ulimits = [], LinuxParameters: linux, MountPoints = [], EntryPoint, StopTimeout } = container;
  return [
    // Variables of this machine are not the definition's, nor are volumes that an engine makes of its own accord.
    ...isPodman ? ['--http-proxy=false', '--image-volume=ignore'] : [],
    ...EntryPoint ? ['--entrypoint', EntryPoint[0]] : [],
    ...User ? ['--user', User] : [],
    // podman's own idea of a read-only container has a writable /tmp, /run and more.
    ...ReadonlyRootFilesystem ? ['--read-only', ...isPodman ? ['--read-only-tmpfs=false'] : []] : [],
    ...sizeOptions(container, task),
    ...Ulimits.flatMap(({ Name, SoftLimit, HardLimit }) => ['--ulimit', `${Name}=${SoftLimit}:${HardLimit}`]),
    ...linux ? kernelOptions(linux) : [],
    ...MountPoints.flatMap(({ SourceVolume, ContainerPath, ReadOnly }) => [
      '--volume', `${volumes[SourceVolume]}:${ContainerPath}${ReadOnly ? ':ro' : ''}`,
    ]),
    ...container.HealthCheck ? healthOptions(container.HealthCheck) : [],
    ...StopTimeout === undefined ? [] : ['--stop-timeout', `${StopTimeout}`],
  ];
}

/** What follows the image. */
export function containerCommand({ EntryPoint = [], Command = [] }: ContainerDefinition): string[] {
  return [...EntryPoint.slice(1), ...Command];
}

/** The memory that a container may use, in MiB: of several in one task each might use all of the task's. */
export function memoryLimit({ Memory }: ContainerDefinition, task: TaskDefinition): number {
  const limit = Memory ?? Number(task.Memory);
  if (!(limit > 0)) { throw new Error('neither the container nor its task has a memory limit'); }
  return limit;
}

/** A container's own CPU units are its weight; those of a task are its limit. */
function sizeOptions(container: ContainerDefinition, task: TaskDefinition): string[] {
  const { Cpu, MemoryReservation } = container;
  return [
    '--memory', `${memoryLimit(container, task)}m`,
    ...MemoryReservation === undefined ? [] : ['--memory-reservation', `${MemoryReservation}m`],
    ...Cpu ? ['--cpu-shares', `${Cpu}`] : [],
    ...task.Cpu === undefined ? [] : ['--cpus', `${Number(task.Cpu) / VCPU}`],
  ];
}

function kernelOptions(linux: LinuxParameters): string[] {
  refuseUnknown('LinuxParameters', linux, ['InitProcessEnabled', 'SharedMemorySize', 'Capabilities', 'Tmpfs']);
  const { InitProcessEnabled, SharedMemorySize, Capabilities: { Add = [], Drop = [] } = {}, Tmpfs = [] } = linux;
  return [
    ...InitProcessEnabled ? ['--init'] : [],
    ...SharedMemorySize ? ['--shm-size', `${SharedMemorySize}m`] : [],
    ...Add.flatMap(name => ['--cap-add', name]),
    ...Drop.flatMap(name => ['--cap-drop', name]),
    ...Tmpfs.flatMap(({ ContainerPath, Size, MountOptions = [] }) => ['--tmpfs', `${ContainerPath}:${[`size=${Size}m`, ...MountOptions].join(',')}`]),
  ];
}

/** The defaults are those of ECS. Source: `HealthCheck` in the Amazon ECS API Reference. */
function healthOptions({ Command, Interval = 30, Timeout = 5, Retries = 3, StartPeriod = 0 }: HealthCheck): string[] {
  return [
    '--health-cmd', healthCommand(Command),
    '--health-interval', `${Interval}s`,
    '--health-timeout', `${Timeout}s`,
    '--health-retries', `${Retries}`,
    '--health-start-period', `${StartPeriod}s`,
  ];
}

/** Docker's option is for a shell; podman also takes `CMD` and words without spaces. */
function healthCommand([form, ...words]: readonly string[]): string {
  if (form === 'CMD-SHELL') { return words[0]; }
  if (words.some(word => /[\s'"]/.test(word))) { throw new Error(`this test cannot run the health check ${words.join(' ')}`); }
  return [...isPodman ? [form] : [], ...words].join(' ');
}
