/** Defines what a value of a template is on this machine: literals, pseudo parameters and what is composed of them. */
import type { Resource, Stack } from './assembly';
import { DEFAULT_REGION, MADE_UP_ACCOUNT } from '../../layers/runtime/core/made-up';

/** The value as text; undefined when only a deployment knows it. */
export function textOf(value: unknown, stack: Stack): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object' || value === null) return undefined;
  const [[intrinsic, argument] = []] = Object.entries(value);
  switch (intrinsic) {
    case 'Ref': return refText(String(argument), stack);
    case 'Fn::Join': return joinText(argument, stack);
    case 'Fn::Sub': return subText(argument, stack);
    default: return undefined;
  }
}

/** The resource that a value refers to: in this template, through parameters of a nested stack, or an export of another. */
export function resourceOf(value: unknown, stack: Stack, stacks: readonly Stack[]): { resource: Resource; stack: Stack } | undefined {
  const [[intrinsic, argument] = []] = Object.entries((value ?? {}) as object);
  if (intrinsic === 'Ref') {
    const resource = stack.template.Resources?.[argument];
    if (resource) return { resource, stack };
    const { parent } = stack;
    return parent && argument in parent.parameters ? resourceOf(parent.parameters[argument], parent.stack, stacks) : undefined;
  }
  if (intrinsic === 'Fn::ImportValue') {
    for (const other of stacks) {
      const output = Object.values(other.template.Outputs ?? {}).find(({ Export }) => Export?.Name !== undefined && Export.Name === argument);
      if (output) return resourceOf(output.Value, other, stacks);
    }
  }
  return undefined;
}

/** A list of a template; where conditions choose among several, the first. */
export function listOf(value: unknown): Record<string, any>[] {
  if (Array.isArray(value)) return value as Record<string, any>[];
  const cases: unknown = (value as { readonly 'Fn::If'?: unknown } | undefined)?.['Fn::If'];
  return Array.isArray(cases) ? cases.slice(1).map(listOf).find((list) => list.length > 0) ?? [] : [];
}

/** How a value that cannot be known here is shown to people. */
export function describe(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** The region: the one that the app names for the stack, else that of the user's shell. */
export function regionOf(stack: Stack): string | undefined {
  return stack.region ?? (process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION || undefined);
}

function refText(name: string, stack: Stack): string | undefined {
  const region = regionOf(stack) ?? DEFAULT_REGION;
  const account = stack.account ?? MADE_UP_ACCOUNT;
  switch (name) {
    case 'AWS::Region': return region;
    case 'AWS::AccountId': return account;
    case 'AWS::Partition': return 'aws';
    case 'AWS::URLSuffix': return 'amazonaws.com';
    case 'AWS::StackName': return stack.name;
    case 'AWS::StackId': return `arn:aws:cloudformation:${region}:${account}:stack/${stack.name}/local`;
    default:
  }
  if (stack.parent && name in stack.parent.parameters) return textOf(stack.parent.parameters[name], stack.parent.stack);
  const fallback = stack.template.Parameters?.[name]?.Default;
  return fallback === undefined ? undefined : String(fallback);
}

function joinText(argument: unknown, stack: Stack): string | undefined {
  if (!Array.isArray(argument) || !Array.isArray(argument[1])) return undefined;
  const parts = argument[1].map((part) => textOf(part, stack));
  return parts.includes(undefined) ? undefined : parts.join(String(argument[0]));
}

function subText(argument: unknown, stack: Stack): string | undefined {
  const [template, variables] = Array.isArray(argument) ? argument : [argument, {}];
  let unknown = false;
  const text = String(template).replace(/\$\{([^}]+)\}/g, (_whole, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    const value = name in variables ? textOf(variables[name], stack) : refText(name, stack);
    if (value === undefined) unknown = true;
    return value ?? '';
  });
  return unknown ? undefined : text;
}
