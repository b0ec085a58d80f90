/** Queues that AWS takes in the region of the stack alone. */
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { problem } from '../errors';
import { elsewhere } from '../place';

/** Refuses a queue of another region, where both are known. */
export function checkQueueRegion(scope: Construct, queue: sqs.IQueue, accepted: string): void {
  const found = elsewhere(scope, queue, ['region']);
  if (found) { throw problem(scope, 'QUEUE_REGION', { property: 'queue', given: `a queue in ${found.other} (${queue.node.path})`, accepted: `${accepted} (${found.own})` }); }
}
