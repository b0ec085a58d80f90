/** Defines what events are made of: the facts of one request, and the parts that every event shape takes from them. */
import type { IncomingHttpHeaders } from 'node:http';
import { unescape } from 'node:querystring';

/** One request, its body complete. */
export interface RequestFacts {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  readonly protocol: string;
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[];
  /** The same by lower-case name, as Node has them, when at hand; the event may keep the object. */
  readonly headers?: IncomingHttpHeaders;
  /** The address at the other end of the connection. */
  readonly socketAddress: string | undefined;
  readonly trustedHops: number;
  readonly requestId: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly body: Buffer | undefined;
}

/** What stands in events for what only AWS knows. */
export interface Deployment {
  readonly accountId: string;
  readonly region: string;
  readonly apiId: string;
}

export type Strings = Record<string, string>;
export type Lists = Record<string, string[]>;

/** Path and query of a request's target, which may be a whole URL. */
export function splitTarget(target: string): { path: string; query: string } {
  let start = 0;
  if (target.charCodeAt(0) !== 0x2f) {
    const scheme = target.indexOf('://');
    if (scheme > 0) {
      start = target.slice(scheme + 3).search(/[/?]/);
      start = start < 0 ? target.length : start + scheme + 3;
    }
  }
  const mark = target.indexOf('?', start);
  const path = mark < 0 ? target.slice(start) : target.slice(start, mark);
  return { path: path === '' ? '/' : path, query: mark < 0 ? '' : target.slice(mark + 1) };
}

/** Calls `take` with each parameter of a query, as sent. */
export function eachParameter(query: string, take: (name: string, value: string) => void): void {
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    if (equals < 0) take(part, '');
    else take(part.slice(0, equals), part.slice(equals + 1));
  }
}

export function decodeParameter(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  return spaced.includes('%') ? unescape(spaced) : spaced;
}

/** The path without percent-encoding; as sent when it is not well encoded. */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Sets a member as JSON.parse() does: also one that JavaScript would take for the prototype. */
export function put<T>(target: Record<string, T>, name: string, value: T): void {
  if (name === '__proto__') Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}

/** Adds a value to the list of its name. */
export function append(target: Lists, name: string, value: string): void {
  const list = Object.hasOwn(target, name) ? target[name] : undefined;
  if (list) list.push(value);
  else put(target, name, [value]);
}

const lowerCased = new Map<string, string>();

/** The lower case of a header's name; clients send the same few over and over. */
export function lowerCase(name: string): string {
  let lower = lowerCased.get(name);
  if (lower === undefined) {
    lower = name.toLowerCase();
    if (lowerCased.size < 512 && name.length < 64) lowerCased.set(name, lower);
  }
  return lower;
}

/** The value of a header by its lower-case name; of one that comes twice, both, joined. */
export function findHeader(rawHeaders: readonly string[], wanted: string): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at].length !== wanted.length || lowerCase(rawHeaders[at]) !== wanted) continue;
    found = found === undefined ? rawHeaders[at + 1] : `${found},${rawHeaders[at + 1]}`;
  }
  return found;
}

/** Adds the cookies of a Cookie header to those of an earlier one. */
export function splitCookies(header: string, cookies: string[] = []): string[] {
  for (const part of header.split(';')) {
    const cookie = part.trim();
    if (cookie !== '') cookies.push(cookie);
  }
  return cookies;
}

/** The name in a Host header, without its port. */
export function hostName(host: string | undefined): string {
  if (host === undefined) return '';
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  return end > 0 ? host.slice(0, end) : host;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
let lastSecond = -1;
let lastText = '';

/** A time as access logs have it: `12/Mar/2020:19:03:58 +0000`. */
export function logTime(time: number): string {
  const second = Math.floor(time / 1000);
  if (second !== lastSecond) {
    const iso = new Date(second * 1000).toISOString();
    lastText = `${iso.slice(8, 10)}/${MONTHS[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
    lastSecond = second;
  }
  return lastText;
}
