/** Target groups whose durations may be tokens, known at deployment only: the CDK takes the number that stands for one for one that is out of range. */
import type { Duration } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';

/** Makes the target group of a trigger. */
export function targetGroupOf(scope: Construct, props: elbv2.ApplicationTargetGroupProps): elbv2.ApplicationTargetGroup {
  const { healthCheck, slowStart, stickinessCookieDuration } = props;
  const targetGroup = new elbv2.ApplicationTargetGroup(scope, 'TargetGroup', {
    ...props,
    healthCheck: healthCheck && { ...healthCheck, interval: known(healthCheck.interval), timeout: known(healthCheck.timeout) },
    slowStart: known(slowStart),
    stickinessCookieDuration: known(stickinessCookieDuration),
  });
  const resource = targetGroup.node.defaultChild as elbv2.CfnTargetGroup;
  withToken(healthCheck?.interval, value => { resource.healthCheckIntervalSeconds = value; });
  withToken(healthCheck?.timeout, value => { resource.healthCheckTimeoutSeconds = value; });
  withToken(slowStart, value => targetGroup.setAttribute('slow_start.duration_seconds', String(value)));
  withToken(stickinessCookieDuration, value => {
    targetGroup.setAttribute('stickiness.enabled', 'true');
    targetGroup.setAttribute('stickiness.type', 'lb_cookie');
    targetGroup.setAttribute('stickiness.lb_cookie.duration_seconds', String(value));
  });
  return targetGroup;
}

const known = (duration?: Duration) => duration?.isUnresolved() ? undefined : duration;

function withToken(duration: Duration | undefined, set: (seconds: number) => void): void {
  if (duration?.isUnresolved()) { set(duration.toSeconds()); }
}
