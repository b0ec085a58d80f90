import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { ITrigger, TriggerConfig, TriggerContext } from '../model/trigger';
import { unsupported } from '../private/support';

/** How an event source of one's own is told apart. */
export interface EventSourceTriggerProps {
  /**
   * The construct id of the trigger. Each further event source of a function needs one.
   *
   * @default 'EventSource'
   */
  readonly id?: string;
}

/** `Trigger.of()`: any event source of a Lambda function that the AWS CDK, or somebody else, has. */
export class EventSourceTrigger implements ITrigger {
  public readonly triggerName = 'of';
  public readonly triggerId: string;

  /**
   * @param eventSource the event source
   * @param props its construct id
   */
  constructor(private readonly eventSource: lambda.IEventSource, props: EventSourceTriggerProps) {
    this.triggerId = props.id ?? 'EventSource';
  }

  public bind(scope: Construct, { compute: { lambdaTarget }, computeName }: TriggerContext): TriggerConfig {
    if (!lambdaTarget) { throw unsupported(scope, 'of', computeName, 'use a compute that is a Lambda function'); }
    lambdaTarget.addEventSource(this.eventSource);
    return {};
  }
}
