/** How hard EventBridge, and its Scheduler, try to deliver an event; the two take the same. */
import { Stack, Token, Tokenization } from 'aws-cdk-lib';
import type * as events from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import type { EventDeliveryOptions } from '../../model/trigger-target';
import { checkRange, checkSeconds } from '../check-range';
import { admitDeadLetters } from '../queues/dead-letters';
import { checkDeadLetterQueue } from '../queues/delivery-queue';

/** Refuses what EventBridge does not take. Source: `RetryPolicy` in the API References of Amazon EventBridge and of its Scheduler. */
export function checkDelivery(scope: Construct, { retryAttempts, maxEventAge, deadLetterQueue }: EventDeliveryOptions): void {
  checkRange(scope, 'retryAttempts', retryAttempts, { least: 0, most: 185 });
  checkSeconds(scope, 'maxEventAge', maxEventAge, { least: 60, most: 86_400 });
  // One of another account may be given.
  checkDeadLetterQueue(scope, deadLetterQueue, false, ['region']);
}

/** The retry policy of a target, of a rule or a schedule. */
export function retryPolicy({ retryAttempts, maxEventAge }: EventDeliveryOptions) {
  return { maximumRetryAttempts: unchecked(retryAttempts), maximumEventAgeInSeconds: unchecked(maxEventAge?.toSeconds()) };
}

/** A target of a rule that is tried as asked, with its dead letters. The CDK's own take the number that stands for a token for one that is out of range, and leave it out. */
export function ruleTarget(scope: Construct, target: events.IRuleTarget, options: EventDeliveryOptions): events.IRuleTarget {
  checkDelivery(scope, options);
  const { deadLetterQueue, retryAttempts, maxEventAge } = options;
  const isLimited = retryAttempts !== undefined || maxEventAge !== undefined;
  return {
    bind: (rule, id) => {
      if (deadLetterQueue) {
        admitDeadLetters(scope, deadLetterQueue, { service: 'events.amazonaws.com', origin: rule, originArn: rule.ruleRef.ruleArn, account: Stack.of(scope).account });
      }
      return {
        ...target.bind(rule, id),
        deadLetterConfig: deadLetterQueue && { arn: deadLetterQueue.queueArn },
        retryPolicy: isLimited ? retryPolicy(options) : undefined,
      };
    },
  };
}

/** A token as an object: constructs of the CDK compare the number that stands for it. */
function unchecked(value: number | undefined): number | undefined {
  return Token.isUnresolved(value) ? Tokenization.reverseNumber(value!) as unknown as number : value;
}
