import { CfnParameter, Duration, Lazy, Stack, TimeZone } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { ContextAttribute, CronOptionsWithTimezone, ScheduleExpression, ScheduleGroup, ScheduleTargetInput, TimeWindow } from 'aws-cdk-lib/aws-scheduler';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { queuesOf, toldQueues } from './deliveries';
import { Compute, HandlerRuntime, HybridFunction, ICompute, ScheduledTask, ScheduleTriggerProps, Trigger } from '../../src';
import { CONTAINER, onEcs } from '../computes/ecs';
import { refusal, SMALL_CODE, SMALL_RUNTIME, synthesized } from '../small-runtime';

type Options = Partial<ScheduleTriggerProps>;
const schedule = ScheduleExpression.rate(Duration.days(1));

function scheduled(options: Options | ((stack: Stack) => Options) = {}, compute: ICompute = Compute.lambdaFunction()): Template {
  return synthesized(stack => {
    const runtime = compute.computeName === 'lambdaFunction' ? HandlerRuntime.AWS_NODEJS_24 : SMALL_RUNTIME;
    const fn = new HybridFunction(stack, 'Nightly', { runtime, code: SMALL_CODE, compute });
    fn.addTrigger(Trigger.schedule({ schedule, ...typeof options === 'function' ? options(stack) : options }));
  });
}

const properties = (template: Template) => Object.values(template.findResources('AWS::Scheduler::Schedule'))[0].Properties;

/** What a template's value is at deployment. */
function deployed(value: unknown): string {
  if (typeof value === 'string') { return value; }
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': joined } = value as { 'Ref'?: string; 'Fn::GetAtt'?: string[]; 'Fn::Join'?: [string, unknown[]] };
  return joined ? joined[1].map(deployed).join(joined[0]) : Ref ?? attribute!.join('.');
}

/** The role that EventBridge Scheduler calls the target with, and what it may do. */
function role(template: Template) {
  const { 'Fn::GetAtt': [id] } = properties(template).Target.RoleArn;
  const statements = Object.values(template.findResources('AWS::IAM::Policy'))
    .filter(({ Properties }) => Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === id))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
  return { trust: template.findResources('AWS::IAM::Role')[id].Properties.AssumeRolePolicyDocument.Statement, statements };
}

