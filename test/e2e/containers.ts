/** Images built and containers run by the tests' container engine; what a test starts is gone when its file is done, also when it fails. */
import { ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { App, Stack } from 'aws-cdk-lib';
import { HandlerImage, HandlerImageProps } from '../../src/constructs/handler-image';
import { inDirectory, workspace } from '../workspace';

const client = process.env.CDK_DOCKER ?? 'docker';
const started: Container[] = [];

afterAll(async () => {
  await Promise.all(started.splice(0).map(container => container.remove()));
});

/** How a container is run. Its network is the machine's unless it is told another, so a server in it needs a port that is free here. */
export interface RunOptions {
  readonly environment?: { readonly [name: string]: string };
  /** `none`, `container:NAME`. */
  readonly network?: string;
  /** Further options of the engine: `--read-only`, `--memory=256m`. */
  readonly options?: readonly string[];
  /** In the place of the image's command. */
  readonly command?: readonly string[];
}

/** A container that runs, or has run. */
export class Container {
  /** What it has written so far. */
  public stdout = '';
  public stderr = '';

  /** What the engine knows it by. */
  public readonly name = `cdk-hybrid-test-${randomUUID()}`;

  /** Its status, when it has ended. */
  public readonly exited: Promise<number>;

  private status?: number;
  private readonly child: ChildProcess;

  constructor(image: string, { environment = {}, network = 'host', options = [], command = [] }: RunOptions = {}) {
    this.child = spawn(client, [
      'run', '--rm', '--name', this.name, '--network', network,
      ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...options, image, ...command,
    ], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout!.setEncoding('utf8').on('data', text => { this.stdout += text; });
    this.child.stderr!.setEncoding('utf8').on('data', text => { this.stderr += text; });
    this.exited = new Promise((resolve, reject) => this.child.once('error', reject).once('close', status => resolve(status ?? -1)));
    this.exited.then(status => { this.status = status; }, () => { this.status = -1; });
    started.push(this);
  }

  /** Whether it has ended. */
  public get hasEnded(): boolean {
    return this.status !== undefined;
  }

  /** Waits until the probe says yes; a probe that throws says no. */
  public async until(what: string, probe: () => Promise<boolean> | boolean, seconds = 30): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    let reason = '';
    while (Date.now() < deadline) {
      try {
        if (await probe()) { return; }
        reason = '';
      } catch (error) {
        reason = ` (${(error as Error).message})`;
      }
      if (this.status !== undefined) { throw new Error(`the container ended with ${this.status} before ${what}${reason}:\n${this.stdout}${this.stderr}`); }
      await delay(50);
    }
    throw new Error(`no ${what} within ${seconds} seconds${reason}:\n${this.stdout}${this.stderr}`);
  }

  /** Its status; an error when it has not ended by then. */
  public async end(seconds = 30): Promise<number> {
    const abort = new AbortController();
    try {
      return await Promise.race([
        this.exited,
        delay(seconds * 1000, undefined, { signal: abort.signal }).then(() => { throw new Error(`the container still runs after ${seconds} seconds:\n${this.stdout}${this.stderr}`); }),
      ]);
    } finally {
      abort.abort();
    }
  }

  /** Sends its first process a signal. */
  public signal(signal: NodeJS.Signals): void {
    engine('kill', '--signal', signal, this.name);
  }

  /** Tells it to stop, and gives its status. */
  public stop(): Promise<number> {
    this.signal('SIGTERM');
    return this.end();
  }

  /** Tells it to stop and ends it after so many seconds, as ECS does, and gives its status. */
  public stopWithin(seconds: number): Promise<number> {
    engine('stop', '--time', `${seconds}`, this.name);
    return this.end();
  }

  /** Runs a program in it and gives what it printed. */
  public exec(...command: string[]): string {
    return engine('exec', this.name, ...command);
  }

  /** Ends it without asking. */
  public async remove(): Promise<void> {
    // Again and again, for one that is only just being made cannot be killed yet.
    for (let attempt = 0; attempt < 20 && this.status === undefined; attempt++) {
      spawnSync(client, ['kill', this.name], { stdio: 'ignore' });
      await Promise.race([this.exited.catch(() => undefined), delay(500)]);
    }
  }
}

/** A container that answers requests. */
export interface Server {
  readonly container: Container;
  readonly endpoint: string;
}

/** Runs an image that listens on PORT. */
export async function serve(image: string, { environment, ...options }: RunOptions = {}): Promise<Server> {
  const [port] = await freePorts(1);
  const container = new Container(image, { environment: { PORT: `${port}`, ...environment }, ...options });
  await container.until('listener', () => listens(port));
  return { container, endpoint: `http://127.0.0.1:${port}` };
}

/** Waits until the host says that its handler is initialized. */
export async function healthy({ container, endpoint }: Server): Promise<void> {
  await container.until('health', async () => (await fetch(`${endpoint}/_health`, ONCE)).ok);
}

/** On a connection of its own: one that is kept may be closed by a host whose thread has ended. */
export const ONCE: RequestInit = { headers: { connection: 'close' } };

/**
 * Runs an image as Lambda does, with AWS's Runtime Interface Emulator in Lambda's place.
 *
 * @param emulator the program, which is mounted
 * @param entry the image's entry, and the handler
 */
export async function behindEmulator(image: string, emulator: string, entry: readonly string[],
  { environment, options = [] }: RunOptions = {}): Promise<Server> {
  const [port, api] = await freePorts(2);
  const container = new Container(image, {
    environment,
    options: [...options, `--volume=${emulator}:/aws-lambda-rie:ro`, '--entrypoint=/aws-lambda-rie'],
    command: ['--runtime-interface-emulator-address', `127.0.0.1:${port}`, '--runtime-api-address', `127.0.0.1:${api}`, ...entry],
  });
  await container.until('emulator', () => listens(port));
  return { container, endpoint: `http://127.0.0.1:${port}` };
}

/** Invokes with the AWS SDK. */
export async function invokeWithSdk(endpoint: string, payload: string): Promise<{ StatusCode?: number; FunctionError?: string; Payload?: string }> {
  const sdk = new LambdaClient({ endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'none', secretAccessKey: 'none' }, maxAttempts: 1 });
  try {
    const { StatusCode, FunctionError, Payload } = await sdk.send(new InvokeCommand({ FunctionName: 'function', Payload: payload }));
    return { StatusCode, FunctionError, Payload: Payload?.transformToString() };
  } finally {
    sdk.destroy();
  }
}

