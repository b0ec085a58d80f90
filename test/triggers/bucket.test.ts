import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { allowedOn, allowedTo, arnOf, onLambda, onService, only, queuesOf, toldQueues } from './deliveries';
import { BucketTriggerProps, Compute, Trigger } from '../../src';
import { CONTAINER, onEcs } from '../computes/ecs';
import { refusal } from '../small-runtime';

type MakeBucket = (stack: Stack) => s3.IBucket;
const made: MakeBucket = stack => new s3.Bucket(stack, 'Uploads');
const imported: MakeBucket = stack => s3.Bucket.fromBucketName(stack, 'Uploads', 'uploads-of-the-shop');
type Options = BucketTriggerProps | ((stack: Stack) => BucketTriggerProps);
const trigger = (options: Options = {}, bucket = made) => (stack: Stack) => Trigger.bucket(bucket(stack), typeof options === 'function' ? options(stack) : options);

const lambdaWith = (options: Options = {}, bucket = made) => onLambda(trigger(options, bucket));
const serviceWith = (options: Options = {}, bucket = made) => onService(trigger(options, bucket));
const notifications = (template: Parameters<typeof only>[0]) => only(template, 'Custom::S3BucketNotifications');
const configurations = (template: Parameters<typeof only>[0]) => {
  const { LambdaFunctionConfigurations: functions, QueueConfigurations: queues } = notifications(template).NotificationConfiguration;
  return (functions ?? queues) as object[];
};
const each = [['a Lambda function', lambdaWith], ['a service', serviceWith]] as const;

describe.each(each)('on %s', (_name, make) => {
  test('events are created objects unless others are named', () => {
    expect(configurations(make())).toEqual([expect.objectContaining({ Events: ['s3:ObjectCreated:*'] })]);
    expect(configurations(make({ events: [s3.EventType.OBJECT_REMOVED_DELETE, s3.EventType.OBJECT_CREATED_PUT] })))
      .toEqual([expect.objectContaining({ Events: ['s3:ObjectRemoved:Delete'] }), expect.objectContaining({ Events: ['s3:ObjectCreated:Put'] })]);
  });

  test('prefix and suffix', () => {
    const rules = (options: BucketTriggerProps) => (configurations(make(options))[0] as any).Filter?.Key.FilterRules;
    expect(rules({ prefix: 'orders/', suffix: '.json' })).toEqual([{ Name: 'suffix', Value: '.json' }, { Name: 'prefix', Value: 'orders/' }]);
    expect(rules({ suffix: '.json' })).toEqual([{ Name: 'suffix', Value: '.json' }]);
    expect(rules({})).toBeUndefined();
  });

  test('an imported bucket keeps the notifications that it has', () => {
    expect(notifications(make({}, imported))).toMatchObject({ BucketName: 'uploads-of-the-shop', Managed: false });
  });

  test('id: two triggers with one bucket', () => {
    expect(configurations(make(stack => ({ id: 'Text', suffix: new CfnParameter(stack, 'Suffix').valueAsString })))).toEqual([
      expect.objectContaining({ Filter: { Key: { FilterRules: [{ Name: 'suffix', Value: { Ref: 'Suffix' } }] } } }),
    ]);
  });

  test.each([
    ['that include each other', [s3.EventType.OBJECT_CREATED, s3.EventType.OBJECT_CREATED_PUT], 's3:ObjectCreated:*, s3:ObjectCreated:Put'],
    ['twice', [s3.EventType.OBJECT_CREATED_PUT, s3.EventType.OBJECT_CREATED_PUT], 's3:ObjectCreated:Put, s3:ObjectCreated:Put'],
    ['none', [], 'none', 'name one, or leave it out'],
  ])('events %s are refused', (_what, events, given, mend = 'leave out those that another one includes') => {
    expect(refusal(() => make({ events }))).toContain(
      `/BucketUploads: 'events' must be one event or several of which none includes another, got '${given}'; ${mend} [CDK_HYBRID_BUCKET_EVENTS]`);
  });
});

describe('on a Lambda function', () => {
  test('S3 invokes it, from this bucket of this account alone', () => {
    const template = lambdaWith();
    expect(configurations(template)).toEqual([{ Events: ['s3:ObjectCreated:*'], LambdaFunctionArn: arnOf('Handler') }]);
    expect(Object.values(template.findResources('AWS::Lambda::Permission'))[0].Properties)
      .toMatchObject({ Principal: 's3.amazonaws.com', SourceArn: arnOf('Uploads'), SourceAccount: '111122223333' });
    template.resourceCountIs('AWS::SQS::Queue', 0);
  });

  test('with provisioned concurrency it invokes the alias; an image as well', () => {
    const alias = onLambda(trigger(), Compute.lambdaFunction({ provisionedConcurrentExecutions: 1 }));
    expect(configurations(alias)).toEqual([expect.objectContaining({ LambdaFunctionArn: { Ref: expect.stringMatching(/Alias/) } })]);
    const image = onEcs('lambdaImage' as 'service', {}, {}, (fn, stack) => fn.addTrigger(trigger()(stack))).template;
    expect(configurations(image)).toEqual([expect.objectContaining({ LambdaFunctionArn: arnOf('Api') })]);
  });

  test.each<[string, Options]>([
    ['deadLetterQueue', stack => ({ deadLetterQueue: new sqs.Queue(stack, 'Lost') })], ['retryAttempts', { retryAttempts: 1 }], ['maxEventAge', { maxEventAge: Duration.hours(1) }],
  ])('%s is that of the compute', (name, options) => {
    expect(refusal(() => lambdaWith(options))).toBe(
      `Stack/Handler/BucketUploads: '${name}' must be left out on a Lambda compute, which has it once for all asynchronous invocations, got 'given'; set ${name} of the compute [CDK_HYBRID_TRIGGER_OPTION]`);
  });
});

