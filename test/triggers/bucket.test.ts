import { App, CfnParameter, Duration, Stack, Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { allowedOn, allowedTo, arnOf, onLambda, onService, only, queuesOf, toldQueues } from './deliveries';
import { BucketTriggerProps, Compute, HybridFunction, ICompute, Trigger } from '../../src';
import { CONTAINER, givenVpc, onEcs } from '../computes/ecs';
import { refusal, SMALL_CODE, SMALL_RUNTIME, synthesized, withSmallRuntime } from '../small-runtime';
import { workspace } from '../workspace';

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

/** A function of the stack `Shop`, with triggers of a bucket of the stack `Storage`. */
function acrossStacks(compute: ICompute, options: (shop: Stack) => BucketTriggerProps[], more: (bucket: s3.Bucket) => void = () => {}, context = {}) {
  return withSmallRuntime(() => {
    const app = new App({ outdir: workspace(), context });
    const [shop, storage] = ['Shop', 'Storage'].map(id => new Stack(app, id, { env: { account: '111122223333', region: 'eu-west-1' } }));
    const bucket = new s3.Bucket(storage, 'Uploads');
    const fn = new HybridFunction(shop, 'Thumbnails', { runtime: SMALL_RUNTIME, code: SMALL_CODE, vpc: givenVpc(shop), compute });
    bucket.grantReadWrite(fn);
    options(shop).forEach(props => fn.addTrigger(Trigger.bucket(bucket, props)));
    more(bucket);
    app.synth();
    return { dependencies: storage.dependencies, storage: Template.fromStack(storage), shop: Template.fromStack(shop) };
  });
}

describe.each([['a Lambda function', Compute.lambdaFunction], ['a service', Compute.service]] as const)('a bucket of another stack, on %s', (_name, compute) => {
  test('is told by the stack of the function, which needs the other one and not the other way round', () => {
    const { dependencies, storage, shop } = acrossStacks(compute(), () => [{ prefix: 'photos/' }, { prefix: 'films/', id: 'Films' }]);
    expect(dependencies).toEqual([]);
    storage.resourceCountIs('Custom::S3BucketNotifications', 0);
    expect(notifications(shop)).toMatchObject({ BucketName: { 'Fn::ImportValue': expect.stringMatching(/^Storage:/) }, Managed: false });
    expect(configurations(shop)).toHaveLength(2);
  });

  test('may have a deadLetterQueue of the function\'s stack', () => {
    expect(acrossStacks(compute(), shop => [{ deadLetterQueue: new sqs.Queue(shop, 'Lost') }]).dependencies).toEqual([]);
  });

  test.each<[string, (bucket: s3.Bucket) => void]>([
    ['a notification', bucket => bucket.addEventNotification(s3.EventType.OBJECT_REMOVED, new SqsDestination(new sqs.Queue(bucket, 'Removed')))],
    ['eventBridgeEnabled', bucket => bucket.enableEventBridgeNotification()],
  ])('with %s of its own is refused: that would take the one of the trigger away', (_what, more) => {
    expect(refusal(() => acrossStacks(compute(), () => [{}], more))).toMatch(
      /'bucket' must be a bucket of this stack, or one whose own stack sets no notifications: .*got 'Storage\/Uploads of another stack, .*; put the bucket beside the function, or use Trigger.eventPattern\(\)/);
    acrossStacks(compute(), () => [{}], more, { '@aws-cdk/aws-s3:keepNotificationInImportedBucket': true });
  });
});

describe('two triggers of one bucket', () => {
  const two = (one: BucketTriggerProps, other: BucketTriggerProps) => synthesized(stack => {
    const bucket = new s3.Bucket(stack, 'Uploads');
    [one, other].forEach((props, index) => {
      const fn = new HybridFunction(stack, `Handler${index}`, { runtime: SMALL_RUNTIME, code: SMALL_CODE, compute: Compute.lambdaFunction() });
      fn.addTrigger(Trigger.bucket(bucket, props));
    });
  });

  test.each<[string, BucketTriggerProps, BucketTriggerProps]>([
    ['the same objects', {}, {}],
    ['objects of a folder and of one in it', { prefix: 'photos/' }, { prefix: 'photos/2026/' }],
    ['suffixes of which one ends with the other', { prefix: 'photos/', suffix: '.jpg' }, { suffix: 'g' }],
    ['an event that includes the other', { events: [s3.EventType.OBJECT_CREATED] }, { events: [s3.EventType.OBJECT_CREATED_PUT], suffix: '.jpg' }],
  ])('%s: refused', (_what, one, other) => {
    expect(refusal(() => two(one, other))).toMatch(/^Stack\/Handler1\/BucketUploads: 'prefix' must be given .*Stack\/Handler0\/BucketUploads has .*; tell them apart, .*CDK_HYBRID_BUCKET_EVENTS\]$/);
  });

  test.each<[string, BucketTriggerProps, BucketTriggerProps]>([
    ['other prefixes', { prefix: 'photos/' }, { prefix: 'films/' }],
    ['other suffixes', { suffix: '.jpg' }, { suffix: '.png' }],
    ['other events', { events: [s3.EventType.OBJECT_CREATED] }, { events: [s3.EventType.OBJECT_REMOVED] }],
    ['a prefix that is known at deployment only', { prefix: 'photos/' }, { prefix: Token.asString({ Ref: 'Prefix' }) }],
  ])('%s: taken', (_what, one, other) => {
    expect(configurations(two(one, other))).toHaveLength(2);
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

test('a bucket on Compute.process() is refused', () => {
  expect(refusal(() => onEcs('process', {}, {}, (fn, stack) => fn.addTrigger(trigger()(stack)))))
    .toMatch(/got 'Trigger.bucket\(\) on Compute.process\(\)'; .*Compute.service\(\) or Compute.task\(\) .*TRIGGER_UNSUPPORTED\]$/);
});
