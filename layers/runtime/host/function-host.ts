/** Defines the host of one function: bootstraps served by our Runtime API, invoked as Lambda would. */
import { lambdaEnvironment } from './lambda-environment';
import { RuntimeApiServer } from './runtime-api-server';
import { GRACE_MS, type InvocationResult, type InvokeRequest } from '../core/invoker';
import { MADE_UP_ACCOUNT, regionOf } from '../core/made-up';
import { CHANNEL_DESCRIPTOR, type LogSource } from '../invokers/bootstrap-process';
import { IsolatedInvoker } from '../invokers/isolated';

export interface FunctionDefinition {
  readonly name: string;
  /** The bootstrap: an executable and its arguments. */
  readonly bootstrap: readonly string[];
  /** The folder with the function's code, Lambda's `/var/task`. */
  readonly taskRoot: string;
  /** The folder with the contents of the layers, Lambda's `/opt`. @default '/opt' */
  readonly optDir?: string;
  readonly handler: string;
  /** What the bootstrap gets besides Lambda's own names. Nothing of the host's environment passes by itself. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memoryMiB: number;
  /** @default '$LATEST' */
  readonly version?: string;
  /** How many bootstraps run side by side. @default 1 */
  readonly workers?: number;
  /** How many invocations one bootstrap is given at once (AWS_LAMBDA_MAX_CONCURRENCY). @default 1 */
  readonly maxConcurrency?: number;
  /** How long a bootstrap may take to its first invocation. @default - Lambda's 10 seconds, then the function's timeout */
  readonly initTimeoutMs?: number;
  /** The account in the function's ARN. @default - a made-up one */
  readonly account?: string;
  /** The bootstrap is ours, of this version: it may use what our Runtime API can do more than Lambda's. @default false */
  readonly ownBootstrap?: boolean;
  /** The format of the host's own lines about an invocation. @default 'text' */
  readonly logFormat?: 'text' | 'json';
}

export interface FunctionHostOptions {
  /** Each line that the bootstraps write (`stdout`, `stderr`), and Lambda's START, END and REPORT lines (`platform`). */
  readonly onLog?: (line: string, source: LogSource) => void;
  /** Whether there are platform lines. @default true */
  readonly platformLines?: boolean;
}

export interface StopOptions {
  /** How long invocations in flight may still take. @default - the function's timeout */
  readonly drainMs?: number;
  /** How long a bootstrap may take from SIGTERM to its end. @default 2000 */
  readonly graceMs?: number;
}

/** Lambda's limit for the initialization before it counts against the function's timeout. */
const INIT_MS = 10_000;

/** The isolated invoker of a function, its environment and Runtime API as Lambda's. */
export function isolatedFunction(definition: FunctionDefinition, options: FunctionHostOptions = {}): IsolatedInvoker {
  const { timeoutMs, version = '$LATEST', workers = 1, maxConcurrency = 1, optDir = '/opt' } = definition;
  // A socket pair costs half of what a connection over loopback costs; on Windows there is none.
  const channel = definition.ownBootstrap && maxConcurrency === 1 && process.platform !== 'win32';
  return new IsolatedInvoker({
    bootstrap: definition.bootstrap,
    cwd: definition.taskRoot,
    environment: (runtimeApi) => ({
      ...lambdaEnvironment({ ...definition, version, maxConcurrency, optDir, runtimeApi }),
      ...(channel && { HYBRID_RUNTIME_API_FD: String(CHANNEL_DESCRIPTOR) }),
    }),
    channel,
    openRuntimeApi: (listener) => new RuntimeApiServer(listener, { maxInFlight: maxConcurrency }).listen(),
    workers,
    maxConcurrency,
    timeoutMs,
    initTimeoutMs: definition.initTimeoutMs ?? INIT_MS + timeoutMs,
    memoryMiB: definition.memoryMiB,
    version,
    invokedFunctionArn: functionArn(definition),
    logFormat: definition.logFormat,
    platformLines: options.platformLines,
    log: options.onLog ?? (() => {}),
  });
}

export function functionArn({ name, account, environment }: Pick<FunctionDefinition, 'name' | 'account' | 'environment'>): string {
  return `arn:aws:lambda:${regionOf(environment)}:${account ?? MADE_UP_ACCOUNT}:function:${name}`;
}

export class FunctionHost {
  readonly arn: string;
  private readonly invoker: IsolatedInvoker;

  constructor(readonly definition: FunctionDefinition, options: FunctionHostOptions = {}) {
    this.arn = functionArn(definition);
    this.invoker = isolatedFunction(definition, options);
  }

  /** Starts the bootstraps. One that fails to initialize is reported by the first invocation, as on Lambda. */
  async start(): Promise<void> {
    await this.invoker.start();
  }

  /** A failure of the function is a result (`functionError`), not a rejection. Starts a bootstrap when none runs. */
  invoke(request: InvokeRequest): Promise<InvocationResult> {
    return this.invoker.invoke(request);
  }

  /** Takes no more invocations, lets those in flight finish, sends SIGTERM, and in the end SIGKILL. */
  stop(options: StopOptions = {}): Promise<void> {
    return this.invoker.stop(options.drainMs ?? this.definition.timeoutMs, options.graceMs ?? GRACE_MS);
  }
}