describe('when a handler is scheduled', () => {
  test('by a rate, by cron in a time zone, or for one time', () => {
    expect(properties(scheduled())).toMatchObject({ ScheduleExpression: 'rate(1 day)', State: 'ENABLED', FlexibleTimeWindow: { Mode: 'OFF' } });
    expect(properties(scheduled({ schedule: ScheduleExpression.cron({ hour: '3', minute: '0', timeZone: TimeZone.EUROPE_BERLIN }) })))
      .toMatchObject({ ScheduleExpression: 'cron(0 3 * * ? *)', ScheduleExpressionTimezone: 'Europe/Berlin' });
    expect(properties(scheduled({ schedule: ScheduleExpression.at(new Date('2027-01-02T03:04:05Z')) })).ScheduleExpression).toBe('at(2027-01-02T03:04:05)');
  });

  test.each<[string, CronOptionsWithTimezone, string | undefined]>([
    ['an hour without a minute', { hour: '2' }, 'cron(* 2 * * ? *)'],
    ['hours without a minute, in a time zone', { hour: '*/6', weekDay: 'MON-FRI', timeZone: TimeZone.EUROPE_BERLIN }, 'cron(* */6 ? * MON-FRI *)'],
    ['a minute of an hour', { hour: '2', minute: '0' }, undefined],
    ['every minute', {}, undefined],
  ])('%s: a warning if it means every minute of that hour', (_case, options, expression) => {
    for (const make of [
      (stack: Stack) => new HybridFunction(stack, 'Fn', { runtime: HandlerRuntime.AWS_NODEJS_24, code: SMALL_CODE }).addTrigger(Trigger.schedule({ schedule: ScheduleExpression.cron(options) })),
      (stack: Stack) => new ScheduledTask(stack, 'Fn', { runtime: SMALL_RUNTIME, code: SMALL_CODE, schedule: ScheduleExpression.cron(options) }),
    ]) {
      let made: Stack | undefined;
      synthesized(stack => { make(made = stack); });
      const warnings = Annotations.fromStack(made!).findWarning('*', Match.stringLikeRegexp('cdk-hybrid:Schedule.everyMinute'));
      expect(warnings.map(({ entry }) => entry.data)).toEqual(expression
        ? [`'schedule' is ${expression}, every minute of that hour; set minute: '0' for once an hour [ack: cdk-hybrid:Schedule.everyMinute]`]
        : []);
    }
  });

  test('timeWindow, enabled, start, end, scheduleName and scheduleDescription', () => {
    expect(properties(scheduled({
      timeWindow: TimeWindow.flexible(Duration.minutes(15)),
      enabled: false,
      start: new Date('2027-01-01T00:00:00Z'),
      end: new Date('2028-01-01T00:00:00Z'),
      scheduleName: 'nightly',
      scheduleDescription: 'Every night',
    }))).toMatchObject({
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
      State: 'DISABLED',
      StartDate: '2027-01-01T00:00:00.000Z',
      EndDate: '2028-01-01T00:00:00.000Z',
      Name: 'nightly',
      Description: 'Every night',
    });
  });

  test('an end before the start is refused', () => {
    expect(refusal(() => scheduled({ start: new Date('2027-01-02'), end: new Date('2027-01-01') }))).toBe(
      "Stack/Nightly/Schedule: 'end' must be after start, 2027-01-02T00:00:00.000Z, got '2027-01-01T00:00:00.000Z'; choose an end after the start [CDK_HYBRID_SCHEDULE_TIMES]");
  });

  test('scheduleGroup and key, and the role is for that group alone', () => {
    const template = scheduled(stack => ({ scheduleGroup: new ScheduleGroup(stack, 'Group'), key: new kms.Key(stack, 'Key') }));
    expect(properties(template)).toMatchObject({ GroupName: expect.stringMatching(/^Stack-Group-/), KmsKeyArn: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] } });
    const { trust, statements } = role(template);
    expect(deployed(trust[0].Condition.StringEquals['aws:SourceArn'])).toMatch(/^Group/);
    expect(statements).toContainEqual(expect.objectContaining({ Action: 'kms:Decrypt' }));
  });

  test('retryAttempts, maxEventAge and deadLetterQueue', () => {
    const template = scheduled(stack => ({ retryAttempts: 0, maxEventAge: Duration.minutes(10), deadLetterQueue: new sqs.Queue(stack, 'Lost') }));
    expect(properties(template).Target).toMatchObject({
      RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 600 }, DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/^Lost/), 'Arn'] } },
    });
    expect(role(template).statements).toContainEqual(expect.objectContaining({ Action: expect.arrayContaining(['sqs:SendMessage']) }));
    expect(properties(scheduled()).Target.RetryPolicy).toBeUndefined();
  });

  test.each<[string, Options, string]>([
    ['more retries than 185', { retryAttempts: 186 }, "'retryAttempts' must be 0 to 185, got 186"],
    ['fewer than none', { retryAttempts: -1 }, "'retryAttempts' must be 0 to 185, got -1"],
    ['an age under a minute', { maxEventAge: Duration.seconds(59) }, "'maxEventAge' must be 60 to 86400 seconds, got 59"],
    ['an age over a day', { maxEventAge: Duration.days(2) }, "'maxEventAge' must be 60 to 86400 seconds, got 172800"],
  ])('%s is refused', (_what, options, message) => {
    expect(refusal(() => scheduled(options))).toBe(`Stack/Nightly/Schedule: ${message}; choose a value in the range [CDK_HYBRID_SIZE_OUT_OF_RANGE]`);
  });

  test('values that are known at deployment only are passed on', () => {
    const template = scheduled(stack => {
      const number = (id: string) => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
      return {
        schedule: ScheduleExpression.expression(new CfnParameter(stack, 'Times').valueAsString),
        retryAttempts: number('Attempts'),
        maxEventAge: Duration.seconds(number('Age')),
        input: ScheduleTargetInput.fromText(Lazy.string({ produce: () => '{"late":true}' })),
      };
    });
    expect(properties(template)).toMatchObject({
      ScheduleExpression: { Ref: 'Times' }, Target: { Input: '{"late":true}', RetryPolicy: { MaximumRetryAttempts: { Ref: 'Attempts' }, MaximumEventAgeInSeconds: { Ref: 'Age' } } },
    });
  });

  test('several schedules of a function differ in their id; other times change a schedule and do not replace it', () => {
    const ids = (expression: string) => Object.keys(synthesized(stack => {
      const fn = new HybridFunction(stack, 'Nightly', { runtime: HandlerRuntime.AWS_NODEJS_24, code: SMALL_CODE });
      fn.addTrigger(Trigger.schedule({ schedule: ScheduleExpression.expression(expression) }));
      fn.addTrigger(Trigger.schedule({ schedule, id: 'Monthly' }));
      expect(refusal(() => fn.addTrigger(Trigger.schedule({ schedule })))).toMatch(/got 'Schedule'; set id of the trigger \[CDK_HYBRID_TRIGGER_TWICE\]$/);
    }).findResources('AWS::Scheduler::Schedule'));
    expect(ids('rate(1 day)')).toMatchSnapshot();
    expect(ids('cron(0/5 * * * ? *)')).toEqual(ids('rate(1 day)'));
  });
});

