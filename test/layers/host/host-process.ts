/** Defines how tests start the bundled host as a process of its own, from a folder laid out as an image's `/opt`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HANDLERS, NODE } from '../runtime/bootstrap-process';

const LAYERS = join(__dirname, '../../../layers');

export interface HostOptions {
  readonly sources: string;
  /** @default - none */
  readonly handler?: string;
  /** A bootstrap of another kind than ours. */
  readonly command?: readonly string[];
  /** @default - the handlers of test/fixtures */
  readonly taskRoot?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Where what the host printed first is read no more. @default false */
  readonly closeStdout?: boolean;
}

/** `/opt` of an image, in a folder of its own: what another run bundles meanwhile does not change it. Removed after the tests of the file. */
let opt: string | undefined;

export function optFolder(): string {
  if (opt) return opt;
  opt = mkdtempSync(join(tmpdir(), 'cdk-hybrid-opt-'));
  mkdirSync(join(opt, 'bin'));
  symlinkSync(NODE, join(opt, 'bin/node'));
  cpSync(join(LAYERS, 'nodejs/bootstrap'), join(opt, 'bootstrap'));
  chmodSync(join(opt, 'bootstrap'), 0o755);
  cpSync(join(LAYERS, 'runtime/dist'), join(opt, 'cdk-hybrid/runtime'), { recursive: true });
  writeFileSync(join(opt, 'cdk-hybrid/layer.json'), `{"engine":{"name":"nodejs","version":"${process.versions.node}"},"architecture":"x86_64"}\n`);
  return opt;
}

const running = new Set<HostProcess>();

/** Ends every host that still runs. For afterEach(). */
export async function killHosts(): Promise<void> {
  await Promise.all([...running].map((host) => host.kill()));
}

afterAll(async () => {
  await killHosts();
  if (opt) rmSync(opt, { recursive: true, force: true });
  opt = undefined;
});

export class HostProcess {
  /** Settles when it has ended, with its exit code or the signal's name. */
  readonly exit: Promise<number | string>;
  stdout = '';
  stderr = '';
  private readonly child: ChildProcess;
  private readonly waiting = new Set<() => void>();

  constructor({ sources, handler, command = [], taskRoot = HANDLERS, environment, closeStdout }: HostOptions) {
    this.child = spawn(join(optFolder(), 'bin/node'), [join(optFolder(), 'cdk-hybrid/runtime/host.cjs'), ...command], {
      cwd: taskRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HYBRID_SOURCES: sources,
        LAMBDA_TASK_ROOT: taskRoot,
        ...(handler !== undefined && { _HANDLER: handler }),
        PORT: '0',
        HYBRID_WORKERS: '1',
        ...environment,
      },
    });
    running.add(this);
    if (closeStdout) this.child.stdout!.destroy();
    else this.child.stdout!.setEncoding('utf8').on('data', (text: string) => this.read('stdout', text));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => this.read('stderr', text));
    this.exit = new Promise((resolve) => this.child.once('close', (code, signal) => {
      running.delete(this);
      resolve(code ?? signal ?? 'unknown');
      this.changed();
    }));
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The address that a source listens at, once the handler is initialized. */
  async listening(source: string): Promise<string> {
    const [, port] = await this.wrote('stderr', new RegExp(`^cdk-hybrid: ${source} listens on http://.*:(\\d+)$`, 'm'));
    return `http://127.0.0.1:${port}`;
  }

  /** Settles when one of its streams has text of this form. */
  wrote(stream: 'stdout' | 'stderr', form: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const match = form.exec(this[stream]);
        if (!match && running.has(this)) return;
        this.waiting.delete(check);
        if (match) resolve(match);
        else reject(new Error(`the host ended without ${form}: ${this.stdout}${this.stderr}`));
      };
      this.waiting.add(check);
      check();
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exit;
  }

  private read(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text;
    this.changed();
  }

  private changed(): void {
    this.waiting.forEach((check) => check());
  }
}
