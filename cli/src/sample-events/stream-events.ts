/**
 * Defines the events of tables and data streams, with the fields of AWS's documented samples. Sources: "Process DynamoDB records with Lambda" and "How Lambda
 * processes records from stream and queue-based event sources" (Kinesis) in the AWS Lambda Developer Guide.
 */
import { createHash } from 'node:crypto';
import type { AttributeValue, DynamoDBStreamEvent, KinesisStreamEvent } from 'aws-lambda';
import { accountIn, originOf, regionIn, type SampleOverrides } from './message-events';
import type { Stack } from '../assembly';
import { propertiesOf, type FoundTrigger } from '../triggers';

type Item = Record<string, AttributeValue>;
type View = NonNullable<NonNullable<DynamoDBStreamEvent['Records'][number]['dynamodb']>['StreamViewType']>;

const EXAMPLES: Readonly<Record<string, AttributeValue>> = { S: { S: 'example' }, N: { N: '101' }, B: { B: 'ZXhhbXBsZQ==' } };

/** An item that is new, then changed, then removed: with the table's own keys, and as much of it as its stream shows. */
export function tableStreamEvent(trigger: FoundTrigger, stack: Stack): DynamoDBStreamEvent {
  const { origin } = trigger;
  const { arn } = originOf(trigger, stack, 'dynamodb', 'TableName', 'table/');
  const streamArn = arn.includes('/stream/') ? arn : `${arn}/stream/2026-01-01T00:00:00.000`;
  const { KeySchema: keySchema = [], AttributeDefinitions: definitions = [], StreamSpecification: stream } = origin ? propertiesOf(origin) : {};
  const attributes = definitions as { AttributeName: string; AttributeType: string }[];
  const typeOf = (name: string): AttributeValue => EXAMPLES[attributes.find((each) => each.AttributeName === name)?.AttributeType ?? 'S'];
  const named = (keySchema as { AttributeName: string }[]).map(({ AttributeName: name }): [string, AttributeValue] => [name, typeOf(name)]);
  const keys: Item = named.length > 0 ? Object.fromEntries(named) : { Id: { N: '101' } };
  const view: View = stream?.StreamViewType ?? 'NEW_AND_OLD_IMAGES';
  const before: Item = { Message: { S: 'New item!' }, ...keys };
  const after: Item = { Message: { S: 'This item has changed' }, ...keys };
  const record = (id: number, eventName: 'INSERT' | 'MODIFY' | 'REMOVE', newImage?: Item, oldImage?: Item): DynamoDBStreamEvent['Records'][number] => {
    const images = { ...newImage && view.startsWith('NEW') && { NewImage: newImage }, ...oldImage && view.includes('OLD') && { OldImage: oldImage } };
    return {
      eventID: createHash('md5').update(`${streamArn} ${id}`).digest('hex'),
      eventName,
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: regionIn(stack),
      dynamodb: {
        ApproximateCreationDateTime: Math.floor(Date.now() / 1000),
        Keys: keys,
        ...images,
        SequenceNumber: String(4421584500000000017450439091n + BigInt(id)),
        SizeBytes: JSON.stringify(images).length,
        StreamViewType: view,
      },
      eventSourceARN: streamArn,
    };
  };
  return { Records: [record(1, 'INSERT', before), record(2, 'MODIFY', after, before), record(3, 'REMOVE', undefined, after)] };
}

export function dataStreamEvent(trigger: FoundTrigger, stack: Stack, { body = 'Hello, this is a test.', key = '1' }: SampleOverrides): KinesisStreamEvent {
  const { arn } = originOf(trigger, stack, 'kinesis', 'Name', 'stream/');
  const sequenceNumber = '49590338271490256608559692538361571095921575989136588898';
  return {
    Records: [{
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: key,
        sequenceNumber,
        data: Buffer.from(body).toString('base64'),
        approximateArrivalTimestamp: Date.now() / 1000,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `shardId-000000000006:${sequenceNumber}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: `arn:aws:iam::${accountIn(stack)}:role/lambda-role`,
      awsRegion: regionIn(stack),
      eventSourceARN: arn,
    }],
  };
}
