import { LambdaFunctionCompute, LambdaFunctionComputeProps } from './lambda-function';
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

  private constructor() {}
}
