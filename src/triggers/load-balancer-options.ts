import type { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { HttpLogin } from './http-login';
import type { HttpCors, HttpEventFormat } from '../model/trigger-target';

/** Which requests a handler gets from which load balancer, and how. */
export interface LoadBalancerOptions {
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
   * The certificates of an HTTPS listener on port 443; port 80 is redirected to it.
   *
   * @default - none: HTTP on port 80
   */
  readonly certificates?: elbv2.IListenerCertificate[];

  /**
   * The TLS versions and ciphers.
   *
   * @default SslPolicy.RECOMMENDED_TLS
   */
  readonly sslPolicy?: elbv2.SslPolicy;

  /**
   * The port of the listener, 1 to 65,535.
   *
   * @default - 443 with certificates, else 80
   */
  readonly listenerPort?: number;

  /**
   * The protocol of the listener.
   *
   * @default - HTTPS with certificates, else HTTP
   */
  readonly listenerProtocol?: elbv2.ApplicationProtocol;

  /**
   * Whether the listener's port is open to everybody who can reach the load balancer.
   *
   * @default - true for an internet-facing load balancer that is made here with a security group of its own, else false
   */
  readonly open?: boolean;

  /**
   * A listener that exists, of this app or imported. Whatever else has rules on it keeps them.
   *
   * @default - a listener of the load balancer is made
   */
  readonly listener?: elbv2.IApplicationListener;

  /**
   * The lowest priority that rules may get. An imported listener needs it.
   *
   * @default 1
   */
  readonly minPriority?: number;

  /**
   * The highest priority that rules may get. An imported listener needs it.
   *
   * @default 50000
   */
  readonly maxPriority?: number;

  /**
   * A load balancer that exists, of this app or imported.
   *
   * @default - one is made for all functions of the stack in the same VPC that name none
   */
  readonly loadBalancer?: elbv2.IApplicationLoadBalancer;

  /**
   * Whether the load balancer is a private one, in private subnets. Its port is closed until `open`, or until the
   * connections of the listener let somebody in.
   *
   * @default false
   */
  readonly internal?: boolean;

  /**
   * The subnets of the load balancer.
   *
   * @default - the public subnets, or the private ones of an internal load balancer
   */
  readonly loadBalancerSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the load balancer.
   *
   * @default - one that lets in what `open` says, and out what goes to the handlers
   */
  readonly loadBalancerSecurityGroups?: ec2.ISecurityGroup[];

  /**
   * How long a connection may be idle, 1 to 4,000 seconds; a response has to begin in this time. In front of a service less
   * than the 75 seconds for which its host keeps connections.
   *
   * @default Duration.seconds(60)
   */
  readonly idleTimeout?: Duration;

  /**
   * The bucket for access logs. It must not have a KMS key, and the region of the stack must be known.
   *
   * @default - no access logs
   */
  readonly accessLogsBucket?: IBucket;

  /**
   * The prefix of access logs in the bucket.
   *
   * @default - none
   */
  readonly accessLogsPrefix?: string;

  /**
   * Whether the load balancer cannot be deleted.
   *
   * @default false
   */
  readonly deletionProtection?: boolean;

  /**
   * Whether headers with invalid names are removed from requests.
   *
   * @default true
   */
  readonly dropInvalidHeaderFields?: boolean;

  /**
   * How requests are treated that servers could read in two ways.
   *
   * @default DesyncMitigationMode.DEFENSIVE
   */
  readonly desyncMitigationMode?: elbv2.DesyncMitigationMode;

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
