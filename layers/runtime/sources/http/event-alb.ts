/** Defines the event of an Application Load Balancer, with single or with multiple values per name. */
import { isTextType } from './body-encoding';
import { append, eachParameter, findHeader, lowerCase, put, type Deployment, type Lists, type RequestFacts, type Strings } from './request';

export function eventAlb(facts: RequestFacts, { accountId, region, apiId }: Deployment, multiValue: boolean): object {
  const { rawHeaders, body } = facts;
  const empty = body === undefined || body.length === 0;
  // A compressed body is bytes, whatever its type.
  const text = isTextType(findHeader(rawHeaders, 'content-type')) && findHeader(rawHeaders, 'content-encoding') === undefined;
  return {
    requestContext: { elb: { targetGroupArn: `arn:aws:elasticloadbalancing:${region}:${accountId}:targetgroup/${apiId}/0000000000000000` } },
    httpMethod: facts.method,
    path: facts.path,
    ...(multiValue
      ? { multiValueQueryStringParameters: listedParameters(facts.query), multiValueHeaders: listedHeaders(rawHeaders) }
      : { queryStringParameters: lastParameters(facts.query), headers: lastHeaders(rawHeaders) }),
    body: empty ? '' : body.toString(text ? 'utf8' : 'base64'),
    isBase64Encoded: !empty && !text,
  };
}

/** Of a name that comes twice the last value counts. A load balancer decodes nothing. */
function lastParameters(query: string): Strings {
  const parameters: Strings = {};
  eachParameter(query, (name, value) => put(parameters, name, value));
  return parameters;
}

function listedParameters(query: string): Lists {
  const lists: Lists = {};
  eachParameter(query, (name, value) => append(lists, name, value));
  return lists;
}

function lastHeaders(rawHeaders: readonly string[]): Strings {
  const headers: Strings = {};
  for (let at = 0; at < rawHeaders.length; at += 2) put(headers, lowerCase(rawHeaders[at]), rawHeaders[at + 1]);
  return headers;
}

function listedHeaders(rawHeaders: readonly string[]): Lists {
  const lists: Lists = {};
  for (let at = 0; at < rawHeaders.length; at += 2) append(lists, lowerCase(rawHeaders[at]), rawHeaders[at + 1]);
  return lists;
}
