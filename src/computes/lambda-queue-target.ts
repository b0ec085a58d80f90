import { Annotations, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { IQueueTarget, QueueTargetOptions } from '../model/queue-target';
import { secondsOf } from '../private/check-range';
import { problem } from '../private/errors';
import { checkQueueRegion } from '../private/queues/queue-region';

/** What SQS gives a queue that says nothing. Source: `VisibilityTimeout` of AWS::SQS::Queue. */
const DEFAULT_VISIBILITY_SECONDS = 30;
/** How many timeouts of the function a message should be invisible for. Source: "Creating and configuring an Amazon SQS event source mapping". */
const ADVISED_TIMEOUTS = 6;

/** How messages of a queue reach a Lambda function: by an event source mapping. */
export class LambdaQueueTarget implements IQueueTarget {
  /**
   * @param target the function, or its alias
   * @param fn the function
   */
  constructor(private readonly target: lambda.IFunction, private readonly fn: lambda.Function) {}

  public attachQueue(scope: Construct, queue: sqs.IQueue, options: QueueTargetOptions): lambda.IEventSourceMapping {
    const { eventFormat: _, filters, ...mapping } = options;
    checkQueueRegion(scope, queue, 'a queue in the region of the Lambda function');
    this.checkVisibility(scope, queue, options);
    queue.grantConsumeMessages(this.target);
    return new lambda.EventSourceMapping(scope, 'EventSourceMapping', {
      ...mapping,
      target: this.target,
      eventSourceArn: queue.queueArn,
      filters,
    });
  }

  /** Lambda refuses the mapping of a shorter time than its timeout. Source: "Configuring an SQS queue" in "Using Lambda with Amazon SQS". */
  private checkVisibility(scope: Construct, queue: sqs.IQueue, { maxBatchingWindow }: QueueTargetOptions): void {
    const resource = queue.node.defaultChild;
    const needed = secondsOf(this.fn.timeout);
    if (!(resource instanceof sqs.CfnQueue) || needed === undefined) { return; }
    const visibility = resource.visibilityTimeout ?? DEFAULT_VISIBILITY_SECONDS;
    if (Token.isUnresolved(visibility)) { return; }
    if (visibility < needed) {
      throw problem(scope, 'QUEUE_VISIBILITY', {
        property: 'visibilityTimeout', given: `${visibility} seconds (${queue.node.path})`, accepted: `at least the timeout of the function, ${needed} seconds; AWS recommends six times as much`,
      });
    }
    const advised = ADVISED_TIMEOUTS * needed + (secondsOf(maxBatchingWindow) ?? 0);
    if (visibility < advised) {
      Annotations.of(scope).addWarningV2('cdk-hybrid:Queue.visibilityTimeout',
        `Messages of ${queue.node.path} come back after ${visibility} seconds, also those that AWS Lambda could not hand over because the function was throttled, and count as received. `
        + `AWS recommends six times the timeout of the function and maxBatchingWindow, ${advised} seconds: raise visibilityTimeout of the queue, or lower timeout of the function.`);
    }
  }
}
