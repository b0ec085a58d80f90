import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { allowedTo, arnOf, only } from './deliveries';
import { Compute, HybridFunction, ICompute, ITrigger, Trigger } from '../../src';
import { refusal, SMALL_CODE, SMALL_RUNTIME, synthesized } from '../small-runtime';

interface Options {
  readonly retryAttempts?: number;
  readonly maxEventAge?: Duration;
  readonly deadLetterQueue?: sqs.IQueue;
}

const TRIGGERS: { [name: string]: (stack: Stack, options: Options) => ITrigger } = {
  topic: (stack, options) => Trigger.topic(new sns.Topic(stack, 'News'), options),
  bucket: (stack, options) => Trigger.bucket(new s3.Bucket(stack, 'Uploads'), options),
  logGroup: (stack, options) => Trigger.logGroup(new logs.LogGroup(stack, 'Logs'), options),
};
interface Queues {
  readonly lost: sqs.Queue;
  readonly other: sqs.Queue;
}
type From<T> = (stack: Stack, queues: Queues) => T;
const PLAIN = () => Compute.lambdaFunction();
const PROVISIONED = () => Compute.lambdaFunction({ provisionedConcurrentExecutions: 1 });

/** A Lambda function with these triggers, each with the options at its place. */
function withTriggers(triggers: string[], options: From<Options[]>, compute: From<ICompute> = PLAIN): Template {
  return synthesized(stack => {
    const queues = { lost: new sqs.Queue(stack, 'Lost'), other: new sqs.Queue(stack, 'Other') };
    const fn = new HybridFunction(stack, 'Orders', { runtime: SMALL_RUNTIME, code: SMALL_CODE, compute: compute(stack, queues) });
    options(stack, queues).forEach((each, index) => {
      const { deadLetterQueue } = fn.addTrigger(TRIGGERS[triggers[index]](stack, each));
      expect(deadLetterQueue).toBe(each.deadLetterQueue);
    });
  });
}
const config = (template: Template) => only(template, 'AWS::Lambda::EventInvokeConfig');
const names = Object.keys(TRIGGERS);

