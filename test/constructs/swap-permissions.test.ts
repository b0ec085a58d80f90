import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
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
  readonly topic: sns.Topic;
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
      topic: new sns.Topic(stack, 'Topic'),
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
  const TRIGGERS: { [name: string]: (own: Own, isGiven: boolean) => ITrigger } = {
    topic: ({ topic, failed }, isGiven) => Trigger.topic(topic, { deadLetterQueue: isGiven ? failed : undefined }),
    eventPattern: ({ failed }, isGiven) => Trigger.eventPattern({ source: ['shop'] }, { deadLetterQueue: isGiven ? failed : undefined }),
    schedule: ({ failed }, isGiven) => Trigger.schedule({
      schedule: scheduler.ScheduleExpression.expression('rate(1 hour)'), deadLetterQueue: isGiven ? failed : undefined,
    }),
  };
  const TARGETS: { [name: string]: [type: string, deadLetters: (properties: any) => unknown] } = {
    topic: ['AWS::SNS::Subscription', ({ RedrivePolicy }) => RedrivePolicy.deadLetterTargetArn],
    eventPattern: ['AWS::Events::Rule', ({ Targets: [{ DeadLetterConfig }] }) => DeadLetterConfig.Arn],
    schedule: ['AWS::Scheduler::Schedule', ({ Target: { DeadLetterConfig } }) => DeadLetterConfig.Arn],
  };
  const pairs = Object.keys(TRIGGERS).flatMap(trigger => ['Service', 'LambdaFunction', ...trigger === 'topic' ? [] : ['Task', 'BatchJob']].map(name => [trigger, name]));

  test.each(pairs)('that is given to %s on %s is the one of the app on each compute', (trigger, name) => {
    const template = app(COMPUTES[name], own => [TRIGGERS[trigger](own, true)]);
    const [type, deadLetters] = TARGETS[trigger];
    const [{ Properties }] = Object.values(template.findResources(type));
    expect(deadLetters(Properties)).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Failed[0-9A-F]{8}$/), 'Arn'] });
  });

  test.each(Object.keys(TRIGGERS))('that %s on a service has of its own stays, with its events, when the service goes', trigger => {
    const template = app(COMPUTES.Service, own => [TRIGGERS[trigger](own, false)]);
    const queues = Object.entries(template.findResources('AWS::SQS::Queue')).filter(([id]) => /DeadLetterQueue[0-9A-F]{8}$/.test(id));
    expect(queues).toMatchObject([[expect.anything(), { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' }]]);
  });
});
