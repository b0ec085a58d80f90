/**
 * From the event of an origin to the handler of a task or a job: the bundled starter has the environment of the template, with moto's server in the place of ECS,
 * Batch and S3; what they are asked to run is run by the bundled host. In moto, origins invoke functions in containers alone: the events are those that AWS
 * documents.
 */
import { gzipSync } from 'node:zlib';
import { Stack } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Cloud, region } from './trigger-rows-deployment';
import { ITrigger, Trigger } from '../../src';
import { onEcs } from '../computes/ecs';
import { logData } from '../layers/forwarder/sample-events';
import { HostProcess, killHosts } from '../layers/host/host-process';
import { start } from '../layers/starter/starter-process';
import { motoServer } from '../real-parts';
import { deployed } from '../triggers/deliveries';
import { workspace } from '../workspace';

/** Source: "Using Lambda with Amazon SNS" in the AWS Lambda Developer Guide. */
const MESSAGE = {
  Records: [{
    EventVersion: '1.0',
    EventSubscriptionArn: 'arn:aws:sns:us-east-1:123456789012:sns-lambda:21be56ed-a058-49f5-8c98-aedd2564c486',
    EventSource: 'aws:sns',
    Sns: {
      SignatureVersion: '1',
      Timestamp: '2019-01-02T12:45:07.000Z',
      Signature: 'tcc6faL2yUC6dgZdmrwh1Y4cGa/ebXEkAi6RibDsvpi+tE/1+82j==',
      SigningCertUrl: 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-ac565b8b1a6c5d002d285f9598aa1d9b.pem',
      MessageId: '95df01b4-ee98-5cb9-9903-4c221d41eb5e',
      Message: '"Größe" \\ from SNS\n!',
      MessageAttributes: { Test: { Type: 'String', Value: 'TestString' }, TestBinary: { Type: 'Binary', Value: 'TestBinary' } },
      Type: 'Notification',
      UnsubscribeUrl: 'https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-east-1:123456789012:test-lambda:21be56ed',
      TopicArn: 'arn:aws:sns:us-east-1:123456789012:sns-lambda',
      Subject: 'TestInvoke',
    },
  }],
};
/** Source: "Process Amazon S3 event notifications with Lambda" in the AWS Lambda Developer Guide. */
const UPLOAD = {
  Records: [{
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: 'us-east-2',
    eventTime: '2019-09-03T19:37:27.192Z',
    eventName: 'ObjectCreated:Put',
    userIdentity: { principalId: 'AWS:AIDAINPONIXQXHT3IKHL2' },
    requestParameters: { sourceIPAddress: '205.255.255.255' },
    responseElements: { 'x-amz-request-id': 'D82B88E5F771F645', 'x-amz-id-2': 'vlR7PnpV2Ce81l0PRw6jlUpck7Jo5ZsQjryTjKlc5aLWGVHPZLj5NeC6qMa0emYBDXOo6QBU0Wo=' },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: '828aa6fc-f7b5-4305-8584-487c791949c1',
      bucket: { name: 'amzn-s3-demo-bucket', ownerIdentity: { principalId: 'A3I5XTEXAMAI3E' }, arn: 'arn:aws:s3:::lambda-artifacts-deafc19498e3f2df' },
      object: { key: 'b21b84d653bb07b05b1e6b33684dc11b', size: 1305107, eTag: 'b21b84d653bb07b05b1e6b33684dc11b', sequencer: '0C0F6F405D6ED209E1' },
    },
  }],
};
/** As many different ones as have no room in overrides, even compressed. */
const lines = Array.from({ length: 2_000 }, (_, n) => Math.sin(n).toString(36)).join();
const LINES = { awslogs: { data: gzipSync(JSON.stringify(logData('one', lines))).toString('base64') } };

const EVENTS: { [trigger: string]: [trigger: (stack: Stack) => ITrigger, event: object, variable: string] } = {
  topic: [stack => Trigger.topic(new sns.Topic(stack, 'Origin')), MESSAGE, 'HYBRID_EVENT'],
  bucket: [stack => Trigger.bucket(new s3.Bucket(stack, 'Origin')), UPLOAD, 'HYBRID_EVENT'],
  logGroup: [stack => Trigger.logGroup(new logs.LogGroup(stack, 'Origin')), LINES, 'HYBRID_EVENT_S3_URI'],
};
const pairs = Object.keys(EVENTS).flatMap(trigger => (['task', 'batchJob'] as const).map(kind => [trigger, kind] as const));
const taskRoot = workspace({ 'index.js': 'exports.handler = async (event) => event;' });
const ID = '7d5c4b3a-2f1e-4d0c-9b8a-7f6e5d4c3b2a';

