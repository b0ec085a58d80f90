import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { LambdaEventTarget } from './lambda-event-target';
import { LambdaComputeProps, lambdaSettings } from './lambda-settings';
import type { ComputeConfig, ComputeContext, ICompute } from '../model/compute';
import type { IHandlerImage } from '../model/handler-image';
import { containerEnvironment } from '../private/container-environment';
import { problem } from '../private/errors';
import { withoutReserved } from '../private/handler-environment';
import { handlerImage } from '../private/handler-image-asset';
import { ImageCode } from '../private/image-code';

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
    const { image: given, ...sizes } = this.props;
    if (given) { checkSame(scope, given, context); }
    const image = given ?? handlerImage(scope, { ...context, startsHandler: false });
    const stage = context.stage ?? image.environment.STAGE;
    const environment = { ...image.environment, ...containerEnvironment(scope, context.runtime, context.handler, stage) };
    const lambdaFunction = new lambda.Function(scope, 'Function', {
      ...lambdaSettings(scope, context, sizes),
      // One image serves several functions: each says which handler it runs.
      code: new ImageCode(image.asset, context.handler === undefined ? undefined : [context.handler]),
      handler: lambda.Handler.FROM_IMAGE,
      runtime: lambda.Runtime.FROM_IMAGE,
      environment: { ...withoutReserved(environment), ...context.environment },
    });
    return { lambdaFunction, image, eventTarget: new LambdaEventTarget(lambdaFunction) };
  }
}

/** What a function says beside its image must be what the image is. */
function checkSame(scope: Construct, image: IHandlerImage, { code, runtime, architecture }: ComputeContext): void {
  const conflict = (property: string, given: string, accepted: string) => problem(scope, 'IMAGE_CONFLICT', { property, given, accepted });
  if (code && code !== image.code) { throw conflict('code', code._path, 'that of the image, or not given'); }
  if (!runtime.equalTo(image.runtime)) { throw conflict('runtime', runtime.name, `that of the image, ${image.runtime.name}, or not given`); }
  if (architecture.name !== image.architecture.name) { throw conflict('architecture', architecture.name, `that of the image, ${image.architecture.name}, or not given`); }
}
