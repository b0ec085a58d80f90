/** The routes of an API: what a trigger asks for, and who has which. */
import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { ApiTriggerOptions } from '../../model/api-options';
import { problem } from '../errors';

/** One route. */
export interface ApiRoute {
  /** In upper case; `ANY` for all. */
  readonly method: string;
  /** `/items/{id}`. */
  readonly path: string;
}

/** What a trigger says of its routes. */
type RouteOptions = Pick<ApiTriggerOptions, 'path' | 'methods'>;

const METHODS = ['ANY', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
const ANY = 'ANY';
/** Every path: the second has one part at least. */
const EVERYTHING = ['/', '/{proxy+}'];

/** The routes of a trigger. */
export function apiRoutesOf(scope: IConstruct, { path, methods = [ANY] }: RouteOptions): ApiRoute[] {
  if (path !== undefined) { checkPath(scope, path); }
  const unknown = methods.find(method => !METHODS.includes(method));
  if (unknown !== undefined || methods.length === 0 || (methods.length > 1 && methods.includes(ANY))) {
    throw problem(scope, 'ROUTE_INVALID', {
      property: 'methods', given: methods.join(', ') || 'none', accepted: `${ANY} alone, or some of ${METHODS.slice(1).join(', ')}`, mend: 'write methods in upper case, and each that is meant',
    });
  }
  return (path === undefined ? EVERYTHING : [path]).flatMap(each => [...new Set(methods)].map(method => ({ method, path: each })));
}

/** A construct id for a trigger: from what its routes are. */
export function routesId(name: string, { path, methods }: RouteOptions): string {
  if (path === undefined && methods === undefined) { return name; }
  const parts = [...[...methods ?? []].sort(), ...path?.split(/[^A-Za-z0-9]+/) ?? []];
  return [name, ...parts.filter(part => part !== '')].join('-');
}

const owners = new WeakMap<IConstruct, Map<string, string>>();

/** Refuses a route that another trigger has. Those that differ in the names of parameters are one to API Gateway. */
export function takeRoute(scope: IConstruct, api: IConstruct, { method, path }: ApiRoute): void {
  const taken = owners.get(api) ?? new Map<string, string>();
  owners.set(api, taken);
  const key = `${method} ${path.replace(/\{[^}+]+\}/g, '{}').replace(/\{[^}]+\+\}/g, '{+}')}`;
  const owner = taken.get(key);
  if (owner !== undefined) {
    throw problem(scope, 'ROUTE_TAKEN', { property: 'path', given: `${method} ${path}`, accepted: `a route that ${api.node.path} does not have; this one is that of ${owner}` });
  }
  taken.set(key, scope.node.path);
}

/** Source: "Create routes for HTTP APIs" and "Resources of REST APIs" in the API Gateway Developer Guide. */
function checkPath(scope: IConstruct, path: string): void {
  const parts = path.split('/').slice(1);
  const names = parts.flatMap(part => /^\{([\w.-]+)\+?\}$/.exec(part)?.[1] ?? []);
  const isPart = (part: string, index: number) => /^[^{}+\s?#]+$/.test(part) || /^\{[\w.-]+\}$/.test(part) || (index === parts.length - 1 && /^\{[\w.-]+\+\}$/.test(part));
  if (!Token.isUnresolved(path) && path.startsWith('/') && (path === '/' || parts.every(isPart)) && new Set(names).size === names.length) { return; }
  throw problem(scope, 'ROUTE_INVALID', {
    property: 'path', given: Token.isUnresolved(path) ? 'a token' : path, accepted: 'a path such as /items/{id} or /files/{proxy+}', mend: 'begin it with /, let a parameter be a whole part of it, and {name+} the last one',
  });
}
