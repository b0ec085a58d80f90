import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as events from 'aws-cdk-lib/aws-events';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { allowedOn, allowedTo, arnOf, deployed, only, queuesOf, toldQueues } from './deliveries';
import { Compute, EventPatternTriggerProps, HandlerRuntime, HybridFunction, ICompute, Trigger, TriggerConfig } from '../../src';
import { CONTAINER, givenVpc, onEcs } from '../computes/ecs';
import { refusal, SMALL_CODE, SMALL_RUNTIME, synthesized } from '../small-runtime';

type Options = EventPatternTriggerProps | ((stack: Stack) => EventPatternTriggerProps);
const PATTERN: events.EventPattern = { source: ['shop'], detailType: ['Order placed'] };
const COMPUTES = {
  lambdaFunction: () => Compute.lambdaFunction(),
  lambdaImage: () => Compute.lambdaImage(),
  service: () => Compute.service(),
  task: () => Compute.task(),
  batchJob: () => Compute.batchJob(),
};
type Name = keyof typeof COMPUTES;
const names = Object.keys(COMPUTES) as Name[];

function on(name: Name, options: Options = {}, compute: ICompute = COMPUTES[name](), then: (made: TriggerConfig) => void = () => {}): Template {
  return synthesized(stack => {
    const runtime = name === 'lambdaFunction' ? HandlerRuntime.AWS_NODEJS_24 : SMALL_RUNTIME;
    const vpc = name.startsWith('lambda') ? undefined : givenVpc(stack);
    const fn = new HybridFunction(stack, 'Orders', { runtime, code: SMALL_CODE, compute, vpc });
    then(fn.addTrigger(Trigger.eventPattern(PATTERN, typeof options === 'function' ? options(stack) : options)));
  });
}

const rule = (template: Template) => only(template, 'AWS::Events::Rule');
const target = (template: Template) => rule(template).Targets[0];
/** The states of the state machine, and where it begins. */
const machine = (template: Template) => JSON.parse(deployed(only(template, 'AWS::StepFunctions::StateMachine').DefinitionString));

