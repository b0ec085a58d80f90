/** What becomes of asynchronous invocations of a Lambda function: its compute and its triggers say it once for all of them. */
import type { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { agree } from '../agreement';
import { checkAsynchronousInvocations } from './lambda-limits';
import type { ComputeConfig } from '../../model/compute';
import { checkDeadLetterQueue } from '../queues/delivery-queue';

/** What a compute or a trigger says. */
export interface AsynchronousOptions {
  readonly retryAttempts?: number;
  readonly maxEventAge?: Duration;
}

/** What a trigger says. */
export interface AsynchronousTriggerOptions extends AsynchronousOptions {
  readonly deadLetterQueue?: sqs.IQueue;
}

/** The places for events that failed each time, as the compute says. */
export interface FailurePlaces {
  readonly onFailure?: lambda.IDestination;
  readonly onSuccess?: lambda.IDestination;
  readonly deadLetterQueue?: sqs.IQueue;
  readonly deadLetterTopic?: { readonly topicArn: string };
}

const CONFIG = 'EventInvokeConfig';
const DEAD_LETTERS = 'deadLetterQueue';

/** Sets what the compute says. */
export function invokeAsynchronously(scope: Construct, target: lambda.IFunction, options: AsynchronousOptions & FailurePlaces): void {
  const { onFailure, onSuccess, deadLetterQueue, deadLetterTopic } = options;
  if (onFailure || onSuccess) { target.configureAsyncInvoke({ onFailure, onSuccess }); }
  const { destination } = (destinations(target)?.onFailure ?? {}) as Partial<lambda.CfnEventInvokeConfig.OnFailureProperty>;
  const place = destination ?? deadLetterQueue?.queueArn ?? deadLetterTopic?.topicArn;
  if (place !== undefined) { agreeOn(scope, target, DEAD_LETTERS, place); }
  setRetries(scope, target, options);
}

/** What the origin of a trigger invokes. */
export interface InvokedByTrigger {
  readonly target: lambda.IFunction;
  /** The same function, where it starts a run with each event. */
  readonly starter?: lambda.Function;
}

/**
 * The function that a trigger's origin invokes, on computes that have one: the handler's, or one that starts runs. Sets what the trigger says of its invocations,
 * and refuses what the compute or another trigger contradicts.
 */
export function invokedByTrigger(
  scope: Construct, { lambdaTarget, starterTarget }: ComputeConfig, options: AsynchronousTriggerOptions,
): InvokedByTrigger | undefined {
  const starter = lambdaTarget ? undefined : starterTarget?.starter(scope);
  const target = lambdaTarget ?? starter;
  if (!target) { return undefined; }
  setInvocations(scope, target, options, lambdaTarget ? undefined : 'where runs are started');
  return { target, starter };
}

function setInvocations(scope: Construct, target: lambda.IFunction, options: AsynchronousTriggerOptions, where?: string): void {
  const { deadLetterQueue } = options;
  checkAsynchronousInvocations(scope, options, where);
  checkDeadLetterQueue(scope, deadLetterQueue);
  setRetries(scope, target, options);
  if (!deadLetterQueue || !agreeOn(scope, target, DEAD_LETTERS, deadLetterQueue.queueArn)) { return; }
  deadLetterQueue.grantSendMessages(target);
  const { onSuccess } = destinations(target) ?? {};
  configOf(target).destinationConfig = { onSuccess, onFailure: { destination: deadLetterQueue.queueArn } };
}

function setRetries(scope: Construct, target: lambda.IFunction, { retryAttempts, maxEventAge }: AsynchronousOptions): void {
  // The construct's own options refuse what is known at deployment only.
  const age = maxEventAge?.toSeconds();
  if (retryAttempts !== undefined && agreeOn(scope, target, 'retryAttempts', retryAttempts)) { configOf(target).maximumRetryAttempts = retryAttempts; }
  if (age !== undefined && agreeOn(scope, target, 'maxEventAge', age)) { configOf(target).maximumEventAgeInSeconds = age; }
}

function agreeOn(scope: Construct, target: lambda.IFunction, property: string, value: unknown): boolean {
  return agree(scope, 'ASYNCHRONOUS_CONFLICT', target, property, value);
}

function destinations(target: lambda.IFunction) {
  return madeConfig(target)?.destinationConfig as lambda.CfnEventInvokeConfig.DestinationConfigProperty | undefined;
}

const madeConfig = (target: lambda.IFunction) => target.node.tryFindChild(CONFIG)?.node.defaultChild as lambda.CfnEventInvokeConfig | undefined;

function configOf(target: lambda.IFunction): lambda.CfnEventInvokeConfig {
  if (!madeConfig(target)) { target.configureAsyncInvoke({}); }
  return madeConfig(target)!;
}
