/** Defines the settings of the HTTP source and reads them from the environment. */
import { corsSettings, type CorsSettings } from './cors';
import { MAX_EVENT_BYTES } from '../../core/invoker';
import { MADE_UP_ACCOUNT, regionOf } from '../../core/made-up';
import { choiceSetting, integerSetting, SettingError, type Environment } from '../../core/settings';

export const EVENT_SHAPES = ['v2', 'v1', 'alb', 'alb-multi-value'] as const;
/** Whose event the handler gets: API Gateway's HTTP API (payload 2.0), its REST API, or a load balancer's. */
export type EventShape = (typeof EVENT_SHAPES)[number];

export interface HttpSettings {
  readonly eventShape: EventShape;
  /** How many proxies in front of us are ours: so many entries of X-Forwarded-For, from its end, are true. */
  readonly trustedHops: number;
  readonly healthPath: string;
  /** Bytes that a request's body may have in its event. */
  readonly maxBodyBytes: number;
  /** Bytes that the bodies of all requests together may have. */
  readonly bodyBudgetBytes: number;
  /** Bytes of all answers together that may wait for their clients. */
  readonly answerBudgetBytes: number;
  readonly cors?: CorsSettings;
  /** How long an idle connection stays open. */
  readonly keepAliveTimeoutMs: number;
  /** How long a client may take to send a request, and to take in a piece of the answer. */
  readonly requestTimeoutMs: number;
  /** How many requests may wait for the handler. */
  readonly queueLimit: number;
  /** What stands in events for what only AWS knows. */
  readonly accountId: string;
  readonly region: string;
  readonly apiId: string;
}

/** What the host answers itself, unless it is told another path. */
export const HEALTH_PATH = '/_health';

const MIB = 1024 * 1024;
/** Base64 of it still fits into a string. */
const LARGEST_BODY_BYTES = 256 * MIB;
/** The part of the memory that all bodies together may take up, and all answers. */
const BUDGET_PART = 1 / 8;
/** A body is there as bytes, as text and as JSON, in the host and again in the bootstrap, and base64 is longer by a third. */
const BODY_COPIES = 8;
const MOST_BODY_BYTES = 64 * MIB;
/** What Node's timers can wait. */
const MAX_SECONDS = 2_147_483;

/**
 * Throws an error of one line on a value that is no good.
 *
 * @param memoryMiB what this source may have of the container's memory
 */
export function readHttpSettings(environment: Environment, memoryMiB = Infinity): HttpSettings {
  const integer = (name: string, standard: number, least: number, most: number): number => integerSetting(environment, name, standard, least, most);
  const maxBodyBytes = integer('HYBRID_HTTP_MAX_BODY', MAX_EVENT_BYTES, 1, LARGEST_BODY_BYTES);
  const budgetBytes = memoryMiB * MIB * BUDGET_PART;
  return {
    eventShape: choiceSetting(environment, 'HYBRID_HTTP_EVENT', EVENT_SHAPES, 'v2'),
    trustedHops: integer('HYBRID_HTTP_TRUSTED_HOPS', 1, 0, 10),
    healthPath: healthPath(environment.HYBRID_HTTP_HEALTH_PATH),
    maxBodyBytes,
    bodyBudgetBytes: Math.max(Math.min(MOST_BODY_BYTES, budgetBytes / BODY_COPIES), maxBodyBytes),
    answerBudgetBytes: budgetBytes,
    cors: cors(environment.HYBRID_HTTP_CORS),
    keepAliveTimeoutMs: 1000 * integer('HYBRID_HTTP_KEEP_ALIVE_TIMEOUT', 75, 1, MAX_SECONDS),
    requestTimeoutMs: 1000 * integer('HYBRID_HTTP_REQUEST_TIMEOUT', 30, 1, MAX_SECONDS),
    queueLimit: integer('HYBRID_HTTP_QUEUE_LIMIT', 100, 0, 1_000_000),
    accountId: environment.AWS_ACCOUNT_ID || MADE_UP_ACCOUNT,
    region: regionOf(environment),
    apiId: environment.AWS_LAMBDA_FUNCTION_NAME || 'function',
  };
}

function healthPath(text: string | undefined): string {
  const path = text || HEALTH_PATH;
  if (!/^\/[\x21-\x7e]*$/.test(path) || /[?#]/.test(path)) throw new SettingError('HYBRID_HTTP_HEALTH_PATH', path, 'a path that begins with / and has neither spaces, ? nor #');
  return path;
}

function cors(text: string | undefined): CorsSettings | undefined {
  if (!text) return undefined;
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new SettingError('HYBRID_HTTP_CORS', text, 'JSON, such as {"allowOrigins":["https://example.com"],"allowMethods":["GET"]}');
  }
  return corsSettings(given, (member, value, accepted) => new SettingError(`HYBRID_HTTP_CORS: ${member}`, typeof value === 'string' ? value : JSON.stringify(value), accepted));
}
