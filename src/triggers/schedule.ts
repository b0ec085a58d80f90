import { Annotations } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import type { ITrigger, TriggerConfig, TriggerContext } from '../model/trigger';
import type { EventDeliveryOptions } from '../model/trigger-target';
import { problem } from '../private/errors';
import { queuesOf } from '../private/queues/delivery-queue';
import { unsupported } from '../private/support';

/** When a handler runs by the clock, and with which event. */
export interface ScheduleOptions extends EventDeliveryOptions {
  /** The times: `ScheduleExpression.rate()`, `.cron()` with a time zone, or `.at()` for one time. */
  readonly schedule: scheduler.ScheduleExpression;

  /**
   * The event that the handler gets, the same on each compute. Context attributes of EventBridge Scheduler
   * (`ContextAttribute.scheduledTime`) may stand in it.
   *
   * @default - the event that EventBridge Scheduler sends on its own: `source` is `aws.scheduler`, `time` is when it was due
   */
  readonly input?: scheduler.ScheduleTargetInput;

  /**
   * How long after its time the handler may be started.
   *
   * @default TimeWindow.off()
   */
  readonly timeWindow?: scheduler.TimeWindow;

  /**
   * Whether the schedule is on.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * When the schedule begins, in UTC. A time in the past is refused by EventBridge Scheduler, which ignores it for schedules
   * of one time.
   *
   * @default - at once
   */
  readonly start?: Date;

  /**
   * When the schedule ends, in UTC.
   *
   * @default - never
   */
  readonly end?: Date;

  /**
   * The group that the schedule is in.
   *
   * @default - the group `default`
   */
  readonly scheduleGroup?: scheduler.IScheduleGroup;

  /**
   * The physical name of the schedule. A named schedule cannot be replaced without a new name.
   *
   * @default - CloudFormation names it
   */
  readonly scheduleName?: string;

  /**
   * What the schedule is for.
   *
   * @default - none
   */
  readonly scheduleDescription?: string;

  /**
   * The key that EventBridge Scheduler encrypts the event with.
   *
   * @default - a key of AWS's own
   */
  readonly key?: kms.IKey;
}

/** One schedule of a handler. */
export interface ScheduleTriggerProps extends ScheduleOptions {
  /**
   * The construct id of the schedule. Each further schedule of a function needs one.
   *
   * @default 'Schedule'
   */
  readonly id?: string;
}

/** `Trigger.schedule()`: EventBridge Scheduler sends single events. */
export class ScheduleTrigger implements ITrigger {
  public readonly triggerName = 'schedule';
  public readonly triggerId: string;

  /**
   * @param props the times and the event
   */
  constructor(private readonly props: ScheduleTriggerProps) {
    // Not of the expression: a schedule whose times change is changed, and not replaced.
    this.triggerId = props.id ?? 'Schedule';
  }

  public bind(scope: Construct, { compute, computeName }: TriggerContext): TriggerConfig {
    const { schedule, timeWindow, enabled, start, end, scheduleGroup, scheduleName, scheduleDescription, key } = this.props;
    const { input, retryAttempts, maxEventAge, deadLetterQueue } = this.props;
    if (!compute.eventTarget) {
      throw unsupported(scope, 'schedule', computeName, 'use a compute that takes single events');
    }
    if (start && end && start >= end) {
      throw problem(scope, 'SCHEDULE_TIMES', { property: 'end', given: end.toISOString(), accepted: `after start, ${start.toISOString()}` });
    }
    // The CDK's own default for a minute that is left out.
    if (/^cron\(\* (?!\* )/.test(schedule.expressionString)) {
      Annotations.of(scope).addWarningV2('cdk-hybrid:Schedule.everyMinute',
        `'schedule' is ${schedule.expressionString}, every minute of that hour; set minute: '0' for once an hour`);
    }
    const target = compute.eventTarget.scheduleTarget(scope, { input, retryAttempts, maxEventAge, deadLetterQueue });
    return {
      ...queuesOf(scope, deadLetterQueue),
      schedule: new scheduler.Schedule(scope, 'Schedule', {
        schedule,
        target,
        timeWindow,
        enabled,
        start,
        end,
        scheduleGroup,
        scheduleName,
        description: scheduleDescription,
        key,
      }),
    };
  }
}
