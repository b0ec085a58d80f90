/** Defines how tests start the bundled bootstrap as a process of its own. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { join } from 'node:path';

export const BOOTSTRAP = join(__dirname, '../../../layers/runtime/dist/bootstrap.cjs');
export const HANDLERS = join(__dirname, '../../fixtures/handlers');

/** The engine to test: another Node.js than the one that runs the tests when this is set. */
export const NODE = process.env.TEST_NODE ?? process.execPath;

export interface BootstrapOptions {
  readonly runtimeApi: string;
  readonly handler: string;
  /** @default - the bundle, on the engine to test */
  readonly command?: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdio?: StdioOptions;
}

export class BootstrapProcess {
  readonly child: ChildProcess;
  /** Settles when it has ended, with its exit code or the signal's name. */
  readonly exit: Promise<number | string>;
  stdout = '';
  stderr = '';

  constructor(options: BootstrapOptions) {
    const [program, ...args] = options.command ?? [NODE, BOOTSTRAP];
    this.child = spawn(program, args, {
      cwd: HANDLERS,
      stdio: options.stdio ?? ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        AWS_LAMBDA_RUNTIME_API: options.runtimeApi,
        LAMBDA_TASK_ROOT: HANDLERS,
        _HANDLER: options.handler,
        AWS_LAMBDA_FUNCTION_NAME: 'f',
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
        AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/f',
        AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/01/[$LATEST]0',
        ...options.environment,
      },
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => { this.stdout += text; });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => { this.stderr += text; });
    this.exit = new Promise((resolve) => this.child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown')));
  }

  /** Settles when this text has been written to standard output. */
  logged(text: string): Promise<void> {
    return this.output(() => this.stdout.includes(text));
  }

  /** The first lines of standard output, once there are so many. */
  async lines(count: number): Promise<string[]> {
    const complete = () => this.stdout.split('\n').slice(0, -1);
    await this.output(() => complete().length >= count);
    return complete();
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exit;
  }

  private output(enough: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => enough() && resolve();
      this.child.stdout?.on('data', check);
      void this.exit.then(() => (enough() ? resolve() : reject(new Error(`ended with this output: ${this.stdout}${this.stderr}`))));
      check();
    });
  }
}
