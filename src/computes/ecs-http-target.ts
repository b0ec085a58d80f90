/** How a load balancer reaches a service. */
import { Annotations, Duration, Stack } from 'aws-cdk-lib';
import type * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import { scaleOnRequests, ServiceScaling } from './ecs-scaling';
import type { EcsTask } from './ecs-task-definition';
import { HttpCors, HttpEventFormat, HttpTargetOptions, IHttpTarget } from '../model/trigger-target';
import { problem } from '../private/errors';
import { targetGroupOf } from '../private/load-balancer/load-balancer-targets';

/** What the target is made of. */
export interface ServiceTargetParts {
  readonly scope: Construct;
  readonly task: EcsTask;
  readonly service: ecs.BaseService;
  readonly port: number;
  /** The longest that a request may take. */
  readonly timeout: Duration;
  readonly scaling: ServiceScaling[];
  readonly scalingTarget?: appscaling.ScalableTarget;
}

/** The path that our host answers itself, unless it is told another one. */
export const HEALTH_PATH = '/_health';
/** As long as a load balancer may take to see that a target is on its way out. */
const LEAST_DELAY = 15;
const MOST_DELAY = 3_600;

/** A service behind load balancers. */
export class ServiceHttpTarget implements IHttpTarget {
  /** Whether a load balancer has been attached. */
  public isAttached = false;
  private readonly told: { [name: string]: string } = {};

  /** @param parts the service, and what is known of it */
  constructor(private readonly parts: ServiceTargetParts) {}

  public attach(scope: Construct, options: HttpTargetOptions): elbv2.IApplicationTargetGroup {
    const { parts } = this;
    const healthPath = options.healthCheck?.path ?? (parts.task.hasHost ? HEALTH_PATH : '/');
    this.tellHost(options, healthPath);
    this.isAttached = true;
    return serviceTargetGroup(scope, parts, parts.port, { ...options, healthCheck: { ...options.healthCheck, path: healthPath } });
  }

  /** One host has one of each: load balancers that share a service must want the same. */
  private tellHost({ eventFormat = HttpEventFormat.ALB, cors }: HttpTargetOptions, healthPath: string): void {
    const { scope, task } = this.parts;
    if (!task.hasHost) {
      for (const [property, given] of [['eventFormat', eventFormat === HttpEventFormat.ALB ? undefined : eventFormat], ['cors', cors && 'a value']]) {
        if (given) { throw problem(scope, 'HOST_MISSING', { property: property!, given, accepted: 'left out for a container without our host, which takes the requests themselves' }); }
      }
      return;
    }
    const settings = {
      HYBRID_HTTP_EVENT: eventFormat,
      HYBRID_HTTP_CORS: cors ? corsText(scope, cors) : '',
      HYBRID_HTTP_HEALTH_PATH: healthPath === HEALTH_PATH ? '' : healthPath,
    };
    for (const [name, value] of Object.entries(settings)) {
      const before = this.told[name];
      if (before !== undefined && Stack.of(scope).resolve(before) !== Stack.of(scope).resolve(value)) {
        throw problem(scope, 'HTTP_CONFLICT', { property: 'addTrigger', given: `${name}=${value}`, accepted: `that of the service's other load balancer, ${name}=${before}` });
      }
      if (before === undefined && value !== '') { task.container.addEnvironment(name, value); }
      this.told[name] = value;
    }
  }

}

/** The target group of a service at one of its ports. */
export function serviceTargetGroup(
  scope: Construct, parts: ServiceTargetParts, port: number, options: HttpTargetOptions,
): elbv2.ApplicationTargetGroup {
  const { service, task, scaling, scalingTarget } = parts;
  const { vpc, healthCheck, stickinessCookieDuration, slowStart } = options;
  const targetGroup = targetGroupOf(scope, {
    vpc,
    targetType: elbv2.TargetType.IP,
    protocol: elbv2.ApplicationProtocol.HTTP,
    port,
    targets: [service.loadBalancerTarget({ containerName: task.container.containerName, containerPort: port })],
    healthCheck: { ...healthCheck, ...healthCheckTimes(healthCheck) },
    deregistrationDelay: drain(parts, options.deregistrationDelay),
    stickinessCookieDuration,
    slowStart,
  });
  if (scalingTarget) { scaleOnRequests(scope, scalingTarget, scaling, targetGroup); }
  return targetGroup;
}

/**
 * ECS takes a task out of its target groups, waits for the delay, and only then stops it: requests have the delay, and then the stop timeout,
 * to come to an end. Source: "Task lifecycle" and the `DEACTIVATING` state in the Amazon ECS Developer Guide.
 */
function drain({ scope, timeout, task: { stopTimeout } }: ServiceTargetParts, given?: Duration): Duration {
  if (timeout.isUnresolved()) { return given ?? Duration.seconds(300); }
  const longest = timeout.toSeconds({ integral: false });
  const delay = given ?? Duration.seconds(Math.min(MOST_DELAY, Math.max(LEAST_DELAY, Math.ceil(longest))));
  if (delay.isUnresolved() || stopTimeout.isUnresolved()) { return delay; }
  const [drained, stopped] = [delay, stopTimeout].map(duration => duration.toSeconds({ integral: false }));
  if (longest > drained + stopped) {
    Annotations.of(scope).addWarningV2('cdk-hybrid:Service.drain',
      `A request may take ${longest} seconds, but when a task is replaced it has ${drained} (deregistrationDelay) and ${stopped} (stopTimeout). Raise deregistrationDelay, or lower timeout.`);
  }
  return delay;
}

/** The timeout has to be less than the interval. */
function healthCheckTimes(given: elbv2.HealthCheck = {}): elbv2.HealthCheck {
  const { timeout, healthyThresholdCount = 2, unhealthyThresholdCount = 5 } = given;
  const longest = timeout === undefined || timeout.isUnresolved() ? 0 : Math.ceil(timeout.toSeconds({ integral: false }));
  const interval = given.interval ?? Duration.seconds(Math.max(15, longest + 5));
  const seconds = interval.isUnresolved() ? 15 : interval.toSeconds({ integral: false });
  const standard = Duration.seconds(Math.max(2, Math.min(10, Math.floor(seconds * 2 / 3))));
  return { interval, timeout: timeout ?? standard, healthyThresholdCount, unhealthyThresholdCount };
}

function corsText(scope: Construct, { maxAge, ...cors }: HttpCors): string {
  return Stack.of(scope).toJsonString({ ...cors, maxAge: maxAge?.toSeconds() });
}
