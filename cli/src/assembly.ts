/** Defines the cloud assembly (cdk.out) as the CLI reads it: stacks with their templates, assets and construct tree. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { CliError } from './errors';

/** The newest manifest schema that this version was tried with. A newer one usually reads just as well. */
const KNOWN_SCHEMA = 53;

export interface Resource {
  readonly Type: string;
  readonly Properties?: Record<string, any>;
  readonly Metadata?: Record<string, any>;
}

export interface Template {
  readonly Resources?: Record<string, Resource>;
  readonly Parameters?: Record<string, { readonly Default?: unknown }>;
  readonly Outputs?: Record<string, { readonly Value?: unknown; readonly Export?: { readonly Name?: unknown } }>;
}

/** A file asset, by the key that it is published under. */
export interface Asset {
  readonly path: string;
  readonly packaging: 'zip' | 'file';
}

/** How an image is made, in the words of the asset manifest. */
export interface ImageSource {
  readonly directory?: string;
  readonly executable?: readonly string[];
  readonly dockerFile?: string;
  readonly dockerBuildTarget?: string;
  readonly dockerBuildArgs?: Readonly<Record<string, string>>;
  readonly dockerBuildContexts?: Readonly<Record<string, string>>;
  readonly dockerBuildSecrets?: Readonly<Record<string, string>>;
  readonly dockerBuildSsh?: string;
  readonly dockerOutputs?: readonly string[];
  readonly networkMode?: string;
  readonly platform?: string;
  readonly cacheFrom?: readonly ImageCache[];
  readonly cacheTo?: ImageCache;
  readonly cacheDisabled?: boolean;
}

interface ImageCache {
  readonly type: string;
  readonly params?: Record<string, string>;
}

/** An image asset. */
export interface ImageAsset {
  readonly id: string;
  /** The construct that makes it, as a path in its stack; of several that make the same, the first. */
  readonly displayName?: string;
  /** The folder that the source's directory is relative to. */
  readonly directory: string;
  readonly source: ImageSource;
  readonly destinations: readonly { readonly repositoryName: string; readonly imageTag: string }[];
}

/** One template and what belongs to it: a stack, or a nested stack. */
export interface Stack {
  /** The name that CloudFormation knows. */
  readonly name: string;
  /** The construct path of the stack, the beginning of its functions' names. */
  readonly path: string;
  /** The folder that asset paths are relative to. */
  readonly directory: string;
  readonly template: Template;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly images: readonly ImageAsset[];
  /** Construct path by logical id, as far as the manifest knows it. */
  readonly paths: ReadonlyMap<string, string>;
  /** Account and region, where the app names them. */
  readonly account?: string;
  readonly region?: string;
  /** The values of a nested stack's parameters, to be evaluated in its parent. */
  readonly parent?: { readonly stack: Stack; readonly parameters: Record<string, unknown> };
}

export interface Assembly {
  readonly directory: string;
  readonly stacks: readonly Stack[];
  /** The class of a construct (`cdk-hybrid.HybridFunction`) by path, where tree.json names it. */
  readonly constructClasses: ReadonlyMap<string, string>;
}

interface Manifest {
  readonly version?: string;
  readonly artifacts?: Record<string, {
    readonly type: string;
    readonly displayName?: string;
    readonly environment?: string;
    readonly properties?: Record<string, any>;
    readonly additionalMetadataFile?: string;
    readonly dependencies?: string[];
    readonly metadata?: Record<string, { readonly type: string; readonly data?: unknown }[]>;
  }>;
}

export function readAssembly(app: string): Assembly {
  const directory = resolve(app);
  if (!existsSync(join(directory, 'manifest.json'))) {
    throw new CliError('ASSEMBLY_NOT_FOUND', `there is no cloud assembly in '${app}' (no manifest.json)`);
  }
  return { directory, stacks: readStacks(directory), constructClasses: readTree(directory) };
}

