/** What a load balancer calls: Lambda functions, computes with a port, and nothing else. */
import { Duration } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { fn, newStack, ports, Props, synth, TARGETS } from './load-balancer';
import { Compute, HttpEventFormat, ICompute, Trigger } from '../../src';
import { refusal } from '../refusal';

const OF_SERVICES = { deregistrationDelay: Duration.seconds(5), stickinessCookieDuration: Duration.hours(1), slowStart: Duration.seconds(30) };

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

test.each(['process', 'task', 'batchJob'])('Compute.%s() is refused with the reason', computeName => {
  expect(refusal(() => synth({}, { computeName, servicePrincipals: ['ecs-tasks.amazonaws.com'], bind: () => ({}) }))).toMatch(/Compute\.service\(\).*TRIGGER_UNSUPPORTED\]$/);
});
