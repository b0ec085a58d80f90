import * as events from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import type { ITrigger, TriggerConfig, TriggerContext } from '../model/trigger';
import type { EventDeliveryOptions } from '../model/trigger-target';
import { queuesOf } from '../private/queues/delivery-queue';
import { unsupported } from '../private/support';

/** On which bus events are looked for, what the handler gets of them, and how hard they are tried. */
export interface EventPatternTriggerProps extends EventDeliveryOptions {
  /**
   * The event bus.
   *
   * @default - the default bus of the account
   */
  readonly eventBus?: events.IEventBus;

  /**
   * Whether events are looked for.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * What the handler gets instead of the event: an object, which may have fields of the event (`EventField`).
   *
   * @default - the event, whole
   */
  readonly input?: events.RuleTargetInput;

  /**
   * The physical name of the rule. A named rule cannot be replaced without a new name.
   *
   * @default - CloudFormation names it
   */
  readonly ruleName?: string;

  /**
   * What the rule is for.
   *
   * @default - none
   */
  readonly description?: string;

  /**
   * The construct id of the trigger. Each further pattern of a function needs one.
   *
   * @default 'EventPattern'
   */
  readonly id?: string;
}

/** `Trigger.eventPattern()`: events of an event bus. */
export class EventPatternTrigger implements ITrigger {
  public readonly triggerName = 'eventPattern';
  public readonly triggerId: string;

  /**
   * @param pattern what an event must have
   * @param props the bus, and what becomes of the event
   */
  constructor(private readonly pattern: events.EventPattern, private readonly props: EventPatternTriggerProps) {
    // Not of the pattern: a rule whose pattern changes is changed, and not replaced.
    this.triggerId = props.id ?? 'EventPattern';
  }

  public bind(scope: Construct, { compute: { eventTarget }, computeName }: TriggerContext): TriggerConfig {
    const { eventBus, enabled, ruleName, description, input, deadLetterQueue, retryAttempts, maxEventAge } = this.props;
    if (!eventTarget) { throw unsupported(scope, 'eventPattern', computeName, 'use a compute that takes single events'); }
    const target = eventTarget.ruleTarget(scope, { input, deadLetterQueue, retryAttempts, maxEventAge });
    const rule = new events.Rule(scope, 'Rule', { eventPattern: this.pattern, eventBus, enabled, ruleName, description, targets: [target] });
    return { ...queuesOf(scope, deadLetterQueue), rule };
  }
}
