import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { LambdaTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { HttpEventFormat, HttpTargetOptions, IHttpTarget } from '../model/trigger-target';
import { problem } from '../private/errors';
import { targetGroupOf } from '../private/load-balancer/load-balancer-targets';

/**
 * How a load balancer reaches a Lambda function: it invokes it, with an event of its own. There is nothing to drain, nobody
 * to stay with, and no health to check unless that is asked for: each check is an invocation.
 */
export class LambdaHttpTarget implements IHttpTarget {
  /**
   * @param target the function, or its alias
   */
  constructor(private readonly target: lambda.IFunction) {}

  public attach(scope: Construct, { eventFormat, healthCheck }: HttpTargetOptions): elbv2.IApplicationTargetGroup {
    if (eventFormat === HttpEventFormat.V1 || eventFormat === HttpEventFormat.V2) {
      throw problem(scope, 'EVENT_FORMAT_UNSUPPORTED', {
        property: 'eventFormat', given: eventFormat, accepted: 'HttpEventFormat.ALB or ALB_MULTI_VALUE for a Lambda function, which the load balancer itself makes events for',
      });
    }
    return targetGroupOf(scope, {
      targetType: elbv2.TargetType.LAMBDA,
      targets: [new LambdaTarget(this.target)],
      multiValueHeadersEnabled: eventFormat === HttpEventFormat.ALB_MULTI_VALUE,
      healthCheck: healthCheck?.path === undefined ? undefined : { enabled: true, ...healthCheck },
    });
  }
}
