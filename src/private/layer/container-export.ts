/** Builds an image with the user's container engine, and exports a folder of it. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

export interface ImageBuild {
  /** The build context. */
  readonly path: string;
  /** The Dockerfile, relative to the context. */
  readonly file?: string;
  readonly buildArgs: { [name: string]: string };
  readonly targetStage?: string;
  /** `linux/amd64` or `linux/arm64`; the machine's own when not given. */
  readonly platform?: string;
}

const CLEAR_LINE = '\r\x1b[2K';

/** More than any build says; the engine would be killed when it says more. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** What the container engine did not do, and all that it said. */
export class ContainerError extends Error {
  constructor(readonly command: string, readonly output: string) {
    super(`${command} failed`);
  }
}

/** The container engine's client: the CDK's own variable names another one. */
const client = () => process.env.CDK_DOCKER ?? 'docker';

/** Whether there is a container engine's client on this machine. */
export function hasContainerClient(): boolean {
  return !spawnSync(client(), ['--version'], { stdio: 'ignore', env: process.env }).error;
}

/**
 * Writes a folder of the image as a tar archive: the archive keeps modes and links, also on Windows.
 *
 * @param tag the image's name, by which the engine finds it again
 */
export function exportFromImage(build: ImageBuild, tag: string, imagePath: string, tar: string): void {
  if (process.stderr.isTTY) { process.stderr.write(`cdk-hybrid: building ${build.path} with ${client()} ...`); }
  try {
    buildImage(build, tag);
  } finally {
    if (process.stderr.isTTY) { process.stderr.write(CLEAR_LINE); }
  }
  // The command is never run. It is there because an image without one of its own makes no container.
  const container = run(['create', tag, '/bootstrap']).trim().split(/\s+/).pop()!;
  try {
    const output = openSync(tar, 'w');
    try {
      run(['cp', `${container}:${imagePath}`, '-'], output);
    } finally {
      closeSync(output);
    }
  } finally {
    run(['rm', '--volumes', container]);
  }
}

function buildImage(build: ImageBuild, tag: string): void {
  run(['build', '--tag', tag,
    ...build.platform ? ['--platform', build.platform] : [],
    ...build.file ? ['--file', join(build.path, build.file)] : [],
    ...build.targetStage ? ['--target', build.targetStage] : [],
    ...Object.entries(build.buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    build.path]);
}

function run(args: string[], output?: number): string {
  const result = spawnSync(client(), args, { encoding: 'utf8', stdio: ['ignore', output ?? 'pipe', 'pipe'], maxBuffer: MAX_OUTPUT_BYTES, env: process.env });
  if (result.error || result.status !== 0) {
    throw new ContainerError(`${client()} ${args[0]}`, `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`);
  }
  return result.stdout ?? '';
}
