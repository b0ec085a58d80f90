import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SnsDlq, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { allowedTo, arnOf, onLambda, onService, queuesOf, toldQueues } from './deliveries';
import { findingsOf } from './lint';
import { expectForwarder, forwarderOf, lintable, mapping } from './streams';
import { Compute, TableStreamTriggerProps, Trigger } from '../../src';
import { CONTAINER, onEcs } from '../computes/ecs';
import { templateLinter } from '../real-parts';
import { refusal } from '../small-runtime';

type MakeTable = (stack: Stack) => dynamodb.ITable;
type Options = TableStreamTriggerProps | ((stack: Stack) => TableStreamTriggerProps);
const partitionKey = { name: 'id', type: dynamodb.AttributeType.STRING };
const streaming: MakeTable = stack => new dynamodb.Table(stack, 'Orders', { partitionKey, stream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES });
const trigger = (options: Options = {}, table = streaming) => (stack: Stack) => Trigger.tableStream(table(stack), typeof options === 'function' ? options(stack) : options);
const lambdaWith = (options: Options = {}, table = streaming) => onLambda(trigger(options, table));
const serviceWith = (options: Options = {}, table = streaming) => onService(trigger(options, table));
const each = [['a Lambda function', lambdaWith], ['a service', serviceWith]] as const;
const filters = [lambda.FilterCriteria.filter({ eventName: lambda.FilterRule.isEqual('INSERT') })];

describe.each(each)('on %s', (_name, make) => {
  test('the stream of the table is read from its beginning', () => {
    expect(mapping(make())).toMatchObject({ EventSourceArn: { 'Fn::GetAtt': [expect.stringMatching(/^Orders/), 'StreamArn'] }, StartingPosition: 'TRIM_HORIZON' });
  });

  test('startingPosition, maxBatchingWindow, parallelizationFactor, maxRecordAge, filters and enabled', () => {
    expect(mapping(make({
      startingPosition: lambda.StartingPosition.LATEST,
      maxBatchingWindow: Duration.seconds(5),
      parallelizationFactor: 4,
      maxRecordAge: Duration.hours(2),
      filters,
      enabled: false,
    }))).toMatchObject({
      StartingPosition: 'LATEST',
      MaximumBatchingWindowInSeconds: 5,
      ParallelizationFactor: 4,
      MaximumRecordAgeInSeconds: 7200,
      FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT"]}' }] },
      Enabled: false,
    });
  });

  test('onFailure: AWS Lambda tells of records that it gave up, and may', () => {
    const template = make(stack => ({ onFailure: new SqsDlq(new sqs.Queue(stack, 'Lost')) }));
    expect(mapping(template).DestinationConfig).toEqual({ OnFailure: { Destination: arnOf('Lost') } });
    expect(allowedTo(template, /^(HandlerRole|ApiStreamOrdersForwarderRole)/)).toEqual(expect.arrayContaining([
      expect.objectContaining({ Action: expect.arrayContaining(['sqs:SendMessage']), Resource: arnOf('Lost') }),
    ]));
    expect(mapping(make(stack => ({ onFailure: new SnsDlq(new sns.Topic(stack, 'Lost')) }))).DestinationConfig.OnFailure.Destination).toEqual({ Ref: expect.stringMatching(/^Lost/) });
  });

  test('values that are known at deployment only are let through', () => {
    expect(mapping(make(stack => {
      const value = new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber;
      return { parallelizationFactor: value, maxRecordAge: Duration.seconds(value) };
    }))).toMatchObject({ ParallelizationFactor: { Ref: 'Number' }, MaximumRecordAgeInSeconds: { Ref: 'Number' } });
  });

  test('a table of the second version, and an imported one with its stream', () => {
    const second = make({}, stack => new dynamodb.TableV2(stack, 'Orders', { partitionKey, dynamoStream: dynamodb.StreamViewType.NEW_IMAGE }));
    expect(mapping(second).EventSourceArn).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Orders/), 'StreamArn'] });
    const tableStreamArn = 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/1';
    expect(mapping(make({}, stack => dynamodb.Table.fromTableAttributes(stack, 'Orders', { tableName: 'orders', tableStreamArn }))).EventSourceArn).toBe(tableStreamArn);
  });

  test('id: the construct id of a second table of the same name', () => {
    expect(Object.keys(make({ id: 'Elsewhere' }).findResources('AWS::Lambda::EventSourceMapping'))[0]).toMatch(/^(Handler|Api)ElsewhereEventSourceMapping/);
    expect(Object.keys(make().findResources('AWS::Lambda::EventSourceMapping'))[0]).toMatch(/^(Handler|Api)StreamOrdersEventSourceMapping/);
  });

  test('a table without a stream is refused', () => {
    expect(refusal(() => make({}, stack => new dynamodb.Table(stack, 'Orders', { partitionKey })))).toMatch(
      /\/StreamOrders: 'table' must be a table with a stream, got 'Stack\/Orders'; switch the stream of the table on .*\[CDK_HYBRID_STREAM_MISSING\]$/);
  });

  test('a time at which to begin is refused: only data streams have it', () => {
    expect(refusal(() => make({ startingPosition: lambda.StartingPosition.AT_TIMESTAMP })))
      .toMatch(/'startingPosition' must be TRIM_HORIZON or LATEST for a table, got 'AT_TIMESTAMP'; .*\[CDK_HYBRID_STREAM_POSITION\]$/);
  });

  test.each<[string, TableStreamTriggerProps, string]>([
    ['batchSize', { batchSize: 10_001 }, "'batchSize' must be 1 to 10000, got 10001"],
    ['parallelizationFactor', { parallelizationFactor: 11 }, "'parallelizationFactor' must be 1 to 10, got 11"],
    ['retryAttempts', { retryAttempts: -1 }, "'retryAttempts' must be 0 to 10000, got -1"],
    ['maxBatchingWindow', { maxBatchingWindow: Duration.minutes(6) }, "'maxBatchingWindow' must be 0 to 300 seconds, got 360"],
    ['maxRecordAge', { maxRecordAge: Duration.days(8) }, "'maxRecordAge' must be 60 to 604800 seconds, got 691200"],
    ['tumblingWindow', { tumblingWindow: Duration.minutes(16) }, "'tumblingWindow' must be 0 to 900 seconds, got 960"],
    ['filters', { filters: Array(6).fill(filters[0]) }, "'filters' must be 0 to 5 patterns, got 6"],
  ])('%s out of the range of AWS Lambda is refused', (_what, options, message) => {
    expect(refusal(() => make(options))).toContain(`/StreamOrders: ${message}; `);
  });
});

