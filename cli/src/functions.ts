/** Defines the functions of an assembly: what their templates say about each, and the names that they go by. */
import type { Asset, Assembly, Resource, Stack } from './assembly';
import { CliError } from './errors';
import { describe, resourceOf, textOf } from './template-values';

/** Where the files of a function or a layer are. */
export type Code = { readonly asset: Asset } | { readonly inline: string };

export interface LambdaFunction {
  /** The construct path, as people know it: without the parts that the CDK adds. */
  readonly name: string;
  /** Further names that it goes by: construct id, logical id, FunctionName, the whole path. */
  readonly aliases: readonly string[];
  /** What AWS_LAMBDA_FUNCTION_NAME says. */
  readonly functionName: string;
  readonly stack: Stack;
  readonly logicalId: string;
  /** undefined for a container image. */
  readonly runtime?: string;
  readonly handler: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly timeoutMs: number;
  readonly memoryMiB: number;
  readonly maxConcurrency: number;
  readonly properties: Record<string, any>;
  readonly resource: Resource;
}

export function functionsOf(assembly: Assembly): LambdaFunction[] {
  const found = assembly.stacks.flatMap((stack) => Object.entries(stack.template.Resources ?? {})
    .filter(([, resource]) => resource.Type === 'AWS::Lambda::Function')
    .map(([logicalId, resource]) => ({ stack, logicalId, resource, path: constructPath(stack, logicalId, resource) })));
  const paths = found.map(({ path }) => path);
  return found.map(({ stack, logicalId, resource, path }) => {
    const properties = resource.Properties ?? {};
    const name = shownPath(path, paths, assembly.constructClasses);
    const functionName = textOf(properties.FunctionName, stack);
    return {
      name,
      aliases: [name.slice(name.lastIndexOf('/') + 1), logicalId, ...functionName ? [functionName] : [], path],
      functionName: functionName ?? logicalId,
      stack,
      logicalId,
      runtime: properties.PackageType === 'Image' ? undefined : textOf(properties.Runtime, stack),
      handler: textOf(properties.Handler, stack) ?? '',
      architecture: properties.Architectures?.[0] === 'arm64' ? 'arm64' : 'x86_64',
      timeoutMs: Number(textOf(properties.Timeout, stack) ?? 3) * 1000,
      memoryMiB: Number(textOf(properties.MemorySize, stack) ?? 128),
      maxConcurrency: properties.CapacityProviderConfig?.LambdaManagedInstancesCapacityProviderConfig?.PerExecutionEnvironmentMaxConcurrency ?? 1,
      properties,
      resource,
    };
  });
}

/** The one function of this name. The whole name wins over shorter ones. */
export function findFunction(functions: readonly LambdaFunction[], name: string): LambdaFunction {
  const exact = functions.filter((each) => each.name === name);
  const matches = exact.length > 0 ? exact : functions.filter((each) => each.aliases.includes(name));
  if (matches.length === 1) return matches[0];
  if (matches.length > 1) throw new CliError('FUNCTION_AMBIGUOUS', `'${name}' can be ${matches.map((each) => each.name).join(' or ')}`);
  const known = functions.length === 0 ? 'it has none' : `it has ${functions.map((each) => each.name).join(', ')}`;
  throw new CliError('FUNCTION_UNKNOWN', `there is no function '${name}' in the assembly: ${known}`);
}

/** The shortest name that means this function alone. */
export function shortName(functions: readonly LambdaFunction[], of: LambdaFunction): string {
  const [id] = of.aliases;
  return functions.every((each) => each === of || (each.name !== id && !each.aliases.includes(id))) ? id : of.name;
}

export function codeOf(of: LambdaFunction): Code {
  const { Code: code } = of.properties;
  if (typeof code?.ZipFile === 'string') return { inline: code.ZipFile };
  return { asset: assetOf(code?.S3Key, of.resource, of.stack, `${of.name}: its code`) };
}

/** The layers that are in the assembly, and what names the others. */
export function layersOf(of: LambdaFunction, assembly: Assembly): { assets: Asset[]; foreign: string[] } {
  const assets: Asset[] = [];
  const foreign: string[] = [];
  for (const value of of.properties.Layers ?? []) {
    const layer = resourceOf(value, of.stack, assembly.stacks);
    if (layer?.resource.Type === 'AWS::Lambda::LayerVersion') {
      assets.push(assetOf(layer.resource.Properties?.Content?.S3Key, layer.resource, layer.stack, `${of.name}: a layer`));
    } else {
      foreign.push(textOf(value, of.stack) ?? describe(value));
    }
  }
  return { assets, foreign };
}

function assetOf(key: unknown, resource: Resource, stack: Stack, what: string): Asset {
  const objectKey = textOf(key, stack);
  const asset = objectKey === undefined ? undefined : stack.assets.get(objectKey);
  if (!asset) throw new CliError('ASSET_UNKNOWN', `${what} is ${describe(key ?? resource.Properties?.Code)}, which is no asset of stack ${stack.name}`);
  return asset;
}

function constructPath(stack: Stack, logicalId: string, resource: Resource): string {
  const path = resource.Metadata?.['aws:cdk:path'] ?? stack.paths.get(logicalId);
  return typeof path === 'string' ? path.replace(/\/Resource$/, '') : `${stack.path}/${logicalId}`;
}

/** A function inside a HybridFunction has the name of the HybridFunction. */
function shownPath(path: string, all: readonly string[], classes: ReadonlyMap<string, string>): string {
  if (!path.endsWith('/Function')) return path;
  const parent = path.slice(0, -'/Function'.length);
  const parentClass = classes.get(parent);
  // A construct that is no jsii class is listed as a plain one: then the path alone has to tell.
  const plain = parentClass === undefined || parentClass === 'constructs.Construct';
  const alone = all.every((other) => other === path || !`${other}/`.startsWith(`${parent}/`));
  return parentClass === 'cdk-hybrid.HybridFunction' || (plain && alone) ? parent : path;
}
