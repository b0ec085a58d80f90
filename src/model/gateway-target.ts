import type * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';

/** Where the private integration of an API finds a handler. */
export interface HttpGatewayEnd {
  /** The listener of the handler alone. */
  readonly listener: elbv2.ApplicationListener;

  /** How API Gateway gets into the VPC. */
  readonly vpcLink: apigatewayv2.IVpcLink;
}

/** What an API's trigger asks for. */
export interface HttpGatewayOptions {
  /**
   * The path that tells whether a container without our host is healthy.
   *
   * @default /
   */
  readonly healthCheckPath?: string;
}

/** A handler that APIs of API Gateway can reach in a VPC: what computes give to triggers. */
export interface IHttpGatewayTarget {
  /**
   * Makes what a private integration needs, once for all triggers of the compute.
   *
   * @param scope the trigger
   * @param options what it asks for
   */
  attachGateway(scope: Construct, options: HttpGatewayOptions): HttpGatewayEnd;
}
