import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Compute, HybridFunction, ICompute, ITrigger, OtelCollector, TaskVolume, Trigger } from '../../src';
import { givenVpc } from '../computes/ecs';
import { SMALL_CODE, SMALL_RUNTIME, synthesized } from '../small-runtime';

process.env.JSII_DEPRECATED = 'quiet';

/** What the app has whatever the compute is. */
interface Own {
  readonly volumes: TaskVolume[];
  readonly failed: sqs.Queue;
  readonly jobs: sqs.Queue;
  readonly failedFifo: sqs.Queue;
  readonly topic: sns.Topic;
  readonly uploads: s3.Bucket;
  readonly logGroup: logs.LogGroup;
  readonly table: dynamodb.Table;
  readonly stream: kinesis.Stream;
  readonly role?: iam.IRole;
}

/** Longer than a task has to stop, so that a service protects its tasks. */
const TIMEOUT = Duration.minutes(5);

/** Each with all that makes it ask for leave. */
const COMPUTES: { [name: string]: (own: Own) => ICompute } = {
  LambdaFunction: ({ failed }) => Compute.lambdaFunction({ tracing: lambda.Tracing.ACTIVE, onFailure: new SqsDestination(failed) }),
  LambdaImage: () => Compute.lambdaImage({ tracing: lambda.Tracing.ACTIVE }),
  Service: ({ volumes }) => Compute.service({ enableExecuteCommand: true, tracing: OtelCollector.xray(), volumes }),
  Process: ({ volumes }) => Compute.process({ enableExecuteCommand: true, tracing: OtelCollector.xray(), volumes }),
  Task: ({ volumes }) => Compute.task({ enableExecuteCommand: true, tracing: OtelCollector.xray(), volumes }),
  BatchJob: ({ volumes }) => Compute.batchJob({ volumes }),
};
const ECS = ['elasticfilesystem:ClientMount', 'ssmmessages:OpenDataChannel', 'xray:PutTraceSegments'];
const NEEDS: { [name: string]: string[] } = {
  LambdaFunction: ['ec2:CreateNetworkInterface', 'xray:PutTraceSegments', 'sqs:SendMessage', 'sqs:ReceiveMessage'],
  LambdaImage: ['ec2:CreateNetworkInterface', 'xray:PutTraceSegments', 'sqs:ReceiveMessage'],
  Service: [...ECS, 'sqs:ReceiveMessage', 'ecs:UpdateTaskProtection'],
  Process: ECS,
  Task: ECS,
  BatchJob: ['elasticfilesystem:ClientMount'],
};
const names = Object.keys(COMPUTES);
const takesMessages = (name: string) => NEEDS[name].includes('sqs:ReceiveMessage');

function app(compute: (own: Own) => ICompute, triggers: (own: Own) => ITrigger[], makeRole?: (stack: Stack) => iam.IRole): Template {
  return synthesized(stack => {
    const vpc = givenVpc(stack);
    const files = new efs.FileSystem(stack, 'Files', { vpc });
    const own: Own = {
      volumes: [TaskVolume.fromEfsFileSystem(files, { containerPath: '/mnt/data' })],
      failed: new sqs.Queue(stack, 'Failed'),
      jobs: new sqs.Queue(stack, 'Jobs', { visibilityTimeout: TIMEOUT }),
      failedFifo: new sqs.Queue(stack, 'FailedFifo', { fifo: true }),
      topic: new sns.Topic(stack, 'Topic'),
      uploads: new s3.Bucket(stack, 'Uploads'),
      logGroup: new logs.LogGroup(stack, 'Logs'),
      table: new dynamodb.Table(stack, 'Table', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, stream: dynamodb.StreamViewType.NEW_IMAGE }),
      stream: new kinesis.Stream(stack, 'Stream'),
      role: makeRole?.(stack),
    };
    const orders = new HybridFunction(stack, 'Orders', { runtime: SMALL_RUNTIME, code: SMALL_CODE, timeout: TIMEOUT, vpc, role: own.role, compute: compute(own) });
    new s3.Bucket(stack, 'Archive').grantRead(orders);
    triggers(own).forEach(trigger => orders.addTrigger(trigger));
  });
}

const withMessages = ({ jobs, topic }: Own) => [Trigger.queue(jobs), Trigger.topic(topic)];
const made = new Map<string, Template>();
function templateOf(name: string): Template {
  if (!made.has(name)) { made.set(name, app(COMPUTES[name], takesMessages(name) ? withMessages : () => [])); }
  return made.get(name)!;
}

interface Policy { readonly Properties: { readonly PolicyDocument: { readonly Statement: { readonly Action: string | string[] }[] } } }
const policiesOf = (template: Template, id: RegExp) => Object.entries(template.findResources('AWS::IAM::Policy') as { [id: string]: Policy }).filter(([name]) => id.test(name));
const actionsOf = ([, { Properties }]: [string, Policy]) => Properties.PolicyDocument.Statement.flatMap(({ Action }) => Action);
const OF_COMPUTES = new RegExp(`^Orders(${names.join('|')})Policy[0-9A-F]{8}$`);

