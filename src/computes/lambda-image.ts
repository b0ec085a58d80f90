import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { lambdaConfig } from './lambda-config';
import { LambdaComputeProps, lambdaSettings } from './lambda-settings';
import type { ComputeConfig, ComputeContext, ICompute } from '../model/compute';
import type { IHandlerImage } from '../model/handler-image';
import { withoutReserved } from '../private/environment/handler-environment';
import { functionImage } from '../private/image/function-image';
import { ImageCode } from '../private/lambda/image-code';
import { prepareImage, shutdownEnvironment } from '../private/lambda/lambda-preparation';

/** Sizes and settings of `Compute.lambdaImage()`. */
export interface LambdaImageComputeProps extends LambdaComputeProps {
  /**
   * An image that several functions share, such as a `HandlerImage`. The function then says the handler alone.
   *
   * @default - an image of the function's code; functions of the same code and runtime still have one and the same
   */
  readonly image?: IHandlerImage;
}

/** `Compute.lambdaImage()`: an image as a Lambda function. */
export class LambdaImageCompute implements ICompute {
  public readonly computeName = 'lambdaImage';
  public readonly servicePrincipals = ['lambda.amazonaws.com'];
  public readonly image?: IHandlerImage;

  /**
   * @param props sizes and settings of the Lambda function
   */
  constructor(private readonly props: LambdaImageComputeProps = {}) {
    this.image = props.image;
  }

  public bind(scope: Construct, context: ComputeContext): ComputeConfig {
    const { props } = this;
    const settings = lambdaSettings(scope, context, props);
    const image = functionImage(context, this.image);
    const fn = new lambda.Function(scope, 'Function', {
      ...settings,
      // One image serves several functions: each says which handler it runs.
      code: new ImageCode(image.asset, context.handler === undefined ? undefined : [context.handler]),
      handler: lambda.Handler.FROM_IMAGE,
      runtime: lambda.Runtime.FROM_IMAGE,
      environment: {
        ...withoutReserved(image.environment),
        ...prepareImage(scope, context),
        ...shutdownEnvironment(scope, context, props.gracefulShutdown),
        ...context.environment,
      },
    });
    return { ...lambdaConfig(scope, fn, props), image };
  }
}
