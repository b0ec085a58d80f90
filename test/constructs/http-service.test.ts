/** A handler as a service behind a load balancer. */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Compute, HttpEventFormat, HttpService, HttpServiceProps, HybridFunction, ICompute, ServiceScaling, Trigger } from '../../src';
import { handlerOf } from '../computes/ecs';
import { refusal, SMALL_CODE, SMALL_RUNTIME, synthesized } from '../small-runtime';
import { workspace } from '../workspace';

const RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';
const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';
const BALANCER = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
const TARGETS = 'AWS::ElasticLoadBalancingV2::TargetGroup';

const service = (stack: Stack, props: HttpServiceProps) => new HttpService(stack, 'Api', { code: SMALL_CODE, runtime: SMALL_RUNTIME, maxConcurrency: 10, ...props });
const templateOf = (props: HttpServiceProps | ((stack: Stack) => HttpServiceProps) = {}, more: (api: HttpService, stack: Stack) => void = () => {}) =>
  synthesized(stack => more(service(stack, typeof props === 'function' ? props(stack) : props), stack));
const certificate = (stack: Stack) => acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:111122223333:certificate/1');
const listenerArn = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/mine/1/2';
const imported = (stack: Stack) => elbv2.ApplicationListener.fromApplicationListenerAttributes(stack, 'Existing', {
  listenerArn, securityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1'),
});

