/** Defines the containers of an assembly: those of its ECS task definitions and Batch job definitions whose image the app builds. */
import { imageOf } from './images';
import type { Assembly, ImageAsset, Resource } from '../assembly';
import { isOurs, runnersOf, type Named, type Runner } from '../names';
import { resourceOf, textOf } from '../template-values';

type Properties = Record<string, any>;

export interface Container extends Named {
  /** How it runs: until it is told to end, with or without a port; or once for each event. */
  readonly kind: 'service' | 'process' | 'task' | 'job';
  readonly stack: Runner['stack'];
  readonly logicalId: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly image: ImageAsset;
  /** The ports that it listens on. */
  readonly ports: readonly number[];
  /** What its host takes invocations from (HYBRID_SOURCES), where it has one. */
  readonly sources: readonly string[];
  readonly memoryMiB?: number;
  /** The container definition, as the template has it; that of a job says the same in the same words. */
  readonly definition: Properties;
  /** The volumes of the task. */
  readonly volumes: readonly Properties[];
  /** Other containers of the task, whose images are elsewhere. */
  readonly others: readonly string[];
}

/** What of a template's resource containers are made of. */
interface Group {
  readonly containers: readonly Properties[];
  readonly volumes?: readonly Properties[];
  readonly platform?: Properties;
  readonly memory?: unknown;
  /** The name that AWS is given. */
  readonly ownName?: unknown;
  kindOf(container: Properties): Container['kind'];
}

export function containersOf(assembly: Assembly): Container[] {
  const tasks = runnersOf(assembly, 'AWS::ECS::TaskDefinition').flatMap((runner) => containersIn(runner, taskGroup(runner, assembly), assembly));
  const jobs = runnersOf(assembly, 'AWS::Batch::JobDefinition').flatMap((runner) => containersIn(runner, jobGroup(runner), assembly));
  return [...tasks, ...jobs];
}

/** Whether it is run once for each event. */
export function runsOnce({ kind }: Container): boolean {
  return kind === 'task' || kind === 'job';
}

function taskGroup({ resource }: Runner, assembly: Assembly): Group {
  const properties = propertiesOf(resource);
  const isService = assembly.stacks.some((stack) => Object.values(stack.template.Resources ?? {}).some((each) =>
    each.Type === 'AWS::ECS::Service' && resourceOf(propertiesOf(each).TaskDefinition, stack, assembly.stacks)?.resource === resource));
  return {
    containers: properties.ContainerDefinitions ?? [],
    volumes: properties.Volumes,
    platform: properties.RuntimePlatform,
    memory: properties.Memory,
    ownName: properties.Family,
    kindOf: (container) => {
      const sources = sourcesOf(container);
      if (sources.includes('process')) return 'process';
      if (sources.includes('task')) return 'task';
      if (portsOf(container).length > 0) return 'service';
      return isService ? 'process' : 'task';
    },
  };
}

/** A job has one container, or those of a task. */
function jobGroup({ resource }: Runner): Group {
  const { ContainerProperties: single, EcsProperties: task, JobDefinitionName: ownName } = propertiesOf(resource);
  const group: Properties = task?.TaskProperties?.[0] ?? { ...single, Containers: single ? [single] : [] };
  const containers = (group.Containers ?? []).map((container: Properties) => ({
    ...container,
    Memory: container.ResourceRequirements?.find(({ Type }: Properties) => Type === 'MEMORY')?.Value ?? container.Memory,
  }));
  return { containers, volumes: group.Volumes, platform: group.RuntimePlatform, ownName, kindOf: () => 'job' };
}

function containersIn({ stack, logicalId, path, name: shown }: Runner, group: Group, { constructClasses }: Assembly): Container[] {
  const all = group.containers.map((definition) => ({ definition, own: textOf(definition.Name, stack) ?? 'Container', image: imageOf(definition.Image, stack) }));
  const built = all.flatMap(({ image, ...each }) => image ? [{ ...each, image }] : []);
  const ownName = textOf(group.ownName, stack);
  // Those of ours have all the same.
  const hasName = !isOurs(path, constructClasses);
  return built.map(({ definition, own, image }) => {
    const name = built.length === 1 ? shown : `${shown}/${own}`;
    const ofTask = built.length === 1 ? [logicalId, path, ...ownName ? [ownName] : []] : [];
    const names = [name.slice(name.lastIndexOf('/') + 1), ...hasName ? [own] : [], ...ofTask];
    return {
      name,
      aliases: [...new Set(names)],
      path: `${path}/${own}`,
      kind: group.kindOf(definition),
      stack,
      logicalId,
      architecture: architectureOf(group, image),
      image,
      ports: portsOf(definition),
      sources: sourcesOf(definition),
      memoryMiB: Number(textOf(definition.Memory ?? group.memory, stack)) || undefined,
      definition,
      volumes: group.volumes ?? [],
      others: all.filter((each) => !each.image).map((each) => each.own),
    };
  });
}

function propertiesOf({ Properties: properties = {} }: Resource): Properties {
  return properties;
}

/** On machines of their own (EC2) only the image tells. */
function architectureOf({ platform }: Group, { source }: ImageAsset): Container['architecture'] {
  return platform?.CpuArchitecture === 'ARM64' || (!platform?.CpuArchitecture && source.platform?.includes('arm64')) ? 'arm64' : 'x86_64';
}

function portsOf({ PortMappings: mappings = [] }: Properties): number[] {
  return (mappings as Properties[]).map(({ ContainerPort: port }) => Number(port)).filter(Number.isInteger);
}

function sourcesOf({ Environment: variables = [] }: Properties): string[] {
  const value = (variables as Properties[]).find(({ Name }) => Name === 'HYBRID_SOURCES')?.Value;
  return typeof value === 'string' ? value.split(',').map((source) => source.trim()) : [];
}
