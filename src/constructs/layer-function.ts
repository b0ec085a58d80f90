import type { Construct } from 'constructs';
import { HybridFunction } from './hybrid-function';
import { Compute } from '../computes/compute';
import type { LambdaFunctionComputeProps } from '../computes/lambda-function';
import type { HybridFunctionOptions } from '../model/hybrid-function-options';

/** What a handler is, and the Lambda function that runs it. */
export interface LayerFunctionProps extends HybridFunctionOptions, LambdaFunctionComputeProps {}

/**
 * A handler on `Compute.lambdaFunction()`: a Lambda function from a zip, on our custom runtime layer or on a runtime that AWS
 * manages.
 *
 * @example
 * new LayerFunction(this, 'Hello', { code: HandlerCode.fromEntry('src/hello.ts'), memorySize: 512 });
 */
export class LayerFunction extends HybridFunction {
  constructor(scope: Construct, id: string, props: LayerFunctionProps = {}) {
    super(scope, id, { ...props, compute: Compute.lambdaFunction(props) });
  }
}