describe('on a Lambda function', () => {
  test('AWS Lambda reads the stream, and may', () => {
    const template = lambdaWith();
    expect(mapping(template).FunctionName).toEqual({ Ref: expect.stringMatching(/^Handler/) });
    expect(allowedTo(template, /^HandlerRole/)).toEqual(expect.arrayContaining([
      expect.objectContaining({ Action: expect.arrayContaining(['dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:DescribeStream']) }),
    ]));
    template.resourceCountIs('AWS::SQS::Queue', 0);
    template.resourceCountIs('AWS::S3::Bucket', 0);
  });

  test('batchSize, bisectBatchOnError, retryAttempts, reportBatchItemFailures and tumblingWindow', () => {
    expect(mapping(lambdaWith({
      batchSize: 500, bisectBatchOnError: true, retryAttempts: 5000, reportBatchItemFailures: true, tumblingWindow: Duration.minutes(1),
    }))).toMatchObject({
      BatchSize: 500, BisectBatchOnFunctionError: true, MaximumRetryAttempts: 5000, FunctionResponseTypes: ['ReportBatchItemFailures'], TumblingWindowInSeconds: 60,
    });
  });

  test('with provisioned concurrency the alias has the records', () => {
    expect(mapping(onLambda(trigger(), Compute.lambdaFunction({ provisionedConcurrentExecutions: 1 }))).FunctionName).toEqual({ 'Fn::Join': ['', [expect.anything(), ':live']] });
  });

  test('an image as well', () => {
    expect(mapping(onEcs('lambdaImage' as 'service', {}, {}, (fn, stack) => fn.addTrigger(trigger()(stack))).template).FunctionName).toEqual({ Ref: expect.stringMatching(/^Api/) });
  });

  test('deadLetterQueue is refused', () => {
    expect(refusal(() => lambdaWith(stack => ({ deadLetterQueue: new sqs.Queue(stack, 'Lost', { fifo: true }) })))).toBe(
      "Stack/Handler/StreamOrders: 'deadLetterQueue' must be left out on a Lambda compute, which tells of records that it gave up, got 'given'; set onFailure [CDK_HYBRID_TRIGGER_OPTION]");
  });
});

