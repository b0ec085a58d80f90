/** Defines the event of a request to one of a function's routes: by the mapping that `local` has. */
import { randomBytes } from 'node:crypto';
import type { HttpOverrides } from './sample-event';
import { newRequestId } from '../../../layers/runtime/core/request-id';
import { asFirstProxy } from '../../../layers/runtime/sources/http/forwarded';
import { splitTarget } from '../../../layers/runtime/sources/http/request';
import { isJson } from '../json';
import { eventFor } from '../routes/route-event';
import type { FoundTrigger } from '../triggers';

/** From the addresses that are for documentation. */
const CALLER = '192.0.2.1';

export function httpEvent({ route }: FoundTrigger, { method, path: target, body }: HttpOverrides): object {
  const { path, query } = splitTarget(target ?? examplePath(route!.path));
  const text = body === undefined ? undefined : Buffer.from(body);
  const host = route!.hosts[0]?.replace(/\*/g, 'www').replace(/\?/g, 'x') ?? 'example.com';
  const time = Date.now();
  const rawHeaders = [
    'Host', host,
    'User-Agent', 'cdk-hybrid',
    'Accept', '*/*',
    // Load balancers, API Gateway and function URLs all add it.
    'X-Amzn-Trace-Id', `Root=1-${Math.floor(time / 1000).toString(16)}-${randomBytes(12).toString('hex')}`,
    ...text ? ['Content-Type', isJson(body!) ? 'application/json' : 'text/plain', 'Content-Length', String(text.length)] : [],
  ];
  const { event } = eventFor(route!.target, {
    method: method ?? route!.methods[0] ?? (text ? 'POST' : 'GET'),
    path,
    query,
    protocol: 'HTTP/1.1',
    rawHeaders: asFirstProxy(rawHeaders, CALLER, 80),
    socketAddress: CALLER,
    trustedHops: 1,
    requestId: newRequestId(),
    time,
    body: text,
  });
  return event;
}

/** `/items/{id}` and `/items/*` as somebody would ask for it. */
function examplePath(path: string): string {
  if (path === '$default') return '/';
  return path.replace(/\{([^}+]+)\+?\}/g, '$1').replace(/\*/g, 'example').replace(/\?/g, 'x');
}
