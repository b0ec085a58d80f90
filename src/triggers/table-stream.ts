import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { StreamTriggerProps } from '../model/stream-options';
import type { ITrigger, TriggerConfig, TriggerContext } from '../model/trigger';
import { problem } from '../private/errors';
import { attachStream } from '../private/queues/stream-mapping';

/** How changes of a table become events. */
export interface TableStreamTriggerProps extends StreamTriggerProps {
  /**
   * Where in the stream it begins. Another one later makes it begin anew on a service; on a Lambda compute that takes a deployment without the trigger in between.
   *
   * @default StartingPosition.TRIM_HORIZON
   */
  readonly startingPosition?: lambda.StartingPosition;
}

/** `Trigger.tableStream()`: changes of a DynamoDB table. */
export class TableStreamTrigger implements ITrigger {
  public readonly triggerName = 'tableStream';
  public readonly triggerId: string;

  /**
   * @param table the table
   * @param props how changes become events
   */
  constructor(private readonly table: dynamodb.ITable, private readonly props: TableStreamTriggerProps) {
    this.triggerId = props.id ?? `Stream${table.node.id}`;
  }

  public bind(scope: Construct, context: TriggerContext): TriggerConfig {
    const { table, triggerName, props: { id: _, startingPosition = lambda.StartingPosition.TRIM_HORIZON, ...settings } } = this;
    if (!table.tableStreamArn) { throw problem(scope, 'STREAM_MISSING', { property: 'table', given: table.node.path, accepted: 'a table with a stream' }); }
    // Source: `StartingPosition` in the AWS Lambda API Reference.
    if (startingPosition === lambda.StartingPosition.AT_TIMESTAMP) {
      throw problem(scope, 'STREAM_POSITION', { property: 'startingPosition', given: startingPosition, accepted: 'TRIM_HORIZON or LATEST for a table' });
    }
    const grantRead = (reader: lambda.IFunction) => table.grantStreamRead(reader);
    return attachStream(scope, { triggerName, resource: table, arn: table.tableStreamArn, startingPosition, grantRead }, settings, context);
  }
}
