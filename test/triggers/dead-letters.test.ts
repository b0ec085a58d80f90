import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { allowedOn, allowedTo } from './deliveries';
import { Compute, HybridFunction, ITrigger, Trigger } from '../../src';
import { givenVpc } from '../computes/ecs';
import { refusal, SMALL_CODE, SMALL_RUNTIME, withSmallRuntime } from '../small-runtime';
import { workspace } from '../workspace';

process.env.JSII_DEPRECATED = 'quiet';

const COMPUTES = {
  lambdaFunction: () => Compute.lambdaFunction(),
  service: () => Compute.service(),
  task: () => Compute.task(),
  batchJob: () => Compute.batchJob(),
};
type Name = keyof typeof COMPUTES;
type Make<T> = (shop: Stack, shared: Stack) => T;
const env = { account: '111122223333', region: 'eu-west-1' };

/** A function in the stack `Shop`, with dead letters of its trigger where `makeQueue` says; the stack `Shared` is there as well. */
function on(name: Name, triggerOf: (stack: Stack, deadLetterQueue: sqs.IQueue) => ITrigger, makeQueue: Make<sqs.IQueue>) {
  return withSmallRuntime(() => {
    const app = new App({ outdir: workspace() });
    const [shop, shared] = ['Shop', 'Shared'].map(id => new Stack(app, id, { env }));
    const fn = new HybridFunction(shop, 'Orders', { runtime: SMALL_RUNTIME, code: SMALL_CODE, vpc: givenVpc(shop), compute: COMPUTES[name]() });
    fn.addTrigger(triggerOf(shop, makeQueue(shop, shared)));
    app.synth();
    return { shop: Template.fromStack(shop), shared: Template.fromStack(shared), shopStack: shop };
  });
}

const topic = (stack: Stack, deadLetterQueue: sqs.IQueue) => Trigger.topic(new sns.Topic(stack, 'News'), { deadLetterQueue });
const pattern = (_stack: Stack, deadLetterQueue: sqs.IQueue) => Trigger.eventPattern({ source: ['shop'] }, { deadLetterQueue });
const each: [string, Name, typeof topic, string][] = [
  ...(['lambdaFunction', 'service'] as const).map((name): [string, Name, typeof topic, string] => ['topic', name, topic, 'sns.amazonaws.com']),
  ...(Object.keys(COMPUTES) as Name[]).map((name): [string, Name, typeof topic, string] => ['eventPattern', name, pattern, 'events.amazonaws.com']),
];
const OF_ACCOUNT = { StringEquals: { 'aws:SourceAccount': '111122223333' } };

/** What the policies of keys say beside what each has. */
const keyStatements = (template: Template) => Object.values(template.findResources('AWS::KMS::Key'))
  .flatMap(({ Properties }) => Properties.KeyPolicy.Statement)
  .filter(({ Principal }: { Principal: { Service?: string } }) => Principal.Service);

describe.each(each)('dead letters of %s on %s', (_trigger, name, trigger, service) => {
  test('go into a queue with a key of the app', () => {
    const { shop } = on(name, trigger, stack => new sqs.Queue(stack, 'Lost', { encryption: sqs.QueueEncryption.KMS }));
    expect(keyStatements(shop)).toEqual([
      { Effect: 'Allow', Principal: { Service: service }, Action: ['kms:Decrypt', 'kms:GenerateDataKey*'], Resource: '*', Condition: OF_ACCOUNT },
    ]);
  });

  test('go into a queue of another stack', () => {
    const { shared } = on(name, trigger, (_shop, stack) => new sqs.Queue(stack, 'Lost'));
    const [id] = Object.keys(shared.findResources('AWS::SQS::Queue'));
    expect(allowedOn(shared, id)).toEqual([expect.objectContaining({ Action: 'sqs:SendMessage', Principal: { Service: service }, Condition: OF_ACCOUNT })]);
  });

  test('go into a queue with a key of another stack', () => {
    const { shared } = on(name, trigger, (_shop, stack) => new sqs.Queue(stack, 'Lost', { encryption: sqs.QueueEncryption.KMS }));
    expect(keyStatements(shared)).toEqual([expect.objectContaining({ Principal: { Service: service }, Condition: OF_ACCOUNT })]);
  });

  test('do not go into a queue with the key of AWS, which lets no service in', () => {
    expect(refusal(() => on(name, trigger, stack => new sqs.Queue(stack, 'Lost', { encryption: sqs.QueueEncryption.KMS_MANAGED })))).toMatch(new RegExp(
      `'deadLetterQueue' must be a queue that ${service} can write to, got 'Shop/Lost, with QueueEncryption.KMS_MANAGED'; use QueueEncryption.SQS_MANAGED, .*CDK_HYBRID_DEAD_LETTER_QUEUE\\]$`));
  });

  test('go into an imported queue if that lets the service in, which is said', () => {
    const { shopStack } = on(name, trigger, stack => sqs.Queue.fromQueueAttributes(stack, 'Lost', {
      queueArn: 'arn:aws:sqs:eu-west-1:111122223333:lost', keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1',
    }));
    const warnings = Annotations.fromStack(shopStack).findWarning('*', Match.stringLikeRegexp('deadLetterQueue, Shop/Lost')).map(({ entry }) => String(entry.data));
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`^${service} must be able to use .*kms:GenerateDataKey\\*.*DeadLetterQueue.imported`))]);
  });
});

test('topic and queue may have one key', () => {
  const { shop } = on('service', (stack, deadLetterQueue) => Trigger.topic(new sns.Topic(stack, 'News', { masterKey: deadLetterQueue.encryptionMasterKey }), { deadLetterQueue }),
    stack => new sqs.Queue(stack, 'Lost', { encryptionMasterKey: new kms.Key(stack, 'Key') }));
  expect(keyStatements(shop)).toContainEqual(expect.objectContaining({ Principal: { Service: 'sns.amazonaws.com' }, Condition: OF_ACCOUNT }));
});

test('the state machine that starts a task may use the key as well', () => {
  const { shop } = on('task', pattern, stack => new sqs.Queue(stack, 'Lost', { encryption: sqs.QueueEncryption.KMS }));
  expect(allowedTo(shop, /^OrdersEventPatternStateMachineRole/)).toContainEqual(expect.objectContaining({ Action: ['kms:Decrypt', 'kms:GenerateDataKey*'] }));
});
