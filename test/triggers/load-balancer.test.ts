import { App, Duration, Fn, SecretValue, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  Compute, HandlerCode, HandlerRuntime, HttpCors, HttpEventFormat, HttpLogin, HybridFunction, ICompute, LoadBalancerTriggerProps, Trigger,
} from '../../src';
import { refusal } from '../refusal';
import { workspace } from '../workspace';

const CODE = HandlerCode.fromDirectory(workspace({ 'index.js': 'exports.handler = async () => ({ statusCode: 200 });' }));
const OF_SERVICES = { deregistrationDelay: Duration.seconds(5), stickinessCookieDuration: Duration.hours(1), slowStart: Duration.seconds(30) };
const RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';
const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';
const BALANCER = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
const TARGETS = 'AWS::ElasticLoadBalancingV2::TargetGroup';

const newStack = (id = 'Stack', app = new App({ outdir: workspace() })) => new Stack(app, id, { env: { account: '111122223333', region: 'eu-west-1' } });

const fn = (stack: Stack, id = 'Hello', props: object = {}) => new HybridFunction(stack, id, { code: CODE, runtime: HandlerRuntime.AWS_NODEJS_24, ...props });

/** A compute that takes requests at a port, as a service does. */
const ports: ICompute = {
  computeName: 'ports',
  servicePrincipals: ['ecs-tasks.amazonaws.com'],
  needsVpc: true,
  bind: (_scope, { vpc }) => ({
    httpTarget: {
      attach: (scope, { healthCheck, deregistrationDelay, slowStart, stickinessCookieDuration }) => new elbv2.ApplicationTargetGroup(scope, 'TargetGroup', {
        vpc, port: 8080, targetType: elbv2.TargetType.IP, healthCheck, deregistrationDelay, slowStart, stickinessCookieDuration,
      }),
    },
  }),
};

type Props = LoadBalancerTriggerProps;

/** A Lambda function behind a load balancer. */
function synth(props: Props | ((stack: Stack) => Props) = {}, compute?: ICompute) {
  const stack = newStack();
  const hello = fn(stack, 'Hello', { compute });
  const trigger = hello.addTrigger(Trigger.loadBalancer(typeof props === 'function' ? props(stack) : props));
  return { stack, hello, trigger, template: Template.fromStack(stack) };
}

const certificate = (stack: Stack, id = 'Certificate') => acm.Certificate.fromCertificateArn(stack, id, `arn:aws:acm:eu-west-1:111122223333:certificate/${id}`);
const field = (name: string, config: string, values: unknown) => ({ Field: name, [config]: { Values: values } });
const path = (value: string) => field('path-pattern', 'PathPatternConfig', [value]);
const rules = (template: Template) => Object.values(template.findResources(RULE)).map(({ Properties }) => Properties)
  .sort((one, other) => one.Priority - other.Priority);
const imported = (stack: Stack) => elbv2.ApplicationListener.fromApplicationListenerAttributes(stack, 'Existing', {
  listenerArn: 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/mine/1/2',
  securityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1'),
});