describe('on a service', () => {
  test('through a queue of its own, whose messages are the events', () => {
    const template = serviceWith();
    const { id, queue, deadLetters } = queuesOf(template);
    expect(configurations(template)).toEqual([{ Events: ['s3:ObjectCreated:*'], QueueArn: arnOf(id) }]);
    expect(toldQueues(template)).toEqual([{ url: id, arn: `${id}.Arn`, event: 'body' }]);
    expect(queue).toMatchObject({ SqsManagedSseEnabled: true, RedrivePolicy: { maxReceiveCount: 3 } });
    expect(deadLetters).toHaveLength(1);
  });

  test('only this bucket of this account may send to the queue; the handler may take its messages', () => {
    const template = serviceWith();
    const { id } = queuesOf(template);
    expect(allowedOn(template, id)).toEqual([{
      Effect: 'Allow',
      Action: 'sqs:SendMessage',
      Principal: { Service: 's3.amazonaws.com' },
      Resource: arnOf(id),
      Condition: { ArnLike: { 'aws:SourceArn': arnOf('Uploads') }, StringEquals: { 'aws:SourceAccount': '111122223333' } },
    }]);
    const own = allowedTo(template, /^ApiRole/).filter(({ Action }) => String(Action).includes('sqs:'));
    expect(own).toEqual([expect.objectContaining({ Action: expect.arrayContaining(['sqs:ReceiveMessage', 'sqs:DeleteMessage']), Resource: arnOf(id) })]);
  });

  test('the bucket is told of the queue once it may send to it', () => {
    const template = serviceWith({ events: [s3.EventType.OBJECT_CREATED_PUT, s3.EventType.OBJECT_REMOVED] });
    const [{ DependsOn }] = Object.values(template.findResources('Custom::S3BucketNotifications'));
    // Newer releases of the CDK add the policy of their own handler.
    expect(DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^ApiBucketUploadsQueuePolicy/), expect.stringMatching(/^ApiBucketUploadsQueue[0-9A-F]{8}$/)]));
  });

  test('a bucket of another stack has the queue beside it: the stack of the service needs that of the bucket, and not the other way round', () => {
    const { stack } = onEcs('service', {}, {}, (fn, own) => {
      const bucket = new s3.Bucket(new Stack(own.node.root as App, 'Storage', { env: own }), 'Uploads');
      bucket.grantRead(fn);
      fn.addTrigger(Trigger.bucket(bucket));
    });
    const storage = stack.node.root.node.findChild('Storage') as Stack;
    expect([stack.dependencies.includes(storage), storage.dependencies]).toEqual([true, []]);
    const template = Template.fromStack(storage);
    expect(configurations(template)).toEqual([expect.objectContaining({ QueueArn: arnOf('UploadsStackApiBucketUploads') })]);
  });

  test('retryAttempts, maxEventAge and deadLetterQueue', () => {
    const template = serviceWith(stack => ({ retryAttempts: 4, maxEventAge: Duration.days(3), deadLetterQueue: new sqs.Queue(stack, 'Lost') }));
    expect(queuesOf(template).queue).toMatchObject({ MessageRetentionPeriod: 259_200, RedrivePolicy: { maxReceiveCount: 5, deadLetterTargetArn: arnOf('Lost') } });
    expect(queuesOf(template).deadLetters).toEqual([]);
  });

  test('a FIFO dead-letter queue is refused', () => {
    expect(refusal(() => serviceWith(stack => ({ deadLetterQueue: new sqs.Queue(stack, 'Lost', { fifo: true }) }))))
      .toMatch(/'deadLetterQueue' must be a standard queue, got 'a FIFO queue \(Stack\/Lost\)'/);
  });

  test('a container without our host is refused', () => {
    expect(refusal(() => onEcs('service', {}, CONTAINER, (fn, stack) => fn.addTrigger(trigger()(stack))))).toMatch(/HOST_MISSING\]$/);
  });
});

test.each([['process', 'Compute.service()'], ['task', 'eventBridgeEnabled']] as const)('a bucket on Compute.%s() is refused', (kind, mend) => {
  expect(refusal(() => onEcs(kind, {}, {}, (fn, stack) => fn.addTrigger(trigger()(stack)))))
    .toMatch(new RegExp(`got 'Trigger.bucket\\(\\) on Compute.${kind}\\(\\)'; .*${mend.replace(/[()]/g, '\\$&')}.*TRIGGER_UNSUPPORTED\\]$`));
});