describe.each(names)('on %s', name => {
  test('a rule of the default bus, whose id does not depend on the compute', () => {
    const template = on(name);
    expect(rule(template)).toMatchObject({ EventPattern: { 'source': ['shop'], 'detail-type': ['Order placed'] }, State: 'ENABLED' });
    expect(rule(template).EventBusName).toBeUndefined();
    expect(Object.keys(template.findResources('AWS::Events::Rule'))).toEqual(['OrdersEventPatternRuleA1D61E4E']);
  });

  test('eventBus, enabled, ruleName and description', () => {
    expect(rule(on(name, stack => ({ eventBus: new events.EventBus(stack, 'Bus'), enabled: false, ruleName: 'orders', description: 'Placed orders' })))).toMatchObject({
      EventBusName: { Ref: expect.stringMatching(/^Bus/) }, State: 'DISABLED', Name: 'orders', Description: 'Placed orders',
    });
  });

  test('input', () => {
    expect(target(on(name, { input: events.RuleTargetInput.fromObject({ order: events.EventField.fromPath('$.detail.id') }) })).InputTransformer)
      .toEqual({ InputPathsMap: { 'detail-id': '$.detail.id' }, InputTemplate: '{"order":<detail-id>}' });
    expect([target(on(name)).Input, target(on(name)).InputTransformer]).toEqual([undefined, undefined]);
  });

  test('retryAttempts, maxEventAge and deadLetterQueue, which takes events of this rule alone', () => {
    const template = on(name, stack => ({ retryAttempts: 7, maxEventAge: Duration.hours(2), deadLetterQueue: new sqs.Queue(stack, 'Lost') }));
    expect(target(template)).toMatchObject({ RetryPolicy: { MaximumRetryAttempts: 7, MaximumEventAgeInSeconds: 7200 }, DeadLetterConfig: { Arn: arnOf('Lost') } });
    const [lost] = Object.keys(template.findResources('AWS::SQS::Queue')).filter(id => id.startsWith('Lost'));
    expect(allowedOn(template, lost)).toEqual([expect.objectContaining({
      Action: 'sqs:SendMessage', Principal: { Service: 'events.amazonaws.com' }, Condition: { ArnEquals: { 'aws:SourceArn': arnOf('OrdersEventPatternRule') } },
    })]);
    expect(target(on(name)).RetryPolicy).toBeUndefined();
  });

  test('values that are known at deployment only', () => {
    const number = (stack: Stack, id: string) => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
    const attempts = name === 'service' ? undefined : { MaximumRetryAttempts: { Ref: 'Attempts' } };
    const template = on(name, stack => ({ maxEventAge: Duration.seconds(number(stack, 'Age')), retryAttempts: attempts && number(stack, 'Attempts') }));
    expect(target(template).RetryPolicy).toEqual({ ...attempts, MaximumEventAgeInSeconds: { Ref: 'Age' } });
  });

  test.each<[string, Options, string]>([
    ['more retries than 185', { retryAttempts: 186 }, "'retryAttempts' must be 0 to 185, got 186"],
    ['an age over a day', { maxEventAge: Duration.days(2) }, "'maxEventAge' must be 60 to 86400 seconds, got 172800"],
    ['a FIFO dead-letter queue', stack => ({ deadLetterQueue: new sqs.Queue(stack, 'Lost', { fifo: true }) }), "'deadLetterQueue' must be a standard queue, got 'a FIFO queue (Stack/Lost)'"],
  ])('%s is refused', (_what, options, message) => {
    expect(refusal(() => on(name, options))).toContain(`Stack/Orders/EventPattern: ${message}; `);
  });

  test('a further pattern needs an id', () => {
    const two = (id?: string) => synthesized(stack => {
      const runtime = name === 'lambdaFunction' ? HandlerRuntime.AWS_NODEJS_24 : SMALL_RUNTIME;
      const fn = new HybridFunction(stack, 'Orders', { runtime, code: SMALL_CODE, compute: COMPUTES[name](), vpc: name.startsWith('lambda') ? undefined : givenVpc(stack) });
      fn.addTrigger(Trigger.eventPattern(PATTERN));
      fn.addTrigger(Trigger.eventPattern({ source: ['till'] }, { id }));
    });
    two('Tills').resourceCountIs('AWS::Events::Rule', 2);
    expect(refusal(() => two())).toMatch(/got 'EventPattern'; set id of the trigger \[CDK_HYBRID_TRIGGER_TWICE\]$/);
  });
});

