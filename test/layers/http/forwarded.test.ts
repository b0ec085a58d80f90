import { asFirstProxy, plainAddress, sourceAddress } from '../../../layers/runtime/sources/http/forwarded';

describe('the source address', () => {
  test.each([
    ['without proxies is the socket\'s, whatever the client claims', '1.1.1.1', '10.0.0.1', 0, '10.0.0.1'],
    ['behind a load balancer is what that appended, not what the client claims', '6.6.6.6, 203.0.113.7', '10.0.0.1', 1, '203.0.113.7'],
    ['behind two proxies is what the first of them appended', '6.6.6.6, 203.0.113.7, 10.0.0.9', '10.0.0.1', 2, '203.0.113.7'],
    ['is the farthest that one of ours has seen when a hop is missing', '203.0.113.7', '10.0.0.1', 3, '203.0.113.7'],
    ['is the socket\'s when no proxy says anything', undefined, '10.0.0.1', 1, '10.0.0.1'],
    ['is the socket\'s when what was said is no address', '1.2.3.4, <script>', '10.0.0.1', 1, '10.0.0.1'],
    ['is the socket\'s when what was said is empty', '', '10.0.0.1', 2, '10.0.0.1'],
    ['may be IPv6', '2001:db8::7', '10.0.0.1', 1, '2001:db8::7'],
    ['has no port', '203.0.113.7:4711', '10.0.0.1', 1, '203.0.113.7'],
    ['has neither brackets nor port when it is IPv6', '[2001:db8::7]:4711', '10.0.0.1', 1, '2001:db8::7'],
    ['is IPv4 when the socket wraps it in IPv6', undefined, '::ffff:192.0.2.1', 1, '192.0.2.1'],
    ['is IPv6 when the socket is', undefined, '2001:db8::1', 0, '2001:db8::1'],
    ['is empty when the socket is gone', undefined, undefined, 1, ''],
  ])('%s', (_what, forwardedFor, socketAddress, hops, expected) => {
    expect(sourceAddress(forwardedFor, socketAddress, hops)).toBe(expected);
  });
});

test('as the first proxy we say where the request comes from and drop what the client claims', () => {
  const claimed = ['Host', 'x', 'X-Forwarded-Proto', 'https', 'x-forwarded-for', '6.6.6.6', 'X-FORWARDED-PORT', '443'];
  expect(asFirstProxy(claimed, '::ffff:192.0.2.1', 8080)).toEqual(['Host', 'x', 'X-Forwarded-For', '6.6.6.6, 192.0.2.1', 'X-Forwarded-Port', '8080', 'X-Forwarded-Proto', 'http']);
});

test('a scoped address stays', () => {
  expect(plainAddress('fe80::1%eth0')).toBe('fe80::1%eth0');
});
