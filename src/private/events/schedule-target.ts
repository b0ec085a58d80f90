/** What EventBridge Scheduler calls, with a role that may do that and nothing else. */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { checkDelivery, retryPolicy } from './event-delivery';
import type { EventTargetOptions } from '../../model/trigger-target';

/** A call of EventBridge Scheduler. */
export interface ScheduleCall extends Omit<EventTargetOptions, 'input'> {
  /** The ARN of the function, the cluster, or the API action. */
  readonly arn: string;
  /** What is sent. */
  readonly input: scheduler.ScheduleTargetInput;
  /** What the role must be able to do. */
  readonly statements: iam.PolicyStatement[];
  /** How tasks are run, on ECS. */
  readonly ecsParameters?: scheduler.CfnSchedule.EcsParametersProperty;
}

/**
 * The target of a schedule. The CDK's own share one role among all schedules that call the same action, and have leave for
 * all versions of a function.
 *
 * @param scope the trigger's own scope, that gets the role
 */
export function scheduleTarget(scope: Construct, call: ScheduleCall): scheduler.IScheduleTarget {
  const { arn, input, ecsParameters, deadLetterQueue } = call;
  checkDelivery(scope, call);
  return {
    bind: schedule => ({
      arn,
      role: scheduleRole(scope, schedule, call),
      input,
      ecsParameters,
      deadLetterConfig: deadLetterQueue && { arn: deadLetterQueue.queueArn },
      retryPolicy: retryPolicy(call),
    }),
  };
}

/** Source of the conditions: "Confused deputy prevention in EventBridge Scheduler" in its User Guide. */
function scheduleRole(scope: Construct, { scheduleGroup }: scheduler.ISchedule, { statements, deadLetterQueue }: ScheduleCall): iam.Role {
  const stack = Stack.of(scope);
  const group = scheduleGroup?.scheduleGroupArn
    ?? stack.formatArn({ service: 'scheduler', resource: 'schedule-group', resourceName: 'default', arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
  const role = new iam.Role(scope, 'Role', {
    assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': group } },
    }),
  });
  statements.forEach(statement => role.addToPolicy(statement));
  deadLetterQueue?.grantSendMessages(role);
  return role;
}
