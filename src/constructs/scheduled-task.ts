import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { HybridFunction } from './hybrid-function';
import { Compute } from '../computes/compute';
import type { TaskComputeProps } from '../computes/task';
import type { HybridFunctionOptions } from '../model/hybrid-function-options';
import type { ScheduleOptions } from '../triggers/schedule';
import { Trigger } from '../triggers/trigger';

/** What a task is, where it runs, and when. */
export interface ScheduledTaskProps extends HybridFunctionOptions, TaskComputeProps, ScheduleOptions {}

/**
 * A handler that runs as an ECS task by the clock.
 *
 * @example
 * new ScheduledTask(this, 'Nightly', {
 *   code: HandlerCode.fromEntry('src/nightly.ts'),
 *   timeout: Duration.hours(1),
 *   schedule: scheduler.ScheduleExpression.cron({ hour: '3', minute: '0', timeZone: TimeZone.EUROPE_BERLIN }),
 *   input: scheduler.ScheduleTargetInput.fromObject({ mode: 'full' }),
 * });
 */
export class ScheduledTask extends HybridFunction {
  /** The schedule. Another one is added by `addTrigger(Trigger.schedule())`, with an `id`. */
  public readonly schedule: scheduler.ISchedule;

  constructor(scope: Construct, id: string, props: ScheduledTaskProps) {
    super(scope, id, { ...props, compute: Compute.task(props) });
    this.schedule = this.addTrigger(Trigger.schedule(props)).schedule!;
  }
}
