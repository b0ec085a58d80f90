import { isWithin, normalPattern } from '../../src/private/load-balancer/glob-pattern';
import { ALL_PRIORITIES, priorityOf } from '../../src/private/load-balancer/listener-priority';
import { collide, isNarrower, Route } from '../../src/private/load-balancer/listener-route';

const route = (path: string, host?: string, methods?: string[]): Route => ({ path, host, conditions: methods ? [{ kind: 'method', values: methods }] : [] });

/** The same numbers in each run. */
function random(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return Math.floor(state / 2_147_483_647 * below);
  };
}

describe('patterns', () => {
  const matcher = (pattern: string) => new RegExp(`^${pattern.replace(/\*/g, '.*').replace(/\?/g, '.')}$`);

  test('one is within another if and only if it matches nothing else', () => {
    const next = random(1);
    const longer = (text: string): string[] => text.length === 6 ? [text] : [text, ...['a', 'b', 'z'].flatMap(letter => longer(text + letter))];
    const texts = longer('');
    const pattern = () => normalPattern(Array.from({ length: next(5) }, () => 'aab*?'[next(5)]).join(''));
    for (let round = 0; round < 1_500; round++) {
      const [narrow, wide] = [pattern(), pattern()];
      const [one, other] = [matcher(narrow), matcher(wide)];
      expect([narrow, wide, isWithin(narrow, wide)]).toEqual([narrow, wide, texts.every(text => !one.test(text) || other.test(text))]);
    }
  });
});

describe('priorities', () => {
  test.each<[string, Route, Route]>([
    ['an exact path before a pattern', route('/api/health'), route('/api/*')],
    ['a longer pattern before a shorter one', route('/api/v1/*'), route('/api/*')],
    ['a pattern before everything', route('/api/*'), route('/*')],
    ['a longer pattern of the same folder', route('/api/us*'), route('/api/*')],
    ['a file before a pattern at the root', route('/index.html'), route('/*.html')],
    ['? before *', route('/api/?'), route('/api/*')],
    ['a host before none', route('/*', 'example.com'), route('/*')],
    ['a whole host before a path of any host', route('/*', 'example.com'), route('/api/health')],
    ['a host before a pattern of hosts', route('/*', 'api.example.com'), route('/*', '*.example.com')],
    ['a longer pattern of hosts before a shorter one', route('/*', '*.eu.example.com'), route('/*', '*.example.com')],
    ['a host with a path before the host', route('/api/*', 'example.com'), route('/*', 'example.com')],
    ['a method before none', route('/api/*', undefined, ['GET']), route('/api/*')],
    ['a path with a method before everything with that method', route('/api/*', undefined, ['GET']), route('/*', undefined, ['GET'])],
  ])('%s', (_what, first, second) => {
    expect(priorityOf(first)).toBeLessThan(priorityOf(second));
  });

  const SEGMENTS = ['api', 'users', 'orders', 'v1', 'v2', 'health', 'admin', 'files'];
  const HOSTS = [undefined, undefined, 'example.com', 'api.example.com', 'www.example.org', '*.example.com', '*.eu.example.com'];
  const METHODS = [undefined, undefined, ['GET'], ['POST'], ['GET', 'POST']];
  const anyRoute = (next: (below: number) => number) => {
    const segments = Array.from({ length: 1 + next(6) }, () => SEGMENTS[next(SEGMENTS.length)]);
    const ends = ['', '/*', '/*', '*', '/?', '/*/x', '/a*b'];
    return route(`/${next(12) === 0 ? '*' : segments.join('/') + ends[next(ends.length)]}`, HOSTS[next(HOSTS.length)], METHODS[next(METHODS.length)]);
  };

  test('the narrower of two routes comes first, whatever routes there are', () => {
    const next = random(2);
    const routes = Array.from({ length: 500 }, () => anyRoute(next)).map(each => ({ ...each, priority: priorityOf(each) }));
    let pairs = 0;
    const wrong: unknown[] = [];
    for (const narrow of routes) {
      for (const wide of routes) {
        if (narrow === wide || collide(narrow, wide) || !isNarrower(narrow, wide) || isNarrower(wide, narrow)) { continue; }
        // Of two patterns with one start, and one set of methods within another, nothing says which has the lower number.
        const [some, others] = [narrow.conditions, wide.conditions];
        if (some.length === others.length && JSON.stringify(some) !== JSON.stringify(others)) { continue; }
        pairs++;
        if (narrow.priority >= wide.priority) { wrong.push([narrow, wide]); }
      }
    }
    expect(pairs).toBeGreaterThan(500);
    expect(wrong).toEqual([]);
  });

  test('a route that comes later moves no other, and the order of the routes does not matter', () => {
    const next = random(3);
    const routes = Array.from({ length: 50 }, () => anyRoute(next));
    const before = routes.map(each => priorityOf(each));
    const after = [anyRoute(next), ...routes.reverse()].map(each => priorityOf(each));
    expect(after.slice(1).reverse()).toEqual(before);
  });

  test('they are numbers that AWS takes, in a range when there is one', () => {
    const next = random(4);
    for (let round = 0; round < 1_000; round++) {
      const each = anyRoute(next);
      expect(priorityOf(each)).toBeGreaterThanOrEqual(ALL_PRIORITIES.min);
      expect(priorityOf(each)).toBeLessThanOrEqual(ALL_PRIORITIES.max);
      expect(priorityOf(each, { min: 100, max: 199 })).toBeGreaterThanOrEqual(100);
      expect(priorityOf(each, { min: 100, max: 199 })).toBeLessThanOrEqual(199);
    }
  });

  test.each<[string, (index: number) => Route, number]>([
    ['ten services by path', index => route(`/service${index}/*`), 10],
    ['ten services below one path', index => route(`/api/service${index}/*`), 10],
    ['ten services by host', index => route('/*', `service${index}.example.com`), 10],
    ['ten exact paths with methods', index => route(`/path${Math.floor(index / 2)}`, undefined, [index % 2 ? 'GET' : 'POST']), 10],
  ])('%s rarely meet', (_what, make, count) => {
    let meetings = 0;
    for (let app = 0; app < 400; app++) {
      const numbers = Array.from({ length: count }, (_, index) => {
        const { path, host, conditions } = make(index);
        return priorityOf({ path: path.replace(/service|path/, `a${app}x`), host: host?.replace('service', `a${app}x`), conditions });
      });
      if (new Set(numbers).size < count) { meetings++; }
    }
    expect(meetings).toBeLessThan(400 * 0.04);
  });
});
