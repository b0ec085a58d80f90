/** Defines how a container of ECS runs here: with what its definition says, as a service on a port of this machine, or once with an event. */
import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { nameContainer, removeContainer } from './container-names';
import type { Container } from './containers';
import { askEngine, engineClient, runEngine } from './engine';
import { buildImage } from './images';
import { commandOf, variablesOf } from './run-arguments';
import { BootstrapProcess } from '../../../layers/runtime/invokers/bootstrap-process';
import { containerEnvironment } from '../environment';
import { CliError, tell, tellLog } from '../errors';
import { textOf } from '../template-values';

/** ECS's own default, from SIGTERM to SIGKILL. */
const STOP_SECONDS = 30;
/** What Linux takes for one variable, name and all. */
const MAX_VARIABLE_BYTES = 128 * 1024 - 1;

/** A container that serves. */
export interface Service {
  /** By which each of its ports is reached: a URL where our host listens, which speaks HTTP. */
  readonly addresses: readonly string[];
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
  const name = await createContainer(of, image, containerEnvironment({ ...of, variables: templateVariables(of) }, given), published);
  // An engine that is configured so gives containers the network of the machine: there nothing is published.
  const onHost = await askEngine(['inspect', '--format', '{{.HostConfig.NetworkMode}}', name]) === 'host';
  let stopping = false;
  const client = new BootstrapProcess({ argv: [engineClient(), 'start', '--attach', name], cwd: process.cwd(), env: { ...process.env } as Record<string, string> },
    (line) => tellLog(line, prefix));
  const gone = client.exited.then(async (exit) => {
    if (!stopping) tell(`${of.name}: the container ended with ${exit.signal ?? `exit code ${exit.code}`}`);
    await removeContainer(name);
  });
  return {
    addresses: of.ports.map((port, index) => `${of.sources.includes('http') ? 'http://' : ''}127.0.0.1:${onHost ? port : ports[index]}`),
    stop: async () => {
      stopping = true;
      client.kill('SIGTERM');
      const timer = setTimeout(() => void removeContainer(name), (of.definition.StopTimeout ?? STOP_SECONDS) * 1000);
      await gone;
      clearTimeout(timer);
    },
  };
}

/** Runs the container once with this event: its output is ours. @returns its exit code */
export async function runTask(of: Container, event: Buffer, given: Readonly<Record<string, string>>): Promise<number> {
  if (event.length + 'HYBRID_EVENT='.length > MAX_VARIABLE_BYTES) {
    throw new CliError('EVENT_TOO_LARGE', `the event of --event has ${event.length} bytes, and a task is given its event in a variable of at most ${MAX_VARIABLE_BYTES}`);
  }
  const image = await buildImage(of);
  const values = containerEnvironment({ ...of, variables: templateVariables(of) }, given);
  const name = await createContainer(of, image, { ...values, HYBRID_EVENT: event.toString() });
  const client = spawn(engineClient(), ['start', '--attach', name], {
    stdio: ['ignore', 'inherit', 'inherit'], detached: process.platform !== 'win32', windowsHide: true,
  });
  const code = await new Promise<number>((resolve, reject) => client.once('error', reject).once('exit', (status) => resolve(status ?? 1)));
  await removeContainer(name);
  return code;
}

/** @returns the name of a container that is ready to be started */
async function createContainer(
  of: Container, image: string, values: Readonly<Record<string, string>>, more: readonly string[] = [],
): Promise<string> {
  const { args, env, write } = variablesOf(values, of.name);
  const name = nameContainer(of.name);
  const remove = write();
  try {
    // The client prints the container's id, which nobody needs.
    const code = await runEngine(['create', '--rm', '--name', name, ...more, ...asOnEcs(of), ...args, ...commandOf(of.definition, image)], { env, quiet: true });
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

function asOnEcs({ definition, memoryMiB, stack }: Container): string[] {
  const user = textOf(definition.User, stack);
  return [
    '--pull', 'never', '--stop-timeout', '0',
    ...memoryMiB ? ['--memory', `${memoryMiB}m`] : [],
    ...user ? ['--user', user] : [],
    ...definition.ReadonlyRootFilesystem === true ? ['--read-only'] : [],
    ...definition.LinuxParameters?.InitProcessEnabled === true ? ['--init'] : [],
    // Whatever the volume is there, here it is an empty one that goes with the container.
    ...(definition.MountPoints ?? []).flatMap(({ ContainerPath: path }: { ContainerPath: string }) => ['--volume', path]),
  ];
}

/** Plain values, and secrets, which only a deployment knows. */
function templateVariables({ definition }: Container): [string, unknown][] {
  const plain = (definition.Environment ?? []).map(({ Name, Value }: { Name: string; Value: unknown }): [string, unknown] => [Name, Value]);
  const secret = (definition.Secrets ?? []).map(({ Name, ValueFrom }: { Name: string; ValueFrom: unknown }): [string, unknown] => [Name, { 'the secret': ValueFrom }]);
  return [...plain, ...secret];
}
