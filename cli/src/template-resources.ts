/** Defines which resources a value of a template names, wherever in it, and in whichever template they are. */
import type { Resource, Stack } from './assembly';

export interface Named {
  readonly stack: Stack;
  readonly logicalId: string;
  readonly resource: Resource;
}

/** Those that are named by Ref, Fn::GetAtt or Fn::Sub, through parameters of a nested stack and exports of another one. */
export function resourcesIn(value: unknown, stack: Stack, stacks: readonly Stack[]): Named[] {
  if (Array.isArray(value)) return value.flatMap((each) => resourcesIn(each, stack, stacks));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, argument]) => {
    switch (key) {
      case 'Ref': return named(String(argument), stack, stacks);
      case 'Fn::GetAtt': return named(String(Array.isArray(argument) ? argument[0] : argument), stack, stacks, attributeOf(argument));
      case 'Fn::ImportValue': return imported(argument, stacks);
      case 'Fn::Sub': {
        const text = String(Array.isArray(argument) ? argument[0] : argument);
        return [...[...text.matchAll(/\$\{([^}.!]+)/g)].flatMap(([, name]) => named(name, stack, stacks)), ...resourcesIn(argument, stack, stacks)];
      }
      default: return resourcesIn(argument, stack, stacks);
    }
  });
}

/** All resources of a type. */
export function resourcesOf(type: string, stacks: readonly Stack[]): Named[] {
  return stacks.flatMap((stack) => Object.entries(stack.template.Resources ?? {})
    .filter(([, { Type }]) => Type === type)
    .map(([logicalId, resource]) => ({ stack, logicalId, resource })));
}

/** Whether two are the same resource. */
export function isSame(one: Pick<Named, 'stack' | 'logicalId'>, other: Pick<Named, 'stack' | 'logicalId'>): boolean {
  return one.stack === other.stack && one.logicalId === other.logicalId;
}

function named(name: string, stack: Stack, stacks: readonly Stack[], attribute?: string): Named[] {
  const [logicalId] = name.split('.');
  const resource = stack.template.Resources?.[logicalId];
  // What a nested stack gives out is one of its own resources.
  const output = resource?.Type === 'AWS::CloudFormation::Stack' ? attribute?.replace(/^Outputs\./, '') : undefined;
  if (output !== undefined) {
    const nested = stacks.find((each) => each.parent?.stack === stack && each.name === `${stack.name}-${logicalId}`);
    return nested ? resourcesIn(nested.template.Outputs?.[output]?.Value, nested, stacks) : [];
  }
  if (resource) return [{ stack, logicalId, resource }];
  const { parent } = stack;
  return parent && name in parent.parameters ? resourcesIn(parent.parameters[name], parent.stack, stacks) : [];
}

function attributeOf(argument: unknown): string {
  return Array.isArray(argument) ? String(argument[1]) : String(argument).split('.').slice(1).join('.');
}

function imported(name: unknown, stacks: readonly Stack[]): Named[] {
  for (const stack of stacks) {
    const output = Object.values(stack.template.Outputs ?? {}).find(({ Export }) => Export?.Name !== undefined && Export.Name === name);
    if (output) return resourcesIn(output.Value, stack, stacks);
  }
  return [];
}