describe('a load balancer of ours', () => {
  test('is internet-facing, removes odd headers, and answers 404 where nobody has a route', () => {
    const { template, trigger } = synth();
    template.hasResourceProperties(BALANCER, {
      Scheme: 'internet-facing',
      Type: 'application',
      LoadBalancerAttributes: Match.arrayWith([{ Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' }]),
    });
    template.hasResourceProperties(LISTENER, { Port: 80, Protocol: 'HTTP', DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404', ContentType: 'text/plain' } }] });
    template.hasResourceProperties(RULE, { Conditions: [path('/*')], Actions: [{ Type: 'forward', TargetGroupArn: Match.anyValue() }] });
    template.resourceCountIs(BALANCER, 1);
    expect(template.findOutputs('*')).toEqual({});
    expect(Object.keys(trigger).sort()).toEqual(['listener', 'loadBalancer', 'targetGroup']);
  });

  test('is open to everybody on its port, and to nothing else', () => {
    const { template } = synth();
    const [group] = Object.values(template.findResources('AWS::EC2::SecurityGroup', { Properties: { GroupDescription: Match.stringLikeRegexp('LoadBalancer') } }));
    expect(group.Properties.SecurityGroupIngress).toEqual([{ CidrIp: '0.0.0.0/0', Description: 'Allow from anyone on port 80', FromPort: 80, IpProtocol: 'tcp', ToPort: 80 }]);
    synth({ open: false }).template.hasResourceProperties('AWS::EC2::SecurityGroup', { GroupDescription: Match.stringLikeRegexp('LoadBalancer'), SecurityGroupIngress: Match.absent() });
  });

  test('is one for all functions of a stack', () => {
    const stack = newStack();
    fn(stack, 'One').addTrigger(Trigger.loadBalancer({ path: '/one/*' }));
    fn(stack, 'Two').addTrigger(Trigger.loadBalancer({ path: '/two/*' }));
    const template = Template.fromStack(stack);
    template.resourceCountIs(BALANCER, 1);
    template.resourceCountIs(LISTENER, 1);
    template.resourceCountIs(RULE, 2);
  });

  test('is one for each VPC', () => {
    const stack = newStack();
    fn(stack, 'One').addTrigger(Trigger.loadBalancer({ vpc: new ec2.Vpc(stack, 'Vpc1') }));
    fn(stack, 'Two').addTrigger(Trigger.loadBalancer({ vpc: new ec2.Vpc(stack, 'Vpc2') }));
    Template.fromStack(stack).resourceCountIs(BALANCER, 2);
  });

  test('construct ids are a contract with deployed stacks', () => {
    const { template } = synth();
    expect(Object.keys(template.toJSON().Resources).filter(id => /Listener|LoadBalancer|Rule/.test(id)).sort()).toMatchSnapshot();
  });

  test('private ALB: internal is in private subnets, closed until somebody is let in', () => {
    const { template, trigger } = synth({ internal: true });
    template.hasResourceProperties(BALANCER, { Scheme: 'internal' });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { GroupDescription: Match.stringLikeRegexp('InternalLoadBalancer'), SecurityGroupIngress: Match.absent() });
    expect(() => trigger.listener!.connections.allowDefaultPortFrom(ec2.Peer.ipv4('10.0.0.0/8'))).not.toThrow();
  });

  test('an internal one and a public one stand side by side', () => {
    const stack = newStack();
    const hello = fn(stack);
    hello.addTrigger(Trigger.loadBalancer());
    hello.addTrigger(Trigger.loadBalancer({ id: 'Internal', internal: true }));
    Template.fromStack(stack).resourceCountIs(BALANCER, 2);
  });

  test('loadBalancerSubnets and loadBalancerSecurityGroups: ALB subnets and security groups of one\'s own', () => {
    const { template } = synth(stack => {
      const vpc = new ec2.Vpc(stack, 'Vpc');
      return {
        vpc,
        loadBalancerSubnets: { subnets: [vpc.publicSubnets[0]] },
        loadBalancerSecurityGroups: ['sg-1', 'sg-2'].map(id => ec2.SecurityGroup.fromSecurityGroupId(stack, id, id)),
      };
    });
    template.hasResourceProperties(BALANCER, { Subnets: [{ Ref: Match.stringLikeRegexp('PublicSubnet1') }], SecurityGroups: ['sg-1', 'sg-2'] });
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  test('idleTimeout, deletionProtection, dropInvalidHeaderFields, desyncMitigationMode, accessLogsBucket and accessLogsPrefix are its attributes', () => {
    const { template } = synth(stack => ({
      idleTimeout: Duration.seconds(70),
      deletionProtection: true,
      dropInvalidHeaderFields: false,
      desyncMitigationMode: elbv2.DesyncMitigationMode.STRICTEST,
      accessLogsBucket: new s3.Bucket(stack, 'Logs'),
      accessLogsPrefix: 'alb',
    }));
    template.hasResourceProperties(BALANCER, {
      LoadBalancerAttributes: [
        { Key: 'deletion_protection.enabled', Value: 'true' },
        { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'false' },
        { Key: 'idle_timeout.timeout_seconds', Value: '70' },
        { Key: 'routing.http.desync_mitigation_mode', Value: 'strictest' },
        { Key: 'access_logs.s3.enabled', Value: 'true' },
        { Key: 'access_logs.s3.bucket', Value: Match.anyValue() },
        { Key: 'access_logs.s3.prefix', Value: 'alb' },
      ],
    });
  });

  test('what one trigger says holds for all that share it, and another value is refused whoever comes first', () => {
    const two = (first: Props, second: Props) => {
      const stack = newStack();
      fn(stack, 'One').addTrigger(Trigger.loadBalancer({ path: '/one', ...first }));
      fn(stack, 'Two').addTrigger(Trigger.loadBalancer({ path: '/two', ...second }));
      return stack;
    };
    Template.fromStack(two({}, { idleTimeout: Duration.seconds(50) })).hasResourceProperties(BALANCER, { LoadBalancerAttributes: Match.arrayWith([{ Key: 'idle_timeout.timeout_seconds', Value: '50' }]) });
    expect(refusal(() => two({ idleTimeout: Duration.seconds(40) }, { idleTimeout: Duration.seconds(50) })))
      .toMatch(/^Stack\/Two\/LoadBalancer: 'idleTimeout' must be 40, as Stack\/One\/LoadBalancer says of Stack\/CdkHybridLoadBalancer\w{8}, got '50'; .* \[CDK_HYBRID_LOAD_BALANCER_CONFLICT\]$/);
    expect(refusal(() => two({}, { loadBalancerSubnets: { subnetType: ec2.SubnetType.PUBLIC } }))).toContain('\'loadBalancerSubnets\'');
    expect(refusal(() => two({}, { open: false }))).toContain('\'open\'');
  });
});

describe('HTTPS', () => {
  test('certificates: TLS 1.2 and 1.3 on port 443, and a redirect from 80', () => {
    const { template } = synth(stack => ({ certificates: [certificate(stack)] }));
    template.hasResourceProperties(LISTENER, {
      Port: 443, Protocol: 'HTTPS', SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06', Certificates: [{ CertificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/Certificate' }],
    });
    template.hasResourceProperties(LISTENER, { Port: 80, Protocol: 'HTTP', DefaultActions: [{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } }] });
    template.hasResourceProperties(RULE, { ListenerArn: { Ref: Match.stringLikeRegexp('CdkHybridListener443') } });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: [Match.objectLike({ FromPort: 443 }), Match.objectLike({ FromPort: 80 })] });
  });

  test('sslPolicy, listenerPort, listenerProtocol: another port has no redirect', () => {
    const { template } = synth(stack => ({ certificates: [certificate(stack)], listenerPort: 8443, sslPolicy: elbv2.SslPolicy.TLS13_13 }));
    template.hasResourceProperties(LISTENER, { Port: 8443, Protocol: 'HTTPS', SslPolicy: 'ELBSecurityPolicy-TLS13-1-3-2021-06' });
    template.resourceCountIs(LISTENER, 1);
    synth({ listenerPort: 8080, listenerProtocol: elbv2.ApplicationProtocol.HTTP }).template.hasResourceProperties(LISTENER, { Port: 8080, Protocol: 'HTTP' });
  });

  test('a certificate of another region is refused', () => {
    const elsewhere = (stack: Stack) => acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:111122223333:certificate/1');
    expect(refusal(() => synth(stack => ({ certificates: [elsewhere(stack)] }))))
      .toMatch(/^Stack\/Hello\/LoadBalancer: 'certificates' must be certificates of eu-west-1, the region of the load balancer, got 'arn:aws:acm:us-east-1:[^']*'; .*\[CDK_HYBRID_CERTIFICATE_REGION\]$/);
  });

  test('several certificates are on the listener', () => {
    synth(stack => ({ certificates: [certificate(stack), certificate(stack, 'Second')] })).template.resourceCountIs('AWS::ElasticLoadBalancingV2::ListenerCertificate', 1);
  });

  test('listenerProtocol and listenerPort that cannot be are refused', () => {
    expect(refusal(() => synth({ listenerProtocol: elbv2.ApplicationProtocol.HTTPS }))).toContain('[CDK_HYBRID_CERTIFICATE_MISSING]');
    expect(refusal(() => synth(stack => ({ certificates: [certificate(stack)], listenerProtocol: elbv2.ApplicationProtocol.HTTP })))).toContain('\'listenerProtocol\'');
    expect(refusal(() => synth({ listenerPort: 70_000 }))).toBe('Stack/Hello/LoadBalancer: \'listenerPort\' must be 1 to 65535, got 70000; choose a value in the range [CDK_HYBRID_SIZE_OUT_OF_RANGE]');
  });

  test('plain HTTP beside certificates is refused, whoever comes first', () => {
    const two = (...certificates: boolean[]) => {
      const stack = newStack();
      const given = [certificate(stack)];
      for (const [index, secure] of certificates.entries()) {
        fn(stack, `Fn${index}`).addTrigger(Trigger.loadBalancer({ path: `/${index}`, certificates: secure ? given : undefined }));
      }
    };
    two(true, true);
    for (const order of [[true, false], [false, true]]) {
      expect(refusal(() => two(...order))).toMatch(/'certificates' must be some in each trigger of Stack\/CdkHybridLoadBalancer\w+ or in none.*LOAD_BALANCER_CONFLICT\]$/);
    }
  });
});

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

