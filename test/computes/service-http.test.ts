/** How a load balancer reaches a service. */
import { Duration, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { CONTAINER, handlerOf, onEcs } from './ecs';
import { HttpEventFormat, HttpTargetOptions, HybridFunction, HybridFunctionProps, ITrigger, ServiceComputeProps, ServiceScaling } from '../../src';
import { refusal } from '../small-runtime';

/** A load balancer of its own, with as little as there can be. */
const loadBalancer = (options: Partial<HttpTargetOptions> = {}, id = 'Balancer'): ITrigger => ({
  triggerName: 'custom',
  triggerId: id,
  bind: (scope: Construct, { compute, vpc }) => {
    const targetGroup = compute.httpTarget!.attach(scope, { vpc: vpc!, ...options });
    const balancer = new elbv2.ApplicationLoadBalancer(scope, 'LoadBalancer', { vpc: vpc! });
    balancer.addListener('Listener', { port: 80, open: false, defaultTargetGroups: [targetGroup] });
    return { targetGroup };
  },
});

const attached = (
  options: Partial<HttpTargetOptions> = {},
  props: ServiceComputeProps = {},
  own: HybridFunctionProps = {},
  more: (fn: HybridFunction, stack: Stack) => void = () => {},
) => onEcs('service', props, own, (fn, stack) => {
  fn.addTrigger(loadBalancer(options));
  more(fn, stack);
});
const TARGET_GROUP = 'AWS::ElasticLoadBalancingV2::TargetGroup';

test('requests go to the port of the container, as the event of a load balancer', () => {
  const { template } = attached();
  template.hasResourceProperties(TARGET_GROUP, { Port: 8080, Protocol: 'HTTP', TargetType: 'ip', VpcId: 'vpc-1' });
  template.hasResourceProperties('AWS::ECS::Service', { LoadBalancers: [{ ContainerName: 'handler', ContainerPort: 8080, TargetGroupArn: Match.anyValue() }] });
  const { environment } = handlerOf(template);
  expect(environment.HYBRID_HTTP_EVENT).toBe('alb');
  expect(environment).not.toHaveProperty('HYBRID_HTTP_CORS');
  expect(environment).not.toHaveProperty('HYBRID_HTTP_HEALTH_PATH');
});

test('security groups are open from the load balancer to the port alone', () => {
  const { template } = attached();
  template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
  template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
    FromPort: 8080, ToPort: 8080, GroupId: { 'Fn::GetAtt': ['ApiSecurityGroup2D7B9747', 'GroupId'] }, SourceSecurityGroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('LoadBalancer'), 'GroupId'] },
  });
});

describe('health check', () => {
  test('is on the path of the host; the times are those that peers have', () => {
    attached().template.hasResourceProperties(TARGET_GROUP, {
      HealthCheckPath: '/_health', HealthCheckIntervalSeconds: 15, HealthCheckTimeoutSeconds: 10, HealthyThresholdCount: 2, UnhealthyThresholdCount: 5,
    });
  });

  test('healthCheckPath, healthyHttpCodes and times', () => {
    const { template } = attached({
      healthCheck: { path: '/up', healthyHttpCodes: '200-299', interval: Duration.seconds(6), healthyThresholdCount: 3, unhealthyThresholdCount: 2 },
    });
    template.hasResourceProperties(TARGET_GROUP, {
      HealthCheckPath: '/up', Matcher: { HttpCode: '200-299' }, HealthCheckIntervalSeconds: 6, HealthCheckTimeoutSeconds: 4, HealthyThresholdCount: 3, UnhealthyThresholdCount: 2,
    });
    expect(handlerOf(template).environment.HYBRID_HTTP_HEALTH_PATH).toBe('/up');
    const times = (timeout: Duration) => {
      const [{ Properties }] = Object.values(attached({ healthCheck: { timeout } }).template.findResources(TARGET_GROUP));
      return [Properties.HealthCheckTimeoutSeconds, Properties.HealthCheckIntervalSeconds];
    };
    expect([3, 20].map(seconds => times(Duration.seconds(seconds)))).toEqual([[3, 15], [20, 25]]);
  });

  test('of a container without our host is on its root', () => {
    const { template } = attached({}, {}, CONTAINER);
    template.hasResourceProperties(TARGET_GROUP, { HealthCheckPath: '/' });
    expect(Object.keys(handlerOf(template).environment).filter(name => name.startsWith('HYBRID_'))).toEqual([]);
  });
});

