/** The code of a Lambda function that is an image, with what it runs of it. */
import { CfnResource, Stack } from 'aws-cdk-lib';
import type * as ecr_assets from 'aws-cdk-lib/aws-ecr-assets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';

/** Does what `lambda.DockerImageCode.fromImageAsset` does, for an asset that others may have as well. */
export class ImageCode extends lambda.Code {
  public readonly isInline = false;

  /** @param command the arguments of the image's entry; the image's own when not given */
  constructor(private readonly asset: ecr_assets.DockerImageAsset, private readonly command?: string[]) {
    super();
  }

  public bind(scope: Construct): lambda.CodeConfig {
    const [stack, imageStack] = [Stack.of(scope), Stack.of(this.asset)];
    if (stack !== imageStack) { stack.addDependency(imageStack, 'the image is published with that stack'); }
    return { image: { imageUri: this.asset.imageUri, cmd: this.command } };
  }

  /** The metadata by which tools find the image of a resource, when the CDK CLI asks for it. */
  public bindToResource(resource: CfnResource, options: lambda.ResourceBindOptions = {}): void {
    this.asset.addResourceMetadata(resource, options.resourceProperty ?? 'Code.ImageUri');
  }
}
