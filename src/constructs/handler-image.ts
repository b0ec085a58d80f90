import * as ecr_assets from 'aws-cdk-lib/aws-ecr-assets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { HandlerCode } from '../model/handler-code';
import type { IHandlerImage } from '../model/handler-image';
import { HandlerRuntime } from '../model/handler-runtime';
import { checkHandlerName } from '../private/code/handler-name';
import { handlerImage } from '../private/image/handler-image-asset';

/** What an image is made of. */
export interface HandlerImageProps {
  /**
   * Where the code comes from: `/var/task` of the image. In the build context of a container it is the folder `code`.
   *
   * @default - none; only a container of your own may do without
   */
  readonly code?: HandlerCode;

  /**
   * The handler that the image runs when nobody says otherwise. Functions that share the image have their own.
   *
   * @default - `index.handler`; for a container of your own what its Dockerfile says
   */
  readonly handler?: string;

  /**
   * How the code is started: one of our own runtimes, as it is or extended, or a container of your own.
   *
   * @default HandlerRuntime.NODEJS_24
   */
  readonly runtime?: HandlerRuntime;

  /**
   * The instruction set that the image is built for.
   *
   * @default Architecture.X86_64
   */
  readonly architecture?: lambda.Architecture;

  /**
   * The stage that a container of your own finds in its environment, as `STAGE`.
   *
   * @default - the name of the CDK stage, or else of the stack
   */
  readonly stage?: string;
}

/**
 * An image that runs handlers: on Lambda, on ECS, with `docker run`. Several functions may share it.
 *
 * Our own images are a base image, the files of the custom runtime layer, what extends the runtime, and the code as the
 * last layer. They are built by the CDK CLI when it deploys; a synth needs no container engine.
 *
 * @example
 * const image = new HandlerImage(this, 'Image', { code: HandlerCode.fromDirectory('dist') });
 * new HybridFunction(this, 'Users', { handler: 'users.handler', compute: Compute.lambdaImage({ image }) });
 * new HybridFunction(this, 'Orders', { handler: 'orders.handler', compute: Compute.lambdaImage({ image }) });
 */
export class HandlerImage extends Construct implements IHandlerImage {
  public readonly asset: ecr_assets.DockerImageAsset;
  public readonly runtime: HandlerRuntime;
  public readonly architecture: lambda.Architecture;
  public readonly code?: HandlerCode;
  public readonly handler?: string;
  public readonly environment: { [name: string]: string };

  /** The name of the image in its registry, with its tag. */
  public readonly imageUri: string;

  constructor(scope: Construct, id: string, props: HandlerImageProps = {}) {
    super(scope, id);
    const runtime = props.runtime ?? HandlerRuntime.NODEJS_24;
    if (props.handler !== undefined) { checkHandlerName(this, props.handler, runtime); }
    const image = handlerImage(this, { ...props, runtime, architecture: props.architecture ?? lambda.Architecture.X86_64, startsHandler: true });
    this.asset = image.asset;
    this.runtime = image.runtime;
    this.architecture = image.architecture;
    this.code = image.code;
    this.handler = image.handler;
    this.environment = image.environment;
    this.imageUri = image.asset.imageUri;
  }
}
