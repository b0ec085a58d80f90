import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { lambdaConfig } from './lambda-config';
import { LambdaComputeProps, lambdaSettings } from './lambda-settings';
import type { ComputeConfig, ComputeContext, ICompute } from '../model/compute';
import { computesOf } from '../model/support';
import { stageHandlerCode } from '../private/code/handler-code-asset';
import { problem } from '../private/errors';
import { checkExtensions } from '../private/image/runtime-extension';
import { checkLayerCount, checkUnzippedSize } from '../private/lambda/lambda-limits';
import { prepareZip, shutdownEnvironment } from '../private/lambda/lambda-preparation';
import { checkSnapStart } from '../private/lambda/lambda-snap-start';
import { runtimeLayer } from '../private/layer/runtime-layer';

/** Sizes and settings of `Compute.lambdaFunction()`. */
export interface LambdaFunctionComputeProps extends LambdaComputeProps {
  /**
   * Further layers, at most four beside a custom runtime layer (Lambda allows five).
   *
   * @default - none
   */
  readonly layers?: lambda.ILayerVersion[];

  /**
   * Whether the environment is started from a snapshot that is taken when a version is published. Java 11, Python 3.12 and
   * .NET 8 of AWS's managed runtimes, and later. The function then gets a version and the alias `live`, which triggers use.
   *
   * @default - it is not
   */
  readonly snapStart?: lambda.SnapStartConf;

  /**
   * When the function gets new versions of its runtime.
   *
   * @default RuntimeManagementMode.AUTO
   */
  readonly runtimeManagementMode?: lambda.RuntimeManagementMode;

  /**
   * Whose signature the code must have.
   *
   * @default - nobody's
   */
  readonly codeSigningConfig?: lambda.ICodeSigningConfig;
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
    const { props } = this;
    const { managed, container, extensions } = context.runtime._parts;
    checkExtensions(scope, context.runtime);
    if (container || extensions) {
      throw problem(scope, 'RUNTIME_FOR_IMAGES', {
        property: 'runtime',
        given: context.runtime.name,
        accepted: 'a runtime that is a layer, or managed by AWS, for Compute.lambdaFunction()',
        mend: `use a compute that runs images: ${computesOf(container ? 'container()' : 'extend()')}`,
      });
    }
    const settings = lambdaSettings(scope, context, props);
    checkSnapStart(scope, context.runtime, props);
    const code = stageHandlerCode(scope, context);
    const layer = runtimeLayer(scope, context.runtime, context.architecture);
    const preparation = prepareZip(scope, context, code.hasBootstrap);
    checkLayerCount(scope, props.layers?.length ?? 0, {
      'that of the runtime': layer !== undefined, 'that of secrets': preparation.layers.length > 0, 'that of Lambda Insights': props.insightsVersion !== undefined,
    });
    const layers = [...layer ? [layer] : [], ...preparation.layers, ...props.layers ?? []];

    const fn = new lambda.Function(scope, 'Function', {
      ...settings,
      code: code.code,
      handler: context.handler ?? '',
      runtime: managed ?? lambda.Runtime.PROVIDED_AL2023,
      layers,
      snapStart: props.snapStart,
      runtimeManagementMode: props.runtimeManagementMode,
      codeSigningConfig: props.codeSigningConfig,
      environment: {
        ...code.environment,
        ...preparation.environment,
        ...shutdownEnvironment(scope, context, props.gracefulShutdown),
        ...context.environment,
      },
    });
    checkUnzippedSize(scope, code.unzippedBytes, layers);
    return lambdaConfig(scope, fn, props);
  }
}
