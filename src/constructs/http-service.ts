import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import { HybridFunction } from './hybrid-function';
import { Compute } from '../computes/compute';
import type { ServiceComputeProps } from '../computes/service';
import type { HybridFunctionOptions } from '../model/hybrid-function-options';
import type { TriggerConfig } from '../model/trigger';
import { problem } from '../private/errors';
import { saysListener } from '../private/load-balancer/load-balancer-listener';
import { LoadBalancerTrigger } from '../triggers/load-balancer';
import type { LoadBalancerOptions, LoadBalancerTriggerProps } from '../triggers/load-balancer-options';

/** A handler behind a load balancer: what it is, its tasks, its routes. */
export interface HttpServiceProps extends HybridFunctionOptions, ServiceComputeProps, LoadBalancerOptions {}

/**
 * A handler as an ECS service behind an Application Load Balancer: `Compute.service()` with `Trigger.loadBalancer()`.
 *
 * @example
 * const api = new HttpService(this, 'Api', {
 *   code: HandlerCode.fromEntry('src/api.ts'),
 *   path: '/api/*',
 *   maxConcurrency: 50,
 * });
 */
export class HttpService extends HybridFunction {
  /** The load balancer; undefined behind an imported listener. */
  public readonly loadBalancer?: elbv2.IApplicationLoadBalancer;

  /** The listener that has the routes. */
  public readonly listener: elbv2.IApplicationListener;

  /** The target group of the tasks. */
  public readonly targetGroup: elbv2.IApplicationTargetGroup;

  private readonly address?: string;
  private readonly options: LoadBalancerOptions;

  constructor(scope: Construct, id: string, props: HttpServiceProps = {}) {
    super(scope, id, { ...props, compute: Compute.service(props) });

    this.options = props;
    const { loadBalancer, listener, targetGroup } = this.addTrigger(new LoadBalancerTrigger(props));
    this.loadBalancer = loadBalancer;
    this.listener = listener!;
    this.targetGroup = targetGroup!;
    this.address = loadBalancer && urlOf(loadBalancer, this.listener);
  }

  /** The address of the load balancer, without a path; an error behind an imported listener, whose load balancer is not known. */
  public get url(): string {
    if (this.address === undefined) {
      throw problem(this, 'URL_UNKNOWN', { property: 'url', given: 'of an imported listener', accepted: 'that of a service whose load balancer is known' });
    }
    return this.address;
  }

  /**
   * Adds further routes, with settings of their own: another login, another load balancer. They are on the listener of the service when they say nothing of
   * listener and load balancer, and have its `eventFormat`, `cors` and `healthCheckPath`.
   *
   * @param id the construct id of what belongs to the routes
   * @param props routes and load balancer
   * @returns what has been made
   */
  public addRoute(id: string, props: LoadBalancerOptions): TriggerConfig {
    const { eventFormat, cors, healthCheckPath, minPriority, maxPriority } = this.options;
    const where: LoadBalancerOptions = saysListener(props) ? {} : { listener: this.listener, minPriority, maxPriority };
    // Of these a host has one each.
    const route: LoadBalancerTriggerProps = { eventFormat, cors, healthCheckPath, ...where, ...props, id };
    return this.addTrigger(new LoadBalancerTrigger(route));
  }
}

function urlOf(loadBalancer: elbv2.IApplicationLoadBalancer, listener: elbv2.IApplicationListener): string {
  const { port, protocol } = listener.node.defaultChild as elbv2.CfnListener;
  const scheme = protocol === 'HTTPS' ? 'https' : 'http';
  const standard = scheme === 'https' ? 443 : 80;
  return `${scheme}://${loadBalancer.loadBalancerDnsName}${port === undefined || port === standard ? '' : `:${port}`}`;
}