describe('an existing listener: listener', () => {
  test('imported: rules between minPriority and maxPriority, no load balancer and no VPC for a Lambda function', () => {
    const { template, trigger } = synth(stack => ({ listener: imported(stack), minPriority: 100, maxPriority: 199, path: '/a' }));
    template.resourceCountIs(BALANCER, 0);
    template.resourceCountIs('AWS::EC2::VPC', 0);
    const [{ Priority, ListenerArn }] = rules(template);
    expect(ListenerArn).toContain('listener/app/mine/1/2');
    expect(Priority).toBeGreaterThanOrEqual(100);
    expect(Priority).toBeLessThanOrEqual(199);
    expect(trigger.loadBalancer).toBeUndefined();
  });

  test('imported: needs a range', () => {
    expect(refusal(() => synth(stack => ({ listener: imported(stack) })))).toMatch(/'minPriority' must be a number.*\[CDK_HYBRID_LISTENER_RANGE\]$/);
    expect(refusal(() => synth({ minPriority: 9, maxPriority: 8 }))).toContain('[CDK_HYBRID_LISTENER_RANGE]');
  });

  test('imported twice, in two stacks, it is still one listener', () => {
    const app = new App({ outdir: workspace() });
    const add = (id: string) => {
      const stack = newStack(id, app);
      fn(stack).addTrigger(Trigger.loadBalancer({ listener: imported(stack), minPriority: 1, maxPriority: 50_000 }));
    };
    add('First');
    expect(refusal(() => add('Second'))).toMatch(/^Second\/Hello\/LoadBalancer: .* First\/Hello\/LoadBalancer .*ROUTE_COLLISION\]$/);
  });

  test('of this app: its load balancer is known, its VPC used, a range not needed', () => {
    const stack = newStack();
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const balancer = new elbv2.ApplicationLoadBalancer(stack, 'Mine', { vpc });
    const listener = balancer.addListener('Listener', { port: 80, defaultAction: elbv2.ListenerAction.fixedResponse(404) });
    const trigger = fn(stack).addTrigger(Trigger.loadBalancer({ listener }));
    expect(trigger.loadBalancer).toBe(balancer);
    Template.fromStack(stack).resourceCountIs(BALANCER, 1);
    Template.fromStack(stack).resourceCountIs('AWS::EC2::VPC', 1);
  });

  test('settings of listeners and load balancers are refused beside it', () => {
    expect(refusal(() => synth(stack => ({ listener: imported(stack), minPriority: 1, maxPriority: 9, listenerPort: 81 }))))
      .toBe('Stack/Hello/LoadBalancer: \'listenerPort\' must be not given together with listener, got \'a value\'; leave it out, and set it where the load balancer or listener is made [CDK_HYBRID_LOAD_BALANCER_GIVEN]');
  });
});

