/** The routes of a trigger: one for each path of each host, checked, and cut to what one rule may hold. */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { Stack, Token } from 'aws-cdk-lib';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IConstruct } from 'constructs';
import { problem } from '../errors';
import { wildcards } from './glob-pattern';
import { headerKind, queryText, Route, RouteCondition } from './listener-route';

/** What requests a trigger takes, as its user says it. */
export interface RouteOptions {
  readonly paths: string[];
  readonly hosts?: string[];
  readonly methods?: string[];
  readonly httpHeaders?: { readonly [name: string]: string[] };
  readonly queryStrings?: elbv2.QueryStringCondition[];
  readonly sourceIps?: string[];
}

// Source: "Condition types for listener rules" in the guide of Application Load Balancers.
const VALUES_PER_CONDITION = 3;
const VALUES_PER_RULE = 5;
const WILDCARDS_PER_RULE = 5;
const MAX_LENGTH = 128;
const MAX_NAME_LENGTH = 40;
const TOKEN = /[$#]\{Token\[[^\]]*\]\}/g;

/** The routes of a trigger. */
export function routesOf(scope: IConstruct, options: RouteOptions): Route[] {
  const conditions = conditionsOf(scope, options);
  const hosts = options.hosts?.length ? unique(options.hosts.map(host => checkedHost(scope, host))) : [undefined];
  const paths = unique(options.paths.map(path => checkedPath(scope, path)));
  if (paths.length === 0) { throw invalid(scope, 'paths', '[]', 'at least one path'); }
  return hosts.flatMap(host => paths.flatMap(path => cut(scope, { host, path, conditions })));
}

/** The preflight requests of web pages that want to use a route: OPTIONS, with the method that is meant in a header. */
export function preflightOf(scope: IConstruct, { host, path, conditions }: Route): Route[] {
  const meant = conditions.find(({ kind }) => kind === 'method')?.values ?? ['*'];
  const kept = conditions.filter(({ kind }) => kind === 'source' || kind === 'query');
  const preflight = [{ kind: 'method', values: ['OPTIONS'] }, { kind: headerKind('access-control-request-method'), values: meant }];
  // What finds no room is left out: the answer to a preflight is no secret.
  const room = VALUES_PER_RULE - preflight.length - (host === undefined ? 1 : 2);
  return cut(scope, { host, path, conditions: [...preflight, ...kept.slice(0, room)] });
}

/** The same route with names for what is known at deployment only: such a name is the same in each synth, a token is not. */
export function comparable(scope: IConstruct, { host, path, conditions }: Route): Route {
  const named = (text: string) => text.replace(TOKEN, token => `<${createHash('sha256').update(JSON.stringify(Stack.of(scope).resolve(token))).digest('hex').slice(0, 16)}>`);
  return {
    host: host === undefined ? undefined : named(host).toLowerCase(),
    path: named(path),
    conditions: conditions
      .map(({ kind, values }) => ({ kind, values: values.map(value => kind === 'method' || kind === 'source' ? named(value) : named(value).toLowerCase()).sort() }))
      .sort((one, other) => one.kind < other.kind ? -1 : 1),
  };
}

function conditionsOf(scope: IConstruct, { methods = [], httpHeaders = {}, queryStrings = [], sourceIps = [] }: RouteOptions): RouteCondition[] {
  return [
    { kind: 'method', values: methods.map(method => checkedMethod(scope, method)) },
    ...Object.entries(httpHeaders).map(([name, values]) => ({ kind: checkedHeader(scope, name), values: values.map(value => checkedValue(scope, `httpHeaders.${name}`, value)) })),
    {
      kind: 'query',
      values: queryStrings.map(query => queryText({ key: query.key, value: checkedValue(scope, 'queryStrings', query.value) })),
    },
    { kind: 'source', values: sourceIps.map(address => checkedAddress(scope, address)) },
  ].map(({ kind, values }) => ({ kind, values: unique(values) })).filter(({ values }) => values.length > 0);
}

/** One route for each part of its values that a rule may hold; together they are the same. */
function cut(scope: IConstruct, route: Route): Route[] {
  const room = VALUES_PER_RULE - 1 - (route.host === undefined ? 0 : 1);
  const { conditions } = route;
  if (conditions.length > room) {
    throw problem(scope, 'ROUTE_CONDITIONS', {
      property: 'methods, httpHeaders, queryStrings, sourceIps',
      given: `${conditions.length} conditions beside ${route.host === undefined ? 'the path' : 'host and path'}`,
      accepted: `at most ${room} conditions of this kind, for a rule has ${VALUES_PER_RULE} values at most`,
    });
  }
  const sizes = conditions.map(() => 1);
  for (const [index, { values }] of conditions.entries()) {
    const free = room - sizes.reduce((sum, size) => sum + size, 0);
    sizes[index] += Math.min(free, VALUES_PER_CONDITION - 1, values.length - 1);
  }
  const routes = combinations(route, sizes);
  const fine = routes.every(each => countWildcards(each) <= WILDCARDS_PER_RULE) ? routes : combinations(route, conditions.map(() => 1));
  for (const each of fine) {
    if (countWildcards(each) > WILDCARDS_PER_RULE) {
      throw problem(scope, 'ROUTE_CONDITIONS', { property: 'path', given: each.path, accepted: `with at most ${WILDCARDS_PER_RULE} wildcards, those of host, headers and query strings included` });
    }
  }
  return fine;
}

function combinations({ host, path, conditions }: Route, sizes: number[]): Route[] {
  const parts = conditions.map(({ kind, values }, index) => {
    const sorted = [...values].sort();
    const size = sizes[index];
    return Array.from({ length: Math.ceil(sorted.length / size) }, (_, piece) => ({ kind, values: sorted.slice(piece * size, (piece + 1) * size) }));
  });
  return parts.reduce<RouteCondition[][]>((all, pieces) => all.flatMap(some => pieces.map(piece => [...some, piece])), [[]])
    .map(some => ({ host, path, conditions: some }));
}

function countWildcards({ host = '', path, conditions }: Route): number {
  const texts = conditions.filter(({ kind }) => kind === 'query' || kind.startsWith('header:')).flatMap(({ values }) => values);
  return [host, path, ...texts].reduce((sum, text) => sum + wildcards(text.replace(TOKEN, '')), 0);
}

function checkedPath(scope: IConstruct, path: string): string {
  const text = path.replace(TOKEN, 't');
  if (!/^[\w\-.$/~"'@:+&*?]+$/.test(text) || (text === path && !/^[/*]/.test(path)) || (text === path && path.length > MAX_LENGTH)) {
    throw invalid(scope, 'path', path, `at most ${MAX_LENGTH} letters, digits and _-.$/~"'@:+& that start with /, with * for any characters and ? for one`);
  }
  return path;
}

function checkedHost(scope: IConstruct, host: string): string {
  if (Token.isUnresolved(host)) { return host; }
  if (!/^[\w\-.*?]+$/.test(host) || !host.includes('.') || host.length > MAX_LENGTH) {
    throw invalid(scope, 'hosts', host, 'a name with a dot, such as api.example.com or *.example.com, without port and path');
  }
  return host.toLowerCase();
}

function checkedMethod(scope: IConstruct, method: string): string {
  if (Token.isUnresolved(method)) { return method; }
  const name = method.toUpperCase();
  if (!/^[A-Z_-]{1,40}$/.test(name) || name === 'ANY') { throw invalid(scope, 'methods', method, 'methods such as GET; leave methods out for all'); }
  return name;
}

function checkedHeader(scope: IConstruct, name: string): string {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name) || name.length > MAX_NAME_LENGTH || name.toLowerCase() === 'host') {
    throw invalid(scope, 'httpHeaders', name, `names of headers of at most ${MAX_NAME_LENGTH} characters; for the header Host there is hosts`);
  }
  return headerKind(name);
}

function checkedValue(scope: IConstruct, property: string, value: string): string {
  if (!Token.isUnresolved(value) && (value === '' || value.length > MAX_LENGTH)) { throw invalid(scope, property, value, `values of 1 to ${MAX_LENGTH} characters; * is any value`); }
  return value;
}

function checkedAddress(scope: IConstruct, address: string): string {
  if (Token.isUnresolved(address)) { return address; }
  const [ip, bits, ...more] = address.split('/');
  const size = isIP(ip) === 6 ? 128 : 32;
  if (isIP(ip) === 0 || more.length > 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= size))) {
    throw invalid(scope, 'sourceIps', address, 'addresses in CIDR form, e.g. 192.0.2.0/24');
  }
  return bits === undefined ? `${ip}/${size}` : address;
}

function invalid(scope: IConstruct, property: string, given: string, accepted: string) {
  return problem(scope, 'ROUTE_CONDITIONS', { property, given, accepted });
}

function unique<T>(values: T[]): T[] {
  return [...new Set(values)];
}
