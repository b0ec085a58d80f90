/** Defines the requests that a private integration of API Gateway sends through the load balancer, byte by byte. */

type Headers = Record<string, string>;
export type Shape = 'v1' | 'v2';

export interface Sent {
  readonly method?: string;
  readonly target?: string;
  /** What the integration maps, beside or instead of the usual. */
  readonly context?: Headers;
  readonly headers?: [string, string][];
  readonly body?: string | Buffer;
  readonly without?: string;
}

/** The mappings of src/private/api/gateway-mapping.ts, with what API Gateway puts in their place. */
export const ALWAYS: Headers = {
  'integration': 'authorizer=none',
  'request-id': 'JKJaXmPLvHcESHA=',
  'api-id': 'api-id',
  'account-id': '123456789012',
  'domain-name': 'id.execute-api.us-east-1.amazonaws.com',
  'stage': '$default',
  'source-ip': '192.0.2.1',
  'protocol': 'HTTP/1.1',
  'time-epoch': '1583348638390',
};
const CONTEXT: Record<Shape, Headers> = {
  v2: { ...ALWAYS, 'route-key': '$default' },
  v1: { ...ALWAYS, 'stage': 'prod', 'path': '/prod/my/path', 'resource-path': '/my/path', 'resource-id': 'abc123', 'extended-request-id': 'request-id' },
};

/** The bytes that the load balancer sends: it has appended the address of the VPC link. */
export function bytesOf(shape: Shape, { method = 'GET', target = '/my/path', context = {}, headers = [], body = '', without }: Sent): Buffer {
  const mapped = Object.entries({ ...CONTEXT[shape], ...context }).filter(([name]) => name !== without).map(([name, value]) => [`x-hybrid-context-${name}`, value]);
  const lines = [
    ['X-Forwarded-For', '192.0.2.1, 10.0.3.7'], ['X-Forwarded-Proto', 'http'], ['X-Forwarded-Port', '10443'], ['Host', 'internal-alb.eu-west-1.elb.amazonaws.com'],
    ['Forwarded', 'by=3.3.3.3;for=192.0.2.1;host=id.execute-api.us-east-1.amazonaws.com;proto=https'], ['Via', 'HTTP/1.1 AmazonAPIGateway'],
    ...headers, ['x-hybrid-gateway', shape], ...mapped, ...body.length > 0 ? [['Content-Length', String(Buffer.byteLength(body))]] : [],
  ];
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.map(line => line.join(': ')).join('\r\n')}\r\n\r\n`), Buffer.from(body)]);
}
