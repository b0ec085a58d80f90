import { BatchJobCompute } from './batch-job';
import type { BatchJobComputeProps } from './batch-options';
import { LambdaFunctionCompute, LambdaFunctionComputeProps } from './lambda-function';
import { LambdaImageCompute, LambdaImageComputeProps } from './lambda-image';
import { ProcessCompute, ProcessComputeProps } from './process';
import { ServiceCompute, ServiceComputeProps } from './service';
import { TaskCompute, TaskComputeProps } from './task';
import type { ICompute } from '../model/compute';

/**
 * Where a handler runs: the one line of an app that changes.
 */
export class Compute {
  /**
   * A Lambda function from a zip: on our custom runtime layer (`provided.al2023`), or on a runtime that AWS manages.
   *
   * @param props sizes and settings of the Lambda function
   */
  public static lambdaFunction(props: LambdaFunctionComputeProps = {}): ICompute {
    return new LambdaFunctionCompute(props);
  }

  /**
   * A Lambda function from an image: on one of our runtimes, as it is or extended, or on a container of your own that is
   * a client of the Lambda Runtime API. Up to 10 GB instead of 250 MB.
   *
   * @param props sizes and settings of the Lambda function
   */
  public static lambdaImage(props: LambdaImageComputeProps = {}): ICompute {
    return new LambdaImageCompute(props);
  }

  /**
   * A job of AWS Batch: one run for each event, from a queue, on Fargate or on EC2 instances that Batch starts and stops.
   *
   * @param props sizes and settings of the job, its queue and its compute environment
   */
  public static batchJob(props: BatchJobComputeProps = {}): ICompute {
    return new BatchJobCompute(props);
  }

  /**
   * An ECS service, on Fargate or on instances, whose handler takes requests: no limit of 15 minutes, responses of any size.
   *
   * @param props sizes and settings of the service
   */
  public static service(props: ServiceComputeProps = {}): ICompute {
    return new ServiceCompute(props);
  }

  /**
   * An ECS service whose handler is started once and runs for ever. When it ends, ECS starts it again.
   *
   * @param props sizes and settings of the service
   */
  public static process(props: ProcessComputeProps = {}): ICompute {
    return new ProcessCompute(props);
  }

  /**
   * An ECS task that runs once for each event, for as long as it needs.
   *
   * @param props sizes and settings of the task
   */
  public static task(props: TaskComputeProps = {}): ICompute {
    return new TaskCompute(props);
  }

  private constructor() {}
}
