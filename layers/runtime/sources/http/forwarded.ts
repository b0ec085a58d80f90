/** Defines which client a request comes from when proxies have passed it on, and what we say of it when we are the first. */
import { isIP } from 'node:net';

/** Before an IPv4 address that stands as an IPv6 one. */
const MAPPED = '::ffff:';

/**
 * The address of the client. Each proxy appends to X-Forwarded-For whom it got the request from: what the last of our
 * own proxies say is true, anything before it is the client's claim.
 */
export function sourceAddress(forwardedFor: string | undefined, socketAddress: string | undefined, trustedHops: number): string {
  if (forwardedFor !== undefined && trustedHops > 0) {
    let end = forwardedFor.length;
    for (let hop = trustedHops; ; hop--) {
      const comma = end > 0 ? forwardedFor.lastIndexOf(',', end - 1) : -1;
      if (hop === 1 || comma < 0) {
        const address = bareAddress(forwardedFor.slice(comma + 1, end).trim());
        if (address !== undefined) return address;
        break;
      }
      end = comma;
    }
  }
  return plainAddress(socketAddress);
}

/** An address as events have it: IPv4 is not wrapped in IPv6. */
export function plainAddress(socketAddress: string | undefined): string {
  if (socketAddress === undefined) return '';
  if (!socketAddress.includes(':')) return socketAddress;
  const mapped = socketAddress.includes('.') && socketAddress.slice(0, MAPPED.length).toLowerCase() === MAPPED;
  return mapped ? socketAddress.slice(MAPPED.length) : socketAddress;
}

/** Without brackets and port, which a load balancer may be told to add. */
function bareAddress(entry: string): string | undefined {
  const address = entry.startsWith('[') ? entry.slice(1, entry.indexOf(']'))
    : isIP(entry) === 0 && entry.includes(':') ? entry.slice(0, entry.lastIndexOf(':')) : entry;
  return isIP(address) === 0 ? undefined : plainAddress(address);
}

/** The headers of a request that no proxy of ours has seen, with what API Gateway or a load balancer would have said of it. */
export function asFirstProxy(rawHeaders: readonly string[], socketAddress: string | undefined, port: number | undefined): string[] {
  const headers: string[] = [];
  let forwardedFor = '';
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at].toLowerCase();
    if (name === 'x-forwarded-for') forwardedFor += `${rawHeaders[at + 1]}, `;
    else if (name !== 'x-forwarded-port' && name !== 'x-forwarded-proto') headers.push(rawHeaders[at], rawHeaders[at + 1]);
  }
  headers.push('X-Forwarded-For', forwardedFor + plainAddress(socketAddress), 'X-Forwarded-Port', String(port ?? 80), 'X-Forwarded-Proto', 'http');
  return headers;
}
