/** Defines what an event says of the caller whom API Gateway has let in: the claims of a token, the context of a Lambda authorizer, an identity of IAM. */
import { listOf, optional, type GatewayRequest } from './gateway';
import { decodeParameter, eachParameter, lowerCase, put, type Strings } from './request';

/** What each caller of IAM has, by the names in `requestContext.identity` of REST APIs. */
const IDENTITY = { accountId: 'account-id', caller: 'caller', user: 'user', userArn: 'user-arn' } as const;
const TOKEN = /^(?:Bearer +)?[\w-]+\.([\w-]+)\.[\w-]+$/i;

/** `requestContext.authorizer` of an HTTP API. Throws when the token is not where the authorizer has found it. */
export function authorizerV2(request: GatewayRequest, query: string): object | undefined {
  switch (request.integration.get('authorizer')) {
    case 'jwt': {
      const claims = claimsOf(request, query);
      const asked = listOf(request, 'scopes');
      const had = claims.scope ?? claims.scp;
      const held = Array.isArray(had) ? had.map(String) : String(had ?? '').split(' ');
      return { jwt: { claims: texts(claims, (list) => `[${list.join(' ')}]`), scopes: asked.length === 0 ? null : asked.filter((scope) => held.includes(scope)) } };
    }
    case 'lambda':
      return { lambda: contextOf(request) };
    case 'iam': {
      const identity = (name: string): string | null => optional(request, `identity-${name}`) ?? null;
      const identityId = identity('cognito-identity-id');
      return {
        iam: {
          accessKey: null,
          accountId: identity(IDENTITY.accountId),
          callerId: identity(IDENTITY.caller),
          cognitoIdentity: identityId === null ? null : { amr: null, identityId, identityPoolId: identity('cognito-identity-pool-id') },
          principalOrgId: identity('principal-org-id'),
          userArn: identity(IDENTITY.userArn),
          userId: identity(IDENTITY.user),
        },
      };
    }
    default:
      return undefined;
  }
}

/** `requestContext.authorizer` of a REST API. Throws when the token is not where the authorizer has found it. */
export function authorizerV1(request: GatewayRequest, query: string): object | undefined {
  switch (request.integration.get('authorizer')) {
    case 'jwt': return { claims: texts(claimsOf(request, query), (list) => list.join(',')) };
    case 'lambda': {
      const principalId = optional(request, 'principal-id');
      return { ...principalId !== undefined && { principalId }, ...contextOf(request) };
    }
    default: return undefined;
  }
}

/** What `requestContext.identity` of a REST API says of the caller. */
export function identityV1(request: GatewayRequest): Record<string, string | null> {
  const identity: Record<string, string | null> = {};
  const take = (names: Readonly<Record<string, string>>): void => {
    for (const [field, name] of Object.entries(names)) identity[field] = optional(request, `identity-${name}`) ?? null;
  };
  if (request.integration.get('authorizer') === 'iam') take(IDENTITY);
  if (request.integration.get('apiKey') === 'true') take({ apiKey: 'api-key', apiKeyId: 'api-key-id' });
  return identity;
}

/** The keys that the trigger names. */
function contextOf(request: GatewayRequest): Strings {
  const context: Strings = {};
  listOf(request, 'keys').forEach((key, index) => {
    const value = optional(request, `authorizer-${index}`);
    if (value !== undefined) put(context, key, value);
  });
  return context;
}

/** API Gateway has checked the token, and passes it on: names of claims may have letters that none of its mappings takes. */
function claimsOf(request: GatewayRequest, query: string): Record<string, unknown> {
  const [place, name] = split(request.integration.get('token') ?? 'header.authorization');
  const found = place === 'querystring' ? parametersOf(query, name) : headersOf(request.rawHeaders, name.toLowerCase());
  // Of two tokens nobody here knows which one was checked.
  const payload = found.length === 1 ? TOKEN.exec(found[0])?.[1] : undefined;
  const claims = payload === undefined ? undefined : parsed(Buffer.from(payload, 'base64url').toString());
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) throw new Error(`one token must be in ${place}.${name}, where the authorizer finds it`);
  return claims as Record<string, unknown>;
}

/** Claims are strings in events. */
function texts(claims: Record<string, unknown>, ofList: (list: unknown[]) => string): Strings {
  const strings: Strings = {};
  for (const [name, value] of Object.entries(claims)) {
    put(strings, name, typeof value === 'string' ? value : Array.isArray(value) ? ofList(value) : typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  return strings;
}

function parametersOf(query: string, wanted: string): string[] {
  const found: string[] = [];
  eachParameter(query, (name, value) => {
    if (decodeParameter(name) === wanted) found.push(decodeParameter(value));
  });
  return found;
}

function headersOf(rawHeaders: readonly string[], wanted: string): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && lowerCase(rawHeaders[at - 1]) === wanted);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function split(source: string): [string, string] {
  const dot = source.indexOf('.');
  return [source.slice(0, dot), source.slice(dot + 1)];
}
