/** Defines how a container of ECS or Batch runs here, with what its definition says; and services and processes, which run until they are told to end. */
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { nameContainer, removeContainer } from './container-names';
import type { Container } from './containers';
import { argsForHost, askEngine, engineClient, nameOfHost, runEngine } from './engine';
import { commandOf, variablesOf } from './run-arguments';
import { mountedFolders } from './shared-folders';
import { BootstrapProcess } from '../../../layers/runtime/invokers/bootstrap-process';
import { HEALTH_PATH } from '../../../layers/runtime/sources/http/settings';
import { containerEnvironment } from '../environment';
import { CliError, tell, tellLog } from '../errors';
import { textOf } from '../template-values';

/** ECS's own default, from SIGTERM to SIGKILL. */
export const STOP_SECONDS = 30;

const HEALTH_MS = 100;

/** A container that runs. */
export interface Service {
  /** By which each of its ports is reached: a URL where our host listens, which speaks HTTP. */
  readonly addresses: readonly string[];
  /** Settles when it takes requests, as far as our host tells, or is gone. */
  readonly ready: Promise<void>;
  /** Lets it end by itself, and ends it when it has not within its stop timeout. */
  stop(): Promise<void>;
}

/**
 * Starts the container of an image that is built already.
 * @param ports those of this machine, one for each that the container listens on
 */
export async function startService(
  of: Container, image: string, ports: readonly number[], given: Readonly<Record<string, string>>, prefix?: string): Promise<Service> {
  const published = of.ports.flatMap((port, index) => ['--publish', `127.0.0.1:${ports[index]}:${port}`]);
  const values = await containerEnvironment(of, given);
  tellDifferences(of);
  const name = await createContainer(of, image, values, published);
  // An engine that is configured so gives containers the network of the machine: there nothing is published.
  const onHost = await networkMode(name) === 'host';
  let stopping = false;
  const client = new BootstrapProcess({ argv: [engineClient(), 'start', '--attach', name], cwd: process.cwd(), env: { ...process.env } as Record<string, string> },
    (line) => tellLog(line, prefix));
  const gone = client.exited.then(async (exit) => {
    if (!stopping) tell(`${of.name}: the container ended with ${exit.signal ?? `exit code ${exit.code}`}`);
    await removeContainer(name);
  });
  const speaksHttp = of.sources.includes('http');
  const addresses = of.ports.map((port, index) => `${speaksHttp ? 'http://' : ''}127.0.0.1:${onHost ? port : ports[index]}`);
  return {
    addresses,
    ready: speaksHttp && addresses.length > 0 ? healthy(`${addresses[0]}${values.HYBRID_HTTP_HEALTH_PATH || HEALTH_PATH}`, gone) : Promise.resolve(),
    stop: async () => {
      stopping = true;
      client.kill('SIGTERM');
      const timer = setTimeout(() => void removeContainer(name), (of.definition.StopTimeout ?? STOP_SECONDS) * 1000);
      await gone;
      clearTimeout(timer);
    },
  };
}

async function healthy(url: string, gone: Promise<void>): Promise<void> {
  let over = false;
  void gone.then(() => { over = true; });
  while (!over && !await fetch(url).then(({ ok }) => ok, () => false)) await pause(HEALTH_MS);
}

/** What this machine is called in a container of the image; undefined when they have the same network. */
export function nameOfHostIn(of: Container, image: string): Promise<string | undefined> {
  return nameOfHost(async () => {
    const name = await createContainer(of, image, {});
    const mode = await networkMode(name);
    await removeContainer(name);
    return mode;
  });
}

function networkMode(name: string): Promise<string | undefined> {
  return askEngine(['inspect', '--format', '{{.HostConfig.NetworkMode}}', name]);
}

/** One line on what is not as it is in a task of ECS. */
export function tellDifferences(of: Container): void {
  const { name, others } = of;
  const parts = [
    ...others.length > 0 ? [`its other container${others.length === 1 ? '' : 's'} (${others.join(', ')}) ${others.length === 1 ? 'is' : 'are'} left out`] : [],
    ...mountedFolders(of).map(({ containerPath, folder }) => `${containerPath} is not the file system, but the folder ${folder}, which is empty at first`),
  ];
  if (parts.length > 0) tell(`${name}: here ${parts.join(', and ')}`);
}

/** @returns the name of a container that is ready to be started */
export async function createContainer(
  of: Container, image: string, values: Readonly<Record<string, string>>, more: readonly string[] = [],
): Promise<string> {
  const { args, env, write } = variablesOf(values, of.name);
  const all = [...more, ...await argsForHost(values), ...asOnEcs(of), ...args, ...commandOf(of.definition, image)];
  const name = nameContainer(of.name);
  const remove = write();
  try {
    // The client prints the container's id, which nobody needs.
    const code = await runEngine(['create', '--rm', '--name', name, ...all], { env, quiet: true });
    if (code === 0) return name;
  } finally {
    remove();
  }
  throw new CliError('CONTAINER_NOT_STARTED', `${of.name}: '${engineClient()} create' failed`);
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function asOnEcs(of: Container): string[] {
  const { definition, memoryMiB, stack } = of;
  const user = textOf(definition.User, stack);
  const folders = mountedFolders(of);
  const paths = ((definition.MountPoints ?? []) as { ContainerPath: string }[]).map(({ ContainerPath }) => ContainerPath);
  return [
    '--pull', 'never', '--stop-timeout', '0',
    ...memoryMiB ? ['--memory', `${memoryMiB}m`] : [],
    ...user ? ['--user', user] : [],
    ...definition.ReadonlyRootFilesystem === true ? ['--read-only'] : [],
    ...definition.LinuxParameters?.InitProcessEnabled === true ? ['--init'] : [],
    ...folders.flatMap(({ containerPath, folder, readOnly }) => ['--volume', `${folder}:${containerPath}${readOnly ? ':ro' : ''}`]),
    // Whatever the volume is there, here it is an empty one that goes with the container.
    ...paths.filter((path) => folders.every(({ containerPath }) => containerPath !== path)).flatMap((path) => ['--volume', path]),
  ];
}
