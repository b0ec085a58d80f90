/** Defines the environment that Lambda gives a bootstrap, and that our host gives it in Lambda's place. */
import { randomBytes } from 'node:crypto';
import { delimiter, join } from 'node:path';

export interface LambdaEnvironmentProps {
  readonly name: string;
  readonly version: string;
  readonly memoryMiB: number;
  readonly handler: string;
  readonly taskRoot: string;
  /** The folder that stands for `/opt`. */
  readonly optDir: string;
  readonly maxConcurrency: number;
  /** The function's own variables, and what the host's user lets through. Lambda's reserved names win over them. */
  readonly environment: Readonly<Record<string, string>>;
  /** Nothing where the handler runs in threads of the host. */
  readonly runtimeApi: string | undefined;
}

/**
 * What Lambda lets no function set ("Reserved environment variables"), without credentials and region: on another machine than
 * Lambda's they come from the user.
 */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  '_HANDLER', '_X_AMZN_TRACE_ID', 'AWS_EXECUTION_ENV', 'AWS_LAMBDA_FUNCTION_NAME', 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE', 'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE', 'AWS_LAMBDA_LOG_GROUP_NAME', 'AWS_LAMBDA_LOG_STREAM_NAME', 'AWS_LAMBDA_MAX_CONCURRENCY', 'AWS_LAMBDA_RUNTIME_API',
  'LAMBDA_RUNTIME_DIR', 'LAMBDA_TASK_ROOT',
]);

/** Names and values as AWS documents them ("Defined runtime environment variables"), with the host's paths. */
export function lambdaEnvironment(props: LambdaEnvironmentProps): Record<string, string> {
  const { name, version, taskRoot, optDir } = props;
  const region = props.environment.AWS_REGION ?? props.environment.AWS_DEFAULT_REGION;
  return {
    // not reserved: a function may set its own
    LANG: 'en_US.UTF-8',
    PATH: [...systemPath(), join(optDir, 'bin')].join(delimiter),
    // Lambda lists the system's folders as well; here they would shadow those of this machine.
    LD_LIBRARY_PATH: [taskRoot, join(taskRoot, 'lib'), join(optDir, 'lib')].join(delimiter),
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    TZ: ':UTC',
    ...props.environment,
    // reserved
    ...(region && { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
    ...(props.maxConcurrency > 1 && { AWS_LAMBDA_MAX_CONCURRENCY: String(props.maxConcurrency) }),
    _HANDLER: props.handler,
    LAMBDA_TASK_ROOT: taskRoot,
    LAMBDA_RUNTIME_DIR: optDir,
    ...(props.runtimeApi !== undefined && { AWS_LAMBDA_RUNTIME_API: props.runtimeApi }),
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(props.memoryMiB),
    AWS_LAMBDA_LOG_STREAM_NAME: `${new Date().toISOString().slice(0, 10).replace(/-/g, '/')}/[${version}]${randomBytes(16).toString('hex')}`,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  };
}

/** Lambda's own folders; Windows finds nothing of its own without those of the machine. */
function systemPath(): string[] {
  return process.platform === 'win32' ? [process.env.PATH ?? ''] : ['/usr/local/bin', '/usr/bin', '/bin'];
}
