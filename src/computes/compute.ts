import { LambdaFunctionCompute, LambdaFunctionComputeProps } from './lambda-function';
import { LambdaImageCompute, LambdaImageComputeProps } from './lambda-image';
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

  private constructor() {}
}
