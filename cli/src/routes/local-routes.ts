/** Defines the ports on which routes are served: one for all, and one more for each front whose routes another one has taken. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIPv4, type AddressInfo } from 'node:net';
import { Called } from './called';
import { functionUrlFronts, httpApiFronts, restApiFronts } from './gateway-routes';
import { loadBalancerFronts } from './load-balancer-routes';
import { conflicts, shownPath, wildcards, type Front, type Route } from './route';
import { RouteServer, type Runs } from './route-server';
import { hostName } from '../../../layers/runtime/sources/http/request';
import type { Assembly } from '../assembly';

interface OwnPort {
  front: Front;
  readonly server: Server;
  readonly url: string;
}

export class LocalRoutes {
  private shared: Front[] = [];
  private readonly own = new Map<string, OwnPort>();
  private readonly server: RouteServer;
  private shown = new Set<string>();

  /** @param host that of the shared port */
  constructor(private readonly runs: Runs, private readonly host: string) {
    this.server = new RouteServer(() => this.shared, runs);
  }

  /** For the shared port. False when a request is nobody's. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): boolean =>
    this.isMeant(request, this.shared) && this.server.handle(request, response);

  /** Takes the app as it is now. @returns a line for each route that is new */
  async take(assembly: Assembly, sharedUrl: string): Promise<string[]> {
    const { shared, own } = placed(frontsOf(assembly));
    this.shared = shared;
    for (const [id, port] of this.own) {
      const still = own.find((front) => front.id === id);
      if (still) port.front = still;
      else await this.close(id);
    }
    for (const front of own) {
      if (!this.own.has(front.id)) this.own.set(front.id, await this.open(front));
    }
    const lines = [
      ...shared.flatMap((front) => linesOf(front, sharedUrl)),
      ...[...this.own.values()].flatMap(({ front, url }) => linesOf(front, url)),
    ];
    const added = lines.filter((line) => !this.shown.has(line));
    this.shown = new Set(lines);
    return added;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.own.keys()].map((id) => this.close(id)));
  }

  /** A page can have a name of its own lead to this machine. A name that a route is for is none of its. */
  private isMeant({ headers }: IncomingMessage, fronts: readonly Front[]): boolean {
    const host = hostName(headers.host).toLowerCase();
    const named = (): boolean => fronts.some(({ routes }) => routes.some(({ hosts }) => hosts.some((each) => wildcards(each).test(host))));
    return !isOwnName(this.host) || isOwnName(host) || named();
  }

  private async open(front: Front): Promise<OwnPort> {
    const current = (): Front[] => [this.own.get(front.id)?.front ?? front];
    const routes = new RouteServer(current, this.runs);
    const server = createServer((request, response) => {
      if (this.isMeant(request, current()) && routes.handle(request, response)) return;
      request.resume();
      response.writeHead(404, { 'Content-Type': 'application/json' }).end(JSON.stringify({ message: 'Not Found' }));
    });
    server.requestTimeout = 0;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port: 0, host: this.host }, resolve);
    });
    const { address, family, port } = server.address() as AddressInfo;
    return { front, server, url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}` };
  }

  private async close(id: string): Promise<void> {
    const { server } = this.own.get(id)!;
    this.own.delete(id);
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
    });
  }
}

export function frontsOf(assembly: Assembly): Front[] {
  const called = new Called(assembly);
  const fronts = [loadBalancerFronts, httpApiFronts, restApiFronts, functionUrlFronts].flatMap((find) => find(assembly.stacks, called));
  return fronts.filter(({ routes }) => routes.some(({ target }) => target.kind !== 'fixed'));
}

/** A front with a route that an earlier one has for something else does not share the port. Listeners of the same routes are one. */
export function placed(fronts: readonly Front[]): { shared: Front[]; own: Front[] } {
  const shared: Front[] = [];
  const own: Front[] = [];
  for (const front of fronts) {
    const taken = shared.flatMap((other) => other.routes.map((route) => ({ kind: other.kind, route })));
    const meets = front.routes.filter(({ target }) => target.kind !== 'fixed').map((route) => {
      const met = taken.filter((each) => conflicts(each.route, route));
      return met.length === 0 ? 'free' : met.every((each) => each.kind === front.kind && calls(each.route) === calls(route)) ? 'same' : 'taken';
    });
    if (meets.includes('taken')) own.push(front);
    else if (meets.includes('free')) shared.push(front);
  }
  return { shared, own };
}

function calls({ target }: Route): string {
  return target.kind === 'fixed' ? '' : `${target.name} ${target.port ?? ''}`;
}

function linesOf({ kind, routes }: Front, url: string): string[] {
  return routes.flatMap((route) => {
    const { methods, path, hosts, target } = route;
    if (target.kind === 'fixed') return [];
    const words = `${methods.join(',') || 'ANY'} ${url}${shownPath(path)}`;
    return [`${target.name}  ${words}${hosts.length > 0 ? ` (Host: ${hosts.join(', ')})` : ''}  ${kind}`];
  });
}

function isOwnName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
}
