/** Load balancers and their listeners: ours, which functions share, and those that are there. */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BALANCER, certificate, fn, imported, LISTENER, newStack, path, Props, RULE, rules, synth, TARGETS } from './load-balancer';
import { Trigger } from '../../src';
import { refusal } from '../refusal';
import { workspace } from '../workspace';

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

test('two load balancer triggers of one function differ in their id', () => {
  const stack = newStack();
  const hello = fn(stack);
  hello.addTrigger(Trigger.loadBalancer({ path: '/a' }));
  expect(refusal(() => hello.addTrigger(Trigger.loadBalancer({ path: '/b' })))).toContain('set id of the trigger [CDK_HYBRID_TRIGGER_TWICE]');
  hello.addTrigger(Trigger.loadBalancer({ path: '/b', id: 'B' }));
  Template.fromStack(stack).resourceCountIs(TARGETS, 2);
});
