import type * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';

/** Where the private integration of an API finds a handler. */
export interface HttpGatewayEnd {
  /** The listener of the handler alone. */
  readonly listener: elbv2.ApplicationListener;

  /** How API Gateway gets into the VPC. */
  readonly vpcLink: apigatewayv2.IVpcLink;
}

/** A handler that APIs of API Gateway can reach in a VPC: what computes give to triggers. */
export interface IHttpGatewayTarget {
  /**
   * Makes what a private integration needs, once for all triggers of the compute.
   */
  attachGateway(): HttpGatewayEnd;
}