describe('what EventBridge Scheduler may do', () => {
  test('its role is trusted in this account and group alone', () => {
    const [statement, ...others] = role(scheduled()).trust;
    expect(others).toEqual([]);
    expect(statement).toMatchObject({ Principal: { Service: 'scheduler.amazonaws.com' }, Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } } });
    expect(deployed(statement.Condition.StringEquals['aws:SourceArn'])).toBe('arn:AWS::Partition:scheduler:eu-west-1:111122223333:schedule-group/default');
  });

  test('on Lambda: invoke the function', () => {
    const template = scheduled();
    const [id] = Object.keys(template.findResources('AWS::Lambda::Function'));
    const arn = { 'Fn::GetAtt': [id, 'Arn'] };
    expect(properties(template).Target.Arn).toEqual(arn);
    expect(role(template).statements).toEqual([{ Action: 'lambda:InvokeFunction', Effect: 'Allow', Resource: arn }]);
  });

  test('on Lambda with provisioned concurrency: invoke the alias', () => {
    const template = scheduled({}, Compute.lambdaFunction({ provisionedConcurrentExecutions: 1 }));
    const [id] = Object.keys(template.findResources('AWS::Lambda::Alias'));
    expect(properties(template).Target.Arn).toEqual({ Ref: id });
    expect(role(template).statements).toEqual([{ Action: 'lambda:InvokeFunction', Effect: 'Allow', Resource: { Ref: id } }]);
  });

  test('on Batch: submit this job to its queue', () => {
    const template = scheduled({}, Compute.batchJob());
    expect(deployed(properties(template).Target.Arn)).toBe('arn:AWS::Partition:scheduler:::aws-sdk:batch:submitJob');
    const [definition] = Object.keys(template.findResources('AWS::Batch::JobDefinition'));
    const [queue] = Object.keys(template.findResources('AWS::Batch::JobQueue'));
    expect(role(template).statements).toEqual([{ Action: 'batch:SubmitJob', Effect: 'Allow', Resource: [{ Ref: definition }, { 'Fn::GetAtt': [queue, 'JobQueueArn'] }] }]);
  });

  test('on ECS: run this task on its cluster, with its roles', () => {
    const { statements } = role(scheduled({}, Compute.task()));
    expect(statements.map(({ Action }: { Action: string }) => Action)).toEqual(['ecs:RunTask', 'iam:PassRole']);
    expect(statements.every(({ Resource }: { Resource: unknown }) => Resource !== '*')).toBe(true);
  });
});

