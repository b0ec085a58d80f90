import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { StreamTriggerProps } from '../model/stream-options';
import type { ITrigger, TriggerConfig, TriggerContext } from '../model/trigger';
import { problem } from '../private/errors';
import { attachStream } from '../private/queues/stream-mapping';

/** How records of a data stream become events. */
export interface DataStreamTriggerProps extends StreamTriggerProps {
  /**
   * Where in the stream it begins. Another one later makes it begin anew on a service; on a Lambda compute that takes a deployment without the trigger in between.
   *
   * @default - StartingPosition.AT_TIMESTAMP where `startingPositionTimestamp` is given, StartingPosition.TRIM_HORIZON otherwise
   */
  readonly startingPosition?: lambda.StartingPosition;

  /**
   * The time at which it begins, in seconds since 1970 began.
   *
   * @default - as startingPosition says
   */
  readonly startingPositionTimestamp?: number;

  /**
   * A consumer of the stream, with throughput of its own.
   *
   * @default - the throughput of the stream is shared
   */
  readonly consumer?: kinesis.IStreamConsumer;
}

/** `Trigger.dataStream()`: records of a Kinesis data stream. */
export class DataStreamTrigger implements ITrigger {
  public readonly triggerName = 'dataStream';
  public readonly triggerId: string;

  /**
   * @param stream the stream
   * @param props how records become events
   */
  constructor(private readonly stream: kinesis.IStream, private readonly props: DataStreamTriggerProps) {
    this.triggerId = props.id ?? `Stream${stream.node.id}`;
  }

  public bind(scope: Construct, context: TriggerContext): TriggerConfig {
    const { stream, triggerName, props } = this;
    const { AT_TIMESTAMP, TRIM_HORIZON } = lambda.StartingPosition;
    const { id: _, consumer, startingPositionTimestamp, startingPosition: given, ...settings } = props;
    const startingPosition = given ?? (startingPositionTimestamp === undefined ? TRIM_HORIZON : AT_TIMESTAMP);
    if ((startingPosition === AT_TIMESTAMP) !== (startingPositionTimestamp !== undefined)) {
      const accepted = startingPosition === AT_TIMESTAMP ? 'given with startingPositionTimestamp' : 'AT_TIMESTAMP with startingPositionTimestamp';
      throw problem(scope, 'STREAM_POSITION', { property: 'startingPosition', given: startingPosition, accepted });
    }
    return attachStream(scope, {
      triggerName,
      resource: consumer ?? stream,
      arn: consumer?.streamConsumerArn ?? stream.streamArn,
      startingPosition,
      startingPositionTimestamp,
      grantRead: reader => (consumer ?? stream).grantRead(reader),
    }, settings, context);
  }
}
