import type * as events from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import type { EventTargetOptions, IEventTarget, RuleTargetOptions } from '../model/trigger-target';
import { ruleTarget } from '../private/events/event-delivery';
import { lambdaEventInput } from '../private/events/event-input';
import { scheduleTarget } from '../private/events/schedule-target';

/** How single events reach a Lambda function: as asynchronous invocations. */
export class LambdaEventTarget implements IEventTarget {
  /**
   * @param target the function, or its alias
   */
  constructor(private readonly target: lambda.IFunction) {}

  public scheduleTarget(scope: Construct, options: EventTargetOptions): scheduler.IScheduleTarget {
    const arn = this.target.functionArn;
    return scheduleTarget(scope, {
      ...options,
      arn,
      input: lambdaEventInput(scope, options.input),
      statements: [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [arn] })],
    });
  }

  public ruleTarget(scope: Construct, options: RuleTargetOptions): events.IRuleTarget {
    return ruleTarget(scope, new LambdaFunction(this.target, { event: options.input }), options);
  }
}
