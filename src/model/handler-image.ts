import type * as ecr_assets from 'aws-cdk-lib/aws-ecr-assets';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { HandlerCode } from './handler-code';
import type { HandlerRuntime } from './handler-runtime';

/** An image that runs handlers: what a `HandlerImage` is, for those that use one. */
export interface IHandlerImage {
  /** The image as an asset. */
  readonly asset: ecr_assets.DockerImageAsset;

  /** How the code is started. */
  readonly runtime: HandlerRuntime;

  /** The instruction set that it is built for. */
  readonly architecture: lambda.Architecture;

  /**
   * The code in it.
   *
   * @default - none of ours
   */
  readonly code?: HandlerCode;

  /**
   * The handler that it runs when nobody says otherwise.
   *
   * @default - that of its Dockerfile
   */
  readonly handler?: string;

  /** What whoever runs it sets in the environment. Names that Lambda reserves (`AWS_REGION`) are for other computes alone. */
  readonly environment: { [name: string]: string };
}