describe('an existing load balancer: loadBalancer', () => {
  const mine = (stack: Stack) => new elbv2.ApplicationLoadBalancer(stack, 'Mine', { vpc: new ec2.Vpc(stack, 'Vpc'), internetFacing: true });

  test('gets a listener, which functions share', () => {
    const stack = newStack();
    const loadBalancer = mine(stack);
    fn(stack, 'One').addTrigger(Trigger.loadBalancer({ loadBalancer, path: '/one' }));
    fn(stack, 'Two').addTrigger(Trigger.loadBalancer({ loadBalancer, path: '/two' }));
    const template = Template.fromStack(stack);
    template.resourceCountIs(BALANCER, 1);
    template.resourceCountIs(LISTENER, 1);
    template.resourceCountIs(RULE, 2);
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { GroupDescription: Match.stringLikeRegexp('Mine'), SecurityGroupIngress: Match.absent() });
  });

  test('imported', () => {
    const { template } = synth(stack => ({
      loadBalancer: elbv2.ApplicationLoadBalancer.fromApplicationLoadBalancerAttributes(stack, 'Existing', { loadBalancerArn: 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/mine/1', securityGroupId: 'sg-1' }),
    }));
    template.hasResourceProperties(LISTENER, { LoadBalancerArn: Match.stringLikeRegexp('loadbalancer/app/mine/1$') });
    template.resourceCountIs('AWS::EC2::VPC', 0);
  });

  test('a listener of its own on the port is to be named, a redirect of its own stays', () => {
    const stack = newStack();
    const loadBalancer = mine(stack);
    loadBalancer.addRedirect();
    expect(refusal(() => fn(stack, 'One').addTrigger(Trigger.loadBalancer({ loadBalancer })))).toMatch(/'listenerPort' must be a port that Stack\/Mine has no listener for, got 80; set listener to Stack\/Mine\//);
    fn(stack, 'Two').addTrigger(Trigger.loadBalancer({ loadBalancer, certificates: [certificate(stack)] }));
    Template.fromStack(stack).resourceCountIs(LISTENER, 2);
  });

  test('settings of load balancers are refused beside it', () => {
    expect(refusal(() => synth(stack => ({ loadBalancer: mine(stack), internal: true })))).toContain('\'internal\' must be not given together with loadBalancer');
  });
});

describe('on Lambda', () => {
  test('the load balancer may invoke the function, and keeps none of a service\'s settings', () => {
    const { template } = synth(OF_SERVICES);
    template.hasResourceProperties(TARGETS, { TargetType: 'lambda', Targets: [{ Id: { 'Fn::GetAtt': [Match.stringLikeRegexp('^HelloFunction'), 'Arn'] } }], TargetGroupAttributes: Match.absent(), Port: Match.absent(), HealthCheckEnabled: Match.absent() });
    template.hasResourceProperties('AWS::Lambda::Permission', { Principal: 'elasticloadbalancing.amazonaws.com', Action: 'lambda:InvokeFunction' });
  });

  test('eventFormat: multi-value headers are an attribute; events of API Gateway are refused', () => {
    synth({ eventFormat: HttpEventFormat.ALB_MULTI_VALUE }).template.hasResourceProperties(TARGETS, { TargetGroupAttributes: [{ Key: 'lambda.multi_value_headers.enabled', Value: 'true' }] });
    expect(refusal(() => synth({ eventFormat: HttpEventFormat.V2 }))).toMatch(/^Stack\/Hello\/LoadBalancer: 'eventFormat' must be .* got 'v2'; .* \[CDK_HYBRID_EVENT_FORMAT_UNSUPPORTED\]$/);
    expect(refusal(() => synth({ eventFormat: HttpEventFormat.V1 }))).toContain('EVENT_FORMAT_UNSUPPORTED');
  });

  test('streaming through a load balancer is refused, for AWS has none', () => {
    expect(refusal(() => synth({ streaming: true }))).toMatch(/'streaming' must be left out for a Lambda function.*use Compute\.service\(\).*\[CDK_HYBRID_STREAMING_UNSUPPORTED\]$/);
  });

  test('healthCheckPath turns health checks on', () => {
    synth({ healthCheckPath: '/ok', healthCheckInterval: Duration.seconds(60) }).template.hasResourceProperties(TARGETS, { HealthCheckEnabled: true, HealthCheckPath: '/ok', HealthCheckIntervalSeconds: 60 });
  });

  test('an alias is what is invoked', () => {
    synth({}, Compute.lambdaFunction({ provisionedConcurrentExecutions: 1 })).template.hasResourceProperties(TARGETS, { Targets: [{ Id: { Ref: Match.stringLikeRegexp('Alias') } }] });
  });

  test('a timeout over the idle timeout is a warning', () => {
    const stack = newStack();
    fn(stack, 'Hello', { timeout: Duration.seconds(90) }).addTrigger(Trigger.loadBalancer());
    Annotations.fromStack(stack).hasWarning('/Stack/Hello/LoadBalancer', Match.stringLikeRegexp('may take 90 seconds, but .* after 60'));
    const fine = newStack();
    fn(fine, 'Hello', { timeout: Duration.seconds(90) }).addTrigger(Trigger.loadBalancer({ idleTimeout: Duration.seconds(100) }));
    Annotations.fromStack(fine).hasNoWarning('*', Match.stringLikeRegexp('idleTimeout'));
  });
});

describe('on computes with a port', () => {
  test('health check: healthCheckPath, healthCheckInterval, healthCheckTimeout, healthyThresholdCount, unhealthyThresholdCount, healthyHttpCodes', () => {
    synth({
      healthCheckPath: '/ready', healthCheckInterval: Duration.seconds(15), healthCheckTimeout: Duration.seconds(10), healthyThresholdCount: 2, unhealthyThresholdCount: 5, healthyHttpCodes: '200-299',
    }, ports).template.hasResourceProperties(TARGETS, {
      HealthCheckPath: '/ready', HealthCheckIntervalSeconds: 15, HealthCheckTimeoutSeconds: 10, HealthyThresholdCount: 2, UnhealthyThresholdCount: 5, Matcher: { HttpCode: '200-299' },
    });
  });

  test('deregistration delay: deregistrationDelay, and stickinessCookieDuration, slowStart', () => {
    synth(OF_SERVICES, ports).template.hasResourceProperties(TARGETS, {
      TargetGroupAttributes: Match.arrayWith([
        { Key: 'deregistration_delay.timeout_seconds', Value: '5' }, { Key: 'stickiness.enabled', Value: 'true' }, { Key: 'slow_start.duration_seconds', Value: '30' },
      ].sort((one, other) => one.Key < other.Key ? -1 : 1).map(Match.objectLike)),
    });
  });

  test.each<[keyof Props, Props]>([
    ['idleTimeout', { idleTimeout: Duration.seconds(4_001) }], ['deregistrationDelay', { deregistrationDelay: Duration.seconds(3_601) }], ['slowStart', { slowStart: Duration.seconds(29) }],
    ['stickinessCookieDuration', { stickinessCookieDuration: Duration.days(8) }], ['healthCheckInterval', { healthCheckInterval: Duration.seconds(4) }],
    ['healthCheckTimeout', { healthCheckInterval: Duration.seconds(10), healthCheckTimeout: Duration.seconds(10) }], ['healthyThresholdCount', { healthyThresholdCount: 1 }],
    ['unhealthyThresholdCount', { unhealthyThresholdCount: 11 }],
  ])('%s out of range is refused', (property, props) => {
    expect(refusal(() => synth(props, ports))).toMatch(new RegExp(`^Stack/Hello/LoadBalancer: '${property}' must be .* \\[CDK_HYBRID_SIZE_OUT_OF_RANGE\\]$`));
  });

  test('a compute that takes no requests is refused', () => {
    const none: ICompute = { computeName: 'none', servicePrincipals: ['ecs-tasks.amazonaws.com'], bind: () => ({}) };
    expect(refusal(() => synth({}, none))).toContain('[CDK_HYBRID_TRIGGER_UNSUPPORTED]');
  });
});

describe('CORS: cors', () => {
  const CORS: HttpCors = { allowOrigins: ['https://example.com'], allowMethods: ['GET', 'PUT'], allowHeaders: ['content-type'], exposeHeaders: ['etag'], allowCredentials: true, maxAge: Duration.minutes(10) };
  const preflight = (...conditions: object[]) => Match.objectLike({
    Conditions: [...conditions, field('http-request-method', 'HttpRequestMethodConfig', ['OPTIONS']), { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'access-control-request-method', Values: ['*'] } }],
  });

  test('allowOrigins, allowMethods, allowHeaders, exposeHeaders, allowCredentials and maxAge: on Lambda the listener adds the headers and answers preflights', () => {
    const { template } = synth({ path: '/api/*', cors: CORS });
    const attribute = (name: string, value: string) => ({ Key: `routing.http.response.access_control_${name}.header_value`, Value: value });
    template.hasResourceProperties(LISTENER, {
      ListenerAttributes: [
        attribute('allow_origin', 'https://example.com'), attribute('allow_methods', 'GET,PUT'), attribute('allow_headers', 'content-type'), attribute('expose_headers', 'etag'),
        attribute('allow_credentials', 'true'), attribute('max_age', '600'),
      ],
    });
    template.hasResourceProperties(RULE, preflight(path('/api/*')));
    expect(rules(template)[0].Actions).toEqual([{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '204' } }]);
    expect(rules(template)).toHaveLength(2);
  });

  test('what a load balancer cannot say for Lambda functions is refused', () => {
    expect(refusal(() => synth({ cors: { allowOrigins: ['https://a.com', 'https://b.com'] } }))).toMatch(/'cors\.allowOrigins' must be one exact origin or \*.* \[CDK_HYBRID_CORS_UNSUPPORTED\]$/);
    expect(refusal(() => synth({ cors: { allowOrigins: ['https://*'] } }))).toContain('CORS_UNSUPPORTED');
    expect(refusal(() => synth(stack => ({ listener: imported(stack), minPriority: 1, maxPriority: 9, cors: CORS })))).toContain('CORS_UNSUPPORTED');
  });

  test('what browsers do not take is refused on each compute', () => {
    expect(refusal(() => synth({ cors: { allowOrigins: ['*'], allowCredentials: true } }, ports))).toContain('exact origins with allowCredentials');
    expect(refusal(() => synth({ cors: { allowOrigins: [] } }, ports))).toContain('at least one origin');
  });

  test('functions of one listener that differ are refused, whoever comes first; each method has its preflight', () => {
    const two = (...all: (HttpCors | undefined)[]) => {
      const stack = newStack();
      for (const [index, cors] of all.entries()) { fn(stack, `Fn${index}`).addTrigger(Trigger.loadBalancer({ path: '/api/*', methods: [index ? 'GET' : 'PUT'], cors })); }
      return rules(Template.fromStack(stack));
    };
    expect(two(CORS, { ...CORS })).toHaveLength(4);
    for (const order of [[CORS, undefined], [undefined, CORS]]) {
      expect(refusal(() => two(...order))).toMatch(/^Stack\/Fn1\/LoadBalancer: 'cors' must be that of Stack\/Fn0\/LoadBalancer, .* \[CDK_HYBRID_CORS_CONFLICT\]$/);
    }
    expect(refusal(() => two(CORS, { allowOrigins: ['*'] }))).toContain('CORS_CONFLICT');
  });

  test('on a service its host answers; preflights go to it past login and methods', () => {
    expect(rules(synth({ cors: CORS }, ports).template)).toHaveLength(1);
    const { template } = synth({ path: '/a', cors: CORS, methods: ['GET'], sourceIps: ['192.0.2.0/24'] }, ports);
    expect(rules(template)).toHaveLength(2);
    expect(rules(template)[0]).toMatchObject({
      Actions: [{ Type: 'forward' }], Conditions: [{ Field: 'path-pattern' }, { HttpRequestMethodConfig: { Values: ['OPTIONS'] } }, { Field: 'http-header' }, { Field: 'source-ip' }],
    });
    template.hasResourceProperties(LISTENER, { ListenerAttributes: Match.absent() });
  });

  test('a preflight comes before its route and before those of all methods, also with a priority of one\'s own', () => {
    const methods = (list: object[]) => list.map(rule => JSON.stringify(rule)).map(text => [/OPTIONS/, /"PUT"/].map(pattern => pattern.test(text)));
    for (const priority of [undefined, 5]) {
      expect(methods(rules(synth({ path: '/api/*', methods: ['PUT'], cors: CORS, priority }, ports).template))).toEqual([[true, true], [false, true]]);
    }
    const stack = newStack();
    fn(stack, 'All').addTrigger(Trigger.loadBalancer({ path: '/api/*', cors: CORS }));
    fn(stack, 'Put').addTrigger(Trigger.loadBalancer({ path: '/api/*', methods: ['PUT'], cors: CORS }));
    expect(methods(rules(Template.fromStack(stack)))).toEqual([[true, true], [true, false], [false, true], [false, false]]);
  });

  test('routes that differ in headers alone share a preflight when it is the same', () => {
    const two = (...all: HttpCors[]) => {
      const stack = newStack();
      for (const [index, cors] of all.entries()) {
        fn(stack, `Fn${index}`, { compute: ports }).addTrigger(Trigger.loadBalancer({ httpHeaders: { 'x-version': [`${index}`] }, cors }));
      }
      return rules(Template.fromStack(stack));
    };
    expect(two(CORS, CORS)).toHaveLength(3);
    expect(refusal(() => two(CORS, { allowOrigins: ['*'] }))).toContain('[CDK_HYBRID_ROUTE_COLLISION]');
  });
});

