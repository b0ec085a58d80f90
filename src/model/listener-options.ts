import type { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

/** The load balancer and the listener by which requests come: given, or how they are made. */
export interface ListenerOptions {
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
}
