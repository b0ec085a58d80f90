import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { allowedTo, onLambda, onService, toldQueues } from './deliveries';
import { findingsOf } from './lint';
import { expectForwarder, forwarderOf, lintable, mapping } from './streams';
import { DataStreamTriggerProps, Trigger } from '../../src';
import { onEcs } from '../computes/ecs';
import { templateLinter } from '../real-parts';
import { refusal } from '../small-runtime';

type Options = DataStreamTriggerProps | ((stack: Stack, stream: kinesis.IStream) => DataStreamTriggerProps);
const clicks = (stack: Stack): kinesis.IStream => new kinesis.Stream(stack, 'Clicks');
const trigger = (options: Options = {}, make = clicks) => (stack: Stack) => {
  const stream = make(stack);
  return Trigger.dataStream(stream, typeof options === 'function' ? options(stack, stream) : options);
};
const lambdaWith = (options: Options = {}, stream = clicks) => onLambda(trigger(options, stream));
const serviceWith = (options: Options = {}, stream = clicks) => onService(trigger(options, stream));
const reader = /^(HandlerRole|ApiStreamClicksForwarderRole)/;

describe.each([['a Lambda function', lambdaWith], ['a service', serviceWith]] as const)('on %s', (_name, make) => {
  test('the stream is read from its beginning, by one who may, also decrypt', () => {
    const template = make();
    expect(mapping(template)).toMatchObject({ EventSourceArn: { 'Fn::GetAtt': [expect.stringMatching(/^Clicks/), 'Arn'] }, StartingPosition: 'TRIM_HORIZON' });
    expect(allowedTo(template, reader)).toEqual(expect.arrayContaining([
      expect.objectContaining({ Action: expect.arrayContaining(['kinesis:DescribeStream', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards']) }),
    ]));
    const encrypted = make({}, stack => new kinesis.Stream(stack, 'Clicks', { encryption: kinesis.StreamEncryption.KMS }));
    expect(allowedTo(encrypted, reader)).toEqual(expect.arrayContaining([expect.objectContaining({ Action: 'kms:Decrypt' })]));
  });

  test('startingPosition', () => {
    expect(mapping(make({ startingPosition: lambda.StartingPosition.LATEST }))).toMatchObject({ StartingPosition: 'LATEST' });
  });

  test('another position makes another forwarder on a service', () => {
    const forwarder = (options: Options) => Object.keys(serviceWith(options).findResources('AWS::Lambda::Function'))[0];
    const token = forwarder(stack => ({ startingPositionTimestamp: new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber }));
    expect([{}, { startingPosition: lambda.StartingPosition.LATEST }, { startingPositionTimestamp: 1_700_000_000 }].map(forwarder)).toEqual([
      expect.stringMatching(/Forwarder[0-9A-F]{8}$/), expect.stringMatching(/ForwarderLATEST[0-9A-F]{8}$/), expect.stringMatching(/ForwarderATTIMESTAMP1700000000[0-9A-F]{8}$/),
    ]);
    expect(token).toMatch(/ForwarderATTIMESTAMP[0-9a-f]{8}[0-9A-F]{8}$/);
  });

  test('startingPositionTimestamp, also one that is known at deployment only', () => {
    expect(mapping(make({ startingPositionTimestamp: 1_700_000_000 }))).toMatchObject({ StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: 1_700_000_000 });
    const later = make(stack => ({ startingPositionTimestamp: new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber }));
    expect(mapping(later).StartingPositionTimestamp).toEqual({ Ref: 'Number' });
  });

  test('a time without its position, or the position without a time, is refused', () => {
    expect(refusal(() => make({ startingPosition: lambda.StartingPosition.AT_TIMESTAMP })))
      .toMatch(/'startingPosition' must be given with startingPositionTimestamp, got 'AT_TIMESTAMP'; .*STREAM_POSITION\]$/);
    expect(refusal(() => make({ startingPosition: lambda.StartingPosition.LATEST, startingPositionTimestamp: 1 })))
      .toMatch(/'startingPosition' must be AT_TIMESTAMP with startingPositionTimestamp, got 'LATEST'; .*STREAM_POSITION\]$/);
  });

  test('consumer: the stream is read by it', () => {
    const consumerOf = (stack: Stack, stream: kinesis.IStream) => new kinesis.StreamConsumer(stack, 'Consumer', { stream, streamConsumerName: 'orders' });
    const template = make((stack, stream) => ({ consumer: consumerOf(stack, stream) }));
    expect(mapping(template).EventSourceArn).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Consumer/), 'ConsumerARN'] });
    expect(JSON.stringify(allowedTo(template, reader))).toContain('kinesis:SubscribeToShard');
  });

  test('maxBatchingWindow, parallelizationFactor, maxRecordAge and enabled', () => {
    expect(mapping(make({
      maxBatchingWindow: Duration.seconds(5), parallelizationFactor: 10, maxRecordAge: Duration.days(7), enabled: false,
    }))).toMatchObject({
      MaximumBatchingWindowInSeconds: 5, ParallelizationFactor: 10, MaximumRecordAgeInSeconds: 604_800, Enabled: false,
    });
  });

  test('id: the construct id of a second stream of the same name', () => {
    expect(Object.keys(make({ id: 'Elsewhere' }).findResources('AWS::Lambda::EventSourceMapping'))[0]).toMatch(/^(Handler|Api)ElsewhereEventSourceMapping/);
  });

  test('an imported stream', () => {
    const arn = 'arn:aws:kinesis:eu-west-1:111122223333:stream/clicks';
    expect(mapping(make({}, stack => kinesis.Stream.fromStreamArn(stack, 'Clicks', arn))).EventSourceArn).toBe(arn);
  });
});

