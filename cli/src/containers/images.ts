/** Defines the images of an assembly, and how they are built: as `cdk deploy` builds them, so that it finds them built. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { askEngine, engineClient, runEngine } from './engine';
import type { Assembly, ImageAsset, ImageSource, Stack } from '../assembly';
import { CliError } from '../errors';
import type { Named } from '../names';
import { textOf } from '../template-values';

/** What an image is built for. */
export interface ImageUser {
  readonly name: string;
  /** undefined where the image alone decides. */
  readonly architecture?: 'x86_64' | 'arm64';
  readonly image: ImageAsset;
}

/** What container engines call the instruction sets. */
const ARCHITECTURES = { x86_64: 'amd64', arm64: 'arm64' } as const;

/** The asset that a URI of a template names, if it is one of this assembly. */
export function imageOf(uri: unknown, stack: Stack): ImageAsset | undefined {
  const text = textOf(uri, stack);
  return text === undefined ? undefined : stack.images.find(({ destinations }) =>
    destinations.some(({ repositoryName, imageTag }) => text.endsWith(`/${textOf({ 'Fn::Sub': repositoryName }, stack)}:${imageTag}`)));
}

/**
 * The images that constructs of their own make, a `HandlerImage` say, whoever runs them.
 * @param others what an image may be a part of, whose name it then goes by
 */
export function ownImages(assembly: Assembly, others: readonly Named[]): (Named & ImageUser)[] {
  return assembly.stacks.filter(({ parent }) => !parent).flatMap((stack) => stack.images.flatMap((image) => {
    const path = `${stack.path}/${image.displayName}`;
    if (image.displayName === undefined || others.some(({ name }) => path.startsWith(`${name}/`))) return [];
    const name = image.displayName.includes('/') ? path.replace(/\/Image$/, '') : path;
    return [{ name, aliases: [name.slice(name.lastIndexOf('/') + 1)], path, image }];
  }));
}

/** Builds the image and gives its name. The engine's cache makes it quick when nothing has changed. @param tag the name it gets */
export async function buildImage(user: ImageUser, tag?: string): Promise<string> {
  const { source, directory } = user.image;
  const name = source.executable ? await runExecutable(source.executable, user, tag) : await buildFromDockerfile(user, tag ?? assetTag(user.image));
  const architecture = await askEngine(['image', 'inspect', '--format', '{{.Architecture}}', name]);
  if (architecture && user.architecture && architecture !== ARCHITECTURES[user.architecture]) {
    throw new CliError('IMAGE_ARCHITECTURE', `${user.name} is for ${user.architecture}, but its image of ${directory} is for ${architecture}`);
  }
  return name;
}

/** The name that the CDK's own CLI gives a local image. */
function assetTag(image: ImageAsset): string {
  return `cdkasset-${image.id.toLowerCase()}`;
}

async function buildFromDockerfile({ name, image }: ImageUser, tag: string): Promise<string> {
  const directory = join(image.directory, image.source.directory ?? '');
  if (!existsSync(directory)) throw new CliError('ASSET_MISSING', `${name}: the asset ${directory} does not exist`);
  // Lambda takes no image with attestations, which buildx adds unless told.
  const code = await runEngine(['build', ...buildOptions(image.source), '--tag', tag, '.'], { cwd: directory, env: { BUILDX_NO_DEFAULT_ATTESTATIONS: '1' } });
  if (code === 0) return tag;
  if (image.source.dockerBuildContexts && await lacksBuildContexts()) {
    throw new CliError('IMAGE_BUILDER', `${name}: '${engineClient()} build' does not know --build-context`, code);
  }
  throw new CliError('IMAGE_BUILD', `${name}: '${engineClient()} build' of ${join(directory, image.source.dockerFile ?? 'Dockerfile')} failed with exit code ${code}`, code);
}

/** Docker's own builder, which it has without buildx, takes the folder alone. */
async function lacksBuildContexts(): Promise<boolean> {
  const help = await askEngine(['build', '--help']);
  // Whatever else it may have answered is no list of options.
  return help !== undefined && help.includes('--tag') && !help.includes('--build-context');
}

function buildOptions(source: ImageSource): string[] {
  const cache = (flag: string, { type, params = {} }: { type: string; params?: Record<string, string> }): string[] =>
    [flag, [`type=${type}`, ...pairs(params)].join(',')];
  return [
    ...pairs(source.dockerBuildArgs).flatMap((pair) => ['--build-arg', pair]),
    ...pairs(source.dockerBuildContexts).flatMap((pair) => ['--build-context', pair]),
    ...Object.entries(source.dockerBuildSecrets ?? {}).flatMap(([id, value]) => ['--secret', `id=${id},${value}`]),
    ...source.dockerBuildSsh ? ['--ssh', source.dockerBuildSsh] : [],
    ...source.dockerBuildTarget ? ['--target', source.dockerBuildTarget] : [],
    ...source.dockerFile ? ['--file', source.dockerFile] : [],
    ...source.networkMode ? ['--network', source.networkMode] : [],
    ...source.platform ? ['--platform', source.platform] : [],
    ...(source.dockerOutputs ?? []).map((output) => `--output=${output}`),
    ...(source.cacheFrom ?? []).flatMap((option) => cache('--cache-from', option)),
    ...source.cacheTo ? cache('--cache-to', source.cacheTo) : [],
    ...source.cacheDisabled ? ['--no-cache'] : [],
  ];
}

function pairs(values: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(values).map(([name, value]) => `${name}=${value}`);
}

/** An asset may name a program that makes the image and prints its name (`TarballImageAsset`). */
async function runExecutable([file, ...args]: readonly string[], { name, image }: ImageUser, tag?: string): Promise<string> {
  const cwd = join(image.directory, image.source.directory ?? '');
  const made = await promisify(execFile)(file, args, { cwd, maxBuffer: 16 * 1024 * 1024 }).catch(({ code, stderr, message }) => {
    process.stderr.write(stderr ?? '');
    throw new CliError('IMAGE_BUILD', `${name}: '${file}', which makes its image, failed: ${message}`, typeof code === 'number' ? code : undefined);
  });
  process.stderr.write(made.stderr);
  const given = made.stdout.trim();
  if (tag === undefined) return given;
  const code = await runEngine(['tag', given, tag]);
  if (code !== 0) throw new CliError('IMAGE_BUILD', `${name}: '${engineClient()} tag' failed with exit code ${code}`, code);
  return tag;
}
