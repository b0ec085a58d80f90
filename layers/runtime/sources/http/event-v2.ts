/** Defines the event of an API Gateway HTTP API, payload format 2.0. */
import type { IncomingHttpHeaders } from 'node:http';
import { isTextType } from './body-encoding';
import { sourceAddress } from './forwarded';
import {
  decodeParameter, decodePath, eachParameter, hostName, logTime, lowerCase, put, splitCookies, type Deployment, type RequestFacts, type Strings,
} from './request';

const ROUTE_KEY = '$default';

export function eventV2(facts: RequestFacts, { accountId, apiId }: Deployment): object {
  const { body } = facts;
  const { headers, cookies } = splitHeaders(facts);
  const path = decodePath(facts.path);
  const domainName = hostName(headers.host);
  const dot = domainName.indexOf('.');
  const event: Record<string, unknown> = {
    version: '2.0',
    routeKey: ROUTE_KEY,
    rawPath: path,
    rawQueryString: facts.query,
    headers,
    requestContext: {
      accountId,
      apiId,
      domainName,
      domainPrefix: dot < 0 ? domainName : domainName.slice(0, dot),
      http: {
        method: facts.method,
        path,
        protocol: facts.protocol,
        sourceIp: sourceAddress(headers['x-forwarded-for'], facts.socketAddress, facts.trustedHops),
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: facts.requestId,
      routeKey: ROUTE_KEY,
      stage: '$default',
      time: logTime(facts.time),
      timeEpoch: facts.time,
    },
    isBase64Encoded: false,
  };
  if (cookies) event.cookies = cookies;
  if (facts.query !== '') event.queryStringParameters = joinedParameters(facts.query);
  if (body !== undefined && body.length > 0) {
    const text = isTextType(headers['content-type']);
    event.body = body.toString(text ? 'utf8' : 'base64');
    event.isBase64Encoded = !text;
  }
  return event;
}

/** The headers by lower-case name, those of a name joined, and the cookies. */
function splitHeaders({ rawHeaders, headers: parsed }: RequestFacts): { headers: Strings; cookies: string[] | undefined } {
  // Node drops and joins some that come twice: what it has is right when it has as many as were sent.
  if (parsed && isComplete(parsed, rawHeaders.length / 2)) {
    if (parsed.cookie === undefined) return { headers: parsed as Strings, cookies: undefined };
    const headers: Strings = {};
    for (const name in parsed) {
      if (name !== 'cookie') headers[name] = parsed[name] as string;
    }
    return { headers, cookies: splitCookies(parsed.cookie) };
  }
  const headers: Strings = {};
  let cookies: string[] | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = lowerCase(rawHeaders[at]);
    const value = rawHeaders[at + 1];
    if (name === 'cookie') {
      cookies = splitCookies(value, cookies);
      continue;
    }
    const before = headers[name] as unknown;
    // What every object inherits is no string.
    if (typeof before === 'string') headers[name] = `${before},${value}`;
    else put(headers, name, value);
  }
  return { headers, cookies };
}

function isComplete(parsed: IncomingHttpHeaders, count: number): boolean {
  // The only one that Node keeps as a list.
  if (parsed['set-cookie'] !== undefined) return false;
  let found = 0;
  for (const _name in parsed) found++;
  return found === count;
}

/** Decoded; the values of a name that comes twice are joined. */
function joinedParameters(query: string): Strings {
  const parameters: Strings = {};
  eachParameter(query, (rawName, rawValue) => {
    const name = decodeParameter(rawName);
    const value = decodeParameter(rawValue);
    put(parameters, name, Object.hasOwn(parameters, name) ? `${parameters[name]},${value}` : value);
  });
  return parameters;
}
