/**
 * Runs the containers of a task or a job as ECS and Batch do: in a network of their own, in the order of their dependencies, with the
 * variables and the volumes that these add, stopped within their stop timeouts.
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { workspace } from '../workspace';
import { Container, engine } from './containers';
import { containerCommand, containerOptions } from './task-definition-options';
import { byName, ContainerDefinition, Definition, Overrides, refuseUnknown, TaskDefinition } from './task-definition-template';

/** What a task is run with. */
export interface TaskSettings {
  /** Images of this machine by the hashes of their assets. Containers of other images are left out. */
  readonly images: { readonly [hash: string]: string };
  /** What whoever starts the task gives its containers. */
  readonly overrides?: Overrides;
  /** Finds the value of a secret. */
  readonly secret?: (valueFrom: string) => Promise<string>;
  /** Where the stand-in for AWS is, which needs the network of this machine. */
  readonly aws?: { readonly [name: string]: string };
  /** Ports of this machine by those that its only container listens on. */
  readonly published?: { readonly [port: number]: number };
  /** In the place of what the container of this name runs: a look around in the same surroundings. */
  readonly look?: { readonly container: string; readonly script: string };
}

/** ECS's default. Source: `stopTimeout` of `ContainerDefinition` in the Amazon ECS API Reference. */
const DEFAULT_STOP_TIMEOUT = 30;

const client = process.env.CDK_DOCKER ?? 'docker';
const newVolumes: string[] = [];
// After the containers, whose file is loaded before.
afterAll(() => { for (const volume of newVolumes.splice(0)) { spawnSync(client, ['volume', 'rm', '--force', volume], { stdio: 'ignore' }); } });

/** A task whose containers run, or have run. */
export class Task {
  /** Starts one container after the other, as they depend on each other. */
  public static async start(definition: Definition, settings: TaskSettings): Promise<Task> {
    const task = new Task(definition, settings);
    const { ContainerDefinitions } = definition.task;
    task.leftOut.push(...ContainerDefinitions.filter(({ Image }) => !task.image(Image)).map(({ Name }) => Name));
    let waiting = ContainerDefinitions.filter(({ Name }) => !task.leftOut.includes(Name));
    while (waiting.length > 0) {
      const isWaiting = (name: string) => waiting.some(({ Name }) => Name === name);
      const next = waiting.find(({ DependsOn = [] }) => !DependsOn.some(({ ContainerName }) => isWaiting(ContainerName)));
      if (!next) { throw new Error(`the containers of ${definition.id} depend on each other in a circle`); }
      await task.run(next);
      waiting = waiting.filter(container => container !== next);
    }
    return task;
  }

  /** The containers whose images cannot be had here. */
  public readonly leftOut: string[] = [];

  private readonly containers = new Map<string, Container>();
  private pause?: Container;
  private readonly mounted = new Map<string, string>();

  private constructor(private readonly definition: Definition, private readonly settings: TaskSettings) {}

  /** One of its containers. */
  public container(name: string): Container {
    const container = this.containers.get(name);
    if (!container) { throw new Error(`${this.definition.id} has no container ${name}, but ${[...this.containers.keys()].join(', ')}`); }
    return container;
  }

  /** Waits until the container's own health check says that it is well. */
  public async healthy(name: string): Promise<void> {
    const container = this.container(name);
    await container.until('health', () => {
      // Docker does it by itself, and podman where there is a systemd.
      spawnSync(client, ['healthcheck', 'run', container.name], { stdio: 'ignore' });
      return engine('inspect', '--format', '{{.State.Health.Status}}', container.name).trim() === 'healthy';
    }, 60);
  }

  /** Stops the containers, each before those that it depends on, and gives their statuses. */
  public async stop(): Promise<{ [name: string]: number }> {
    const statuses: { [name: string]: number } = {};
    for (const [name, container] of [...this.containers].reverse()) {
      const { StopTimeout = DEFAULT_STOP_TIMEOUT } = this.definition.task.ContainerDefinitions.find(({ Name }) => Name === name)!;
      statuses[name] = container.hasEnded ? await container.exited : await container.stopWithin(StopTimeout);
    }
    return statuses;
  }

  /** An asset's image, by the tag that is its hash. */
  private image(uri: string): string | undefined {
    return this.settings.images[uri.slice(uri.lastIndexOf(':') + 1)];
  }

  private async run(given: ContainerDefinition): Promise<void> {
    const { task } = this.definition;
    for (const { ContainerName, Condition } of given.DependsOn ?? []) {
      if (!this.leftOut.includes(ContainerName)) { await this.reaches(ContainerName, Condition); }
    }
    const { look } = this.settings;
    const container = look?.container === given.Name ? { ...given, EntryPoint: ['sh'], Command: ['-c', look.script] } : given;
    const image = this.image(container.Image)!;
    const network = this.network(image);
    if (this.pause) { await hasStarted(this.pause); }
    const running = new Container(image, {
      network,
      environment: await this.environment(container),
      options: [...this.publishOptions(), ...containerOptions(container, task, this.volumes(task, container, image))],
      command: containerCommand(container),
    });
    this.containers.set(container.Name, running);
    await hasStarted(running);
  }

