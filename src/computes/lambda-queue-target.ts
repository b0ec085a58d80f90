import { Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { IQueueTarget, QueueTargetOptions } from '../model/queue-target';
import { problem } from '../private/errors';

/** What SQS gives a queue that says nothing. Source: `VisibilityTimeout` of AWS::SQS::Queue. */
const DEFAULT_VISIBILITY_SECONDS = 30;

/** How messages of a queue reach a Lambda function: by an event source mapping. */
export class LambdaQueueTarget implements IQueueTarget {
  /**
   * @param target the function, or its alias
   * @param fn the function
   */
  constructor(private readonly target: lambda.IFunction, private readonly fn: lambda.Function) {}

  public attachQueue(scope: Construct, queue: sqs.IQueue, options: QueueTargetOptions): lambda.IEventSourceMapping {
    const { eventFormat: _, filters, ...mapping } = options;
    this.checkVisibility(scope, queue);
    queue.grantConsumeMessages(this.target);
    return new lambda.EventSourceMapping(scope, 'EventSourceMapping', {
      ...mapping,
      target: this.target,
      eventSourceArn: queue.queueArn,
      filters,
    });
  }

  /** Lambda refuses the mapping otherwise. Source: "Configuring an SQS queue" in "Using Lambda with Amazon SQS". */
  private checkVisibility(scope: Construct, queue: sqs.IQueue): void {
    const resource = queue.node.defaultChild;
    const { timeout } = this.fn;
    if (!(resource instanceof sqs.CfnQueue) || !timeout || timeout.isUnresolved()) { return; }
    const visibility = resource.visibilityTimeout ?? DEFAULT_VISIBILITY_SECONDS;
    const needed = timeout.toSeconds({ integral: false });
    if (Token.isUnresolved(visibility) || visibility >= needed) { return; }
    throw problem(scope, 'QUEUE_VISIBILITY', {
      property: 'visibilityTimeout', given: `${visibility} seconds (${queue.node.path})`, accepted: `at least the timeout of the function, ${needed} seconds; AWS recommends six times as much`,
    });
  }
}
