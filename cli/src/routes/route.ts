/** Defines routes: which requests a function or a service is given, by what, and which of several is meant. */
import type { CorsSettings } from '../../../layers/runtime/sources/http/cors';
import type { Stack } from '../assembly';

/** Where requests come in: a listener of a load balancer, an API, the URL of a function. */
export interface Front {
  readonly id: string;
  readonly kind: 'loadBalancer' | 'httpApi' | 'restApi' | 'functionUrl';
  readonly cors?: CorsSettings;
  /** In the order in which they are tried. */
  readonly routes: readonly Route[];
}

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** The name in the Host header, in lower case. */
  readonly host: string;
  header(name: string): string | undefined;
}

export interface Route {
  /** Any, when there is none. */
  readonly methods: readonly string[];
  /** Any, when there is none. */
  readonly hosts: readonly string[];
  /** As AWS writes it: `/items/{id}`, `/items/*`. */
  readonly path: string;
  readonly matches: (request: Request) => boolean;
  readonly target: Target;
}

/** What is called, and how it is told of the request. */
export type Target = GatewayTarget | LoadBalancerTarget | FixedTarget;

interface Called {
  /** The function or the container. */
  readonly name: string;
  /** The one of a container that requests go to. */
  readonly port?: number;
  readonly stack: Stack;
}

export interface LoadBalancerTarget extends Called {
  readonly kind: 'loadBalancer';
  readonly multiValue: boolean;
  readonly targetGroup: string;
  /** Those that a rule gives a share of the requests as well. */
  readonly others: readonly LoadBalancerTarget[];
}

export interface GatewayTarget extends Called {
  readonly kind: 'gateway';
  readonly shape: 'v2' | 'v1';
  readonly apiId: string;
  /** `GET /items/{id}`, `$default` */
  readonly routeKey: string;
  readonly resourcePath: string;
  readonly stage: string;
  readonly binaryTypes?: readonly string[];
  /** An HTTP API with the format 1.0, whose events say so. */
  readonly versioned?: boolean;
  readonly streams: boolean;
}

/** An answer without a handler, such as that to a preflight request. */
export interface FixedTarget {
  readonly kind: 'fixed';
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
}

/** A pattern of a load balancer. */
export function wildcards(pattern: string, flags = ''): RegExp {
  const text = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.');
  return new RegExp(`^${text}$`, `s${flags}`);
}

/** A path of API Gateway. */
export function braces(path: string): RegExp {
  const parts = path.split('/').map((part) => /^\{.+\+\}$/.test(part) ? '.+' : /^\{.+\}$/.test(part) ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('/')}$`, 's');
}

/** As people know it: what takes everything is the same for all kinds. */
export function shownPath(path: string): string {
  return path === '$default' || path === '*' ? '/*' : path;
}

/** The same for all kinds: what stands for any text is `*`. */
export function comparablePath(path: string): string {
  return shownPath(path).replace(/\{[^}]+\+\}/g, '*').replace(/\{[^}]+\}/g, '{}');
}

/** Whether they would take the same requests, as far as their words tell. */
export function conflicts(one: Route, other: Route): boolean {
  const common = (a: readonly string[], b: readonly string[]): boolean => a.length === 0 || b.length === 0 || a.some((each) => b.includes(each));
  const sameHosts = one.hosts.length === other.hosts.length && common(one.hosts, other.hosts);
  return comparablePath(one.path) === comparablePath(other.path) && sameHosts && common(one.methods, other.methods);
}

/** Of the routes of several fronts the one that says the most of the request. */
export function choose(fronts: readonly Front[], request: Request): { front: Front; route: Route } | undefined {
  const found = fronts.flatMap((front) => {
    const route = front.routes.find((each) => each.matches(request));
    return route ? [{ front, route }] : [];
  });
  return found.sort((a, b) => specificity(b.route) - specificity(a.route))[0];
}

/** A host counts for more than a path, a literal path for more than one that begins so. */
function specificity({ path, hosts, methods }: Route): number {
  const comparable = comparablePath(path);
  const open = comparable.search(/[*?{]/);
  return (hosts.length > 0 ? 1_000_000 : 0) + 10 * (open < 0 ? 10_000 + comparable.length : open) + (methods.length > 0 ? 1 : 0);
}
