/** Defines the containers of an assembly: those of its ECS task definitions whose image the app builds. */
import { imageOf } from './images';
import type { Assembly, ImageAsset, Resource, Stack } from '../assembly';
import { constructPath, type Named } from '../names';
import { textOf } from '../template-values';

export interface Container extends Named {
  readonly stack: Stack;
  readonly architecture: 'x86_64' | 'arm64';
  readonly image: ImageAsset;
  /** The ports that it listens on. */
  readonly ports: readonly number[];
  /** What its host takes invocations from (HYBRID_SOURCES), where it has one. */
  readonly sources: readonly string[];
  readonly memoryMiB?: number;
  /** The container definition, as the template has it. */
  readonly definition: Record<string, any>;
}

export function containersOf(assembly: Assembly): Container[] {
  return assembly.stacks.flatMap((stack) => Object.entries(stack.template.Resources ?? {})
    .filter(([, { Type }]) => Type === 'AWS::ECS::TaskDefinition')
    .flatMap(([logicalId, resource]) => containersIn(stack, logicalId, resource, assembly.constructClasses)));
}

function containersIn(stack: Stack, logicalId: string, resource: Resource, classes: ReadonlyMap<string, string>): Container[] {
  const { ContainerDefinitions: definitions = [], Family: family, Memory: memory, RuntimePlatform: platform } = resource.Properties ?? {};
  const built = (definitions as Record<string, any>[]).flatMap((definition) => {
    const image = imageOf(definition.Image, stack);
    return image ? [{ definition, image }] : [];
  });
  const task = constructPath(stack, logicalId, resource);
  const shown = hybridFunction(task, classes) ?? task;
  return built.map(({ definition, image }) => {
    const own = textOf(definition.Name, stack) ?? 'Container';
    const name = built.length === 1 ? shown : `${shown}/${own}`;
    const familyName = textOf(family, stack);
    return {
      name,
      aliases: [name.slice(name.lastIndexOf('/') + 1), own, ...built.length === 1 ? [logicalId, task, ...familyName ? [familyName] : []] : []],
      path: `${task}/${own}`,
      stack,
      architecture: platform?.CpuArchitecture === 'ARM64' ? 'arm64' : 'x86_64',
      image,
      ports: (definition.PortMappings ?? []).map((mapping: Record<string, unknown>) => Number(mapping.ContainerPort)).filter(Number.isInteger),
      sources: environmentText(definition, 'HYBRID_SOURCES').split(','),
      memoryMiB: Number(textOf(definition.Memory ?? memory, stack)) || undefined,
      definition,
    };
  });
}

/** The HybridFunction that a task definition belongs to. */
function hybridFunction(path: string, classes: ReadonlyMap<string, string>): string | undefined {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('/')).find((each) => classes.get(each) === 'cdk-hybrid.HybridFunction');
}

function environmentText({ Environment: variables = [] }: Record<string, any>, name: string): string {
  const value = (variables as { Name: string; Value: unknown }[]).find(({ Name }) => Name === name)?.Value;
  return typeof value === 'string' ? value : '';
}