describe('what the host is told', () => {
  test('event format and CORS', () => {
    const { environment } = handlerOf(attached({
      eventFormat: HttpEventFormat.V2, cors: { allowOrigins: ['https://example.com'], allowMethods: ['PUT'], allowCredentials: true, maxAge: Duration.hours(1) },
    }).template);
    expect(environment.HYBRID_HTTP_EVENT).toBe('v2');
    expect(JSON.parse(environment.HYBRID_HTTP_CORS as string)).toEqual({ allowOrigins: ['https://example.com'], allowMethods: ['PUT'], allowCredentials: true, maxAge: 3600 });
  });

  test('two load balancers must want the same', () => {
    const two = (options: Partial<HttpTargetOptions>) => attached({}, {}, {}, fn => { fn.addTrigger(loadBalancer(options, 'Second')); });
    two({}).template.resourceCountIs(TARGET_GROUP, 2);
    expect(refusal(() => two({ eventFormat: HttpEventFormat.V1 })))
      .toContain('Stack/Api: \'addTrigger\' must be that of the service\'s other load balancer, HYBRID_HTTP_EVENT=alb, got \'HYBRID_HTTP_EVENT=v1\'');
    expect(refusal(() => two({ cors: { allowOrigins: ['*'] } }))).toContain('CDK_HYBRID_HTTP_CONFLICT');
    expect(refusal(() => two({ healthCheck: { path: '/up' } }))).toContain('CDK_HYBRID_HTTP_CONFLICT');
  });

  test('a container without our host has no events and no CORS of ours', () => {
    expect(refusal(() => attached({ eventFormat: HttpEventFormat.V2 }, {}, CONTAINER))).toContain('\'eventFormat\' must be left out for a container without our host');
    expect(refusal(() => attached({ cors: { allowOrigins: ['*'] } }, {}, CONTAINER))).toContain('CDK_HYBRID_HOST_MISSING');
  });
});

describe('a task that is replaced', () => {
  const delay = (options: Partial<HttpTargetOptions>, props: ServiceComputeProps = {}, timeout?: Duration) => {
    const { template, warnings } = attached(options, { desiredCount: 2, ...props }, { timeout });
    const [{ Properties }] = Object.values(template.findResources(TARGET_GROUP));
    const { Value } = Properties.TargetGroupAttributes.find(({ Key }: { Key: string }) => Key === 'deregistration_delay.timeout_seconds');
    return { seconds: Number(Value), warnings: warnings.filter(warning => warning.includes('cdk-hybrid:')) };
  };

  test('lets requests finish: deregistration delay as long as the timeout', () => {
    expect(delay({})).toEqual({ seconds: 30, warnings: [] });
    expect(delay({}, {}, Duration.minutes(10)).seconds).toBe(600);
    expect(delay({}, {}, Duration.seconds(1)).seconds).toBe(15);
    expect(delay({}, {}, Duration.hours(2)).seconds).toBe(3600);
  });

  test('deregistrationDelay: deregistration delay of one\'s own', () => {
    expect(delay({ deregistrationDelay: Duration.seconds(5) })).toEqual({ seconds: 5, warnings: [] });
  });

  test('delay and stop timeout that leave requests no time are warned of', () => {
    const { warnings } = delay({ deregistrationDelay: Duration.seconds(5) }, { stopTimeout: Duration.seconds(10) }, Duration.minutes(1));
    expect(warnings).toEqual(['A request may take 60 seconds, but when a task is replaced it has 5 (deregistrationDelay) and 10 (stopTimeout). Raise deregistrationDelay, or lower timeout. [ack: cdk-hybrid:Service.drain]']);
  });
});

test('stickinessCookieDuration and slowStart', () => {
  const { template } = attached({ stickinessCookieDuration: Duration.hours(1), slowStart: Duration.seconds(60) });
  for (const attribute of [{ Key: 'stickiness.enabled', Value: 'true' }, { Key: 'slow_start.duration_seconds', Value: '60' }]) {
    template.hasResourceProperties(TARGET_GROUP, { TargetGroupAttributes: Match.arrayWith([attribute]) });
  }
});

test('scaling on requests per target: onRequestsPerTarget', () => {
  const { template } = attached({}, { maxCapacity: 5, scaling: [ServiceScaling.onRequestsPerTarget(500, { scaleInCooldown: Duration.minutes(2) })] });
  template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
    TargetTrackingScalingPolicyConfiguration: {
      PredefinedMetricSpecification: { PredefinedMetricType: 'ALBRequestCountPerTarget', ResourceLabel: Match.objectLike({ 'Fn::Join': Match.anyValue() }) }, TargetValue: 500, ScaleInCooldown: 120,
    },
  });
});
