/** What leads from a listener to a function: routes, and which comes first. */
import { Fn } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { field, fn, newStack, path, Props, RULE, rules, synth } from './load-balancer';
import { Trigger } from '../../src';
import { refusal } from '../refusal';

describe('routes', () => {
  test('path and paths: one rule each, the more special one first', () => {
    expect(rules(synth({ path: '/*', paths: ['/api/*', '/api/health'] }).template).map(({ Conditions }) => Conditions)).toEqual([[path('/api/health')], [path('/api/*')], [path('/*')]]);
  });

  test('methods', () => {
    expect(rules(synth({ methods: ['post', 'GET'] }).template)[0].Conditions).toEqual([path('/*'), field('http-request-method', 'HttpRequestMethodConfig', ['GET', 'POST'])]);
  });

  test('hosts: host names', () => {
    expect(rules(synth({ path: '/a', hosts: ['WWW.example.com', '*.example.org'] }).template).map(({ Conditions }) => Conditions)).toEqual([
      [field('host-header', 'HostHeaderConfig', ['www.example.com']), path('/a')],
      [field('host-header', 'HostHeaderConfig', ['*.example.org']), path('/a')],
    ]);
  });

  test('httpHeaders: header conditions', () => {
    expect(rules(synth({ httpHeaders: { 'X-Version': ['2', '3*'] } }).template)[0].Conditions[1])
      .toEqual({ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-version', Values: ['2', '3*'] } });
  });

  test('queryStrings', () => {
    expect(rules(synth({ queryStrings: [{ key: 'a=b\\', value: 'c=d' }, { value: 'x*' }] }).template)[0].Conditions[1])
      .toEqual(field('query-string', 'QueryStringConfig', [{ Value: 'x*' }, { Key: 'a=b\\', Value: 'c=d' }]));
  });

  test('sourceIps: source IPs, a single address as well', () => {
    expect(rules(synth({ sourceIps: ['192.0.2.0/24', '198.51.100.7', '2001:db8::1'] }).template)[0].Conditions[1])
      .toEqual(field('source-ip', 'SourceIpConfig', ['192.0.2.0/24', '198.51.100.7/32', '2001:db8::1/128']));
  });

  test('what one rule cannot hold is several rules: three values in a condition, five in a rule', () => {
    const sizes = (props: Props) => rules(synth(props).template).map(({ Conditions }) => Conditions.map((condition: object) => Object.values(condition)[1].Values.length).join(' ')).sort();
    expect(sizes({ methods: ['A', 'B', 'C', 'D'] })).toEqual(['1 1', '1 3']);
    expect(sizes({ methods: ['A', 'B', 'C'], hosts: ['a.b'], httpHeaders: { x: ['1', '2'] } })).toEqual(['1 1 1 1', '1 1 1 1', '1 1 2 1', '1 1 2 1']);
    expect(rules(synth({ path: '/*/*', httpHeaders: { agent: ['*a*', '*b*', '*c*'] } }).template)).toHaveLength(3);
  });

  test('conditions that no rule can hold are refused with their number', () => {
    expect(refusal(() => synth({ hosts: ['a.b'], methods: ['GET'], httpHeaders: { a: ['1'], b: ['2'] }, sourceIps: ['192.0.2.1'] })))
      .toMatch(/got '4 conditions beside host and path'; .* \[CDK_HYBRID_ROUTE_CONDITIONS\]$/);
    expect(refusal(() => synth({ path: '/*/*/*/*/*/*' }))).toContain('with at most 5 wildcards');
  });

  test.each<[string, Props]>([
    ['a path template', { path: '/users/{id}' }], ['a path without a slash', { path: 'users' }], ['a query', { path: '/a b' }], ['a long path', { path: `/${'a'.repeat(128)}` }],
    ['no path', { paths: [], path: '' }], ['a host with a path', { hosts: ['example.com/a'] }], ['a bare name', { hosts: ['localhost'] }],
    ['any method', { methods: ['ANY'] }], ['a method with wildcards', { methods: ['*'] }], ['the header Host', { httpHeaders: { Host: ['a.b'] } }],
    ['an empty value', { httpHeaders: { a: [''] } }], ['an empty query value', { queryStrings: [{ key: 'a', value: '' }] }],
    ['no address', { sourceIps: ['example.com'] }], ['too many bits', { sourceIps: ['10.0.0.0/33'] }],
  ])('%s is refused', (_what, props) => {
    expect(refusal(() => synth(props))).toMatch(/^Stack\/Hello\/LoadBalancer: [^\n]* \[CDK_HYBRID_ROUTE_CONDITIONS\]$/);
  });

  test('tokens are routes like others, with the same priority in each synth', () => {
    const once = (before: number) => {
      for (let index = 0; index < before; index++) { Fn.importValue('Other').toString(); }
      return rules(synth({ path: `/${Fn.importValue('Stage')}/*`, hosts: [Fn.importValue('Host')] }).template)[0];
    };
    expect(once(0)).toEqual(once(3));
    expect(once(0).Conditions[1].PathPatternConfig.Values).toEqual([{ 'Fn::Join': ['', ['/', { 'Fn::ImportValue': 'Stage' }, '/*']] }]);
    synth({ methods: [Fn.importValue('Method')], sourceIps: [Fn.importValue('Ip')], httpHeaders: { a: [Fn.importValue('Value')] } });
  });
});

describe('priorities', () => {
  const app = (...routes: (Props & { name: string })[]) => {
    const stack = newStack();
    for (const { name, ...props } of routes) { fn(stack, name).addTrigger(Trigger.loadBalancer(props)); }
    return rules(Template.fromStack(stack)).map(({ Priority, Conditions }) => [Conditions.map((condition: object) => Object.values(condition)[1].Values[0]).join(' '), Priority]);
  };

  test('a rule added later changes no existing one, and the order of the functions does not matter', () => {
    const one = { name: 'One', path: '/api/*' };
    const two = { name: 'Two', path: '/api/health' };
    const three = { name: 'Three', path: '/*', hosts: ['example.com'] };
    const all = app(one, two, three);
    expect(app(three, two, one)).toEqual(all);
    expect(all).toEqual(expect.arrayContaining(app(one, two)));
    expect(all.map(([route]) => route)).toEqual(['example.com /*', '/api/health', '/api/*']);
  });

  test('priority: one\'s own, the following for further rules', () => {
    expect(app({ name: 'One', paths: ['/b/*', '/b/c'], priority: 7 })).toEqual([['/b/c', 7], ['/b/*', 8]]);
    expect(refusal(() => synth({ priority: 50_001 }))).toContain('must be a whole number from 1 to 50000, got 50001');
    expect(refusal(() => synth({ priority: 0 }))).toContain('[CDK_HYBRID_SIZE_OUT_OF_RANGE]');
  });

  test('two routes that collide on one listener are refused naming both', () => {
    expect(refusal(() => app({ name: 'One', path: '/api/*' }, { name: 'Two', path: '/api/*' })))
      .toBe('Stack/Two/LoadBalancer: \'path\' must be a route that Stack/One/LoadBalancer does not have, got \'/api/*\'; change one of the two, or set priority of both [CDK_HYBRID_ROUTE_COLLISION]');
    expect(refusal(() => app({ name: 'One', hosts: ['A.b'], methods: ['GET', 'PUT'] }, { name: 'Two', hosts: ['a.b'], methods: ['PUT'] }))).toContain('got \'PUT a.b/*\'');
    app({ name: 'One', methods: ['GET'] }, { name: 'Two', methods: ['PUT'] }, { name: 'Three' });
    app({ name: 'One', listenerPort: 8080 }, { name: 'Two', listenerPort: 8081 });
  });

  test('the same priority twice is refused naming both and a free number', () => {
    expect(refusal(() => app({ name: 'One', path: '/a', priority: 5 }, { name: 'Two', path: '/b', priority: 5 })))
      .toBe('Stack/Two/LoadBalancer: \'priority\' must be a number that Stack/One/LoadBalancer (/a) does not have, got 5; set priority of the newer one, e.g. to 6, which is free [CDK_HYBRID_ROUTE_PRIORITY]');
  });

  test('a route within another one that nothing puts first is refused, unless priorities say it', () => {
    const pairs = Array.from({ length: 20 }, (_, index) => [{ name: 'One', path: `/a${index}/b*`, methods: ['GET'] }, { name: 'Two', path: `/a${index}/*`, methods: ['GET', 'PUT'] }]);
    const outcomes = pairs.map(([one, two]) => {
      try {
        return app(one, two).map(([route]) => String(route).endsWith('b* GET'));
      } catch (error) {
        return (error as Error).message;
      }
    });
    const refused = outcomes.filter(outcome => typeof outcome === 'string');
    expect(refused.length).toBeGreaterThan(0);
    for (const message of refused) { expect(message).toMatch(/which comes first, .*Stack\/(One|Two).*CDK_HYBRID_ROUTE_ORDER\]$/); }
    for (const outcome of outcomes.filter(each => typeof each !== 'string')) { expect(outcome).toEqual([true, false]); }
    const [one, two] = pairs[outcomes.findIndex(outcome => typeof outcome === 'string')];
    expect(app({ ...one, priority: 10 }, { ...two, priority: 20 })).toHaveLength(2);
  });

  test('a route that moves to another function keeps its rule', () => {
    const ids = (name: string) => {
      const stack = newStack();
      fn(stack, name).addTrigger(Trigger.loadBalancer({ path: '/api/*' }));
      return Object.keys(Template.fromStack(stack).findResources(RULE));
    };
    expect(ids('One')).toEqual(ids('Two'));
  });
});
