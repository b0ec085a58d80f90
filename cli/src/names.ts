/** Defines the names that functions and containers of an assembly go by. */
import type { Assembly, Resource, Stack } from './assembly';
import { CliError } from './errors';

/** The constructs that are a function with all of its computes. */
export const FUNCTION_CLASSES: readonly string[] = [
  'BatchJob', 'HttpService', 'HybridFunction', 'ImageFunction', 'LaunchableTask', 'LayerFunction', 'ProcessService', 'ScheduledTask',
].map((name) => `cdk-hybrid.${name}`);
/** What runs code. */
const RUNNERS: readonly string[] = ['AWS::Lambda::Function', 'AWS::ECS::TaskDefinition', 'AWS::Batch::JobDefinition'];
/** A variable that a forwarder alone has: the function between a stream, or a log group, and a service. */
export const FORWARDER_VARIABLE = 'HYBRID_FORWARDER_QUEUE_URL';
/** A variable that a starter alone has: the function between a topic, a bucket or a log group, and the runs of a task or a job. */
export const STARTER_VARIABLE = 'HYBRID_STARTER_RUN';
/** What a compute calls the resource that runs the handler. */
const RUNNER_ID = /\/(Function|TaskDefinition|JobDefinition)$/;

export interface Named {
  /** The construct path, as people know it: without the parts that the CDK adds. */
  readonly name: string;
  /** Further names that it goes by: construct id, logical id, the name that AWS is given. */
  readonly aliases: readonly string[];
  /** The whole construct path, which is always its own. */
  readonly path: string;
}

/** The one of this name. The whole name wins over shorter ones: its aliases, and the end of its path where that means it alone. */
export function findNamed<T extends Named>(all: readonly T[], name: string): T {
  const exact = all.filter((each) => each.name === name);
  const matches = exact.length > 0 ? exact : all.filter((each) => each.path === name || each.aliases.includes(name) || isEndOf(each, name));
  if (matches.length === 1) return matches[0];
  if (matches.length > 1) {
    const distinct = new Set(matches.map((each) => each.name)).size === matches.length;
    throw new CliError('FUNCTION_AMBIGUOUS', `'${name}' can be ${matches.map((each) => distinct ? each.name : each.path).join(' or ')}`);
  }
  const known = all.length === 0 ? 'it has none' : `it has ${all.map((each) => each.name).join(', ')}`;
  throw new CliError('FUNCTION_UNKNOWN', `there is no function '${name}' in the assembly: ${known}`);
}

/** Whether the name is the last parts, two or more, of its path: what is one part alone is an alias. */
function isEndOf({ name: shown, path }: Named, name: string): boolean {
  return name.includes('/') && [shown, path].some((whole) => whole.endsWith(`/${name}`));
}

/** The shortest name that means this one alone. */
export function shortName(all: readonly Named[], of: Named): string {
  const [id] = of.aliases;
  return all.every((each) => each === of || (each.name !== id && !each.aliases.includes(id))) ? id : of.name;
}

/** A resource that runs code, with the name of its construct. */
export interface Runner extends Omit<Named, 'aliases'> {
  readonly stack: Stack;
  readonly logicalId: string;
  readonly resource: Resource;
}

/** The resources of this type, which is one that runs code. Forwarders and starters are none of these: parts of triggers, which nothing here invokes. */
export function runnersOf(assembly: Assembly, type: string): Runner[] {
  const all = assembly.stacks.flatMap((stack) => Object.entries(stack.template.Resources ?? {})
    .filter(([, resource]) => RUNNERS.includes(resource.Type) && !isOfTrigger(resource))
    .map(([logicalId, resource]) => ({ stack, logicalId, resource, path: constructPath(stack, logicalId, resource) })));
  const paths = all.map(({ path }) => path);
  const named = all.map((each) => ({ ...each, name: shownPath(each.path, paths, assembly.constructClasses) }));
  return named.filter(({ resource }) => resource.Type === type);
}

function isOfTrigger({ Properties }: Resource): boolean {
  return [FORWARDER_VARIABLE, STARTER_VARIABLE].some((variable) => Properties?.Environment?.Variables?.[variable] !== undefined);
}

function constructPath(stack: Stack, logicalId: string, resource: Resource): string {
  const path = resource.Metadata?.['aws:cdk:path'] ?? stack.paths.get(logicalId);
  return typeof path === 'string' ? path.replace(/\/Resource$/, '') : `${stack.path}/${logicalId}`;
}

/** What runs a function of ours has the name of the function; a further compute the name that it was added by. */
function shownPath(path: string, all: readonly string[], classes: ReadonlyMap<string, string>): string {
  if (!RUNNER_ID.test(path)) return path;
  const parent = path.replace(RUNNER_ID, '');
  if (isOurs(parent, classes)) return parent;
  const parentClass = classes.get(parent);
  // A construct that is no jsii class is listed as a plain one: then the path alone has to tell.
  const plain = parentClass === undefined || parentClass === 'constructs.Construct';
  const alone = all.every((other) => other === path || !`${other}/`.startsWith(`${parent}/`));
  return plain && alone ? parent : path;
}

/** Whether a construct is one of our functions, or in one. */
export function isOurs(path: string, classes: ReadonlyMap<string, string>): boolean {
  const parts = path.split('/');
  return parts.some((_, index) => FUNCTION_CLASSES.includes(classes.get(parts.slice(0, index + 1).join('/')) ?? ''));
}
