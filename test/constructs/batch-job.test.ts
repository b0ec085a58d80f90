import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as batch from 'aws-cdk-lib/aws-batch';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { BatchJob, BatchJobProps, HandlerRuntime, LayerFunction } from '../../src';
import { SMALL_CODE, synthesized } from '../small-runtime';

/** A container needs no engine, and a queue of one's own no VPC. */
const SMALL: BatchJobProps = { runtime: HandlerRuntime.container({ dockerfile: 'Dockerfile' }) };
const queueOf = (stack: Stack) => batch.JobQueue.fromJobQueueArn(stack, 'Queue', 'arn:aws:batch:eu-west-1:111122223333:job-queue/shared');
const DEFINITION = { Ref: Match.stringLikeRegexp('^ReportJobDefinition') };

describe('BatchJob', () => {
  test('has the function\'s options and the compute\'s, flat, and shows what it made', () => {
    const template = synthesized(stack => {
      const job = new BatchJob(stack, 'Report', { ...SMALL, timeout: Duration.hours(1), cpu: 1024, retryAttempts: 3, tags: { team: 'billing' } });
      expect(job.jobDefinition).toBeDefined();
      expect(job.jobQueue!.computeEnvironments).toEqual([{ computeEnvironment: job.computeEnvironment, order: 1 }]);
      expect(job.connections.securityGroups).toEqual(job.computeEnvironment!.securityGroups);
    });
    template.hasResourceProperties('AWS::Batch::JobDefinition', { Timeout: { AttemptDurationSeconds: 3600 }, RetryStrategy: { Attempts: 3 }, Tags: { team: 'billing' } });
  });

  test('needs no props but its code', () => {
    synthesized(stack => {
      const job = new BatchJob(stack, 'Report', { ...SMALL, jobQueue: queueOf(stack) });
      expect([job.computeEnvironment, job.lambdaFunction]).toEqual([undefined, undefined]);
    });
  });

  test('grantSubmit lets somebody submit this job to its queue', () => {
    const template = synthesized(stack => {
      const job = new BatchJob(stack, 'Report', { ...SMALL, jobQueue: queueOf(stack) });
      job.grantSubmit(new LayerFunction(stack, 'Caller', { runtime: HandlerRuntime.managed(lambda.Runtime.NODEJS_24_X), code: SMALL_CODE }));
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('^CallerRole') }],
      PolicyDocument: { Statement: [{ Action: 'batch:SubmitJob', Effect: 'Allow', Resource: [DEFINITION, 'arn:aws:batch:eu-west-1:111122223333:job-queue/shared'] }] },
    });
  });
});

describe('a state that submits a job', () => {
  function machine(props: BatchJobProps = {}, state?: Parameters<BatchJob['submitJobState']>[2]): { template: Template; state: any } {
    const template = synthesized(stack => {
      const job = new BatchJob(stack, 'Report', { ...SMALL, jobQueue: queueOf(stack), ...props });
      new sfn.StateMachine(stack, 'Machine', { definitionBody: sfn.DefinitionBody.fromChainable(job.submitJobState(stack, 'Submit', state)) });
    });
    const [{ Properties }] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
    const text = Properties.DefinitionString['Fn::Join'][1].map((part: string | { Ref: string }) => typeof part === 'string' ? part : part.Ref).join('');
    return { template, state: JSON.parse(text).States.Submit };
  }

  test('gives it its input as the event, and waits for its end', () => {
    expect(machine().state).toMatchObject({
      Type: 'Task',
      Resource: 'arn:AWS::Partition:states:::batch:submitJob.sync',
      Parameters: {
        JobName: expect.stringMatching(/^Stack-Report-/),
        JobDefinition: expect.stringMatching(/^ReportJobDefinition/),
        JobQueue: 'arn:aws:batch:eu-west-1:111122223333:job-queue/shared',
        ContainerOverrides: { Environment: [{ 'Name': 'HYBRID_EVENT', 'Value.$': 'States.JsonToString($)' }] },
      },
    });
  });

  test('may give it a part of its input, and keep the rest', () => {
    const { state } = machine({}, { eventPath: '$.order', resultPath: sfn.JsonPath.DISCARD });
    expect(state.Parameters.ContainerOverrides.Environment[0]['Value.$']).toBe('States.JsonToString($.order)');
    expect(state.ResultPath).toBeNull();
  });

  test('may name objects that have the event and take the result', () => {
    const { state } = machine({}, { eventS3Uri: sfn.JsonPath.stringAt('$.uri'), resultS3Uri: 's3://results/report.json' });
    expect(state.Parameters.ContainerOverrides.Environment).toEqual([
      { 'Name': 'HYBRID_EVENT_S3_URI', 'Value.$': '$.uri' }, { Name: 'HYBRID_RESULT_S3_URI', Value: 's3://results/report.json' },
    ]);
  });

  test('names the fair share of the job', () => {
    expect(machine({ shareIdentifier: 'reports' }).state.Parameters).toMatchObject({ ShareIdentifier: 'reports', JobName: expect.anything() });
    expect(machine().state.Parameters).not.toHaveProperty('ShareIdentifier');
  });

  test('may submit this job alone', () => {
    const [{ Properties }] = Object.values(machine().template.findResources('AWS::IAM::Policy', {
      Properties: { Roles: [{ Ref: Match.stringLikeRegexp('^Machine') }] },
    }));
    expect(Properties.PolicyDocument.Statement).toEqual([
      { Action: 'batch:SubmitJob', Effect: 'Allow', Resource: [{ Ref: expect.stringMatching(/^ReportJobDefinition/) }, 'arn:aws:batch:eu-west-1:111122223333:job-queue/shared'] },
      { Action: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'], Effect: 'Allow', Resource: expect.anything() },
    ]);
  });
});