/** Runs a container to its end. */
export async function runToEnd(image: string, options: RunOptions = {}, seconds = 60): Promise<{ status: number; stdout: string; stderr: string }> {
  const container = new Container(image, options);
  const status = await container.end(seconds);
  return { status, stdout: container.stdout, stderr: container.stderr };
}

/** Ports that nothing listens on. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise<net.Server>(resolve => {
    const server = net.createServer().listen(0, () => resolve(server));
  })));
  const ports = servers.map(server => (server.address() as net.AddressInfo).port);
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))));
  return ports;
}

/** Whether somebody listens on a port. */
export function listens(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });
}

/** Runs the engine's client and gives what it printed; its own words are the error. */
export function engine(...args: string[]): string {
  const run = spawnSync(client, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (run.error) { throw run.error; }
  if (run.status !== 0) { throw new Error(`${client} ${args[0]} ended with ${run.status}: ${run.stderr}`); }
  return run.stdout;
}

/** Of an assembly's manifest what tells how an image is built. */
interface ImageSource {
  readonly directory: string;
  readonly dockerFile?: string;
  readonly dockerBuildArgs?: { readonly [name: string]: string };
  readonly dockerBuildContexts?: { readonly [name: string]: string };
  readonly dockerBuildTarget?: string;
  readonly platform?: string;
}

/**
 * Builds an image of a cloud assembly, from its manifest alone as `cdk deploy` does, and gives it this name.
 *
 * @param hash of its asset, where there are several
 */
export function buildImage(assembly: string, name: string, hash?: string): string {
  const manifests = readdirSync(assembly).filter(file => file.endsWith('.assets.json'));
  const images = manifests.flatMap(file => Object.entries<{ source: ImageSource }>(JSON.parse(readFileSync(join(assembly, file), 'utf8')).dockerImages ?? {}));
  const found = images.filter(([id]) => hash === undefined || id === hash);
  if (found.length !== 1) { throw new Error(`${assembly} has ${found.length} images${hash ? ` with the hash ${hash}` : ''}`); }
  const [[, { source }]] = found;
  const { directory, dockerFile, dockerBuildArgs = {}, dockerBuildContexts = {}, dockerBuildTarget, platform } = source;
  const pairs = (option: string, values: object) => Object.entries(values).flatMap(([key, value]) => [option, `${key}=${value}`]);
  const tag = `cdk-hybrid-test/${name}`;
  const run = spawnSync(client, [
    'build', '--tag', tag, ...pairs('--build-arg', dockerBuildArgs), ...pairs('--build-context', dockerBuildContexts),
    ...dockerBuildTarget ? ['--target', dockerBuildTarget] : [], ...dockerFile ? ['--file', dockerFile] : [],
    ...platform ? ['--platform', platform] : [], '.',
  ], { cwd: join(assembly, directory), encoding: 'utf8', env: { ...process.env, BUILDX_NO_DEFAULT_ATTESTATIONS: '1' } });
  if (run.status !== 0) { throw new Error(`${client} build ended with ${run.status}:\n${run.stdout}${run.stderr}`); }
  return tag;
}

/** An image that is built, and the environment that its construct promises to what runs in it. */
export interface BuiltImage {
  readonly image: string;
  readonly environment: { [name: string]: string };
}

/** Synthesizes a `HandlerImage` in an app of this folder, and builds it. */
export function builtImage(name: string, folder: string, props: () => HandlerImageProps): BuiltImage {
  return inDirectory(folder, { CDK_HYBRID_CACHE_DIR: join(tmpdir(), 'cdk-hybrid-test-cache') }, () => {
    const app = new App({ outdir: workspace() });
    const stack = new Stack(app, 'Shop', { env: { account: '123456789012', region: 'eu-west-1' } });
    const { environment } = new HandlerImage(stack, 'Image', props());
    return { image: buildImage(app.synth().directory, name), environment };
  });
}
