/**
 * The state machine between a rule of an event bus and what is run for each event. EventBridge itself cannot put a whole event into a variable of a
 * container: its placeholder for the event is not escaped inside a string.
 * Source: "Amazon EventBridge input transformation", `aws.events.event.json`, in the Amazon EventBridge User Guide.
 */
import { Duration, Stack, Token } from 'aws-cdk-lib';
import type * as events from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { SqsSendMessage } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { ruleTarget } from './event-delivery';
import type { RuleTargetOptions } from '../../model/trigger-target';

/** The first state, which starts a run with the event. */
export interface EventMachineOptions extends RuleTargetOptions {
  readonly start: sfn.TaskStateBase;
  /** Errors of its call that would come again. */
  readonly lastingErrors?: string[];
  /** What its result has, with a `Reason`, when the call succeeded and nothing was started. */
  readonly failurePath?: string;
}

/** Waits of 2, 4, 8, 16, 32 and 64 seconds at most: within the five minutes that an express state machine has. */
const RETRY_ATTEMPTS = 6;
const RETRY_INTERVAL = Duration.seconds(2);

/** The target of a rule that starts the machine. */
export function eventMachineTarget(scope: Construct, options: EventMachineOptions): events.IRuleTarget {
  const { start, lastingErrors, failurePath, deadLetterQueue, input, retryAttempts } = options;
  const maxAttempts = retryAttempts === undefined || Token.isUnresolved(retryAttempts) ? RETRY_ATTEMPTS : Math.min(retryAttempts, RETRY_ATTEMPTS);
  if (lastingErrors) { start.addRetry({ errors: lastingErrors, maxAttempts: 0 }); }
  start.addRetry({ maxAttempts, interval: RETRY_INTERVAL, backoffRate: 2, jitterStrategy: sfn.JitterType.FULL });
  const lost = deadLetterQueue && new SqsSendMessage(scope, 'DeadLetter', { queue: deadLetterQueue, messageBody: sfn.TaskInput.fromJsonPathAt('$$.Execution.Input') });
  if (lost) { start.addCatch(lost); }
  if (failurePath !== undefined) {
    start.next(new sfn.Choice(scope, 'Started')
      .when(sfn.Condition.isPresent(failurePath), lost ?? new sfn.Fail(scope, 'NotStarted', { causePath: `${failurePath}.Reason` }))
      .otherwise(new sfn.Succeed(scope, 'Succeeded')));
  }
  const machine = new sfn.StateMachine(scope, 'StateMachine', { stateMachineType: sfn.StateMachineType.EXPRESS, definitionBody: sfn.DefinitionBody.fromChainable(start) });
  const role = new iam.Role(scope, 'RuleRole', {
    assumedBy: new iam.ServicePrincipal('events.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } } }),
  });
  return ruleTarget(scope, new SfnStateMachine(machine, { input, role }), options);
}
