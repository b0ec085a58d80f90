/** Defines the apps of tests that run them on this machine: functions on our runtime as a layer, services of a small engine. */
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { layerFolder } from './app';
import { bundlePrograms } from './command';
import { Compute, HybridFunction } from '../../src';
import { SMALL_CODE, SMALL_RUNTIME, withSmallRuntime } from '../small-runtime';
import { addFiles, inDirectory } from '../workspace';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';

const PROPS = { env: { account: ACCOUNT, region: REGION } };

export type CommonProps = Omit<lambda.FunctionProps, 'handler'>;

/** Synthesizes an app of functions. @param handlers the text of their `index.js` @param make is given what the functions have in common */
export function synthesizeFunctions(directory: string, output: string, handlers: string, make: (stack: Stack, common: CommonProps) => void): void {
  bundlePrograms();
  const layer = layerFolder(directory);
  addFiles(directory, { 'code/index.js': handlers });
  synthesize(directory, output, (stack) => make(stack, {
    runtime: lambda.Runtime.PROVIDED_AL2023,
    architecture: process.arch === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64,
    code: lambda.Code.fromAsset(join(directory, 'code')),
    layers: [new lambda.LayerVersion(stack, 'Runtime', { code: lambda.Code.fromAsset(layer) })],
  }));
}

/** Synthesizes an app with a service, `Web`. @param make adds its triggers */
export function synthesizeService(directory: string, output: string, make: (web: HybridFunction, stack: Stack) => void): void {
  withSmallRuntime(() => synthesize(directory, output, (stack) => {
    make(new HybridFunction(stack, 'Web', { code: SMALL_CODE, runtime: SMALL_RUNTIME, compute: Compute.service() }), stack);
  }));
}

function synthesize(directory: string, output: string, make: (stack: Stack) => void): void {
  // What of the CDK calls its own deprecated functions is no concern of these tests.
  inDirectory(process.cwd(), { JSII_DEPRECATED: 'quiet' }, () => {
    const app = new App({ outdir: join(directory, output) });
    make(new Stack(app, 'Stack', PROPS));
    app.synth();
  });
}
