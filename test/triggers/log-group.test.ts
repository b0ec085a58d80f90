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

  test('a third subscription filter of a group is refused', () => {
    const three = (first: (group: logs.LogGroup) => unknown) => () => make({ id: 'Third' }, stack => {
      const group = new logs.LogGroup(stack, 'Audit');
      first(group);
      return group;
    });
    const destination = { bind: () => ({ arn: 'arn:aws:lambda:eu-west-1:111122223333:function:other' }) };
    const filterPattern = logs.FilterPattern.allEvents();
    const subscribe = (group: logs.LogGroup, id: string) => group.addSubscriptionFilter(id, { destination, filterPattern });
    expect(three(group => subscribe(group, 'One'))).not.toThrow();
    expect(refusal(three(group => ['One', 'Two'].map(id => subscribe(group, id))))).toMatch(
      /\/Third: 'logGroup' must be a log group with less than 2 subscription filters; this one has Stack\/Audit\/One, Stack\/Audit\/Two, got 'Stack\/Audit'; .*LOG_GROUP_FILTERS\]$/);
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

  test('what the forwarder could not put into the queue is in a dead-letter queue of its own', () => {
    const template = onService(trigger(), ({ forwarder }) => expect(forwarder!.deadLetterQueue!.node.path).toBe('Stack/Api/LogGroupAudit/ForwarderDeadLetterQueue'));
    const [[id, lost]] = Object.entries(template.findResources('AWS::SQS::Queue')).filter(([name]) => /ForwarderDeadLetterQueue/.test(name));
    // Source: "Adding a dead-letter queue" in the AWS Lambda Developer Guide: standard queues only.
    expect(lost).toMatchObject({ Properties: { SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 3600 }, DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    expect(lost.Properties.FifoQueue).toBeUndefined();
    const { properties, statements } = forwarderOf(template);
    expect(properties.DeadLetterConfig).toEqual({ TargetArn: arnOf(id) });
    expect(statements).toEqual(expect.arrayContaining([{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arnOf(id) }]));
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

describe.each(['lambdaImage', 'service'] as const)('on Compute.%s()', kind => {
  const refused = (groups: (stack: Stack, own: logs.ILogGroup) => logs.ILogGroup[]) => refusal(() => onEcs(kind as 'service', {}, {}, (fn, stack) =>
    groups(stack, fn.logGroup).forEach((group, index) => fn.addTrigger(Trigger.logGroup(group, { id: `Logs${index}` })))));

  test('the log group that the handler writes to is refused', () => {
    expect(refused((_, own) => [own])).toMatch(
      /^Stack\/Api\/Logs0: 'logGroup' must be one that the handler does not write to, for it would call itself for ever, got 'Stack\/Api\/LogGroup'; .*\[CDK_HYBRID_LOG_GROUP_OWN\]$/);
  });

  test('three triggers of a log group are refused, also of several imports of it', () => {
    expect(refused(stack => {
      const group = new logs.LogGroup(stack, 'Audit');
      return [group, group, group];
    })).toMatch(/^Stack\/Api\/Logs2: .*; this one has Stack\/Api\/Logs0, Stack\/Api\/Logs1, got 'Stack\/Audit'; .*LOG_GROUP_FILTERS\]$/);
    expect(refused(stack => ['One', 'Two', 'Three'].map(id => logs.LogGroup.fromLogGroupName(stack, id, '/audit')))).toMatch(/got 'Stack\/Three'; .*LOG_GROUP_FILTERS\]$/);
  });
});

test('a log group on Compute.process() is refused', () => {
  expect(refusal(() => onEcs('process', {}, {}, (fn, stack) => fn.addTrigger(trigger()(stack)))))
    .toMatch(/got 'Trigger.logGroup\(\) on Compute.process\(\)'; .*Compute.service\(\) or Compute.task\(\) .*TRIGGER_UNSUPPORTED\]$/);
});

test('a compute of one\'s own that offers nothing for it is refused', () => {
  const own = { computeName: 'own', servicePrincipals: ['lambda.amazonaws.com'], bind: () => ({}) };
  expect(refusal(() => onLambda(trigger(), own))).toMatch(/got 'Trigger.logGroup\(\) on own'; .*TRIGGER_UNSUPPORTED\]$/);
});

const linter = templateLinter();
(linter ? test : test.skip)('cfn-lint has nothing to say', () => {
  expect(findingsOf(linter!, [lambdaWith({ filterName: 'errors' }), lintable(serviceWith())])).toBe('');
});
