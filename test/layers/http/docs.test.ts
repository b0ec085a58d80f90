/** docs/http.md lists what no event has here; the documented events say what there is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventBuilder } from '../../../layers/runtime/sources/http/event';
import { EVENT_SHAPES, type EventShape } from '../../../layers/runtime/sources/http/settings';

const FIXTURES: Partial<Record<EventShape, string>> = { 'v2': 'api-gateway-v2', 'v1': 'api-gateway-v1', 'alb': 'alb', 'alb-multi-value': 'alb-multi-value' };
const page = readFileSync(join(__dirname, '../../../docs/http.md'), 'utf8');

/** The members that the documented event has and ours has not; inside objects of both as well. */
function missing(documented: any, ours: any, path = ''): string[] {
  return Object.keys(documented).flatMap((name) => {
    const [theirs, own] = [documented[name], ours[name]];
    if (own === undefined || (own === null && theirs !== null)) return [path + name];
    const inside = typeof theirs === 'object' && theirs !== null && typeof own === 'object' && !/headers|parameters|cookies/i.test(name);
    return inside ? missing(theirs, own, `${path}${name}.`) : [];
  });
}

test.each(EVENT_SHAPES)('what an event of the shape %s cannot have is listed', (shape) => {
  const documented = JSON.parse(readFileSync(join(__dirname, '../../fixtures/events', `${FIXTURES[shape]}.json`), 'utf8'));
  const event = eventBuilder(shape)({
    method: 'POST',
    path: '/my/path',
    query: 'a=b',
    protocol: 'HTTP/1.1',
    rawHeaders: ['Host', 'x', 'Cookie', 'a=b', 'Content-Type', 'text/plain', 'User-Agent', 'y'],
    socketAddress: '10.0.0.1',
    trustedHops: 1,
    requestId: 'id',
    time: 0,
    body: Buffer.from('x'),
  }, { accountId: 'a', region: 'r', apiId: 'f' });
  const line = new RegExp(`^- ${shape}: (.*)$`, 'm').exec(page)?.[1] ?? '';
  const listed = [...line.matchAll(/`([^`]+)`/g)].map((match) => match[1]);
  expect(missing(documented, event).sort()).toEqual(listed.sort());
});