describe('what a compute itself needs', () => {
  test.each(names)('of %s stands in a policy of that kind of compute alone, which a swap removes after the compute', name => {
    const policies = policiesOf(templateOf(name), OF_COMPUTES);
    expect(policies.map(([id]) => id)).toEqual([expect.stringMatching(`^Orders${name}Policy`)]);
    expect(actionsOf(policies[0])).toEqual(expect.arrayContaining(NEEDS[name]));
    templateOf(name).hasResourceProperties('AWS::IAM::Policy', { PolicyName: policies[0][0], Roles: [{ Ref: Match.stringLikeRegexp('^OrdersRole') }] });
  });

  test.each(names)('of %s is not in the policy of the role, which a swap leaves as it is', name => {
    const ofRole = (template: Template) => policiesOf(template, /^OrdersRoleDefaultPolicy/);
    expect(ofRole(templateOf(name)).map(actionsOf)).toEqual([['s3:GetObject*', 's3:GetBucket*', 's3:List*']]);
    expect(ofRole(templateOf(name))).toEqual(ofRole(templateOf('Process')));
  });

  test.each(['LambdaFunction', 'LambdaImage', 'Service', 'Process'])('of %s is there before it, and goes after it', name => {
    const template = templateOf(name);
    const [[policy]] = policiesOf(template, OF_COMPUTES);
    const type = name.startsWith('Lambda') ? 'AWS::Lambda::Function' : 'AWS::ECS::Service';
    const [id] = Object.keys(template.findResources(type)).filter(each => /^Orders(Function|Service)/.test(each));
    expect(template.toJSON().Resources[id].DependsOn).toContain(policy);
  });

  test.each(names)('of %s is not added to a role that must not be changed', name => {
    const role = (stack: Stack) => iam.Role.fromRoleArn(stack, 'Given', 'arn:aws:iam::111122223333:role/given', { mutable: false });
    const policies = Object.values(app(COMPUTES[name], takesMessages(name) ? withMessages : () => [], role).findResources('AWS::IAM::Policy'));
    expect(policies.filter(({ Properties }) => JSON.stringify(Properties.Roles).includes('given'))).toEqual([]);
  });
});

describe('the dead-letter queue', () => {
  type Options = { readonly deadLetterQueue?: sqs.IQueue };
  const TRIGGERS: { [name: string]: (own: Own, options: Options) => ITrigger } = {
    topic: ({ topic }, options) => Trigger.topic(topic, options),
    bucket: ({ uploads }, options) => Trigger.bucket(uploads, options),
    logGroup: ({ logGroup }, options) => Trigger.logGroup(logGroup, options),
    eventPattern: (_own, options) => Trigger.eventPattern({ source: ['shop'] }, options),
    schedule: (_own, options) => Trigger.schedule({ schedule: scheduler.ScheduleExpression.expression('rate(1 hour)'), ...options }),
  };
  const STREAMS: typeof TRIGGERS = {
    tableStream: ({ table }) => Trigger.tableStream(table),
    dataStream: ({ stream }) => Trigger.dataStream(stream),
  };
  /** Where dead letters go: those that cannot be delivered, and those of which the handler failed. */
  const UNDELIVERED: { [trigger: string]: [type: string, deadLetters: (properties: any) => unknown] } = {
    topic: ['AWS::SNS::Subscription', ({ RedrivePolicy }) => RedrivePolicy.deadLetterTargetArn],
    eventPattern: ['AWS::Events::Rule', ({ Targets: [{ DeadLetterConfig }] }) => DeadLetterConfig.Arn],
    schedule: ['AWS::Scheduler::Schedule', ({ Target: { DeadLetterConfig } }) => DeadLetterConfig.Arn],
  };
  const INVOKED: [type: string, deadLetters: (properties: any) => unknown] = ['AWS::Lambda::EventInvokeConfig', ({ DestinationConfig }) => DestinationConfig.OnFailure.Destination];
  const FAILED: { [compute: string]: typeof INVOKED } = {
    LambdaFunction: INVOKED,
    Task: INVOKED,
    BatchJob: INVOKED,
    Service: ['AWS::SQS::Queue', ({ RedrivePolicy }) => RedrivePolicy?.deadLetterTargetArn],
  };
  const ofDelivery = ['eventPattern', 'schedule'];
  const pairs = Object.keys(TRIGGERS).flatMap(trigger => ['Service', 'LambdaFunction', 'Task', 'BatchJob'].map(name => [trigger, name]));
  const compute = (name: string) => name === 'LambdaFunction' ? () => Compute.lambdaFunction() : COMPUTES[name];

  test.each(pairs)('that is given to %s on %s is the one of the app on each compute', (trigger, name) => {
    // SQS itself takes the dead letters of a FIFO queue into another one alone.
    const isFifo = trigger === 'logGroup' && name === 'Service';
    const template = app(compute(name), own => [TRIGGERS[trigger](own, { deadLetterQueue: isFifo ? own.failedFifo : own.failed })]);
    const given = { 'Fn::GetAtt': [expect.stringMatching(isFifo ? /^FailedFifo[0-9A-F]{8}$/ : /^Failed[0-9A-F]{8}$/), 'Arn'] };
    const places = [UNDELIVERED[trigger], ...ofDelivery.includes(trigger) && name !== 'Service' ? [] : [FAILED[name]]].filter(place => place !== undefined);
    for (const [type, deadLetters] of places) {
      const found = Object.values(template.findResources(type)).map(({ Properties = {} }) => deadLetters(Properties));
      expect(found.filter(place => place !== undefined)).toEqual([given]);
    }
  });

  test.each(Object.keys({ ...TRIGGERS, ...STREAMS }))('that %s on a service has of its own stays when the service goes, and so does the queue, with their events', trigger => {
    const template = app(COMPUTES.Service, own => [{ ...TRIGGERS, ...STREAMS }[trigger](own, {})]);
    const queues = Object.entries(template.findResources('AWS::SQS::Queue')).filter(([id]) => id.startsWith('Orders'));
    expect(queues.map(([id]) => id.replace(/^.*?((DeadLetter)?Queue)[0-9A-F]{8}$/, '$1'))).toEqual(expect.arrayContaining(['Queue', 'DeadLetterQueue']));
    for (const [, queue] of queues) {
      expect(queue).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
      // A name would be that of the next one as well.
      expect(queue.Properties.QueueName).toBeUndefined();
    }
  });
});