describe('schedule input', () => {
  const input = ScheduleTargetInput.fromObject({ mode: 'full', text: '"quoted" \\ and\n', at: ContextAttribute.scheduledTime });
  const request = (template: Template) => JSON.parse(deployed(properties(template).Target.Input));
  const events = (options: Options = {}) => ({
    lambdaFunction: request(scheduled(options)),
    lambdaImage: request(scheduled(options, Compute.lambdaImage())),
    task: request(scheduled(options, Compute.task())).containerOverrides[0].environment[0],
    batchJob: request(scheduled(options, Compute.batchJob())).ContainerOverrides.Environment[0],
  });

  test('is the same event on Lambda, on an ECS task and on Batch', () => {
    const { lambdaFunction, lambdaImage, task, batchJob } = events({ input });
    expect(lambdaFunction).toEqual({ mode: 'full', text: '"quoted" \\ and\n', at: '<aws.scheduler.scheduled-time>' });
    expect(lambdaImage).toEqual(lambdaFunction);
    expect(task).toEqual({ name: 'HYBRID_EVENT', value: JSON.stringify(lambdaFunction) });
    expect(batchJob).toEqual({ Name: 'HYBRID_EVENT', Value: JSON.stringify(lambdaFunction) });
  });

  test('without one it is the event of EventBridge Scheduler on each', () => {
    const { lambdaFunction, task, batchJob } = events();
    expect(lambdaFunction).toMatchObject({ 'source': 'aws.scheduler', 'detail-type': 'Scheduled Event', 'time': '<aws.scheduler.scheduled-time>' });
    expect([JSON.parse(task.value), JSON.parse(batchJob.Value)]).toEqual([lambdaFunction, lambdaFunction]);
  });

  test('that is long lies in S3 for a task and a job, and goes as it is to Lambda', () => {
    const { lambdaFunction, task, batchJob } = events({ input: ScheduleTargetInput.fromObject({ rows: 'x'.repeat(20_000) }) });
    expect(lambdaFunction.rows).toHaveLength(20_000);
    expect([task.name, batchJob.Name]).toEqual(['HYBRID_EVENT_S3_URI', 'HYBRID_EVENT_S3_URI']);
    expect(task.value).toBe(batchJob.Value);
  });

  test('the request to Batch names the job, its queue and its fair share', () => {
    expect(request(scheduled({}, Compute.batchJob({ shareIdentifier: 'reports' })))).toEqual({
      JobName: expect.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{1,127}$/),
      JobDefinition: expect.stringMatching(/^NightlyJobDefinition/),
      JobQueue: expect.stringMatching(/^NightlyJobQueue/),
      ShareIdentifier: 'reports',
      ContainerOverrides: { Environment: [expect.anything()] },
    });
  });
});