describe('on a service', () => {
  test('a forwarder reads the stream and puts each record into a FIFO queue, whose messages become events of DynamoDB', () => {
    const template = serviceWith();
    expectForwarder(template);
    expect(mapping(template)).toMatchObject({ FunctionName: { Ref: forwarderOf(template).id }, FunctionResponseTypes: ['ReportBatchItemFailures'], BatchSize: 100 });
    const { id, queue } = queuesOf(template);
    expect(id).toMatch(/^ApiStreamOrdersQueue/);
    expect(queue).toMatchObject({ MessageRetentionPeriod: 14 * 24 * 3600, RedrivePolicy: { maxReceiveCount: 1000 } });
    expect(toldQueues(template)).toEqual([{ url: id, arn: `${id}.Arn`, event: 'records', batchSize: 1 }]);
  });

  test('only the forwarder may read the stream', () => {
    const template = serviceWith();
    const readers = (role: RegExp) => allowedTo(template, role).filter(({ Action }) => String(Action).includes('dynamodb:GetRecords'));
    expect(readers(/ForwarderRole/)).toHaveLength(1);
    expect(readers(/^ApiRole/)).toEqual([]);
  });

  test('batchSize: an event has as many records, 10 at most', () => {
    const sizes = (batchSize: number) => {
      const template = serviceWith({ batchSize });
      return [toldQueues(template)[0], mapping(template).BatchSize];
    };
    expect(sizes(3)).toEqual([expect.objectContaining({ batchSize: 3 }), 100]);
    expect(sizes(500)).toEqual([expect.objectContaining({ batchSize: 10 }), 500]);
  });

  test('bisectBatchOnError: an event has one record', () => {
    expect(toldQueues(serviceWith({ bisectBatchOnError: true, batchSize: 10 }))).toEqual([expect.objectContaining({ batchSize: 1 })]);
  });

  test('reportBatchItemFailures is for the host', () => {
    expect(toldQueues(serviceWith({ reportBatchItemFailures: true }))).toEqual([expect.objectContaining({ reportBatchItemFailures: true })]);
  });

  test('retryAttempts, maxRecordAge and deadLetterQueue are those of the queue; the forwarder itself goes on trying', () => {
    const template = serviceWith(stack => ({ retryAttempts: 4, maxRecordAge: Duration.hours(1), deadLetterQueue: new sqs.Queue(stack, 'Lost', { fifo: true }) }));
    const { queue, deadLetters } = queuesOf(template);
    expect(queue).toMatchObject({ MessageRetentionPeriod: 3600, RedrivePolicy: { maxReceiveCount: 5, deadLetterTargetArn: arnOf('Lost') } });
    expect(deadLetters).toEqual([]);
    expect(mapping(template).MaximumRetryAttempts).toBeUndefined();
    expect(queuesOf(serviceWith({ retryAttempts: 5000 })).queue.RedrivePolicy.maxReceiveCount).toBe(1000);
  });

  test('a dead-letter queue that is not FIFO is refused', () => {
    expect(refusal(() => serviceWith(stack => ({ deadLetterQueue: new sqs.Queue(stack, 'Lost') })))).toMatch(/'deadLetterQueue' must be a FIFO queue, .*DEAD_LETTER_QUEUE\]$/);
  });

  test('enabled: one that is not is read no more, and what was read is still handled', () => {
    const template = serviceWith({ enabled: false });
    expect(mapping(template).Enabled).toBe(false);
    expect(toldQueues(template)).toHaveLength(1);
  });

  test('tumblingWindow is refused', () => {
    expect(refusal(() => serviceWith({ tumblingWindow: Duration.minutes(1) }))).toBe(
      "Stack/Api/StreamOrders: 'tumblingWindow' must be left out on a service, where no state goes from event to event, got 'given'; use a Lambda compute [CDK_HYBRID_TRIGGER_OPTION]");
  });

  test.each(['batchSize', 'retryAttempts'])('%s that is known at deployment only is refused', name => {
    expect(refusal(() => serviceWith(stack => ({ [name]: new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber }))))
      .toMatch(new RegExp(`'${name}' must be a number that is known at synth on a service, got 'a token'; give a plain number \\[CDK_HYBRID_TRIGGER_OPTION\\]$`));
  });

  test('what it made can be watched', () => {
    onService(trigger(), ({ queue, deadLetterQueue, forwarder, eventSourceMapping }) => {
      expect([queue, deadLetterQueue, forwarder, eventSourceMapping].map(made => made!.node.path))
        .toEqual(['Queue', 'DeadLetterQueue', 'Forwarder', 'EventSourceMapping'].map(id => `Stack/Api/StreamOrders/${id}`));
    });
  });

  test('a container without our host is refused', () => {
    expect(refusal(() => onEcs('service', {}, CONTAINER, (fn, stack) => fn.addTrigger(trigger()(stack))))).toMatch(/HOST_MISSING\]$/);
  });
});

