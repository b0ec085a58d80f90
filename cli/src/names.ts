/** Defines the names that functions and containers of an assembly go by. */
import type { Resource, Stack } from './assembly';
import { CliError } from './errors';

export interface Named {
  /** The construct path, as people know it: without the parts that the CDK adds. */
  readonly name: string;
  /** Further names that it goes by: construct id, logical id, the name that AWS is given. */
  readonly aliases: readonly string[];
  /** The whole construct path, which is always its own. */
  readonly path: string;
}

/** The one of this name. The whole name wins over shorter ones. */
export function findNamed<T extends Named>(all: readonly T[], name: string): T {
  const exact = all.filter((each) => each.name === name);
  const matches = exact.length > 0 ? exact : all.filter((each) => each.path === name || each.aliases.includes(name));
  if (matches.length === 1) return matches[0];
  if (matches.length > 1) {
    const distinct = new Set(matches.map((each) => each.name)).size === matches.length;
    throw new CliError('FUNCTION_AMBIGUOUS', `'${name}' can be ${matches.map((each) => distinct ? each.name : each.path).join(' or ')}`);
  }
  const known = all.length === 0 ? 'it has none' : `it has ${all.map((each) => each.name).join(', ')}`;
  throw new CliError('FUNCTION_UNKNOWN', `there is no function '${name}' in the assembly: ${known}`);
}

/** The shortest name that means this one alone. */
export function shortName(all: readonly Named[], of: Named): string {
  const [id] = of.aliases;
  return all.every((each) => each === of || (each.name !== id && !each.aliases.includes(id))) ? id : of.name;
}

export function constructPath(stack: Stack, logicalId: string, resource: Resource): string {
  const path = resource.Metadata?.['aws:cdk:path'] ?? stack.paths.get(logicalId);
  return typeof path === 'string' ? path.replace(/\/Resource$/, '') : `${stack.path}/${logicalId}`;
}

/** A function inside a HybridFunction has the name of the HybridFunction. */
export function shownPath(path: string, all: readonly string[], classes: ReadonlyMap<string, string>): string {
  if (!path.endsWith('/Function')) return path;
  const parent = path.slice(0, -'/Function'.length);
  const parentClass = classes.get(parent);
  // A construct that is no jsii class is listed as a plain one: then the path alone has to tell.
  const plain = parentClass === undefined || parentClass === 'constructs.Construct';
  const alone = all.every((other) => other === path || !`${other}/`.startsWith(`${parent}/`));
  return parentClass === 'cdk-hybrid.HybridFunction' || (plain && alone) ? parent : path;
}
