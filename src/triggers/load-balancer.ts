import { Annotations, Duration, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { LoadBalancerTriggerProps } from './load-balancer-options';
import type { ITrigger, TriggerConfig, TriggerContext } from '../model/trigger';
import type { IHttpTarget } from '../model/trigger-target';
import { checkRange, checkSeconds, secondsOf } from '../private/check-range';
import { checkVpcStack, stackVpc } from '../private/containers/network';
import { checkCors } from '../private/cors';
import { problem } from '../private/errors';
import { priorityOf } from '../private/load-balancer/listener-priority';
import type { Route } from '../private/load-balancer/listener-route';
import { comparable, preflightOf, routesOf } from '../private/load-balancer/listener-routes';
import { ListenerRules, RuleOptions } from '../private/load-balancer/listener-rules';
import { shareByListener } from '../private/load-balancer/load-balancer-cors';
import { isSameVpc, isSecure, listenerOf, priorityRange, vpcOfListener } from '../private/load-balancer/load-balancer-listener';
import { unsupported } from '../private/support';

/** How long a load balancer keeps a connection unless it is told otherwise. */
const IDLE_SECONDS = 60;
/** How long the host does. */
const KEEP_ALIVE_SECONDS = 75;

interface Ends {
  readonly listener: elbv2.IApplicationListener;
  readonly targetGroup: elbv2.IApplicationTargetGroup;
}

/** `Trigger.loadBalancer()`: HTTP requests by an Application Load Balancer. */
export class LoadBalancerTrigger implements ITrigger {
  public readonly triggerName = 'loadBalancer';
  public readonly triggerId: string;

  /**
   * @param props routes and load balancer
   */
  constructor(private readonly props: LoadBalancerTriggerProps) {
    // Not of the path: a target group outlives a change of its routes.
    this.triggerId = props.id ?? 'LoadBalancer';
  }

  public bind(scope: Construct, context: TriggerContext): TriggerConfig {
    const { props } = this;
    const { compute: { httpTarget } } = context;
    if (!httpTarget) {
      throw unsupported(scope, 'loadBalancer', context.computeName, 'use a compute that takes requests');
    }
    this.check(scope, context);
    const routes = routesOf(scope, { ...props, paths: [...props.path === undefined && props.paths?.length ? [] : [props.path ?? '/*'], ...props.paths ?? []] });
    const { listener, loadBalancer } = listenerOf(scope, props, () => this.vpc(scope, context));
    if (props.login && isSecure(listener) === false) {
      throw problem(scope, 'CERTIFICATE_MISSING', { property: 'certificates', given: 'none', accepted: 'at least one certificate with login, for load balancers log in over HTTPS alone' });
    }
    const targetGroup = this.attach(scope, context, httpTarget, listener);
    this.addRules(scope, context, routes, { listener, targetGroup });
    return { loadBalancer, listener, targetGroup };
  }

  private attach(scope: Construct, context: TriggerContext, target: IHttpTarget, listener: elbv2.IApplicationListener) {
    const { eventFormat, cors, deregistrationDelay, stickinessCookieDuration, slowStart } = this.props;
    const { healthCheckPath, healthCheckInterval, healthCheckTimeout, healthyThresholdCount, unhealthyThresholdCount, healthyHttpCodes } = this.props;
    if (cors) { checkCors(scope, cors); }
    const onLambda = isLambda(context);
    ListenerRules.of(listener).share(scope, cors, onLambda && cors !== undefined);
    if (cors && onLambda) { shareByListener(scope, listener, cors); }
    return target.attach(scope, {
      vpc: context.vpc ?? this.props.vpc ?? vpcOfListener(this.props),
      eventFormat,
      cors,
      healthCheck: {
        path: healthCheckPath,
        interval: healthCheckInterval,
        timeout: healthCheckTimeout,
        healthyThresholdCount,
        unhealthyThresholdCount,
        healthyHttpCodes,
      },
      deregistrationDelay,
      stickinessCookieDuration,
      slowStart,
    });
  }

  private addRules(scope: Construct, context: TriggerContext, routes: Route[], { listener, targetGroup }: Ends): void {
    const { login, priority } = this.props;
    const forward = elbv2.ListenerAction.forward([targetGroup]);
    const action = login?._action(forward, scope) ?? forward;
    const options = [...routes.map(route => ({ route, action })), ...this.preflights(scope, context, routes, forward)];
    if (options.length > 1 && Token.isUnresolved(priority)) {
      throw problem(scope, 'SIZE_OUT_OF_RANGE', { property: 'priority', given: 'a token', accepted: `a number that is known at synth, for there are ${options.length} rules` });
    }
    const range = priorityRange(scope, this.props);
    const order = new Map(options.map(({ route }) => [route, priorityOf(comparable(scope, route))]));
    options.sort((one, other) => order.get(one.route)! - order.get(other.route)!);
    for (const [index, rule] of options.entries()) {
      ListenerRules.of(listener).add(scope, listener, { ...rule, range, priority: priority === undefined ? undefined : priority + index });
    }
  }

  /** A preflight has neither login nor method nor headers of the request that it asks for; of a Lambda function the listener answers it. */
  private preflights(scope: Construct, context: TriggerContext, routes: Route[], forward: elbv2.ListenerAction): RuleOptions[] {
    const { cors, login, methods = [], httpHeaders = {} } = this.props;
    const onLambda = isLambda(context);
    if (!cors || !(onLambda || login || methods.length > 0 || Object.keys(httpHeaders).length > 0)) { return []; }
    const action = onLambda ? elbv2.ListenerAction.fixedResponse(204) : forward;
    return routes.flatMap(route => preflightOf(scope, route)).map(route => ({ route, action, preflightOf: cors }));
  }

  private vpc(scope: Construct, { vpc, compute }: TriggerContext): ec2.IVpc {
    const own = this.props.vpc;
    if (own && vpc && compute.service && !isSameVpc(own, vpc)) {
      throw problem(scope, 'VPC_CONFLICT', { property: 'vpc', given: own.node.path, accepted: `that of the function, ${vpc.node.path}, or not given`, mend: 'leave it out' });
    }
    if (own) { checkVpcStack(scope, own); }
    return own ?? vpc ?? stackVpc(scope);
  }

  private check(scope: Construct, context: TriggerContext): void {
    const { props } = this;
    if (props.streaming && isLambda(context)) {
      throw problem(scope, 'STREAMING_UNSUPPORTED', { property: 'streaming', given: true, accepted: 'left out for a Lambda function: a load balancer waits for its whole response' });
    }
    const known = vpcOfListener(props);
    if (known && context.vpc && context.compute.service && !isSameVpc(known, context.vpc)) {
      throw problem(scope, 'VPC_CONFLICT', { property: 'vpc', given: context.vpc.node.path, accepted: `that of the load balancer, ${known.node.path}`, mend: 'give the function the VPC of the load balancer' });
    }
    const service = context.compute.service !== undefined;
    checkSeconds(scope, 'idleTimeout', props.idleTimeout, { least: 1, most: service ? KEEP_ALIVE_SECONDS - 1 : 4_000, unit: service ? 'seconds, less than the 75 for which the host keeps connections' : 'seconds' });
    checkSeconds(scope, 'deregistrationDelay', props.deregistrationDelay, { least: 0, most: 3_600 });
    checkSeconds(scope, 'stickinessCookieDuration', props.stickinessCookieDuration, { least: 1, most: 604_800 });
    checkSeconds(scope, 'slowStart', props.slowStart, { least: 30, most: 900 });
    checkSeconds(scope, 'healthCheckInterval', props.healthCheckInterval, { least: 5, most: 300 });
    const interval = secondsOf(props.healthCheckInterval);
    checkSeconds(scope, 'healthCheckTimeout', props.healthCheckTimeout, {
      least: 2, most: Math.min(120, (interval ?? 121) - 1), unit: interval === undefined ? 'seconds' : `seconds, less than the interval of ${interval}`,
    });
    checkRange(scope, 'healthyThresholdCount', props.healthyThresholdCount, { least: 2, most: 10 });
    checkRange(scope, 'unhealthyThresholdCount', props.unhealthyThresholdCount, { least: 2, most: 10 });
    this.warnOfTimeouts(scope, context);
  }

  private warnOfTimeouts(scope: Construct, { timeout }: TriggerContext): void {
    const { listener, loadBalancer, idleTimeout = Duration.seconds(IDLE_SECONDS) } = this.props;
    if (listener || loadBalancer || timeout.isUnresolved() || idleTimeout.isUnresolved()) { return; }
    const [longest, idle] = [timeout, idleTimeout].map(duration => duration.toSeconds({ integral: false }));
    if (longest > idle) {
      Annotations.of(scope).addWarningV2('cdk-hybrid:LoadBalancer.idleTimeout',
        `The handler may take ${longest} seconds, but the load balancer answers 504 when a response has not begun after ${idle}. Lower timeout, or raise idleTimeout.`);
    }
  }
}

function isLambda({ compute }: TriggerContext): boolean {
  return compute.lambdaFunction !== undefined || compute.lambdaTarget !== undefined;
}
