/** Events as AWS documents them, and more of their kind. */

/**
 * A record of DynamoDB. Source: the example events of "Using AWS Lambda with Amazon DynamoDB" in the AWS Lambda Developer Guide; `ApproximateCreationDateTime`
 * by `StreamRecord` in the Amazon DynamoDB API Reference, in seconds as Lambda's events have it.
 */
export function tableRecord(n: number, keys: Record<string, object> = { Id: { N: '101' } }, image: object = { Message: { S: 'New item!' } }) {
  return {
    eventID: `event-${n}`,
    eventVersion: '1.1',
    dynamodb: {
      ApproximateCreationDateTime: 1_479_499_740,
      Keys: keys,
      NewImage: { ...image, ...keys },
      StreamViewType: 'NEW_AND_OLD_IMAGES',
      SequenceNumber: `44215845000000000${String(n).padStart(8, '0')}`,
      SizeBytes: 26,
    },
    awsRegion: 'us-west-2',
    eventName: 'INSERT',
    eventSourceARN: 'arn:aws:dynamodb:us-west-2:111122223333:table/TestTable/stream/2024-06-10T19:26:16.525',
    eventSource: 'aws:dynamodb',
  };
}

/** A record of Kinesis. Source: the example event of "Using Lambda with Kinesis Data Streams" in the AWS Lambda Developer Guide. */
export function streamRecord(n: number, partitionKey = '1', data = 'SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==') {
  const sequenceNumber = `4959033827149025660855969253836157109592157598913${String(n).padStart(7, '0')}`;
  return {
    kinesis: { kinesisSchemaVersion: '1.0', partitionKey, sequenceNumber, data, approximateArrivalTimestamp: 1545084650.987 },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `shardId-000000000006:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::123456789012:role/lambda-role',
    awsRegion: 'us-east-2',
    eventSourceARN: 'arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream',
  };
}

/** What the data of an event of a log group is. Source: "Subscription filters with AWS Lambda" in the Amazon CloudWatch Logs User Guide. */
export function logData(logStream: string, message: string) {
  return {
    owner: '123456789012',
    logGroup: 'CloudTrail',
    logStream,
    subscriptionFilters: ['Destination'],
    messageType: 'DATA_MESSAGE',
    logEvents: [{ id: '31953106606966983378809025079804211143289615424298221568', timestamp: 1432826855000, message }],
  };
}
