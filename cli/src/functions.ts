/** Defines the functions of an assembly: what their templates say about each, and the names that they go by. */
import type { Asset, Assembly, Resource, Stack } from './assembly';
import { CliError } from './errors';
import { runnersOf, type Named } from './names';
import { describe, resourceOf, textOf } from './template-values';
import type { InvocationResult, InvokeRequest } from '../../layers/runtime/core/invoker';

/** Where the files of a function or a layer are. */
export type Code = { readonly asset: Asset } | { readonly inline: string };

export interface LambdaFunction extends Named {
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

/** A function that runs here. */
export interface LocalFunction {
  invoke(request: InvokeRequest): Promise<InvocationResult>;
  stop(): Promise<void>;
}

export function functionsOf(assembly: Assembly): LambdaFunction[] {
  return runnersOf(assembly, 'AWS::Lambda::Function').map(({ stack, logicalId, resource, path, name }) => {
    const properties = resource.Properties ?? {};
    const functionName = textOf(properties.FunctionName, stack);
    return {
      name,
      aliases: [name.slice(name.lastIndexOf('/') + 1), logicalId, ...functionName ? [functionName] : []],
      path,
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
