import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { LoadBalancerTrigger } from './load-balancer';
import type { LoadBalancerTriggerProps } from './load-balancer-options';
import { QueueTrigger, QueueTriggerProps } from './queue';
import { ScheduleTrigger, ScheduleTriggerProps } from './schedule';
import type { ITrigger } from '../model/trigger';

/**
 * When a handler runs.
 */
export class Trigger {
  /**
   * By HTTP requests, through an Application Load Balancer. On Lambda computes and `Compute.service()`.
   *
   * @param props routes and load balancer
   */
  public static loadBalancer(props: LoadBalancerTriggerProps = {}): ITrigger {
    return new LoadBalancerTrigger(props);
  }

  /**
   * By messages of an SQS queue, standard or FIFO. On Lambda computes and `Compute.service()`, whose tasks take the messages themselves.
   *
   * @param queue the queue
   * @param props how messages become events
   */
  public static queue(queue: sqs.IQueue, props: QueueTriggerProps = {}): ITrigger {
    return new QueueTrigger(queue, props);
  }

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