describe('on a service', () => {
  const onQueue = (options: Options | ((stack: Stack) => Options) = {}) => scheduled(options, Compute.service());

  test('the event goes to a queue of its own, as the text that Lambda gets', () => {
    const template = onQueue();
    const { id, queue, deadLetters } = queuesOf(template);
    expect(properties(template).Target).toMatchObject({ Arn: { 'Fn::GetAtt': [id, 'Arn'] }, DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/^NightlyScheduleDeadLetterQueue/), 'Arn'] } } });
    expect(toldQueues(template)).toEqual([{ url: id, arn: `${id}.Arn`, event: 'body' }]);
    expect(properties(template).Target.Input).toEqual(properties(scheduled()).Target.Input);
    expect(queue).toMatchObject({ MessageRetentionPeriod: 6 * 3600, VisibilityTimeout: 60, RedrivePolicy: { maxReceiveCount: 3 } });
    expect(deadLetters).toHaveLength(1);
  });

  test('its role may send to that queue and, what could not be delivered, to the other', () => {
    const { statements } = role(onQueue());
    expect(statements[0]).toEqual({ Action: 'sqs:SendMessage', Effect: 'Allow', Resource: { 'Fn::GetAtt': [expect.stringMatching(/^NightlyScheduleQueue/), 'Arn'] } });
    expect(statements.slice(1).map(({ Resource }: { Resource: unknown }) => Resource)).toEqual([{ 'Fn::GetAtt': [expect.stringMatching(/^NightlyScheduleDeadLetterQueue/), 'Arn'] }]);
  });

  test('retryAttempts, maxEventAge and deadLetterQueue', () => {
    const template = onQueue(stack => ({ retryAttempts: 0, maxEventAge: Duration.minutes(10), deadLetterQueue: new sqs.Queue(stack, 'Lost') }));
    expect(properties(template).Target.RetryPolicy).toEqual({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 600 });
    expect(queuesOf(template).queue).toMatchObject({ MessageRetentionPeriod: 600, RedrivePolicy: { maxReceiveCount: 1, deadLetterTargetArn: { 'Fn::GetAtt': [expect.stringMatching(/^Lost/), 'Arn'] } } });
    expect(queuesOf(template).deadLetters).toEqual([]);
    expect(refusal(() => onQueue({ retryAttempts: 186 }))).toMatch(/'retryAttempts' must be 0 to 185, got 186/);
  });

  test('a container without our host is refused', () => {
    expect(refusal(() => onEcs('service', {}, CONTAINER, fn => fn.addTrigger(Trigger.schedule({ schedule }))))).toMatch(/HOST_MISSING\]$/);
  });

  test('what it made can be had', () => {
    onEcs('service', {}, {}, fn => {
      const { queue, deadLetterQueue } = fn.addTrigger(Trigger.schedule({ schedule }));
      expect([queue!.node.path, deadLetterQueue!.node.path]).toEqual(['Stack/Api/Schedule/Queue', 'Stack/Api/Schedule/DeadLetterQueue']);
    });
  });
});

describe('a schedule on a compute that takes no single events', () => {
  test('is refused with what to use instead', () => {
    const process = { computeName: 'process', servicePrincipals: ['ecs-tasks.amazonaws.com'], bind: () => ({}) };
    expect(refusal(() => scheduled({}, process)))
      .toMatch(/got 'Trigger.schedule\(\) on Compute.process\(\)'; .*Compute.service\(\) or Compute.task\(\) \[CDK_HYBRID_TRIGGER_UNSUPPORTED\]$/);
    expect(refusal(() => scheduled({}, { ...process, computeName: 'own' })))
      .toMatch(/got 'Trigger.schedule\(\) on own'; use a compute that takes single events \[CDK_HYBRID_TRIGGER_UNSUPPORTED\]$/);
  });

  test('a FIFO dead-letter queue is refused: EventBridge Scheduler sends to standard queues alone', () => {
    expect(refusal(() => scheduled(stack => ({ deadLetterQueue: new sqs.Queue(stack, 'Lost', { fifo: true }) })))).toMatch(/'deadLetterQueue' must be a standard queue.*DEAD_LETTER_QUEUE\]$/);
  });
});

describe('ScheduledTask', () => {
  test('is a task with a schedule, its options flat', () => {
    const template = synthesized(stack => {
      const task = new ScheduledTask(stack, 'Nightly', {
        runtime: SMALL_RUNTIME,
        code: SMALL_CODE,
        timeout: Duration.hours(1),
        cpu: 512,
        memoryLimitMiB: 1024,
        vpc: new ec2.Vpc(stack, 'Vpc'),
        schedule,
        input: ScheduleTargetInput.fromObject({ mode: 'full' }),
        retryAttempts: 2,
        enabled: false,
        description: 'd',
      });
      expect(task.schedule.scheduleArn).toBeDefined();
      task.addTrigger(Trigger.schedule({ schedule: ScheduleExpression.rate(Duration.days(30)), id: 'Monthly', enabled: true }));
    });
    template.hasResourceProperties('AWS::ECS::TaskDefinition', { Cpu: '512', Memory: '1024' });
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(1 day)', State: 'DISABLED', Target: { RetryPolicy: { MaximumRetryAttempts: 2 }, Input: Match.stringLikeRegexp('HYBRID_EVENT') },
    });
    template.resourceCountIs('AWS::Scheduler::Schedule', 2);
    template.resourceCountIs('AWS::ECS::TaskDefinition', 1);
  });
});
