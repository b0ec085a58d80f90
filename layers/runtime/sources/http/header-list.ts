/** Defines the headers of a response: what HTTP forbids cannot get in, what belongs to the connection is left out. */
import { TOKEN } from '../../core/http-token';

/** Ours to say: they belong to one connection, or describe how the body is sent. */
const NOT_PASSED = new Set(['connection', 'content-length', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']);
/** Names that were checked, and whether they are passed: handlers give the same few over and over. */
const checked = new Map<string, boolean>();
const MOST_CHECKED = 512;
const PLAIN_VALUE = /^[\t\x20-\x7e]*$/;
const FORBIDDEN_VALUE = /[\0-\x08\x0a-\x1f\x7f]/;

/** A result that is no HTTP response; the message says why. */
export class InvalidResult extends Error {}

export class HeaderList {
  /** Names and values in turn. */
  readonly flat: string[] = [];
  /** Whether every value is ASCII. One that is not has a character per byte. */
  ascii = true;

  add(name: string, value: unknown): void {
    const passed = checked.get(name) ?? check(name);
    const text = typeof value === 'string' ? value : textOf(name, value);
    if (!passed) return;
    if (PLAIN_VALUE.test(text)) {
      this.flat.push(name, text);
      return;
    }
    if (FORBIDDEN_VALUE.test(text)) throw new InvalidResult(`the value of its header ${show(name)} has a character that HTTP forbids`);
    // On the wire a value is bytes: letters beyond ASCII go out as UTF-8.
    this.flat.push(name, Buffer.from(text, 'utf8').toString('latin1'));
    this.ascii = false;
  }

  has(name: string): boolean {
    return hasHeader(this.flat, name);
  }
}

/** Whether a header of this name is passed. */
function check(name: string): boolean {
  if (!TOKEN.test(name)) throw new InvalidResult(`${show(name)} is no name of a header`);
  const passed = !NOT_PASSED.has(name.toLowerCase());
  if (checked.size < MOST_CHECKED) checked.set(name, passed);
  return passed;
}

/** @param name in lower case */
export function hasHeader(headers: readonly string[], name: string): boolean {
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at].length === name.length && headers[at].toLowerCase() === name) return true;
  }
  return false;
}

function textOf(name: string, value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new InvalidResult(`the value of its header ${show(name)} must be a string, got ${kindOf(value)}`);
}

export function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : `a${typeof value === 'object' ? 'n' : ''} ${typeof value}`;
}

/** A value in a message. */
export function show(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 80);
}
