/** Defines the event of an API Gateway REST API with a proxy resource. */
import { isTextType } from './body-encoding';
import { sourceAddress } from './forwarded';
import { append, decodeParameter, eachParameter, findHeader, hostName, logTime, put, type Deployment, type Lists, type RequestFacts, type Strings } from './request';

/** Nothing here tells who the caller is but the address and the agent. */
const NO_IDENTITY = {
  accessKey: null,
  accountId: null,
  apiKey: null,
  apiKeyId: null,
  caller: null,
  clientCert: null,
  cognitoAuthenticationProvider: null,
  cognitoAuthenticationType: null,
  cognitoIdentityId: null,
  cognitoIdentityPoolId: null,
  principalOrgId: null,
  user: null,
  userArn: null,
};

export function eventV1(facts: RequestFacts, { accountId, apiId }: Deployment): object {
  const { rawHeaders, path, body } = facts;
  const multiValueHeaders = listedHeaders(rawHeaders);
  const multiValueQueryStringParameters = facts.query === '' ? null : listedParameters(facts.query);
  const domainName = hostName(findHeader(rawHeaders, 'host'));
  const dot = domainName.indexOf('.');
  const root = path === '/';
  const resource = root ? '/' : '/{proxy+}';
  const text = isTextType(findHeader(rawHeaders, 'content-type'));
  const empty = body === undefined || body.length === 0;
  return {
    resource,
    path,
    httpMethod: facts.method,
    headers: lastOf(multiValueHeaders),
    multiValueHeaders,
    queryStringParameters: multiValueQueryStringParameters && lastOf(multiValueQueryStringParameters),
    multiValueQueryStringParameters,
    pathParameters: root ? null : { proxy: path.slice(1) },
    stageVariables: null,
    requestContext: {
      accountId,
      apiId,
      domainName,
      domainPrefix: dot < 0 ? domainName : domainName.slice(0, dot),
      extendedRequestId: facts.requestId,
      httpMethod: facts.method,
      identity: {
        ...NO_IDENTITY,
        sourceIp: sourceAddress(findHeader(rawHeaders, 'x-forwarded-for'), facts.socketAddress, facts.trustedHops),
        userAgent: findHeader(rawHeaders, 'user-agent') ?? null,
      },
      path,
      protocol: facts.protocol,
      requestId: facts.requestId,
      requestTime: logTime(facts.time),
      requestTimeEpoch: facts.time,
      resourceId: null,
      resourcePath: resource,
      stage: '$default',
    },
    body: empty ? null : body.toString(text ? 'utf8' : 'base64'),
    isBase64Encoded: !empty && !text,
  };
}

/** Names as sent; one that comes twice has the letters of its first time. */
function listedHeaders(rawHeaders: readonly string[]): Lists {
  const lists: Lists = {};
  const names = new Map<string, string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const lower = rawHeaders[at].toLowerCase();
    const name = names.get(lower) ?? rawHeaders[at];
    names.set(lower, name);
    append(lists, name, rawHeaders[at + 1]);
  }
  return lists;
}

function listedParameters(query: string): Lists {
  const lists: Lists = {};
  eachParameter(query, (name, value) => append(lists, decodeParameter(name), decodeParameter(value)));
  return lists;
}

function lastOf(lists: Lists): Strings {
  const last: Strings = {};
  for (const name of Object.keys(lists)) put(last, name, lists[name][lists[name].length - 1]);
  return last;
}
