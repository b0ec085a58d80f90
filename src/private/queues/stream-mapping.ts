/** How records of a stream reach a handler: by an event source mapping of AWS Lambda, on a service by that of a forwarder. */
import { Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { attachOnce, Source } from './attached-sources';
import { QueueEventFormat } from '../../model/queue-target';
import type { StreamTriggerProps } from '../../model/stream-options';
import { checkRange, checkSeconds } from '../check-range';
import { LONGEST, MOST_RETRIES } from './delivery-queue';
import { problem } from '../errors';
import { checkFilters } from './filter-patterns';
import { forwarding } from './forwarder';
import type { TriggerConfig, TriggerContext } from '../../model/trigger';
import { tokenKey } from '../stable-key';
import { refuseOption, unsupported } from '../support';

/** A stream, and who may read it. */
export interface StreamSource extends Source {
  readonly triggerName: string;
  readonly startingPosition: lambda.StartingPosition;
  readonly startingPositionTimestamp?: number;
  readonly grantRead: (reader: lambda.IFunction) => void;
}

/** How its records become events. */
type StreamSettings = Omit<StreamTriggerProps, 'id'>;

/** Of AWS Lambda for streams. The forwarder takes as many, however few an event of the handler has. */
const DEFAULT_BATCH = 100;
/** As many messages as a FIFO queue gives at once. */
const MOST_OF_A_FIFO_BATCH = 10;

/** Lets the handler have the records. The mapping has the same construct id on every compute: a swap keeps it, and with it the place in the stream. */
export function attachStream(scope: Construct, source: StreamSource, settings: StreamSettings, context: TriggerContext): TriggerConfig {
  const { compute, computeName } = context;
  checkStream(scope, settings);
  attachOnce(scope, compute, source);
  const { deadLetterQueue, ...mapping } = settings;
  if (compute.lambdaTarget) {
    refuseOption(scope, { deadLetterQueue }, 'on a Lambda compute, which tells of records that it gave up', () => 'set onFailure');
    return { eventSourceMapping: mapStream(scope, source, mapping, compute.lambdaTarget) };
  }
  if (!compute.queueTarget) {
    throw unsupported(scope, source.triggerName, computeName, 'use a compute that is a Lambda function, or takes messages of queues');
  }
  const { batchSize, maxRecordAge, retryAttempts = MOST_RETRIES, bisectBatchOnError, reportBatchItemFailures, tumblingWindow, ...reading } = mapping;
  refuseOption(scope, { tumblingWindow }, 'on a service, where no state goes from event to event', () => 'use a Lambda compute');
  refuseTokens(scope, { batchSize, retryAttempts });
  const { forwarder, queue, deadLetterQueue: deadLetters } = forwarding(scope, {
    deadLetterQueue, retryAttempts: Math.min(retryAttempts, MOST_RETRIES), maxEventAge: maxRecordAge ?? LONGEST,
  }, compute, { forwarderId: forwarderId(scope, source) });
  compute.queueTarget.attachQueue(scope, queue, {
    eventFormat: QueueEventFormat.RECORDS,
    // What is received together with a record that fails is received as often, and given up with it.
    batchSize: bisectBatchOnError ? 1 : Math.min(batchSize ?? 1, MOST_OF_A_FIFO_BATCH),
    reportBatchItemFailures,
  });
  return {
    eventSourceMapping: mapStream(scope, source, {
      ...reading, maxRecordAge, batchSize: Math.max(batchSize ?? 0, DEFAULT_BATCH), reportBatchItemFailures: true,
    }, forwarder),
    queue,
    deadLetterQueue: deadLetters,
    forwarder,
  };
}

/**
 * Another forwarder for another position. CloudFormation replaces the mapping then, the new one before the old one, and AWS Lambda takes no two mappings
 * of a stream and a function.
 */
function forwarderId(scope: Construct, { startingPosition, startingPositionTimestamp: time }: StreamSource): string | undefined {
  if (startingPosition === lambda.StartingPosition.TRIM_HORIZON) { return undefined; }
  return `Forwarder${startingPosition}${time === undefined ? '' : Token.isUnresolved(time) ? tokenKey(scope, time) : time}`;
}

function mapStream(scope: Construct, source: StreamSource, settings: StreamSettings, target: lambda.IFunction): lambda.EventSourceMapping {
  const { arn, startingPosition, startingPositionTimestamp } = source;
  source.grantRead(target);
  const { maxRecordAge } = settings;
  const unknown = maxRecordAge?.isUnresolved();
  const mapping = new lambda.EventSourceMapping(scope, 'EventSourceMapping', {
    ...settings,
    maxRecordAge: unknown ? undefined : maxRecordAge,
    target,
    eventSourceArn: arn,
    startingPosition,
    startingPositionTimestamp,
    supportS3OnFailureDestination: true,
  });
  // The CDK takes the number that stands for a token for one that is out of range.
  if (unknown) { (mapping.node.defaultChild as lambda.CfnEventSourceMapping).maximumRecordAgeInSeconds = maxRecordAge!.toSeconds(); }
  return mapping;
}

/** Refuses settings that Lambda does not have. Source: `CreateEventSourceMapping` in the AWS Lambda API Reference. */
function checkStream(scope: Construct, { batchSize, parallelizationFactor, retryAttempts, filters, ...times }: StreamSettings): void {
  checkRange(scope, 'batchSize', batchSize, { least: 1, most: 10_000 });
  checkRange(scope, 'parallelizationFactor', parallelizationFactor, { least: 1, most: 10 });
  checkRange(scope, 'retryAttempts', retryAttempts, { least: 0, most: 10_000 });
  checkFilters(scope, filters);
  checkSeconds(scope, 'maxBatchingWindow', times.maxBatchingWindow, { least: 0, most: 300 });
  checkSeconds(scope, 'maxRecordAge', times.maxRecordAge, { least: 60, most: 604_800 });
  checkSeconds(scope, 'tumblingWindow', times.tumblingWindow, { least: 0, most: 900 });
}

/** The numbers of a queue are reckoned from these. */
function refuseTokens(scope: Construct, numbers: { readonly [property: string]: number | undefined }): void {
  const property = Object.keys(numbers).find(name => Token.isUnresolved(numbers[name]));
  if (property) {
    throw problem(scope, 'TRIGGER_OPTION', { property, given: 'a token', accepted: 'a number that is known at synth on a service', mend: 'give a plain number' });
  }
}
