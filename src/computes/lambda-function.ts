import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { LambdaEventTarget } from './lambda-event-target';
import { LambdaComputeProps, lambdaSettings } from './lambda-settings';
import type { ComputeConfig, ComputeContext, ICompute } from '../model/compute';
import { problem } from '../private/errors';
import { stageHandlerCode } from '../private/handler-code-asset';
import { checkUnzippedSize } from '../private/lambda-limits';
import { checkExtensions } from '../private/runtime-extension';
import { runtimeLayer } from '../private/runtime-layer';

/** Sizes and settings of `Compute.lambdaFunction()`. */
export interface LambdaFunctionComputeProps extends LambdaComputeProps {
  /**
   * Further layers, at most four beside a custom runtime layer (Lambda allows five).
   *
   * @default - none
   */
  readonly layers?: lambda.ILayerVersion[];
}

/** `Compute.lambdaFunction()`: a zip on the custom runtime layer or on a managed runtime. */
export class LambdaFunctionCompute implements ICompute {
  public readonly computeName = 'lambdaFunction';
  public readonly servicePrincipals = ['lambda.amazonaws.com'];

  /**
   * @param props sizes and settings of the Lambda function
   */
  constructor(private readonly props: LambdaFunctionComputeProps = {}) {}

  public bind(scope: Construct, context: ComputeContext): ComputeConfig {
    const { managed, container, extensions } = context.runtime._parts;
    checkExtensions(scope, context.runtime);
    if (container || extensions) {
      throw problem(scope, 'RUNTIME_FOR_IMAGES', { property: 'runtime', given: context.runtime.name, accepted: 'a runtime that is a layer, or managed by AWS, for Compute.lambdaFunction()' });
    }
    const settings = lambdaSettings(scope, context, this.props);
    const layer = runtimeLayer(scope, context.runtime, context.architecture);
    const layers = [...layer ? [layer] : [], ...this.props.layers ?? []];
    const code = stageHandlerCode(scope, context);

    const lambdaFunction = new lambda.Function(scope, 'Function', {
      ...settings,
      code: code.code,
      handler: context.handler ?? '',
      runtime: managed ?? lambda.Runtime.PROVIDED_AL2023,
      layers,
      environment: { ...code.environment, ...context.environment },
    });
    checkUnzippedSize(scope, code.unzippedBytes, layers);
    return { lambdaFunction, eventTarget: new LambdaEventTarget(lambdaFunction) };
  }
}