describe('logins', () => {
  const pool = (stack: Stack, generateSecret = true) => {
    const userPool = new cognito.UserPool(stack, 'Pool');
    return {
      userPool,
      userPoolClient: userPool.addClient('Client', { generateSecret }),
      userPoolDomain: userPool.addDomain('Domain', { cognitoDomain: { domainPrefix: 'hello' } }),
    };
  };
  const OIDC = {
    issuer: 'https://id.example.com',
    authorizationEndpoint: 'https://id.example.com/authorize',
    tokenEndpoint: 'https://id.example.com/token',
    userInfoEndpoint: 'https://id.example.com/user',
    clientId: 'hello',
    clientSecret: SecretValue.secretsManager('oidc'),
  };

  test('Cognito login: userPool, userPoolClient, userPoolDomain, onUnauthenticatedRequest, scope, sessionTimeout, sessionCookieName', () => {
    const { template } = synth(stack => ({
      certificates: [certificate(stack)],
      login: HttpLogin.cognito({ ...pool(stack), sessionTimeout: Duration.hours(8), scope: 'openid email', onUnauthenticatedRequest: elbv2.UnauthenticatedAction.DENY, sessionCookieName: 'Hello' }),
    }));
    template.hasResourceProperties(RULE, {
      Actions: [{
        Order: 1,
        Type: 'authenticate-cognito',
        AuthenticateCognitoConfig: {
          UserPoolArn: Match.anyValue(), UserPoolClientId: Match.anyValue(), UserPoolDomain: Match.anyValue(), SessionTimeout: 28_800, Scope: 'openid email', OnUnauthenticatedRequest: 'deny', SessionCookieName: 'Hello',
        },
      }, { Order: 2, Type: 'forward', TargetGroupArn: Match.anyValue() }],
    });
    // The load balancer itself asks Cognito.
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { GroupDescription: Match.stringLikeRegexp('LoadBalancer'), SecurityGroupEgress: Match.arrayWith([Match.objectLike({ FromPort: 443, CidrIp: '0.0.0.0/0' })]) });
  });

  test('OIDC login: issuer, authorizationEndpoint, tokenEndpoint, userInfoEndpoint, clientId, clientSecret, authenticationRequestExtraParams', () => {
    const { template } = synth(stack => ({ certificates: [certificate(stack)], login: HttpLogin.oidc({ ...OIDC, authenticationRequestExtraParams: { prompt: 'login' } }) }));
    template.hasResourceProperties(RULE, {
      Actions: [Match.objectLike({
        Type: 'authenticate-oidc',
        AuthenticateOidcConfig: {
          Issuer: 'https://id.example.com',
          ClientId: 'hello',
          ClientSecret: '{{resolve:secretsmanager:oidc:SecretString:::}}',
          AuthenticationRequestExtraParams: { prompt: 'login' },
          AuthorizationEndpoint: Match.anyValue(),
          TokenEndpoint: Match.anyValue(),
          UserInfoEndpoint: Match.anyValue(),
        },
      }), Match.objectLike({ Type: 'forward' })],
    });
  });

  test('preflights need none', () => {
    const { template } = synth(stack => ({ certificates: [certificate(stack)], login: HttpLogin.oidc(OIDC), cors: { allowOrigins: ['https://example.com'] } }), ports);
    expect(rules(template).map(({ Actions }) => Actions.map(({ Type }: { Type: string }) => Type))).toEqual([['forward'], ['authenticate-oidc', 'forward']]);
  });

  test('without a certificate it is refused', () => {
    expect(refusal(() => synth({ login: HttpLogin.oidc(OIDC) })))
      .toBe('Stack/Hello/LoadBalancer: \'certificates\' must be at least one certificate with login, for load balancers log in over HTTPS alone, got \'none\'; set certificates [CDK_HYBRID_CERTIFICATE_MISSING]');
    expect(refusal(() => synth(stack => ({ login: HttpLogin.cognito(pool(stack)) })))).toContain('CERTIFICATE_MISSING');
  });

  test('what cannot work is refused', () => {
    const withLogin = (login: (stack: Stack) => HttpLogin) => refusal(() => {
      synth(stack => ({ certificates: [certificate(stack)], login: login(stack) }));
    });
    expect(withLogin(stack => HttpLogin.cognito(pool(stack, false)))).toMatch(/'login\.userPoolClient' must be a client with a secret, got 'Stack\/Pool\/Client'; set generateSecret of the client \[CDK_HYBRID_LOGIN_INVALID\]$/);
    expect(withLogin(() => HttpLogin.oidc({ ...OIDC, tokenEndpoint: 'http://id.example.com' }))).toContain('\'login.tokenEndpoint\' must be a full URL');
    expect(withLogin(() => HttpLogin.oidc({ ...OIDC, sessionTimeout: Duration.days(8) }))).toContain('1 to 604800 seconds, got 691200');
  });
});

test('two load balancer triggers of one function differ in their id', () => {
  const stack = newStack();
  const hello = fn(stack);
  hello.addTrigger(Trigger.loadBalancer({ path: '/a' }));
  expect(refusal(() => hello.addTrigger(Trigger.loadBalancer({ path: '/b' })))).toContain('set id of the trigger [CDK_HYBRID_TRIGGER_TWICE]');
  hello.addTrigger(Trigger.loadBalancer({ path: '/b', id: 'B' }));
  Template.fromStack(stack).resourceCountIs(TARGETS, 2);
});

test.each(['process', 'task', 'batchJob'])('Compute.%s() is refused with the reason', computeName => {
  expect(refusal(() => synth({}, { computeName, servicePrincipals: ['ecs-tasks.amazonaws.com'], bind: () => ({}) }))).toMatch(/Compute\.service\(\).*TRIGGER_UNSUPPORTED\]$/);
});