describe('what the rule reaches', () => {
  test('a Lambda function, which this rule alone may invoke', () => {
    const template = on('lambdaFunction');
    expect(target(template).Arn).toEqual(arnOf('OrdersFunction'));
    expect(only(template, 'AWS::Lambda::Permission')).toMatchObject({ Principal: 'events.amazonaws.com', SourceArn: arnOf('OrdersEventPatternRule') });
    expect(target(on('lambdaFunction', {}, Compute.lambdaFunction({ provisionedConcurrentExecutions: 1 }))).Arn).toEqual({ Ref: expect.stringMatching(/Alias/) });
  });

  test('a queue of a service, whose messages are the events; only this rule may send to it', () => {
    const template = on('service', { retryAttempts: 4, maxEventAge: Duration.hours(1) });
    const { id, queue, deadLetters } = queuesOf(template);
    expect(target(template)).toMatchObject({ Arn: arnOf(id), DeadLetterConfig: { Arn: arnOf('OrdersEventPatternDeadLetterQueue') } });
    expect(toldQueues(template)).toEqual([{ url: id, arn: `${id}.Arn`, event: 'body' }]);
    expect(queue).toMatchObject({ MessageRetentionPeriod: 3600, RedrivePolicy: { maxReceiveCount: 5 } });
    expect(deadLetters).toHaveLength(1);
    expect(allowedOn(template, id)).toEqual([expect.objectContaining({
      Principal: { Service: 'events.amazonaws.com' }, Resource: arnOf(id), Condition: { ArnEquals: { 'aws:SourceArn': arnOf('OrdersEventPatternRule') } },
    })]);
  });

  test('an express state machine that starts a task with the event in its environment', () => {
    const template = on('task');
    expect(only(template, 'AWS::StepFunctions::StateMachine').StateMachineType).toBe('EXPRESS');
    expect(target(template)).toMatchObject({ Arn: { Ref: expect.stringMatching(/^OrdersEventPatternStateMachine/) }, RoleArn: arnOf('OrdersEventPatternRuleRole') });
    const { StartAt, States } = machine(template);
    expect(States[StartAt]).toMatchObject({
      Resource: 'arn:AWS::Partition:states:::ecs:runTask',
      Parameters: {
        TaskDefinition: expect.stringMatching(/^OrdersTaskDefinition/),
        LaunchType: 'FARGATE',
        NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ['private-1', 'private-2'], SecurityGroups: [expect.stringMatching(/^OrdersSecurityGroup/)] } },
        Overrides: { ContainerOverrides: [{ Name: 'handler', Environment: [{ 'Name': 'HYBRID_EVENT', 'Value.$': 'States.JsonToString($)' }] }] },
      },
      Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 6, IntervalSeconds: 2, BackoffRate: 2, JitterStrategy: 'FULL' }],
    });
  });

  test('a call of RunTask that succeeds and starts nothing fails the state machine, or is a dead letter', () => {
    const without = machine(on('task')).States;
    expect(without.Started.Choices).toEqual([{ Variable: '$.Failures[0]', IsPresent: true, Next: 'NotStarted' }]);
    expect(without.NotStarted).toEqual({ Type: 'Fail', CausePath: '$.Failures[0].Reason' });
    const { StartAt, States } = machine(on('task', stack => ({ deadLetterQueue: new sqs.Queue(stack, 'Lost') })));
    expect(States.Started.Choices[0].Next).toBe('DeadLetter');
    expect(States[StartAt].Catch).toEqual([{ ErrorEquals: ['States.ALL'], Next: 'DeadLetter' }]);
    expect(States.DeadLetter).toMatchObject({
      Resource: 'arn:AWS::Partition:states:::sqs:sendMessage', Parameters: { 'QueueUrl': expect.stringMatching(/^Lost/), 'MessageBody.$': '$$.Execution.Input' },
    });
  });

  test('an express state machine that submits a job', () => {
    const template = on('batchJob', {}, Compute.batchJob({ shareIdentifier: 'orders' }));
    const { StartAt, States } = machine(template);
    expect(States[StartAt]).toMatchObject({
      Resource: 'arn:AWS::Partition:states:::batch:submitJob',
      Parameters: {
        JobDefinition: expect.stringMatching(/^OrdersJobDefinition/),
        JobQueue: expect.stringMatching(/^OrdersJobQueue/),
        ShareIdentifier: 'orders',
        ContainerOverrides: { Environment: [{ 'Name': 'HYBRID_EVENT', 'Value.$': 'States.JsonToString($)' }] },
      },
      Retry: [
        { ErrorEquals: ['Batch.ClientException'], MaxAttempts: 0 },
        { ErrorEquals: ['States.ALL'], MaxAttempts: 6 },
      ],
      End: true,
    });
  });

  test('without retries the start is not tried again either', () => {
    const retries = (retryAttempts: number) => {
      const { StartAt, States } = machine(on('task', { retryAttempts }));
      return States[StartAt].Retry[0].MaxAttempts;
    };
    expect([retries(0), retries(3), retries(100)]).toEqual([0, 3, 6]);
  });

  test('placement, capacity, tags and public addresses are those of the compute', () => {
    const { States: { RunTask } } = machine(on('task', {}, Compute.task({
      assignPublicIp: true,
      propagateTags: ecs.PropagatedTagSource.TASK_DEFINITION,
      capacityProviderStrategies: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
      platformVersion: ecs.FargatePlatformVersion.VERSION1_4,
    })));
    expect(RunTask.Parameters).toMatchObject({
      PropagateTags: 'TASK_DEFINITION',
      CapacityProviderStrategy: [{ CapacityProvider: 'FARGATE_SPOT', Weight: 1 }],
      PlatformVersion: '1.4.0',
      NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'ENABLED', Subnets: ['public-1', 'public-2'] } },
    });
  });
});

