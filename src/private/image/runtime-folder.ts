/** The files of a runtime in the cloud assembly: one folder for all images that have them. */
import { constants, cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Stage } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as cxapi from 'aws-cdk-lib/cx-api';
import type { Construct } from 'constructs';
import type { Engine } from '../../model/engine';
import { unpackedLayer } from '../layer/layer-build';
import { builtNodejsLayer } from '../layer/nodejs-layer';

/**
 * The absolute path of a folder that has the layer of an engine in `opt`, named by the hash of its names, modes and
 * contents; nothing where this synth needs no assets and the layer is not built yet.
 */
export function runtimeFolder(scope: Construct, engine: Engine, architecture: lambda.Architecture): string | undefined {
  const built = builtNodejsLayer(scope, { engine, architecture });
  if (!built) { return undefined; }
  if (scope.node.tryGetContext(cxapi.DISABLE_ASSET_STAGING_CONTEXT)) { return unpackedLayer(scope, built); }
  const staged = join(Stage.of(scope)!.assetOutdir, `runtime.${built.contentHash}`);
  if (existsSync(staged)) { return staged; }
  const temporary = `${staged}.${process.pid}`;
  rmSync(temporary, { recursive: true, force: true });
  // Clones where the file system can. Their times are kept, so that an image layer of them is the same on every machine.
  cpSync(join(unpackedLayer(scope, built), 'opt'), join(temporary, 'opt'), { recursive: true, mode: constants.COPYFILE_FICLONE, preserveTimestamps: true });
  renameSync(temporary, staged);
  return staged;
}
