import { Stack } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import { LambdaDestination } from 'aws-cdk-lib/aws-logs-destinations';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { QueueEventFormat } from '../model/queue-target';
import type { ServiceRetryOptions } from '../model/service-retries';
import type { ITrigger, TriggerConfig, TriggerContext } from '../model/trigger';
import { problem } from '../private/errors';
import { invokedByTrigger } from '../private/lambda/asynchronous-invocations';
import { forwarding } from '../private/queues/forwarder';
import { stableKey } from '../private/stable-key';
import { unsupported } from '../private/support';

/** Of a log group. */
const MOST_FILTERS = 2;
const subscriptions = new WeakMap<Stack, Map<string, string[]>>();

/** Which log events a handler gets, and what becomes of those that fail. */
export interface LogGroupTriggerProps extends ServiceRetryOptions {
  /**
   * What a log event must have, made by `FilterPattern`.
   *
   * @default - every log event is sent
   */
  readonly filterPattern?: logs.IFilterPattern;

  /**
   * The physical name of the subscription filter.
   *
   * @default - CloudFormation names it
   */
  readonly filterName?: string;

  /**
   * The queue for events that the handler failed to handle each time: a FIFO queue on a service, a standard one elsewhere. On a Lambda compute it takes
   * those of all asynchronous invocations; on a task or a job those that started no run.
   *
   * @default - a service gets one of its own, which outlives it; elsewhere they are dropped
   */
  readonly deadLetterQueue?: sqs.IQueue;

  /**
   * The construct id of the trigger. Needed where a function has two triggers with one log group, or with log groups of the same construct id.
   *
   * @default - `LogGroup` and the construct id of the log group
   */
  readonly id?: string;
}

/** `Trigger.logGroup()`: log events of a log group. */
export class LogGroupTrigger implements ITrigger {
  public readonly triggerName = 'logGroup';
  public readonly triggerId: string;

  /**
   * @param logGroup the log group
   * @param props which of its log events are meant
   */
  constructor(private readonly logGroup: logs.ILogGroup, private readonly props: LogGroupTriggerProps) {
    this.triggerId = props.id ?? `LogGroup${logGroup.node.id}`;
  }

  public bind(scope: Construct, { compute, computeName, logGroup: own }: TriggerContext): TriggerConfig {
    const { deadLetterQueue, retryAttempts, maxEventAge } = this.props;
    this.check(scope, own);
    const invoked = invokedByTrigger(scope, compute, this.props);
    if (invoked) {
      this.subscribe(scope, new LambdaDestination(invoked.target));
      return { starter: invoked.starter, deadLetterQueue };
    }
    const { queueTarget } = compute;
    if (!queueTarget) { throw unsupported(scope, 'logGroup', computeName, 'use a compute that is a Lambda function, or takes messages of queues'); }
    const made = forwarding(scope, { deadLetterQueue, retryAttempts, maxEventAge }, compute, { asynchronous: true });
    queueTarget.attachQueue(scope, made.queue, { eventFormat: QueueEventFormat.BODY });
    this.subscribe(scope, new LambdaDestination(made.forwarder));
    return made;
  }

  /** Sources: "Log recursion prevention" and "CloudWatch Logs quotas" in the Amazon CloudWatch Logs User Guide. */
  private check(scope: Construct, own: logs.ILogGroup): void {
    const { logGroup } = this;
    const given = logGroup.node.path;
    const key = (group: logs.ILogGroup) => stableKey(logGroup, group, group.logGroupName);
    if (key(logGroup) === key(own)) {
      throw problem(scope, 'LOG_GROUP_OWN', { property: 'logGroup', given, accepted: 'one that the handler does not write to, for it would call itself for ever' });
    }
    const stack = Stack.of(logGroup);
    const groups = subscriptions.get(stack) ?? new Map<string, string[]>();
    subscriptions.set(stack, groups);
    const triggers = groups.get(key(logGroup)) ?? [];
    const others = [...triggers, ...logGroup.node.children.filter(child => child instanceof logs.SubscriptionFilter).map(({ node }) => node.path)];
    if (others.length >= MOST_FILTERS) {
      throw problem(scope, 'LOG_GROUP_FILTERS', { property: 'logGroup', given, accepted: `a log group with less than ${MOST_FILTERS} subscription filters; this one has ${others.join(', ')}` });
    }
    groups.set(key(logGroup), [...triggers, scope.node.path]);
  }

  private subscribe(scope: Construct, destination: logs.ILogSubscriptionDestination): void {
    const { filterPattern = logs.FilterPattern.allEvents(), filterName } = this.props;
    new logs.SubscriptionFilter(scope, 'SubscriptionFilter', { logGroup: this.logGroup, destination, filterPattern, filterName });
  }
}
