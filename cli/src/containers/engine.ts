/** Defines the container engine of this machine: the client that CDK_DOCKER names, as the CDK does (docker, podman, finch). */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { CliError } from '../errors';

/** How a container reaches what listens on this machine's loopback. */
export interface WayToHost {
  /** What `run` needs for it. */
  readonly args: readonly string[];
  /** The name of this machine, as the container sees it. */
  readonly host: string;
}

/** This machine, as Docker and Finch call it. */
const DOCKERS_NAME = 'host.docker.internal';
const ALIAS = ['--add-host', `${DOCKERS_NAME}:host-gateway`] as const;
const running = new Set<ChildProcess>();
process.on('exit', stopEngine);

export function engineClient(): string {
  return process.env.CDK_DOCKER || 'docker';
}

export interface EngineOptions {
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Only errors are of interest. */
  readonly quiet?: boolean;
}

/** Runs the client, what it writes goes to stderr as it comes; settles with its exit code. */
export function runEngine(args: readonly string[], options: EngineOptions = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(engineClient(), [...args], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      // Our standard output is for results alone.
      stdio: ['ignore', options.quiet ? 'ignore' : 2, 2],
      windowsHide: true,
    });
    running.add(child);
    child.once('error', (error) => reject(notStarted(error)));
    child.once('close', (code) => {
      running.delete(child);
      resolve(code ?? 1);
    });
  });
}

/** Ends what the client is still doing: nobody waits for it any more. */
export function stopEngine(): void {
  running.forEach((child) => child.kill());
}

/** What the client writes on stdout, trimmed; undefined when it fails. */
export function askEngine(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    execFile(engineClient(), [...args], { env: { ...process.env, ...env }, maxBuffer: 16 * 1024 * 1024, windowsHide: true }, (error, stdout) => {
      if (error && typeof error.code === 'string') reject(notStarted(error));
      else resolve(error ? undefined : stdout.trim());
    });
  });
}

export async function wayToHost(): Promise<WayToHost> {
  return wayFrom(await engineInfo(), process.platform, engineClient());
}

/**
 * What this machine is called in a container; undefined when it has the machine's own network, which Podman may be told to give it.
 * @param networkOf says what network a container has that is told of none
 */
export async function nameOfHost(networkOf: () => Promise<string | undefined>): Promise<string | undefined> {
  const info = await engineInfo();
  if (!info.host) return DOCKERS_NAME;
  const isHere = wayFrom(info, process.platform, engineClient()).host === '127.0.0.1';
  return isHere && await networkOf() === 'host' ? undefined : 'host.containers.internal';
}

/** What a container needs whose environment leads to this machine: on Linux Docker's name for it is known to those alone that ask for it. */
export async function argsForHost(environment: Readonly<Record<string, string>>): Promise<string[]> {
  if (!Object.values(environment).some((value) => value.includes(DOCKERS_NAME))) return [];
  const { host } = await engineInfo();
  return host ? [] : [...ALIAS];
}

async function engineInfo(): Promise<EngineInfo> {
  const answer = await askEngine(['info', '--format', '{{json .}}']);
  if (answer === undefined) throw new CliError('CONTAINER_ENGINE_STOPPED', `'${engineClient()} info' fails`);
  return parse(answer) as EngineInfo;
}

/** What of `info` matters: Docker's name of its system, and what Podman alone has. */
export interface EngineInfo {
  readonly OperatingSystem?: string;
  readonly host?: { readonly serviceIsRemote?: boolean };
}

/**
 * On Linux a container shares the machine's network. An engine in a virtual machine has another one: there a name leads to the
 * loopback of the machine itself. Docker Desktop and Podman know it by themselves, Finch when it is asked to.
 */
export function wayFrom({ OperatingSystem: system, host }: EngineInfo, platform: string, client: string): WayToHost {
  const isElsewhere = platform !== 'linux' || system === 'Docker Desktop' || host?.serviceIsRemote === true;
  if (!isElsewhere) return { args: ['--network', 'host'], host: '127.0.0.1' };
  if (host) return { args: [], host: 'host.containers.internal' };
  return { args: /(finch|nerdctl)(\.exe)?$/.test(client) ? ALIAS : [], host: DOCKERS_NAME };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}

function notStarted(error: Error): CliError {
  const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is not on this machine' : `could not be started (${error.message})`;
  return new CliError('CONTAINER_ENGINE_MISSING', `the container engine '${engineClient()}' ${why}`);
}