describe('what the state machine may do', () => {
  test('run this revision on this cluster with its roles; the rule may start it', () => {
    const template = on('task');
    const own = allowedTo(template, /^OrdersEventPatternStateMachineRole/);
    expect(own.map(({ Action }) => Action)).toEqual(['ecs:RunTask', 'iam:PassRole']);
    expect(own[0]).toMatchObject({ Resource: { Ref: expect.stringMatching(/^OrdersTaskDefinition/) }, Condition: { ArnEquals: { 'ecs:cluster': expect.anything() } } });
    expect(own[1]).toMatchObject({ Resource: [arnOf('OrdersRole'), expect.anything()], Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } } });
    expect(allowedTo(template, /^OrdersEventPatternRuleRole/))
      .toEqual([{ Effect: 'Allow', Action: 'states:StartExecution', Resource: { Ref: expect.stringMatching(/^OrdersEventPatternStateMachine/) } }]);
    const role = Object.entries(template.findResources('AWS::IAM::Role')).find(([id]) => id.startsWith('OrdersEventPatternRuleRole'))![1];
    expect(role.Properties.AssumeRolePolicyDocument.Statement).toEqual([expect.objectContaining({
      Principal: { Service: 'events.amazonaws.com' }, Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
    })]);
  });

  test('submit this job to its queue', () => {
    expect(allowedTo(on('batchJob'), /^OrdersEventPatternStateMachineRole/)).toEqual([
      { Effect: 'Allow', Action: 'batch:SubmitJob', Resource: [{ Ref: expect.stringMatching(/^OrdersJobDefinition/) }, { 'Fn::GetAtt': [expect.stringMatching(/^OrdersJobQueue/), 'JobQueueArn'] }] },
    ]);
  });

  test('send dead letters to the queue that was given', () => {
    expect(allowedTo(on('task', stack => ({ deadLetterQueue: new sqs.Queue(stack, 'Lost') })), /^OrdersEventPatternStateMachineRole/))
      .toContainEqual({ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arnOf('Lost') });
  });
});

test('what it made can be had', () => {
  on('service', {}, undefined, ({ rule: made, queue, deadLetterQueue }) => {
    expect([made!.node.path, queue!.node.path, deadLetterQueue!.node.path]).toEqual(['Rule', 'Queue', 'DeadLetterQueue'].map(id => `Stack/Orders/EventPattern/${id}`));
  });
  on('task', {}, undefined, ({ rule: made, queue, deadLetterQueue }) => expect([made!.node.id, queue, deadLetterQueue]).toEqual(['Rule', undefined, undefined]));
});

describe('is refused', () => {
  test('on a service whose container has not our host', () => {
    expect(refusal(() => onEcs('service', {}, CONTAINER, fn => fn.addTrigger(Trigger.eventPattern(PATTERN))))).toMatch(/HOST_MISSING\]$/);
  });

  test('on a process', () => {
    expect(refusal(() => onEcs('process', {}, {}, fn => fn.addTrigger(Trigger.eventPattern(PATTERN)))))
      .toMatch(/got 'Trigger.eventPattern\(\) on Compute.process\(\)'; .*use Compute.service\(\) or Compute.task\(\) \[CDK_HYBRID_TRIGGER_UNSUPPORTED\]$/);
  });

  test('on a compute of one\'s own that takes no events', () => {
    const own = { computeName: 'own', servicePrincipals: ['lambda.amazonaws.com'], bind: () => ({}) };
    expect(refusal(() => on('lambdaFunction', {}, own))).toMatch(/use a compute that takes single events \[CDK_HYBRID_TRIGGER_UNSUPPORTED\]$/);
  });
});
