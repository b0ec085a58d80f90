/** The state of a state machine that submits a job with an event. */
import { Names, Stack } from 'aws-cdk-lib';
import type * as batch from 'aws-cdk-lib/aws-batch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { stateEnvironment, StateEvent } from './state-event';

/** What is submitted. */
export interface SubmitJobState extends sfn.TaskStateBaseProps, StateEvent {
  readonly jobDefinition: batch.IJobDefinition;
  readonly jobQueue: batch.IJobQueue;
  readonly shareIdentifier?: string;
}

/** Makes the state. */
export function submitJobState(scope: Construct, id: string, props: SubmitJobState): tasks.BatchSubmitJob {
  const { jobDefinition, jobQueue, shareIdentifier, eventPath, eventS3Uri, resultS3Uri, ...state } = props;
  const { jobDefinitionArn } = jobDefinition;
  const { jobQueueArn } = jobQueue;

  /**
   * The CDK's has leave for all job definitions, and knows no fair shares. Declared here and not beside this function, for an app that
   * has no state machines need not load theirs.
   */
  class JobState extends tasks.BatchSubmitJob {
    protected readonly taskPolicies = [
      new iam.PolicyStatement({ actions: ['batch:SubmitJob'], resources: [jobDefinitionArn, jobQueueArn] }),
      // By this rule Step Functions knows that the job has ended. Source: "AWS Batch" among the IAM policies in its Developer Guide.
      ...state.integrationPattern === sfn.IntegrationPattern.REQUEST_RESPONSE ? [] : [new iam.PolicyStatement({
        actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
        resources: [Stack.of(this).formatArn({ service: 'events', resource: 'rule', resourceName: 'StepFunctionsGetEventsForBatchJobsRule' })],
      })],
    ];

    protected _renderTask(queryLanguage?: sfn.QueryLanguage): object {
      const task = super._renderTask(queryLanguage);
      return shareIdentifier === undefined ? task : { ...task, Parameters: { ...task.Parameters, ShareIdentifier: shareIdentifier } };
    }
  }

  return new JobState(scope, id, {
    ...state,
    jobName: Names.uniqueResourceName(jobDefinition.node.scope!, { maxLength: 64, separator: '-' }),
    jobDefinitionArn,
    jobQueueArn,
    containerOverrides: { environment: stateEnvironment({ eventPath, eventS3Uri, resultS3Uri }) },
  });
}