function readStacks(directory: string): Stack[] {
  const manifest: Manifest = readJson(join(directory, 'manifest.json'));
  if (typeof manifest.artifacts !== 'object' || manifest.artifacts === null) {
    const newer = Number.parseInt(manifest.version ?? '', 10) > KNOWN_SCHEMA;
    throw new CliError('ASSEMBLY_UNREADABLE', `${join(directory, 'manifest.json')} (schema ${manifest.version}) has no artifacts`
      + (newer ? `; schema ${KNOWN_SCHEMA} is the newest that this version of cdk-hybrid knows, update it` : ''));
  }
  return Object.entries(manifest.artifacts).flatMap(([id, artifact]) => {
    const properties = artifact.properties ?? {};
    if (artifact.type === 'cdk:cloud-assembly') return readStacks(join(directory, properties.directoryName));
    if (artifact.type !== 'aws:cloudformation:stack') return [];
    const [account, region] = (artifact.environment ?? '').replace(/^aws:\/\//, '').split('/');
    const assets = new Map<string, Asset>();
    const images: ImageAsset[] = [];
    for (const dependency of artifact.dependencies ?? []) {
      const other = manifest.artifacts![dependency];
      if (other?.type === 'cdk:asset-manifest') readAssets(directory, other.properties?.file, assets, images);
    }
    // Newer versions of the CDK put the metadata into a file, named by the properties and later by the artifact itself.
    const metadataFile = artifact.additionalMetadataFile ?? properties.additionalMetadataFile;
    const metadata = { ...metadataFile && readJson(join(directory, metadataFile)), ...artifact.metadata };
    const stack: Stack = {
      name: properties.stackName ?? id,
      path: artifact.displayName?.replace(/ \(.*\)$/, '') ?? id,
      directory,
      template: readJson(join(directory, properties.templateFile)),
      assets,
      images,
      paths: logicalIdPaths(metadata),
      account: account?.startsWith('unknown') ? undefined : account,
      region: region?.startsWith('unknown') ? undefined : region,
    };
    return [stack, ...nestedStacks(stack)];
  });
}

/** The templates of AWS::CloudFormation::Stack resources are assets of the stack above. */
function nestedStacks(parent: Stack): Stack[] {
  return Object.entries(parent.template.Resources ?? {}).flatMap(([logicalId, resource]) => {
    if (resource.Type !== 'AWS::CloudFormation::Stack') return [];
    const file = resource.Metadata?.['aws:asset:path'] ?? templateAsset(parent, JSON.stringify(resource.Properties?.TemplateURL ?? ''));
    if (!file) return [];
    const stack: Stack = {
      ...parent,
      name: `${parent.name}-${logicalId}`,
      path: `${parent.path}/${logicalId}`,
      template: readJson(join(parent.directory, file)),
      parent: { stack: parent, parameters: resource.Properties?.Parameters ?? {} },
    };
    return [stack, ...nestedStacks(stack)];
  });
}

function templateAsset(stack: Stack, url: string): string | undefined {
  for (const [key, asset] of stack.assets) {
    if (asset.path.endsWith('.json') && url.includes(key)) return basename(asset.path);
  }
  return undefined;
}

function readAssets(directory: string, file: string, assets: Map<string, Asset>, images: ImageAsset[]): void {
  const manifest = readJson<{ files?: Record<string, any>; dockerImages?: Record<string, any> }>(join(directory, file));
  for (const [id, { displayName, source, destinations }] of Object.entries(manifest.dockerImages ?? {})) {
    images.push({ id, displayName, directory, source: source ?? {}, destinations: Object.values(destinations ?? {}) });
  }
  for (const { source, destinations } of Object.values(manifest.files ?? {})) {
    if (typeof source?.path !== 'string') continue;
    for (const { objectKey } of Object.values<{ objectKey: string }>(destinations ?? {})) {
      assets.set(objectKey, { path: join(directory, source.path), packaging: source.packaging ?? 'file' });
    }
  }
}

function logicalIdPaths(metadata: NonNullable<NonNullable<Manifest['artifacts']>[string]['metadata']>): Map<string, string> {
  const paths = new Map<string, string>();
  for (const [path, entries] of Object.entries(metadata)) {
    for (const { type, data } of entries) {
      if (type === 'aws:cdk:logicalId' && typeof data === 'string') paths.set(data, path.replace(/^\//, ''));
    }
  }
  return paths;
}

/** The tree only makes names nicer: without it, or with another form of it, the paths have to do. */
function readTree(directory: string): Map<string, string> {
  const classes = new Map<string, string>();
  const visit = (node: any): void => {
    if (typeof node?.path !== 'string') return;
    if (node.constructInfo?.fqn) classes.set(node.path, node.constructInfo.fqn);
    Object.values(node.children ?? {}).forEach(visit);
  };
  const file = join(directory, 'tree.json');
  if (existsSync(file)) visit(readJson<{ tree?: unknown }>(file).tree);
  return classes;
}

function readJson<T = any>(file: string): T {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CliError('ASSEMBLY_UNREADABLE', `cannot read ${file}: ${(error as Error).message}`);
  }
}
