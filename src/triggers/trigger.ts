import { ScheduleTrigger, ScheduleTriggerProps } from './schedule';
import type { ITrigger } from '../model/trigger';

/**
 * When a handler runs.
 */
export class Trigger {
  /**
   * By the clock: EventBridge Scheduler sends single events. On Lambda computes, `Compute.task()` and `Compute.batchJob()`.
   *
   * @param props the times and the event
   */
  public static schedule(props: ScheduleTriggerProps): ITrigger {
    return new ScheduleTrigger(props);
  }

  private constructor() {}
}
