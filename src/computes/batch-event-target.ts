/** How EventBridge, its Scheduler and a function of ours submit a job with an event. */
import { Aws } from 'aws-cdk-lib';
import type * as batch from 'aws-cdk-lib/aws-batch';
import type * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { ComputeContext } from '../model/compute';
import type { EventTargetOptions, IEventTarget, IStarterTarget, RuleTargetOptions } from '../model/trigger-target';
import { submitJobState } from '../private/events/batch-submit-state';
import { hostEventInput } from '../private/events/event-input';
import { eventMachineTarget } from '../private/events/event-machine';
import { scheduleTarget } from '../private/events/schedule-target';
import { starter } from '../private/events/starter';

/** What jobs are submitted with. */
export interface Job {
  readonly name: string;
  readonly jobDefinition: batch.IJobDefinition;
  readonly jobQueue: batch.IJobQueue;
  readonly shareIdentifier?: string;
}

/** How single events become jobs: EventBridge Scheduler submits them; a rule does so through a state machine, other origins through a function. */
export class BatchEventTarget implements IEventTarget, IStarterTarget {
  /** @param context the function; @param job what is submitted */
  constructor(private readonly context: ComputeContext, private readonly job: Job) {}

  public scheduleTarget(scope: Construct, options: EventTargetOptions): scheduler.IScheduleTarget {
    const { jobName, jobDefinition, jobQueue, shareIdentifier } = this.request();
    return scheduleTarget(scope, {
      ...options,
      arn: `arn:${Aws.PARTITION}:scheduler:::aws-sdk:batch:submitJob`,
      input: hostEventInput(scope, {
        input: options.input,
        role: this.context.role,
        request: environment => ({
          JobName: jobName,
          JobDefinition: jobDefinition,
          JobQueue: jobQueue,
          ShareIdentifier: shareIdentifier,
          ContainerOverrides: { Environment: Object.entries(environment).map(([Name, Value]) => ({ Name, Value })) },
        }),
      }),
      statements: this.statements(),
    });
  }

  public ruleTarget(scope: Construct, options: RuleTargetOptions): events.IRuleTarget {
    const { name: _, ...job } = this.job;
    return eventMachineTarget(scope, {
      ...options,
      start: submitJobState(scope, 'SubmitJob', { ...job, integrationPattern: sfn.IntegrationPattern.REQUEST_RESPONSE }),
      // An event that is too large, say. Source: "Errors" of SubmitJob in the AWS Batch API Reference.
      lastingErrors: ['Batch.ClientException'],
    });
  }

  public starter(scope: Construct): lambda.Function {
    return starter(scope, { run: { submitJob: this.request() }, statements: this.statements(), role: this.context.role });
  }

  private request() {
    const { name: jobName, jobDefinition: { jobDefinitionArn }, jobQueue: { jobQueueArn }, shareIdentifier } = this.job;
    return { jobName, jobDefinition: jobDefinitionArn, jobQueue: jobQueueArn, shareIdentifier };
  }

  private statements(): iam.PolicyStatement[] {
    const { jobDefinition, jobQueue } = this.request();
    return [new iam.PolicyStatement({ actions: ['batch:SubmitJob'], resources: [jobDefinition, jobQueue] })];
  }
}
