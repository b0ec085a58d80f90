/**
 * The priority of a rule, from nothing but its own route: no rule that comes or goes moves another.
 *
 * The numbers are cut into bands, the more special the route the lower: by host, then by how far the path is literal, then by
 * how many further conditions there are. Whatever could be within another route of its band shares a group with it (the same
 * literal start of the path), and groups are spread over the band by a hash, so that routes rarely meet. In a group longer
 * patterns come first.
 */
import { createHash } from 'node:crypto';
import { isExact, normalPattern, wildcards } from './glob-pattern';
import { literalStart, Route, RouteCondition } from './listener-route';

/** The numbers that rules may have. */
export interface PriorityRange {
  /** The first. */
  readonly min: number;
  /** The last. */
  readonly max: number;
}

/** What AWS takes. Source: `Priority` of AWS::ElasticLoadBalancingV2::ListenerRule. */
export const ALL_PRIORITIES: PriorityRange = { min: 1, max: 50_000 };

/** The shares of bands: exact host; patterns of three, two and fewer dots; any host. */
const HOSTS = [0.34, 0.05, 0.05, 0.03, 0.53];
/** Exact path; four literal segments and more, three, two, one, none. With a host most routes are a whole host. */
const PATHS_OF_HOST = [0.2, 0.05, 0.08, 0.12, 0.2, 0.35];
const PATHS = [0.28, 0.06, 0.1, 0.2, 0.22, 0.14];
/** Further conditions: three and more, two, one, none; one that asks only that there is a header or parameter counts half. */
const CONDITIONS = [0.05, 0.1, 0.07, 0.33, 0.03, 0.42];
/** Fewer `?` first, then fewer `*`. */
const QUESTION_MARKS = [0.8, 0.1, 0.1];
const STARS = [0.8, 0.12, 0.08];

const MAX_SEGMENTS = 4;
/** How much of a band spreads the groups; the rest is for the order in each. */
const SPREAD = 0.75;

/** The priority of a route. */
export function priorityOf(route: Route, range: PriorityRange = ALL_PRIORITIES): number {
  const { host, path, conditions } = route;
  const { exact, segments, rest } = literalStart(path);
  const literal = Math.min(segments.length, MAX_SEGMENTS);
  const band = part([
    [HOSTS, hostRank(host)],
    [host === undefined ? PATHS : PATHS_OF_HOST, exact ? 0 : 1 + MAX_SEGMENTS - literal],
    [CONDITIONS, CONDITIONS.length - 1 - Math.min(weightOf(conditions), CONDITIONS.length - 1)],
  ]);
  const group = fraction([host, conditions, exact ? rest : segments.slice(0, literal)]);
  const place = exact ? group : SPREAD * group + (1 - SPREAD) * orderOf([...segments.slice(literal), rest].join('/'), fraction(route));
  return range.min + Math.floor((band.start + band.width * place) * (range.max - range.min + 1));
}

function weightOf(conditions: RouteCondition[]): number {
  return conditions.reduce((sum, { values }) => sum + (values.includes('*') ? 1 : 2), 0);
}

function hostRank(host?: string): number {
  if (host === undefined) { return 4; }
  if (isExact(host)) { return 0; }
  return 4 - Math.min(Math.max(host.split('.').length - 1, 1), 3);
}

/** Where a pattern stands among those with the same start, from 0 to 1: a longer one is before a shorter one. */
function orderOf(pattern: string, noise: number): number {
  const normal = normalPattern(pattern);
  const stars = normal.split('*').length - 1;
  const questionMarks = wildcards(normal) - stars;
  const after = (length: number) => 6 / (6 + length);
  const shortest = normal.length - stars;
  const { start, width } = part([[QUESTION_MARKS, Math.min(questionMarks, 2)], [STARS, Math.min(Math.max(stars, 1), 3) - 1]]);
  const [from, to] = [after(shortest + 1), after(shortest)];
  return from + (to - from) * (start + width * noise);
}

/** Parts of parts of the line from 0 to 1. */
function part(choices: [shares: number[], index: number][]): { start: number; width: number } {
  return choices.reduce(({ start, width }, [shares, index]) => ({
    start: start + width * shares.slice(0, index).reduce((sum, share) => sum + share, 0),
    width: width * shares[index],
  }), { start: 0, width: 1 });
}

/** A number from 0 to 1, always the same for the same thing. */
function fraction(value: unknown): number {
  return createHash('sha256').update(JSON.stringify(value)).digest().readUInt32BE() / 2 ** 32;
}