const program = motoServer();
(program ? describe : describe.skip)('the handler gets what Lambda would have given it:', () => {
  let cloud: Cloud;
  beforeAll(async () => { cloud = await Cloud.start(program!); });
  beforeEach(async () => {
    await cloud.reset();
    await fetch(`${cloud.environment.AWS_ENDPOINT_URL}/moto-api/config`, { method: 'POST', body: JSON.stringify({ batch: { use_docker: false } }) });
    await cloud.call('s3', 'create_bucket', { Bucket: 'events', CreateBucketConfiguration: { LocationConstraint: region } });
  });
  afterEach(killHosts);
  afterAll(() => cloud.stop());

  /** Makes what the run names, and gives the variables of the containers that were started since. */
  const STARTED = {
    task: async ({ runTask: { cluster, taskDefinition, overrides } }: any) => {
      await cloud.call('ecs', 'create_cluster', { clusterName: cluster });
      const [{ name }] = overrides.containerOverrides;
      await cloud.call('ecs', 'register_task_definition', { family: taskDefinition, containerDefinitions: [{ name, image: 'any', memory: 128 }] });
      return async () => {
        const { taskArns: tasks } = await cloud.call('ecs', 'list_tasks', { cluster });
        const { tasks: [task, ...others] } = await cloud.call('ecs', 'describe_tasks', { cluster, tasks });
        expect([task.launchType, others]).toEqual(['FARGATE', []]);
        const [container] = task.overrides.containerOverrides;
        expect(container.name).toBe(name);
        return container.environment;
      };
    },
    batchJob: async ({ submitJob: { jobDefinition, jobQueue } }: any) => {
      const { Role: { Arn: serviceRole } } = await cloud.call('iam', 'create_role', { RoleName: 'batch', AssumeRolePolicyDocument: '{}' });
      const { computeEnvironmentArn } = await cloud.call('batch', 'create_compute_environment', {
        computeEnvironmentName: 'any', type: 'UNMANAGED', state: 'ENABLED', serviceRole,
      });
      await cloud.call('batch', 'create_job_queue', {
        jobQueueName: jobQueue, state: 'ENABLED', priority: 1, computeEnvironmentOrder: [{ order: 1, computeEnvironment: computeEnvironmentArn }],
      });
      await cloud.call('batch', 'register_job_definition', {
        jobDefinitionName: jobDefinition, type: 'container', containerProperties: { image: 'any', vcpus: 1, memory: 128 },
      });
      return async () => {
        const { jobSummaryList } = await cloud.call('batch', 'list_jobs', { jobQueue });
        expect(jobSummaryList).toHaveLength(1);
        const { jobs: [{ container }] } = await cloud.call('batch', 'describe_jobs', { jobs: [jobSummaryList[0].jobId] });
        return container.environment;
      };
    },
  };

  test.each(pairs)('%s on Compute.%s()', async (name, kind) => {
    const [trigger, event, variable] = EVENTS[name];
    const { template } = onEcs(kind as 'task', {}, {}, (fn, stack) => fn.addTrigger(trigger(stack)));
    const [{ Properties }] = Object.values(template.findResources('AWS::Lambda::Function')).filter(each => each.Properties.Handler === 'starter.handler');
    const run = deployed(Properties.Environment.Variables.HYBRID_STARTER_RUN).replace('.JobQueueArn', '');
    const started = await STARTED[kind](JSON.parse(run));
    const answer = await start(event, ID, { ...cloud.environment, HYBRID_STARTER_RUN: run, HYBRID_STARTER_BUCKET: 'events' });
    expect(answer).toMatchObject({ log: expect.stringMatching(/^started arn:aws:/) });
    expect(answer.error).toBeUndefined();

    const environment: { name: string; value: string }[] = (await started()).filter((each: { name: string }) => each.name.startsWith('HYBRID_EVENT'));
    expect(environment.map(each => each.name)).toEqual([variable]);
    const host = new HostProcess({
      sources: 'task', handler: 'index.handler', taskRoot, environment: { ...cloud.environment, [variable]: environment[0].value },
    });
    expect([await host.exit, JSON.parse(host.stdout)]).toEqual([0, event]);
  });
});
