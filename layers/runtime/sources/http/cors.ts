/** Defines cross-origin resource sharing: the answer to a preflight request, and the headers that other answers get. */
import { TOKEN } from '../../core/http-token';

export interface CorsSettings {
  /** Origins, or `*`, `http://*`, `https://*`. */
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly allowCredentials: boolean;
  /** Seconds that a browser may remember the answer to a preflight request. */
  readonly maxAge?: number;
}

type Bad = (member: string, given: unknown, accepted: string) => Error;

const LISTS = ['allowOrigins', 'allowMethods', 'allowHeaders', 'exposeHeaders'] as const;
const ORIGIN = /^(\*|https?:\/\/(\*|[^\s/?#,*]+)|[a-z][a-z0-9+.-]*:\/\/[^\s/?#,*]+|null)$/i;

/** Checks what was given as JSON. */
export function corsSettings(given: unknown, bad: Bad): CorsSettings {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw bad('its value', given, 'an object');
  const members = given as Record<string, unknown>;
  const known = [...LISTS, 'allowCredentials', 'maxAge'];
  for (const name of Object.keys(members)) {
    if (!known.includes(name)) throw bad('a member', name, `one of ${known.join(', ')}`);
  }
  for (const name of LISTS) {
    const list = members[name] ?? [];
    const each = name === 'allowOrigins' ? ORIGIN : TOKEN;
    if (!Array.isArray(list) || !list.every((entry) => typeof entry === 'string' && each.test(entry))) {
      throw bad(name, list, name === 'allowOrigins' ? 'a list of origins such as https://example.com, https://* or *' : 'a list of names or *');
    }
  }
  const { allowOrigins = [], allowMethods = [], allowHeaders = [], exposeHeaders = [] } = members as unknown as Partial<CorsSettings>;
  const { allowCredentials = false, maxAge } = members;
  if (allowOrigins.length === 0) throw bad('allowOrigins', allowOrigins, 'a list of at least one origin');
  if (typeof allowCredentials !== 'boolean') throw bad('allowCredentials', allowCredentials, 'true or false');
  if (allowCredentials && allowOrigins.includes('*')) throw bad('allowOrigins', allowOrigins, 'a list without * when allowCredentials is true');
  if (maxAge !== undefined && !(Number.isInteger(maxAge) && (maxAge as number) >= -1 && (maxAge as number) <= 86_400)) {
    throw bad('maxAge', maxAge, 'a whole number of seconds from -1 to 86400');
  }
  return { allowOrigins, allowMethods, allowHeaders, exposeHeaders, allowCredentials, maxAge: maxAge as number | undefined };
}

/** What of a request decides about sharing; by lower-case name. */
interface RequestHeaders {
  readonly [name: string]: string | string[] | undefined;
}

export class Cors {
  private readonly anyOrigin: boolean;
  private readonly exposed: string;

  constructor(private readonly settings: CorsSettings) {
    this.anyOrigin = settings.allowOrigins.includes('*');
    this.exposed = settings.exposeHeaders.join(',');
  }

  /** The headers of the answer to a preflight request, or undefined when the request is none. */
  preflight(method: string | undefined, headers: RequestHeaders): string[] | undefined {
    const { origin } = headers;
    const wanted = headers['access-control-request-method'];
    if (method !== 'OPTIONS' || typeof origin !== 'string' || typeof wanted !== 'string') return undefined;
    const answer = ['Vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'];
    if (!this.allows(origin)) return answer;
    this.addOrigin(answer, origin);
    const { allowMethods, allowHeaders, maxAge } = this.settings;
    // A browser takes * for a name when the request has credentials: what was asked for serves both.
    const methods = allowMethods.includes('*') ? token(wanted) : allowMethods.join(',');
    if (methods) answer.push('Access-Control-Allow-Methods', methods);
    const asked = headers['access-control-request-headers'];
    const names = allowHeaders.includes('*') ? tokens(asked) : allowHeaders.join(',');
    if (names) answer.push('Access-Control-Allow-Headers', names);
    if (maxAge !== undefined) answer.push('Access-Control-Max-Age', String(maxAge));
    return answer;
  }

  /** Replaces what the handler says about sharing by what the settings say, as API Gateway does. */
  apply(headers: string[], origin: string | undefined): void {
    let kept = 0;
    let vary = '';
    for (let at = 0; at < headers.length; at += 2) {
      const name = headers[at].toLowerCase();
      if (name.startsWith('access-control-')) continue;
      if (name === 'vary') {
        vary = vary === '' ? headers[at + 1] : `${vary}, ${headers[at + 1]}`;
        continue;
      }
      headers[kept++] = headers[at];
      headers[kept++] = headers[at + 1];
    }
    headers.length = kept;
    if (!this.anyOrigin && !/(^|,)\s*(origin|\*)\s*(,|$)/i.test(vary)) vary = vary === '' ? 'Origin' : `${vary}, Origin`;
    if (vary !== '') headers.push('Vary', vary);
    if (origin === undefined || !this.allows(origin)) return;
    this.addOrigin(headers, origin);
    if (this.exposed) headers.push('Access-Control-Expose-Headers', this.exposed);
  }

  private addOrigin(headers: string[], origin: string): void {
    headers.push('Access-Control-Allow-Origin', this.anyOrigin ? '*' : origin);
    if (this.settings.allowCredentials) headers.push('Access-Control-Allow-Credentials', 'true');
  }

  private allows(origin: string): boolean {
    if (this.anyOrigin) return true;
    // An origin that is none cannot be sent back.
    if (!ORIGIN.test(origin) || origin.includes('*') || !/^[\x21-\x7e]+$/.test(origin)) return false;
    const scheme = origin.slice(0, origin.indexOf('://') + 3);
    return this.settings.allowOrigins.some((allowed) => allowed.toLowerCase() === origin.toLowerCase() || (allowed.endsWith('://*') && allowed.slice(0, -1) === scheme));
  }
}

function token(text: string): string {
  return TOKEN.test(text) ? text : '';
}

function tokens(text: string | string[] | undefined): string {
  return String(text ?? '').split(',').map((name) => token(name.trim())).filter((name) => name !== '').join(',');
}
