import type * as batch from 'aws-cdk-lib/aws-batch';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { HybridFunction } from './hybrid-function';
import type { BatchJobComputeProps } from '../computes/batch-options';
import { Compute } from '../computes/compute';
import type { HybridFunctionOptions } from '../model/hybrid-function-options';
import { submitJobState } from '../private/events/batch-submit-state';

/** What a job is, and where it runs. */
export interface BatchJobProps extends HybridFunctionOptions, BatchJobComputeProps {}

/** How a state of a state machine submits a job. */
export interface SubmitJobStateProps extends sfn.TaskStateBaseProps {
  /**
   * Where the event is in the input of the state. It may have about 7,000 characters.
   *
   * @default '$' - the whole input
   */
  readonly eventPath?: string;

  /**
   * The object that has the event instead, `s3://bucket/key`; `JsonPath.stringAt()` takes it from the input of the state. The job must be
   * able to read it.
   *
   * @default - the event is in the input
   */
  readonly eventS3Uri?: string;

  /**
   * The object that takes the result, `s3://bucket/key`. The job must be able to write it.
   *
   * @default - the result is in the log alone
   */
  readonly resultS3Uri?: string;
}

/**
 * A handler that runs as a job of AWS Batch: once for each event, from a queue, for as long as it takes.
 *
 * @example
 * const report = new BatchJob(this, 'Report', {
 *   code: HandlerCode.fromEntry('src/report.ts'),
 *   timeout: Duration.hours(2),
 *   cpu: 2048,
 *   retryAttempts: 3,
 * });
 */
export class BatchJob extends HybridFunction {
  /** The compute environment that was made for the job; undefined with a queue or with environments of your own. */
  public readonly computeEnvironment?: batch.IManagedComputeEnvironment;

  private readonly shareIdentifier?: string;

  constructor(scope: Construct, id: string, props: BatchJobProps = {}) {
    super(scope, id, { ...props, compute: Compute.batchJob(props) });
    this.computeEnvironment = this.node.tryFindChild('ComputeEnvironment') as batch.IManagedComputeEnvironment | undefined;
    this.shareIdentifier = props.shareIdentifier;
  }

  /**
   * Lets somebody submit this job to its queue. The event is the variable `HYBRID_EVENT` in the environment of
   * `containerOverrides`, as JSON.
   *
   * @param grantee who may submit it
   */
  public grantSubmit(grantee: iam.IGrantable): iam.Grant {
    const resourceArns = [this.jobDefinition!.jobDefinitionArn, this.jobQueue!.jobQueueArn];
    return iam.Grant.addToPrincipal({ grantee, actions: ['batch:SubmitJob'], resourceArns });
  }

  /**
   * A state that submits this job with an event, and waits until it has ended; it fails when the job does.
   *
   * @param scope where the state belongs
   * @param id its construct id, which is its name
   * @param props where the event is, and what every state has
   */
  public submitJobState(scope: Construct, id: string, props: SubmitJobStateProps = {}): tasks.BatchSubmitJob {
    const { shareIdentifier } = this;
    return submitJobState(scope, id, { ...props, jobDefinition: this.jobDefinition!, jobQueue: this.jobQueue!, shareIdentifier });
  }
}
