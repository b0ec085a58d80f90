import type { Construct } from 'constructs';
import { HybridFunction } from './hybrid-function';
import { Compute } from '../computes/compute';
import type { LambdaImageComputeProps } from '../computes/lambda-image';
import type { HybridFunctionOptions } from '../model/hybrid-function-options';

/** What a handler is, and the Lambda function whose image runs it. */
export interface ImageFunctionProps extends HybridFunctionOptions, LambdaImageComputeProps {}

/**
 * A handler on `Compute.lambdaImage()`: a Lambda function from an image.
 *
 * @example
 * new ImageFunction(this, 'Hello', { code: HandlerCode.fromEntry('src/hello.ts'), memorySize: 512 });
 */
export class ImageFunction extends HybridFunction {
  constructor(scope: Construct, id: string, props: ImageFunctionProps = {}) {
    super(scope, id, { ...props, compute: Compute.lambdaImage(props) });
  }
}