test('a swap keeps the place in the stream: nothing that replaces the mapping changes', () => {
  const replaced = (kind: string) => {
    const { template } = onEcs(kind as 'service', {}, {}, (fn, stack) => fn.addTrigger(trigger({ batchSize: 5 })(stack)));
    // Source: "Update requires: Replacement" of AWS::Lambda::EventSourceMapping.
    const [[id, { Properties: { EventSourceArn, StartingPosition, StartingPositionTimestamp } }]] = Object.entries(template.findResources('AWS::Lambda::EventSourceMapping'));
    return { id, EventSourceArn, StartingPosition, StartingPositionTimestamp };
  };
  expect(replaced('service')).toEqual(replaced('lambdaImage'));
});

// Source: `CreateEventSourceMapping` in the AWS Lambda API Reference refuses a second mapping of a stream and a function, and CloudFormation makes the new one first.
test('on a service another position makes another forwarder: the new mapping is made beside the old one', () => {
  const forwarder = (options: TableStreamTriggerProps) => Object.keys(serviceWith(options).findResources('AWS::Lambda::Function'))[0];
  expect(forwarder({})).toMatch(/^ApiStreamOrdersForwarder[0-9A-F]{8}$/);
  expect(forwarder({ startingPosition: lambda.StartingPosition.TRIM_HORIZON })).toBe(forwarder({}));
  expect(forwarder({ startingPosition: lambda.StartingPosition.LATEST })).toMatch(/^ApiStreamOrdersForwarderLATEST[0-9A-F]{8}$/);
});

test.each(['process', 'task'] as const)('a table on Compute.%s() is refused', kind => {
  expect(refusal(() => onEcs(kind, {}, {}, (fn, stack) => fn.addTrigger(trigger()(stack)))))
    .toMatch(new RegExp(`got 'Trigger.tableStream\\(\\) on Compute.${kind}\\(\\)'; .*Compute.service\\(\\).*TRIGGER_UNSUPPORTED\\]$`));
});

test('a compute of one\'s own that offers nothing for it is refused', () => {
  const own = { computeName: 'own', servicePrincipals: ['lambda.amazonaws.com'], bind: () => ({}) };
  expect(refusal(() => onLambda(trigger(), own))).toMatch(/got 'Trigger.tableStream\(\) on own'; use a compute that is a Lambda function, or takes messages of queues \[CDK_HYBRID_TRIGGER_UNSUPPORTED\]$/);
});

const linter = templateLinter();
(linter ? test : test.skip)('cfn-lint has nothing to say', () => {
  expect(findingsOf(linter!, [lambdaWith({ tumblingWindow: Duration.minutes(1) }), lintable(serviceWith({ filters, maxRecordAge: Duration.hours(1) }))])).toBe('');
});

test('a forwarder of each of two tables', () => {
  const { template } = onEcs('service', {}, {}, (fn, stack) => {
    fn.addTrigger(trigger()(stack));
    fn.addTrigger(Trigger.tableStream(new dynamodb.Table(stack, 'Users', { partitionKey, stream: dynamodb.StreamViewType.KEYS_ONLY })));
  });
  expect(toldQueues(template).map(({ url }) => url)).toEqual([expect.stringMatching(/^ApiStreamOrdersQueue/), expect.stringMatching(/^ApiStreamUsersQueue/)]);
  template.resourcePropertiesCountIs('AWS::Lambda::Function', Match.objectLike({ Handler: 'forwarder.handler' }), 2);
});