  /**
   * What the containers of a task share in the mode awsvpc; here it leads nowhere, unless ports are published. A container of its own keeps it, as on ECS, for those of the
   * task come and go.
   */
  private network(image: string): string {
    const { NetworkMode = 'awsvpc' } = this.definition.task; // of a job on Fargate
    if (NetworkMode !== 'awsvpc') { throw new Error(`${this.definition.id} has the network mode ${NetworkMode}`); }
    if (this.settings.aws) { return 'host'; }
    if (this.settings.published) { return 'bridge'; }
    if (this.definition.task.ContainerDefinitions.length === 1) { return 'none'; }
    this.pause ??= new Container(image, { network: 'none', options: ['--entrypoint', 'sleep'], command: ['infinity'] });
    return `container:${this.pause.name}`;
  }

  private publishOptions(): string[] {
    return Object.entries(this.settings.published ?? {}).flatMap(([inside, outside]) => ['--publish', `127.0.0.1:${outside}:${inside}`]);
  }

  private async reaches(name: string, condition: 'START' | 'HEALTHY' | 'COMPLETE' | 'SUCCESS'): Promise<void> {
    if (condition === 'HEALTHY') { await this.healthy(name); }
    if (condition === 'COMPLETE' || condition === 'SUCCESS') {
      const status = await this.container(name).end();
      if (condition === 'SUCCESS' && status !== 0) { throw new Error(`${name} ended with ${status}, and others need its success`); }
    }
  }

  private async environment({ Name, Environment, Secrets = [] }: ContainerDefinition): Promise<{ [name: string]: string }> {
    const secrets = await Promise.all(Secrets.map(async ({ Name: variable, ValueFrom }) => [variable, await this.settings.secret!(ValueFrom)]));
    const { overrides, aws } = this.settings;
    return { ...serviceEnvironment(this.definition), ...byName(Environment), ...overrides?.[Name], ...Object.fromEntries(secrets), ...aws };
  }

  /**
   * What is mounted for each volume. One without a host's folder has the owner and the mode of the image's `VOLUME` at that path, as a new volume of the engine has;
   * without one it is root's. Source: "Bind mounts" in the Amazon ECS Developer Guide.
   */
  private volumes({ Volumes = [] }: TaskDefinition, { MountPoints = [] }: ContainerDefinition, image: string): { [name: string]: string } {
    const declared: { [path: string]: object } = JSON.parse(engine('image', 'inspect', '--format', '{{json .Config.Volumes}}', image)) ?? {};
    return Object.fromEntries(MountPoints.map(({ SourceVolume, ContainerPath }) => {
      const volume = Volumes.find(({ Name }) => Name === SourceVolume)!;
      refuseUnknown('volume', volume, ['Name', 'Host']);
      const made = this.mounted.get(SourceVolume) ?? volume.Host?.SourcePath ?? (ContainerPath in declared ? newVolume() : rootsFolder());
      this.mounted.set(SourceVolume, made);
      return [SourceVolume, made];
    }));
  }
}

function newVolume(): string {
  const name = `cdk-hybrid-test-${randomUUID()}`;
  newVolumes.push(name);
  return name;
}

function rootsFolder(): string {
  const folder = workspace();
  chmodSync(folder, 0o755);
  return folder;
}

function hasStarted(container: Container): Promise<void> {
  return container.until('start', () => container.hasEnded || engine('inspect', '--format', '{{.State.Running}}', container.name).trim() === 'true');
}

/**
 * What the services add. Sources: "Amazon ECS environment variables" in the Amazon ECS Developer Guide, "AWS Batch job environment variables"
 * in the AWS Batch User Guide. Nobody answers at the addresses.
 */
function serviceEnvironment({ isJob, task: { RequiresCompatibilities = [] } }: Definition): { [name: string]: string } {
  return {
    AWS_EXECUTION_ENV: RequiresCompatibilities.includes('FARGATE') ? 'AWS_ECS_FARGATE' : 'AWS_ECS_EC2',
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/c0ffee',
    ECS_CONTAINER_METADATA_URI: 'http://169.254.170.2/v3/c0ffee',
    ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/c0ffee',
    ECS_AGENT_URI: 'http://169.254.170.2/api/c0ffee',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_REGION: 'eu-west-1',
    ...isJob && { AWS_BATCH_CE_NAME: 'fargate', AWS_BATCH_JOB_ATTEMPT: '1', AWS_BATCH_JOB_ID: '01234567-89ab-cdef-0123-456789abcdef', AWS_BATCH_JQ_NAME: 'jobs' },
  };
}
