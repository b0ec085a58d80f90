/** Defines what API Gateway says of a request: the headers that its private integration sets, taken out of those of the client. */
import { lowerCase, type Strings } from './request';

/** Whose event it becomes: that of an HTTP API or of a REST API. */
export type GatewayShape = 'v2' | 'v1';

export interface GatewayRequest {
  readonly shape: GatewayShape;
  /** What the integration has mapped, by name: `stage`. */
  readonly context: Strings;
  /** What holds for each request of the integration. */
  readonly integration: URLSearchParams;
  /** The client's own headers, names and values in turn, as API Gateway gives them to Lambda. */
  readonly rawHeaders: string[];
}

/** Present in each request of an integration: what says whose event it is. */
export const GATEWAY_HEADER = 'x-hybrid-gateway';
const CONTEXT_PREFIX = 'x-hybrid-context-';
const INTEGRATION = 'integration';
/** What comes before a value that may be empty: so an integration of an HTTP API always replaces what the client has sent. */
const MAY_BE_EMPTY = '=';

/** API Gateway adds them on the way to a load balancer, not to Lambda; of those in the second line Lambda gets the values of the client's connection. */
const OF_THE_WAY = new Set([
  'forwarded', 'via', 'x-amzn-apigateway-api-id',
  'host', 'x-forwarded-for', 'x-forwarded-port', 'x-forwarded-proto',
]);

/** What an integration always maps: without it a request is none of API Gateway's. */
const ALWAYS = ['integration', 'request-id', 'api-id', 'account-id', 'domain-name', 'stage', 'source-ip', 'protocol', 'time-epoch'] as const;
const ALWAYS_OF: Readonly<Record<GatewayShape, readonly string[]>> = {
  v2: [...ALWAYS, 'route-key'],
  v1: [...ALWAYS, 'path', 'resource-path', 'resource-id', 'extended-request-id'],
};

/** Throws when the headers are not those of an integration: one is missing, or there twice. */
export function gatewayRequest(given: readonly string[]): GatewayRequest {
  const rawHeaders: string[] = [];
  const context: Strings = Object.create(null);
  let shape: string | undefined;
  let forwardedFor: string | undefined;
  for (let at = 0; at < given.length; at += 2) {
    const name = lowerCase(given[at]);
    const value = given[at + 1];
    if (name === GATEWAY_HEADER) {
      if (shape !== undefined) throw new Error(`${GATEWAY_HEADER} is there twice`);
      shape = value;
    } else if (name.startsWith(CONTEXT_PREFIX)) {
      const short = name.slice(CONTEXT_PREFIX.length);
      if (short in context) throw new Error(`${name} is there twice`);
      context[short] = textOf(value);
    } else if (!OF_THE_WAY.has(name)) {
      rawHeaders.push(given[at], value);
    } else if (name === 'x-forwarded-for') {
      forwardedFor = forwardedFor === undefined ? value : `${forwardedFor},${value}`;
    }
  }
  if (shape !== 'v2' && shape !== 'v1') throw new Error(`${GATEWAY_HEADER} must be v2 or v1, got ${JSON.stringify(shape)}`);
  const missing = ALWAYS_OF[shape].find((name) => !context[name]);
  if (missing !== undefined) throw new Error(`${CONTEXT_PREFIX}${missing} is missing`);
  rawHeaders.push(
    'Host', context['domain-name'],
    'X-Forwarded-For', clientChain(forwardedFor, context['source-ip']),
    'X-Forwarded-Port', '443',
    'X-Forwarded-Proto', 'https',
  );
  return { shape, context, integration: new URLSearchParams(context[INTEGRATION]), rawHeaders };
}

/** A value that the integration may have nothing for. */
export function optional({ shape, context }: GatewayRequest, name: string): string | undefined {
  const value = context[name] as string | undefined;
  if (value === undefined) return undefined;
  const given = shape === 'v2' ? (value.startsWith(MAY_BE_EMPTY) ? value.slice(MAY_BE_EMPTY.length) : '') : value;
  // As access logs have what is not there.
  return given === '' || given === '-' ? undefined : given;
}

/** The names of a list in the integration: of what it maps beside the fixed fields, by their place in it. */
export function listOf({ integration }: GatewayRequest, name: string): string[] {
  return integration.get(name)?.split(' ').filter((each) => each !== '') ?? [];
}

/** What the load balancer has appended is API Gateway's own address. */
function clientChain(forwardedFor: string | undefined, sourceIp: string): string {
  const chain = forwardedFor === undefined ? [] : forwardedFor.split(',').slice(0, -1).map((entry) => entry.trim()).filter((entry) => entry !== '');
  if (chain.at(-1) !== sourceIp) chain.push(sourceIp);
  return chain.join(', ');
}

const ASCII = /^[\x20-\x7e]*$/;

/** Headers are bytes to Node; what is beyond ASCII is UTF-8. */
function textOf(value: string): string {
  return ASCII.test(value) ? value : Buffer.from(value, 'latin1').toString('utf8');
}
