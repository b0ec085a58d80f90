import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Engine } from './engine';

/**
 * How the code of a handler is started: an engine and a bootstrap.
 *
 * The `NODEJS_*` runtimes are ours: the pinned Node.js engine and our bootstrap as a custom runtime layer. The `AWS_*`
 * runtimes are those that AWS manages; they exist on `Compute.lambdaFunction()` only.
 */
export class HandlerRuntime {
  /** Node.js 20 on our layer. */
  public static readonly NODEJS_20 = HandlerRuntime.nodejs(Engine.NODEJS_20);
  /** Node.js 22 on our layer. */
  public static readonly NODEJS_22 = HandlerRuntime.nodejs(Engine.NODEJS_22);
  /** Node.js 24 on our layer. */
  public static readonly NODEJS_24 = HandlerRuntime.nodejs(Engine.NODEJS_24);
  /** Node.js 26 on our layer. */
  public static readonly NODEJS_26 = HandlerRuntime.nodejs(Engine.NODEJS_26);

  /** AWS's managed Node.js 20. */
  public static readonly AWS_NODEJS_20 = HandlerRuntime.managed(lambda.Runtime.NODEJS_20_X);
  /** AWS's managed Node.js 22. */
  public static readonly AWS_NODEJS_22 = HandlerRuntime.managed(lambda.Runtime.NODEJS_22_X);
  /** AWS's managed Node.js 24. */
  public static readonly AWS_NODEJS_24 = HandlerRuntime.managed(lambda.Runtime.NODEJS_24_X);

  /**
   * Our Node.js runtime on an engine of your choice.
   *
   * @param engine the Node.js engine, e.g. `Engine.nodejs('24.21.0')`
   */
  public static nodejs(engine: Engine): HandlerRuntime {
    return new HandlerRuntime(`${engine.name}-${engine.version}`, { engine });
  }

  /**
   * A runtime that AWS manages, in any language.
   *
   * @param runtime the Lambda runtime
   */
  public static managed(runtime: lambda.Runtime): HandlerRuntime {
    return new HandlerRuntime(runtime.name, { managed: runtime });
  }

  /**
   * A custom runtime of your own: a layer with an executable `bootstrap`, such as the `layerVersion` of a
   * `CustomRuntimeLayer` or any other `lambda.LayerVersion`. Runs on `provided.al2023`.
   *
   * @param layer the layer
   */
  public static custom(layer: lambda.ILayerVersion): HandlerRuntime {
    return new HandlerRuntime('custom', { layer });
  }

  private constructor(
    /** The name of the runtime, for messages: `nodejs-24.21.0`, `nodejs24.x`, `custom`. */
    public readonly name: string,
    /** @internal */ public readonly _parts: RuntimeParts,
  ) {}
}

/**
 * What a runtime is made of; exactly one is set.
 *
 * @internal
 */
export interface RuntimeParts {
  readonly engine?: Engine;
  readonly managed?: lambda.Runtime;
  readonly layer?: lambda.ILayerVersion;
}