describe.each(names)('%s on a Lambda compute', name => {
  test('retryAttempts, maxEventAge and deadLetterQueue are those of the asynchronous invocations of the function', () => {
    const template = withTriggers([name], (_stack, { lost }) => [{ retryAttempts: 0, maxEventAge: Duration.hours(1), deadLetterQueue: lost }]);
    expect(config(template)).toMatchObject({
      FunctionName: { Ref: expect.stringMatching(/^OrdersFunction/) },
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 3600,
      DestinationConfig: { OnFailure: { Destination: arnOf('Lost') } },
    });
    expect(allowedTo(template, /^OrdersRole/)).toContainEqual(expect.objectContaining({ Action: expect.arrayContaining(['sqs:SendMessage']), Resource: arnOf('Lost') }));
  });

  test('none of them: those of AWS Lambda', () => {
    withTriggers([name], () => [{}]).resourceCountIs('AWS::Lambda::EventInvokeConfig', 0);
  });

  test('those of the alias, where it is the alias that is invoked', () => {
    const qualifier = { 'Fn::Select': [7, { 'Fn::Split': [':', { Ref: expect.stringMatching(/^OrdersAlias/) }] }] };
    const template = withTriggers([name], (_stack, { lost }) => [{ retryAttempts: 1, deadLetterQueue: lost }], PROVISIONED);
    expect(config(template)).toMatchObject({ Qualifier: qualifier, MaximumRetryAttempts: 1, DestinationConfig: { OnFailure: { Destination: arnOf('Lost') } } });
  });

  test('values that are known at deployment only', () => {
    const template = withTriggers([name], stack => [{ retryAttempts: new CfnParameter(stack, 'Attempts', { type: 'Number' }).valueAsNumber }]);
    expect(config(template).MaximumRetryAttempts).toEqual({ Ref: 'Attempts' });
  });

  test.each<[string, Options, string]>([
    ['more retries than 2', { retryAttempts: 3 }, "'retryAttempts' must be 0 to 2 on a Lambda compute, got 3"],
    ['an age over 6 hours', { maxEventAge: Duration.hours(7) }, "'maxEventAge' must be 60 to 21600 seconds on a Lambda compute, got 25200"],
  ])('%s is refused', (_what, options, message) => {
    expect(refusal(() => withTriggers([name], () => [options]))).toContain(message);
  });

  test('a FIFO deadLetterQueue is refused', () => {
    const fifo: From<Options[]> = stack => [{ deadLetterQueue: new sqs.Queue(stack, 'Fifo', { fifo: true }) }];
    expect(refusal(() => withTriggers([name], fifo))).toMatch(/'deadLetterQueue' must be a standard queue, got 'a FIFO queue/);
  });

  test('what the compute says is kept, and may be said again', () => {
    const same: From<Options[]> = (_stack, { lost }) => [{ retryAttempts: 1, deadLetterQueue: lost }];
    const template = withTriggers([name], same, (_stack, { lost, other }) => Compute.lambdaFunction({
      retryAttempts: 1, maxEventAge: Duration.hours(2), onFailure: new SqsDestination(lost), onSuccess: new SqsDestination(other),
    }));
    expect(config(template)).toMatchObject({
      MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 7200, DestinationConfig: { OnFailure: { Destination: arnOf('Lost') }, OnSuccess: { Destination: arnOf('Other') } },
    });
    const given: From<Options[]> = (_stack, { lost }) => [{ deadLetterQueue: lost }];
    const beside = withTriggers([name], given, (_stack, { other }) => Compute.lambdaFunction({ onSuccess: new SqsDestination(other) }));
    expect(config(beside).DestinationConfig).toEqual({ OnFailure: { Destination: arnOf('Lost') }, OnSuccess: { Destination: arnOf('Other') } });
    withTriggers([name], given, (_stack, { lost }) => Compute.lambdaFunction({ deadLetterQueue: lost }))
      .resourceCountIs('AWS::Lambda::EventInvokeConfig', 0);
  });

  test.each<[string, From<Options[]>, From<ICompute>]>([
    ['retryAttempts', () => [{ retryAttempts: 0 }], () => Compute.lambdaFunction({ retryAttempts: 1 })],
    ['maxEventAge', () => [{ maxEventAge: Duration.hours(1) }], () => Compute.lambdaFunction({ maxEventAge: Duration.hours(2) })],
    ['deadLetterQueue', (_stack, { lost }) => [{ deadLetterQueue: lost }], (_stack, { other }) => Compute.lambdaFunction({ onFailure: new SqsDestination(other) })],
    ['deadLetterQueue', (_stack, { lost }) => [{ deadLetterQueue: lost }], (_stack, { other }) => Compute.lambdaFunction({ deadLetterQueue: other })],
  ])('another %s than the compute has is refused', (property, options, compute) => {
    expect(refusal(() => withTriggers([name], options, compute))).toMatch(new RegExp(
      `^Stack\\/Orders\\/\\w+: '${property}' must be .*, as Stack\\/Orders says of Stack\\/Orders\\/Function, got .*; say the same of all its triggers and of the compute, .*ASYNCHRONOUS_CONFLICT\\]$`));
  });
});

test('triggers of one function say the same, or nothing', () => {
  const same = (deadLetterQueue: sqs.IQueue) => ({ retryAttempts: 1, deadLetterQueue });
  expect(config(withTriggers(names, (_stack, { lost }) => [same(lost), same(lost), {}])).MaximumRetryAttempts).toBe(1);
  expect(refusal(() => withTriggers(['bucket', 'topic'], (_stack, { lost, other }) => [{ deadLetterQueue: lost }, { deadLetterQueue: other }])))
    .toMatch(/^Stack\/Orders\/TopicNews: 'deadLetterQueue' must be .*, as Stack\/Orders\/BucketUploads says of Stack\/Orders\/Function/);
  expect(refusal(() => withTriggers(['bucket', 'logGroup'], () => [{ retryAttempts: 1 }, { retryAttempts: 2 }]))).toContain("'retryAttempts' must be 1, as Stack/Orders/BucketUploads says");
});
