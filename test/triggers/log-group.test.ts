import { Duration, Stack } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { arnOf, onLambda, onService, only, queuesOf, toldQueues } from './deliveries';
import { findingsOf } from './lint';
import { expectForwarder, forwarderOf, lintable } from './streams';
import { Compute, LogGroupTriggerProps, Trigger } from '../../src';
import { CONTAINER, onEcs } from '../computes/ecs';
import { templateLinter } from '../real-parts';
import { refusal } from '../small-runtime';

type Options = LogGroupTriggerProps | ((stack: Stack) => LogGroupTriggerProps);
const audit = (stack: Stack): logs.ILogGroup => new logs.LogGroup(stack, 'Audit');
const trigger = (options: Options = {}, logGroup = audit) => (stack: Stack) => Trigger.logGroup(logGroup(stack), typeof options === 'function' ? options(stack) : options);
const lambdaWith = (options: Options = {}, logGroup = audit) => onLambda(trigger(options, logGroup));
const serviceWith = (options: Options = {}, logGroup = audit) => onService(trigger(options, logGroup));
const filter = (template: Parameters<typeof only>[0]) => only(template, 'AWS::Logs::SubscriptionFilter');

describe.each([['a Lambda function', lambdaWith], ['a service', serviceWith]] as const)('on %s', (_name, make) => {
  test('all log events of the group are sent, and of this group alone', () => {
    const template = make();
    expect(filter(template)).toMatchObject({ LogGroupName: { Ref: expect.stringMatching(/^Audit/) }, FilterPattern: '' });
    expect(only(template, 'AWS::Lambda::Permission')).toMatchObject({
      Principal: 'logs.amazonaws.com', SourceArn: arnOf('Audit'), FunctionName: filter(template).DestinationArn,
    });
  });

  test('filterPattern', () => {
    expect(filter(make({ filterPattern: logs.FilterPattern.anyTerm('ERROR') })).FilterPattern).toBe('"ERROR"');
  });

  test('filterName', () => {
    expect(filter(make({ filterName: 'errors' })).FilterName).toBe('errors');
  });

  test('id: the construct id of a second trigger with the group', () => {
    expect(Object.keys(make({ id: 'Errors' }).findResources('AWS::Logs::SubscriptionFilter'))[0]).toMatch(/^(Handler|Api)ErrorsSubscriptionFilter/);
    expect(Object.keys(make().findResources('AWS::Logs::SubscriptionFilter'))[0]).toMatch(/^(Handler|Api)LogGroupAuditSubscriptionFilter/);
  });

  test('an imported group', () => {
    expect(filter(make({}, stack => logs.LogGroup.fromLogGroupName(stack, 'Audit', '/audit'))).LogGroupName).toBe('/audit');
  });
});

describe('on a Lambda function', () => {
  test('Amazon CloudWatch Logs invokes it', () => {
    const template = lambdaWith();
    expect(filter(template).DestinationArn).toEqual(arnOf('Handler'));
    template.resourceCountIs('AWS::SQS::Queue', 0);
  });

  test('with provisioned concurrency it invokes the alias', () => {
    expect(filter(onLambda(trigger(), Compute.lambdaFunction({ provisionedConcurrentExecutions: 1 }))).DestinationArn).toEqual({ Ref: expect.stringMatching(/Alias/) });
  });

  test.each<[string, Options]>([
    ['retryAttempts', { retryAttempts: 1 }],
    ['maxEventAge', { maxEventAge: Duration.hours(1) }],
    ['deadLetterQueue', stack => ({ deadLetterQueue: new sqs.Queue(stack, 'Lost', { fifo: true }) })],
  ])('%s is that of the compute', (name, options) => {
    expect(refusal(() => lambdaWith(options))).toMatch(
      new RegExp(`'${name}' must be left out on a Lambda compute, which has it once for all asynchronous invocations, got 'given'; set ${name} of the compute \\[CDK_HYBRID_TRIGGER_OPTION\\]$`));
  });
});

describe('on a service', () => {
  test('a forwarder puts each event into a FIFO queue, whose messages are the events', () => {
    const template = serviceWith();
    expectForwarder(template);
    expect(filter(template).DestinationArn).toEqual(arnOf(forwarderOf(template).id));
    const { id, queue } = queuesOf(template);
    expect(queue).toMatchObject({ MessageRetentionPeriod: 6 * 3600, RedrivePolicy: { maxReceiveCount: 3 } });
    expect(toldQueues(template)).toEqual([{ url: id, arn: `${id}.Arn`, event: 'body' }]);
    template.resourceCountIs('AWS::Lambda::EventSourceMapping', 0);
  });

  test('retryAttempts, maxEventAge and deadLetterQueue', () => {
    const { queue, deadLetters } = queuesOf(serviceWith(stack => ({ retryAttempts: 4, maxEventAge: Duration.hours(1), deadLetterQueue: new sqs.Queue(stack, 'Lost', { fifo: true }) })));
    expect(queue).toMatchObject({ MessageRetentionPeriod: 3600, RedrivePolicy: { maxReceiveCount: 5, deadLetterTargetArn: arnOf('Lost') } });
    expect(deadLetters).toEqual([]);
  });

  test('what it made can be watched', () => {
    onService(trigger(), ({ queue, deadLetterQueue, forwarder }) => {
      expect([queue, deadLetterQueue, forwarder].map(made => made!.node.path)).toEqual(['Queue', 'DeadLetterQueue', 'Forwarder'].map(id => `Stack/Api/LogGroupAudit/${id}`));
    });
  });

  test('a container without our host is refused', () => {
    expect(refusal(() => onEcs('service', {}, CONTAINER, (fn, stack) => fn.addTrigger(trigger()(stack))))).toMatch(/HOST_MISSING\]$/);
  });
});

test.each(['process', 'task'] as const)('a log group on Compute.%s() is refused', kind => {
  expect(refusal(() => onEcs(kind, {}, {}, (fn, stack) => fn.addTrigger(trigger()(stack)))))
    .toMatch(new RegExp(`got 'Trigger.logGroup\\(\\) on Compute.${kind}\\(\\)'; .*Compute.service\\(\\).*TRIGGER_UNSUPPORTED\\]$`));
});

test('a compute of one\'s own that offers nothing for it is refused', () => {
  const own = { computeName: 'own', servicePrincipals: ['lambda.amazonaws.com'], bind: () => ({}) };
  expect(refusal(() => onLambda(trigger(), own))).toMatch(/got 'Trigger.logGroup\(\) on own'; .*TRIGGER_UNSUPPORTED\]$/);
});

const linter = templateLinter();
(linter ? test : test.skip)('cfn-lint has nothing to say', () => {
  expect(findingsOf(linter!, [lambdaWith({ filterName: 'errors' }), lintable(serviceWith())])).toBe('');
});