test('on a Lambda function: batchSize, bisectBatchOnError, retryAttempts, reportBatchItemFailures and tumblingWindow', () => {
  expect(mapping(lambdaWith({
    batchSize: 500, bisectBatchOnError: true, retryAttempts: 3, reportBatchItemFailures: true, tumblingWindow: Duration.minutes(1),
  }))).toMatchObject({
    FunctionName: { Ref: expect.stringMatching(/^Handler/) },
    BatchSize: 500,
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 3,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    TumblingWindowInSeconds: 60,
  });
});

describe('on a service', () => {
  test('a forwarder reads the stream and puts each record into a FIFO queue, whose messages become events of Kinesis', () => {
    const template = serviceWith();
    expectForwarder(template);
    expect(mapping(template)).toMatchObject({ FunctionName: { Ref: forwarderOf(template).id }, FunctionResponseTypes: ['ReportBatchItemFailures'] });
    expect(toldQueues(template)).toEqual([{ url: expect.stringMatching(/^ApiStreamClicksQueue/), arn: expect.any(String), event: 'records', batchSize: 1 }]);
  });

  test('tumblingWindow is refused', () => {
    expect(refusal(() => serviceWith({ tumblingWindow: Duration.minutes(1) }))).toMatch(/'tumblingWindow' must be left out on a service.*TRIGGER_OPTION\]$/);
  });
});

test.each(['process', 'task'] as const)('a stream on Compute.%s() is refused', kind => {
  expect(refusal(() => onEcs(kind, {}, {}, (fn, stack) => fn.addTrigger(trigger()(stack)))))
    .toMatch(new RegExp(`got 'Trigger.dataStream\\(\\) on Compute.${kind}\\(\\)'; .*Compute.service\\(\\).*TRIGGER_UNSUPPORTED\\]$`));
});

const linter = templateLinter();
(linter ? test : test.skip)('cfn-lint has nothing to say', () => {
  expect(findingsOf(linter!, [lambdaWith(), lintable(serviceWith({ startingPositionTimestamp: 1_700_000_000 }))])).toBe('');
});
