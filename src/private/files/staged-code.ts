/** The code of a Lambda function or layer that already lies in the cache, with its hash known. */
import { constants, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { CfnResource, FileAssetPackaging, Stack, Stage } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as cxapi from 'aws-cdk-lib/cx-api';
import type { Construct } from 'constructs';

/**
 * Does what `lambda.Code.fromAsset` does for a zip or a folder whose hash is given. The CDK's own loads the S3 constructs
 * for it, which costs a small app a fifth of its synth.
 */
export class StagedCode extends lambda.Code {
  public readonly isInline = false;
  private stagedPath?: string;

  /**
   * @param path a zip file, or a folder of files that becomes one at deployment
   * @param hash the hash of names, modes and contents
   */
  constructor(private readonly path: string, private readonly hash: string) {
    super();
  }

  public bind(scope: Construct): lambda.CodeConfig {
    const stack = Stack.of(scope);
    const folder = statSync(this.path).isDirectory();
    this.stagedPath = stage(scope, this.path, `asset.${this.hash}${folder ? '' : '.zip'}`, folder);
    const { bucketName, objectKey } = stack.synthesizer.addFileAsset({
      fileName: relative(Stage.of(stack)!.outdir, this.stagedPath),
      packaging: folder ? FileAssetPackaging.ZIP_DIRECTORY : FileAssetPackaging.FILE,
      sourceHash: this.hash,
      displayName: scope.node.path,
    });
    return { s3Location: { bucketName, objectKey } };
  }

  /** The metadata by which tools find the code of a resource, when the CDK CLI asks for it. */
  public bindToResource(resource: CfnResource, options: lambda.ResourceBindOptions = {}): void {
    if (!this.stagedPath || !resource.node.tryGetContext(cxapi.ASSET_RESOURCE_METADATA_ENABLED_CONTEXT)) { return; }
    resource.cfnOptions.metadata = {
      ...resource.cfnOptions.metadata,
      [cxapi.ASSET_RESOURCE_METADATA_PATH_KEY]: basename(this.stagedPath),
      [cxapi.ASSET_RESOURCE_METADATA_IS_BUNDLED_KEY]: false,
      [cxapi.ASSET_RESOURCE_METADATA_PROPERTY_KEY]: options.resourceProperty ?? 'Code',
    };
  }
}

/** Puts an entry of the cache into the cloud assembly, once; it appears there whole or not at all. */
function stage(scope: Construct, path: string, name: string, folder: boolean): string {
  if (scope.node.tryGetContext(cxapi.DISABLE_ASSET_STAGING_CONTEXT)) { return path; }
  const staged = join(Stage.of(scope)!.assetOutdir, name);
  if (existsSync(staged)) { return staged; }
  const temporary = `${staged}.${process.pid}`;
  rmSync(temporary, { recursive: true, force: true });
  if (folder) {
    mkdirSync(temporary);
    for (const file of readdirSync(path)) { copy(join(path, file), join(temporary, file)); }
  } else {
    copy(path, temporary);
  }
  renameSync(temporary, staged);
  return staged;
}

/** Not a hard link: whoever changes a file in the assembly, as tools that sign or annotate code do, must not change the cache. */
function copy(from: string, to: string): void {
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
}
