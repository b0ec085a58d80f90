/** Defines how a handler's result becomes an HTTP response. */
import { HeaderList, InvalidResult, kindOf, show } from './header-list';
import type { EventShape } from './settings';

/** A response that may be sent as it is. */
export interface Answer {
  readonly status: number;
  /** Names and values in turn; nothing about length, encoding or connection. */
  readonly headers: string[];
  readonly body: string | Buffer;
}

/** What the structured results of all shapes, and the prelude of a stream, have. */
interface StructuredResult {
  readonly statusCode?: unknown;
  readonly headers?: unknown;
  readonly multiValueHeaders?: unknown;
  readonly cookies?: unknown;
  readonly body?: unknown;
  readonly isBase64Encoded?: unknown;
}

/** What API Gateway and load balancers say of a body without a type. */
const DEFAULT_TYPES: Readonly<Record<EventShape, string>> = {
  'v2': 'text/plain; charset=utf-8',
  'v1': 'application/json',
  'alb': 'application/octet-stream',
  'alb-multi-value': 'application/octet-stream',
};
const STREAM_TYPE = 'application/octet-stream';

/** @param result what JSON.parse() gives of it. Throws InvalidResult. */
export function answerOf(result: unknown, shape: EventShape): Answer {
  if (shape === 'v2') {
    if (!isObject(result) || result.statusCode === undefined || result.statusCode === null) return inferred(result);
  } else if (result === null || result === undefined) {
    return { status: 200, headers: [], body: '' };
  } else if (!isObject(result)) {
    throw new InvalidResult(`it is ${kindOf(result)}, not an object with a statusCode`);
  }
  const status = statusOf(result.statusCode);
  const headers = headersOf(result, shape === 'v2');
  let body = bodyOf(result);
  if (body.length > 0 && !headers.has('content-type')) headers.add('Content-Type', DEFAULT_TYPES[shape]);
  // Node writes a head together with a text: both as UTF-8, which the head is already.
  if (!headers.ascii && typeof body === 'string') body = Buffer.from(body);
  return { status, headers: headers.flat, body };
}

/** Status and headers that the prelude of a stream gives. Throws InvalidResult. */
export function streamHead(prelude: object): { status: number; headers: HeaderList } {
  const { statusCode = 200 } = prelude as StructuredResult;
  const headers = headersOf(prelude, true);
  if (!headers.has('content-type')) headers.add('Content-Type', STREAM_TYPE);
  return { status: statusOf(statusCode), headers };
}

/** HTTP APIs take what has no status for the body. */
function inferred(result: unknown): Answer {
  const body = typeof result === 'string' ? result : JSON.stringify(result ?? null);
  return { status: 200, headers: ['Content-Type', 'application/json'], body };
}

function statusOf(given: unknown): number {
  const status = typeof given === 'string' && /^\d{3}$/.test(given) ? Number(given) : given;
  if (typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new InvalidResult(given === undefined ? 'it has no statusCode' : `its statusCode must be a whole number from 200 to 599, got ${show(given)}`);
}

function bodyOf({ body, isBase64Encoded }: StructuredResult): string | Buffer {
  if (body === undefined || body === null) return '';
  if (typeof body !== 'string') throw new InvalidResult(`its body must be a string, got ${kindOf(body)}: use JSON.stringify()`);
  if (isBase64Encoded !== true) return body;
  const bytes = Buffer.from(body, 'base64');
  // Node passes over what is not base64: the result is too short then.
  if (bytes.length !== Math.floor(body.replace(/[\s=]+/g, '').length * 3 / 4)) throw new InvalidResult('its body is not base64, but isBase64Encoded is true');
  return bytes;
}

function headersOf({ headers, multiValueHeaders, cookies }: StructuredResult, withCookies: boolean): HeaderList {
  const list = new HeaderList();
  const lists = multiValueHeaders === undefined || multiValueHeaders === null ? undefined : addLists(list, multiValueHeaders);
  if (headers !== undefined && headers !== null) addSingles(list, headers, lists);
  if (withCookies && cookies !== undefined && cookies !== null) {
    if (!Array.isArray(cookies)) throw new InvalidResult(`its cookies must be a list of strings, got ${kindOf(cookies)}`);
    for (const cookie of cookies) list.add('Set-Cookie', cookie);
  }
  return list;
}

function addSingles(list: HeaderList, given: unknown, lists: ReadonlyMap<string, readonly unknown[]> | undefined): void {
  if (!isObject(given)) throw new InvalidResult(`its headers must be an object, got ${kindOf(given)}`);
  for (const name in given) {
    const value = given[name];
    if (value === undefined || value === null) continue;
    // What is said twice, API Gateway merges.
    const listed = lists?.get(name.toLowerCase());
    if (listed && (listed.includes(value) || name.toLowerCase() === 'content-type')) continue;
    list.add(name, value);
  }
}

/** Gives the lists by lower-case name. */
function addLists(list: HeaderList, given: unknown): Map<string, readonly unknown[]> {
  if (!isObject(given)) throw new InvalidResult(`its multiValueHeaders must be an object, got ${kindOf(given)}`);
  const lists = new Map<string, readonly unknown[]>();
  for (const [name, values] of Object.entries(given)) {
    if (values === undefined || values === null) continue;
    if (!Array.isArray(values)) throw new InvalidResult(`its multiValueHeaders must hold lists, got ${kindOf(values)} for ${show(name)}`);
    for (const value of values) list.add(name, value);
    if (values.length > 0) lists.set(name.toLowerCase(), values);
  }
  return lists;
}

function isObject(value: unknown): value is StructuredResult & Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