test('a service, its load balancer, its route', () => {
  const template = templateOf({ path: '/api/*', cpu: 512, memoryLimitMiB: 1024 });
  template.hasResourceProperties('AWS::ECS::TaskDefinition', { Cpu: '512', Memory: '1024' });
  template.hasResourceProperties('AWS::ECS::Service', { LoadBalancers: [{ ContainerPort: 8080, TargetGroupArn: Match.anyValue() }] });
  template.hasResourceProperties(BALANCER, { Scheme: 'internet-facing' });
  template.hasResourceProperties(RULE, { Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/api/*'] } }] });
  template.hasResourceProperties(TARGETS, { HealthCheckPath: '/_health', HealthCheckIntervalSeconds: 15, HealthCheckTimeoutSeconds: 10, HealthyThresholdCount: 2, UnhealthyThresholdCount: 5 });
  expect(template.findOutputs('*')).toEqual({});
});

test('construct ids are a contract with deployed stacks', () => {
  expect(Object.keys(templateOf().toJSON().Resources).filter(id => !id.startsWith('CdkHybridVpc')).sort()).toMatchSnapshot();
});

test('security groups are opened from the load balancer to the port of the task alone', () => {
  const template = templateOf({ port: 3000 });
  const ingress = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress'));
  expect(ingress.map(({ Properties: { FromPort, ToPort, CidrIp, SourceSecurityGroupId } }) => [FromPort, ToPort, CidrIp, JSON.stringify(SourceSecurityGroupId).includes('LoadBalancer')]))
    .toEqual([[3000, 3000, undefined, true]]);
});

test('the service waits for its rule, without which ECS refuses the target group', () => {
  const [{ DependsOn }] = Object.values(templateOf().findResources('AWS::ECS::Service'));
  expect(DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^CdkHybridRules/)]));
});

test('routes and times of health checks, listener and container have names of their own', () => {
  const template = templateOf(stack => ({
    port: 3000,
    certificates: [certificate(stack)],
    listenerPort: 8443,
    healthCheckPath: '/up',
    healthCheckGracePeriod: Duration.seconds(20),
    healthyThresholdCount: 3,
    deregistrationDelay: Duration.seconds(25),
    eventFormat: HttpEventFormat.V2,
    cors: { allowOrigins: ['https://a.com', 'https://b.com'] },
  }));
  template.hasResourceProperties(LISTENER, { Port: 8443, Protocol: 'HTTPS' });
  template.hasResourceProperties(TARGETS, { Port: 3000, HealthCheckPath: '/up', HealthyThresholdCount: 3, TargetGroupAttributes: Match.arrayWith([{ Key: 'deregistration_delay.timeout_seconds', Value: '25' }]) });
  template.hasResourceProperties('AWS::ECS::Service', { HealthCheckGracePeriodSeconds: 20 });
  expect(handlerOf(template).environment).toMatchObject({
    PORT: '3000', HYBRID_HTTP_EVENT: 'v2', HYBRID_HTTP_HEALTH_PATH: '/up', HYBRID_HTTP_CORS: '{"allowOrigins":["https://a.com","https://b.com"]}',
  });
});

test('it scales on the requests of its target group', () => {
  templateOf({ minCapacity: 1, maxCapacity: 4, scaling: [ServiceScaling.onRequestsPerTarget(100)] })
    .hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', { TargetTrackingScalingPolicyConfiguration: { PredefinedMetricSpecification: { PredefinedMetricType: 'ALBRequestCountPerTarget', ResourceLabel: Match.anyValue() } } });
});

test('url is the address of the load balancer', () => {
  const urls: unknown[] = [];
  const note = (api: HttpService, stack: Stack) => urls.push(stack.resolve(api.url));
  templateOf({}, note);
  templateOf(stack => ({ certificates: [certificate(stack)] }), note);
  templateOf({ listenerPort: 8080 }, note);
  const dns = { 'Fn::GetAtt': [expect.stringMatching(/^CdkHybridLoadBalancer/), 'DNSName'] };
  expect(urls).toEqual([{ 'Fn::Join': ['', ['http://', dns]] }, { 'Fn::Join': ['', ['https://', dns]] }, { 'Fn::Join': ['', ['http://', dns, ':8080']] }]);
});

test('behind an imported listener: no load balancer is made, its address is not known', () => {
  const template = templateOf(stack => ({ listener: imported(stack), minPriority: 10, maxPriority: 19 }), api => {
    expect(api.loadBalancer).toBeUndefined();
    expect(refusal(() => api.url)).toContain('[CDK_HYBRID_URL_UNKNOWN]');
  });
  template.resourceCountIs(BALANCER, 0);
  template.hasResourceProperties(RULE, { ListenerArn: listenerArn });
  template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { SourceSecurityGroupId: 'sg-1', FromPort: 8080 });
});

test('addRoute: further routes with settings of their own', () => {
  const template = templateOf({ path: '/api/*' }, api => {
    const { targetGroup } = api.addRoute('Partners', { path: '/partners/*', sourceIps: ['192.0.2.0/24'] });
    expect(targetGroup).not.toBe(api.targetGroup);
  });
  template.resourceCountIs(RULE, 2);
  template.resourceCountIs(BALANCER, 1);
  template.hasResourceProperties('AWS::ECS::Service', { LoadBalancers: [Match.anyValue(), Match.anyValue()] });
});

test('addRoute: on the listener of the service, which its host answers for', () => {
  const template = templateOf(stack => ({
    certificates: [certificate(stack)], path: '/api/*', eventFormat: HttpEventFormat.V2, cors: { allowOrigins: ['*'] }, healthCheckPath: '/up',
  }), api => { api.addRoute('Partners', { path: '/partners/*' }); });
  expect(Object.values(template.findResources(RULE)).map(({ Properties }) => Properties.ListenerArn.Ref)).toEqual([1, 2].map(() => expect.stringMatching(/CdkHybridListener443/)));
  expect(Object.values(template.findResources(TARGETS)).map(({ Properties }) => Properties.HealthCheckPath)).toEqual(['/up', '/up']);
  const behindImported = templateOf(stack => ({ listener: imported(stack), minPriority: 10, maxPriority: 999, path: '/a' }), api => { api.addRoute('More', { path: '/b' }); });
  behindImported.resourceCountIs(RULE, 2);
  const elsewhere = templateOf({}, api => { api.addRoute('Internal', { internal: true }); });
  elsewhere.resourceCountIs(BALANCER, 2);
});

test('streaming is what a service does anyway', () => {
  templateOf({ streaming: true }).resourceCountIs(RULE, 1);
});

test('an idle timeout that outlasts the connections of the host is refused', () => {
  expect(refusal(() => templateOf({ idleTimeout: Duration.seconds(75) })))
    .toBe('Stack/Api/LoadBalancer: \'idleTimeout\' must be 1 to 74 seconds, less than the 75 for which the host keeps connections, got 75; choose a value in the range [CDK_HYBRID_SIZE_OUT_OF_RANGE]');
});

test('a VPC other than that of the load balancer is refused', () => {
  const vpcs = (stack: Stack) => ['vpc-1', 'vpc-2'].map(vpcId => ec2.Vpc.fromVpcAttributes(stack, vpcId, { vpcId, availabilityZones: ['a', 'b'], privateSubnetIds: ['p1', 'p2'], publicSubnetIds: ['q1', 'q2'] }));
  expect(refusal(() => templateOf(stack => {
    const [vpc, other] = vpcs(stack);
    return { vpc, loadBalancer: new elbv2.ApplicationLoadBalancer(stack, 'Mine', { vpc: other }) };
  }))).toMatch(/'vpc' must be that of the load balancer, Stack\/vpc-2, got 'Stack\/vpc-1'.*VPC_CONFLICT\]$/);
  expect(refusal(() => synthesized(stack => {
    const [vpc, other] = vpcs(stack);
    new HybridFunction(stack, 'Api', { code: SMALL_CODE, runtime: SMALL_RUNTIME, vpc, compute: Compute.service() }).addTrigger(Trigger.loadBalancer({ vpc: other }));
  }))).toContain('[CDK_HYBRID_VPC_CONFLICT]');
});

test('a swap keeps load balancer, listener and rule', () => {
  const kept = (compute: ICompute) => {
    const template = synthesized(stack => {
      const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
      new HybridFunction(stack, 'Api', { code: SMALL_CODE, runtime: SMALL_RUNTIME, vpc, compute }).addTrigger(Trigger.loadBalancer({ path: '/api/*' }));
    });
    return [BALANCER, LISTENER, RULE].map(type => template.findResources(type));
  };
  expect(kept(Compute.lambdaImage())).toEqual(kept(Compute.service()));
});

test('listeners of another stack: rules are in the stack of the service', () => {
  const app = new App({ outdir: workspace() });
  const shared = new Stack(app, 'Shared');
  const vpc = new ec2.Vpc(shared, 'Vpc');
  const listener = new elbv2.ApplicationLoadBalancer(shared, 'Mine', { vpc }).addListener('Listener', { port: 80, open: false, defaultAction: elbv2.ListenerAction.fixedResponse(404) });
  synthesized(() => {
    const stack = new Stack(app, 'Stack');
    service(stack, { listener, vpc });
    const template = Template.fromStack(stack);
    template.resourceCountIs(RULE, 1);
    template.hasResourceProperties(RULE, { ListenerArn: { 'Fn::ImportValue': Match.stringLikeRegexp('Listener') } });
    Annotations.fromStack(stack).hasNoError('*', Match.anyValue());
  });
});
