import type { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { HttpLogin } from './http-login';
import type { ListenerOptions } from '../model/listener-options';
import type { HttpCors, HttpEventFormat } from '../model/trigger-target';

/** Which requests a handler gets from which load balancer, and how. */
export interface LoadBalancerOptions extends ListenerOptions {
  /**
   * The path of the requests. `*` stands for any characters, `/` included, and `?` for one: `/api/*`.
   *
   * @default - every path, unless `paths` is given
   */
  readonly path?: string;

  /**
   * Further paths.
   *
   * @default - none
   */
  readonly paths?: string[];

  /**
   * The methods of the requests. GET does not include HEAD.
   *
   * @default - every method
   */
  readonly methods?: string[];

  /**
   * The hosts of the requests (the condition `host-header`): `api.example.com`, `*.example.com`.
   *
   * @default - every host
   */
  readonly hosts?: string[];

  /**
   * Headers that the requests have to have, by name: one of these values each. `*` and `?` are wildcards.
   *
   * @default - any
   */
  readonly httpHeaders?: { [name: string]: string[] };

  /**
   * Query parameters of which the requests have to have one. `*` and `?` are wildcards.
   *
   * @default - any
   */
  readonly queryStrings?: elbv2.QueryStringCondition[];

  /**
   * The addresses that the requests come from, in CIDR form. Behind a proxy that is the address of the proxy.
   *
   * @default - any
   */
  readonly sourceIps?: string[];

  /**
   * The priority of the rule, 1 to 50,000; the lowest comes first. A trigger with several rules has the following numbers as well.
   *
   * @default - computed from the conditions: the more special a route, the lower; what comes or goes later does not change it
   */
  readonly priority?: number;

  /**
   * The event that the handler gets. On Lambda only those of load balancers.
   *
   * @default HttpEventFormat.ALB
   */
  readonly eventFormat?: HttpEventFormat;

  /**
   * Whether the handler streams its responses. That says nothing new to a service; a load balancer cannot stream from a Lambda
   * function, and the error comes before the deployment.
   *
   * @default false
   */
  readonly streaming?: boolean;

  /**
   * Which web pages of other origins may call the handler. On Lambda the listener says it, with one origin, and to all its
   * functions alike.
   *
   * @default - none; the handler may answer itself
   */
  readonly cors?: HttpCors;

  /**
   * Who may call the handler: those who have logged in. Needs HTTPS.
   *
   * @default - everybody
   */
  readonly login?: HttpLogin;

  /**
   * How long requests in flight may take when a target is taken away, 0 to 3,600 seconds. Lambda functions have nothing to drain.
   *
   * @default - the compute's own default
   */
  readonly deregistrationDelay?: Duration;

  /**
   * The path of health checks. A Lambda function is checked only when it is given, for each check is an invocation.
   *
   * @default - that of the host; `/` for a container without it
   */
  readonly healthCheckPath?: string;

  /**
   * The time between health checks, 5 to 300 seconds.
   *
   * @default - 15 seconds for a service, 35 for a Lambda function
   */
  readonly healthCheckInterval?: Duration;

  /**
   * How long a health check may take, 2 to 120 seconds and less than the interval.
   *
   * @default - 10 seconds for a service, 30 for a Lambda function
   */
  readonly healthCheckTimeout?: Duration;

  /**
   * How many health checks have to succeed before a target is healthy, 2 to 10.
   *
   * @default - 2 for a service, 5 for a Lambda function
   */
  readonly healthyThresholdCount?: number;

  /**
   * How many health checks have to fail before a target is unhealthy, 2 to 10.
   *
   * @default - 5 for a service, 2 for a Lambda function
   */
  readonly unhealthyThresholdCount?: number;

  /**
   * The status codes of a success: `200`, `200,204`, `200-299`.
   *
   * @default '200'
   */
  readonly healthyHttpCodes?: string;

  /**
   * How long a client stays with the same task, 1 second to 7 days. A Lambda function has nothing to stay with.
   *
   * @default - it does not
   */
  readonly stickinessCookieDuration?: Duration;

  /**
   * How long a new task is spared from its full share of requests, 30 to 900 seconds. Of no use on Lambda.
   *
   * @default - not at all
   */
  readonly slowStart?: Duration;
}

/** What `Trigger.loadBalancer()` is told. */
export interface LoadBalancerTriggerProps extends LoadBalancerOptions {
  /**
   * The VPC of the load balancer.
   *
   * @default - that of the function, or else of the load balancer or listener, or else the one that this library makes for the stack
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The construct id of what the trigger makes. Each further load balancer trigger of a function needs one.
   *
   * @default 'LoadBalancer'
   */
  readonly id?: string;
}
