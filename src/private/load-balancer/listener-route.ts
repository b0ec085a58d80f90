/** What one rule of a listener asks of a request: one path, perhaps one host, and further conditions. */
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { isExact, isWithin, normalPattern } from './glob-pattern';

/** A condition beside host and path: any of its values will do. */
export interface RouteCondition {
  /** `method`, `query`, `source`, or `header:` and its name. */
  readonly kind: string;
  /** What is compared, in a fixed order. */
  readonly values: string[];
}

/** One rule. Tokens stand in `values` of conditions and in path and host as they are; `keyOf` makes them comparable. */
export interface Route {
  /** The host, or any. */
  readonly host?: string;
  /** The path. */
  readonly path: string;
  /** Everything else, by kind. */
  readonly conditions: RouteCondition[];
}

const HEADER = 'header:';

/** The kind of the condition on a header. */
export const headerKind = (name: string) => `${HEADER}${name.toLowerCase()}`;

/** The route in words, for messages: `GET,POST example.com/api/*`. */
export function describeRoute({ host = '', path, conditions }: Route): string {
  const methods = conditions.find(({ kind }) => kind === 'method')?.values.join(',');
  const others = conditions.filter(({ kind }) => kind !== 'method').map(({ kind, values }) => `${kind}=${values.join(',')}`);
  return [methods, `${host}${path}`, ...others].filter(Boolean).join(' ');
}

/** Two routes that the same request would take, with nothing that says which one comes first. */
export function collide(one: Route, other: Route): boolean {
  return one.host === other.host && normalPattern(one.path) === normalPattern(other.path)
    && one.conditions.length === other.conditions.length
    && one.conditions.every(({ kind, values }) => other.conditions.some(condition => condition.kind === kind
      && condition.values.some(value => values.includes(value))));
}

/** Whether each request that takes the narrow route could take the wide one as well. */
export function isNarrower(narrow: Route, wide: Route): boolean {
  const within = (one: string, other: string) => isWithin(normalPattern(one), normalPattern(other));
  return (wide.host === undefined || (narrow.host !== undefined && within(narrow.host, wide.host)))
    && within(narrow.path, wide.path)
    && wide.conditions.every(({ kind, values }) => narrow.conditions.some(condition => condition.kind === kind
      && condition.values.every(value => values.some(other => kind === 'method' || kind === 'source' ? value === other : within(value, other)))));
}

/** What the load balancer is told. */
export function listenerConditions({ host, path, conditions }: Route): elbv2.ListenerCondition[] {
  return [
    ...host === undefined ? [] : [elbv2.ListenerCondition.hostHeaders([host])],
    elbv2.ListenerCondition.pathPatterns([path]),
    ...conditions.map(({ kind, values }) => {
      if (kind === 'method') { return elbv2.ListenerCondition.httpRequestMethods(values); }
      if (kind === 'source') { return elbv2.ListenerCondition.sourceIps(values); }
      if (kind === 'query') { return elbv2.ListenerCondition.queryStrings(values.map(queryString)); }
      return elbv2.ListenerCondition.httpHeader(kind.slice(HEADER.length), values);
    }),
  ];
}

/** `key=value`, or `=value` for any key: keys are not URL-encoded here, so that the first `=` of a key would end it; it is escaped. */
export function queryText({ key = '', value }: elbv2.QueryStringCondition): string {
  return `${key.replace(/[\\=]/g, '\\$&')}=${value}`;
}

function queryString(text: string): elbv2.QueryStringCondition {
  const [, key, value] = /^((?:\\[^]|[^\\=])*)=([^]*)$/.exec(text)!;
  return { key: key === '' ? undefined : key.replace(/\\([^])/g, '$1'), value };
}

/** The parts of a path that say how special it is. */
export function literalStart(path: string): { readonly exact: boolean; readonly segments: string[]; readonly rest: string } {
  const pattern = normalPattern(path);
  if (isExact(pattern)) { return { exact: true, segments: [], rest: pattern }; }
  const segments = pattern.startsWith('/') ? pattern.slice(1).split('/') : [];
  const literal = segments.findIndex(segment => !isExact(segment));
  const start = literal > 0 ? segments.slice(0, literal) : [];
  return { exact: false, segments: start, rest: start.length > 0 ? pattern.slice(start.join('/').length + 2) : pattern };
}
