/** Defines the settings of the host program: what its arguments and its environment ask for. */
import { resolve } from 'node:path';
import { cpuCount, memoryMiB } from './container-limits';
import { s3Setting, type S3Location } from './s3-location';
import { choiceSetting, integerSetting, SettingError, type Environment } from '../core/settings';

export const SOURCES = ['http', 'gateway', 'queue', 'emulator', 'task', 'process'] as const;
export type SourceName = (typeof SOURCES)[number];

export interface HostSettings {
  readonly sources: readonly SourceName[];
  /** What is started for each worker: an executable that speaks the Runtime API, and its arguments. */
  readonly bootstrap: readonly string[];
  /** Whether that is our own bootstrap for Node.js. */
  readonly ownBootstrap: boolean;
  readonly handler: string;
  readonly taskRoot: string;
  readonly optDir: string;
  readonly name: string;
  readonly version: string;
  /** The account in the handler's ARN. */
  readonly account?: string;
  readonly memoryMiB: number;
  readonly timeoutMs: number;
  readonly stopTimeoutMs: number;
  /** Child processes side by side, when each has one invocation at a time. */
  readonly workers: number;
  /** Worker threads, when they share a process: two at least, so that one serves while another is replaced. */
  readonly threads: number;
  /** How many invocations one process may have at once. */
  readonly maxConcurrency: number;
  readonly port: number;
  /** Where private integrations of API Gateway come. */
  readonly gatewayPort: number;
  readonly logFormat: 'text' | 'json';
  /** Whether metrics are written. */
  readonly metrics: boolean;
  /** Which variables the handler needs, as JSON. */
  readonly environmentSchema?: string;
  /** Whether a task of ECS is not to be stopped while it works longer than a stop may take. */
  readonly taskProtection: boolean;
  /** Where the agent of ECS is asked for that. */
  readonly ecsAgentUri?: string;
  /** The event of a task or a process, as it was given, or where it is. */
  readonly event?: string;
  readonly eventObject?: S3Location;
  /** Where the result of a task also goes. */
  readonly resultObject?: S3Location;
  /** What the handler finds in its environment besides Lambda's own names. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Lambda keeps an invocation for at most 15 minutes; elsewhere it may take as long as it needs. A timer holds 24 days. */
const MAX_TIMEOUT_SECONDS = 2_147_483;
/** What the host itself needs of the stop timeout to end in order, before it is killed. */
const LAST_MS = 1_000;

/**
 * @param command the bootstrap to start; empty = our own
 * @param optDir the folder with our bootstrap, Lambda's `/opt`
 */
export function hostSettings(command: readonly string[], environment: Environment, optDir: string): HostSettings {
  const sources = sourcesOf(environment.HYBRID_SOURCES || 'emulator');
  const once = sources.includes('task') || sources.includes('process');
  const cpus = cpuCount();
  const ownBootstrap = command.length === 0;
  return {
    sources,
    bootstrap: ownBootstrap ? [resolve(optDir, 'bootstrap')] : command,
    ownBootstrap,
    handler: environment._HANDLER ?? '',
    taskRoot: environment.LAMBDA_TASK_ROOT || process.cwd(),
    optDir,
    name: environment.AWS_LAMBDA_FUNCTION_NAME || 'function',
    version: environment.AWS_LAMBDA_FUNCTION_VERSION || '$LATEST',
    account: environment.AWS_ACCOUNT_ID || undefined,
    memoryMiB: integerSetting(environment, 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE', memoryMiB(), 1),
    timeoutMs: sources.includes('process') ? Infinity : 1000 * integerSetting(environment, 'AWS_LAMBDA_FUNCTION_TIMEOUT', 30, 1, MAX_TIMEOUT_SECONDS),
    stopTimeoutMs: Math.max(LAST_MS, 1000 * integerSetting(environment, 'HYBRID_STOP_TIMEOUT', 30, 1, 86_400) - LAST_MS),
    workers: once ? 1 : integerSetting(environment, 'HYBRID_WORKERS', 2 * cpus, 1, 1000),
    threads: once ? 1 : integerSetting(environment, 'AWS_LAMBDA_NODEJS_WORKER_COUNT', Math.max(2, cpus), 1, 1000),
    maxConcurrency: integerSetting(environment, 'AWS_LAMBDA_MAX_CONCURRENCY', 1, 1, 10_000),
    port: integerSetting(environment, 'PORT', 8080, 0, 65_535),
    gatewayPort: integerSetting(environment, 'HYBRID_GATEWAY_PORT', 8081, 0, 65_535),
    logFormat: choiceSetting({ AWS_LAMBDA_LOG_FORMAT: environment.AWS_LAMBDA_LOG_FORMAT?.toLowerCase() }, 'AWS_LAMBDA_LOG_FORMAT', ['text', 'json'], 'text'),
    metrics: choiceSetting(environment, 'HYBRID_METRICS', ['emf', 'none'], 'none') === 'emf',
    environmentSchema: environment.HYBRID_ENVIRONMENT_SCHEMA || undefined,
    taskProtection: choiceSetting(environment, 'HYBRID_TASK_PROTECTION', ['true', 'false'], 'false') === 'true',
    ecsAgentUri: environment.ECS_AGENT_URI || undefined,
    ...(once && onceSettings(environment)),
    environment: passedOn(environment),
  };
}

function sourcesOf(given: string): SourceName[] {
  const names = given.split(',').map((name) => name.trim());
  for (const name of names) {
    if (!SOURCES.includes(name as SourceName)) throw new SettingError('HYBRID_SOURCES', given, `a list of ${SOURCES.join(', ')}`);
  }
  const sources = [...new Set(names)] as SourceName[];
  const alone = sources.find((name) => name === 'task' || name === 'process');
  if (alone && sources.length > 1) throw new SettingError('HYBRID_SOURCES', given, `'${alone}' alone: it ends with its one run`);
  if (sources.includes('http') && sources.includes('emulator')) throw new SettingError('HYBRID_SOURCES', given, 'http or emulator: both listen on PORT');
  return sources;
}

function onceSettings(environment: Environment): Pick<HostSettings, 'event' | 'eventObject' | 'resultObject'> {
  const event = environment.HYBRID_EVENT || undefined;
  const eventObject = s3Setting(environment, 'HYBRID_EVENT_S3_URI');
  if (event && eventObject) throw new SettingError('HYBRID_EVENT_S3_URI', environment.HYBRID_EVENT_S3_URI!, 'empty when HYBRID_EVENT is set: there is one event');
  return { event, eventObject, resultObject: s3Setting(environment, 'HYBRID_RESULT_S3_URI') };
}

/** What is meant for the host alone stays with it; the rest is the handler's. */
function passedOn(environment: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name, value]) => value !== undefined && !name.startsWith('HYBRID_'))) as Record<string, string>;
}
