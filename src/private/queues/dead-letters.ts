/** Lets services of AWS put what they could not deliver into a queue. */
import { Annotations, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct, IConstruct } from 'constructs';
import { problem } from '../errors';

/** Who sends, and for which resource. */
export interface DeadLetterSender {
  readonly service: 'events.amazonaws.com' | 'sns.amazonaws.com';
  readonly origin: IConstruct;
  readonly originArn: string;
  readonly account: string;
}

/**
 * The CDK's own statements let nobody use the key of the queue, and name a resource of another stack, which needs the queue itself.
 * Sources: "Amazon SNS dead-letter queues" and "Encrypted topics" in the Amazon SNS Developer Guide; "Using dead-letter queues to process undelivered events" in the
 * Amazon EventBridge User Guide; "Configuring AWS KMS permissions" in the Amazon SQS Developer Guide.
 */
export function admitDeadLetters(scope: Construct, queue: sqs.IQueue, { service, origin, originArn, account }: DeadLetterSender): void {
  if (queue.encryptionType === sqs.QueueEncryption.KMS_MANAGED) {
    throw problem(scope, 'DEAD_LETTER_QUEUE', {
      property: 'deadLetterQueue',
      given: `${queue.node.path}, with QueueEncryption.KMS_MANAGED`,
      accepted: `a queue that ${service} can write to`,
      mend: "use QueueEncryption.SQS_MANAGED, or QueueEncryption.KMS with a key of your own: nobody can change who may use AWS's",
    });
  }
  const principals = [new iam.ServicePrincipal(service)];
  const ofAccount = { StringEquals: { 'aws:SourceAccount': account } };
  const isElsewhere = Stack.of(queue) !== Stack.of(origin) && Token.isUnresolved(originArn);
  const added = [
    queue.addToResourcePolicy(new iam.PolicyStatement({
      principals, actions: ['sqs:SendMessage'], resources: [queue.queueArn], conditions: isElsewhere ? ofAccount : { ArnEquals: { 'aws:SourceArn': originArn } },
    })),
    // Of the account: the key may be that of the origin as well, and needs the origin then.
    queue.encryptionMasterKey?.addToResourcePolicy(new iam.PolicyStatement({ principals, actions: ['kms:Decrypt', 'kms:GenerateDataKey*'], resources: ['*'], conditions: ofAccount })),
  ];
  if (added.some(result => result?.statementAdded === false)) {
    Annotations.of(scope).addWarningV2('cdk-hybrid:DeadLetterQueue.imported',
      `${service} must be able to use deadLetterQueue, ${queue.node.path}, which is not of this app. Let its policy have sqs:SendMessage, and that of its key kms:Decrypt and kms:GenerateDataKey*.`);
  }
}
