/** Turns a HandlerCode into the code of a Lambda function: bundled or taken as it is, checked, as an asset. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Annotations, IgnoreMode, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { Bundle, bundle } from './bundle';
import { codeFiles } from './code-directory';
import { problem } from './errors';
import { BundlingFailure, findEsbuild } from './esbuild';
import { checkHandlerFile, isInLayer, nodeMajor } from './handler-name';
import { BUILDER_DIRECTORY } from './layer-assets';
import { StagedCode } from './staged-code';
import type { ComputeContext } from '../model/compute';
import { BundlingOptions, HandlerCode, SourceMapMode } from '../model/handler-code';
import type { HandlerRuntime } from '../model/handler-runtime';

/** The staged code of a handler. */
export interface HandlerPackage {
  readonly code: lambda.Code;
  readonly unzippedBytes: number;
  /** What the code wants in the environment; the user's own values win. */
  readonly environment: { [name: string]: string };
}

/** Stages the code of a handler for a zip function. */
export function stageHandlerCode(scope: Construct, context: Pick<ComputeContext, 'code' | 'handler' | 'runtime'>): HandlerPackage {
  if (!context.code?._path) {
    throw problem(scope, 'CODE_MISSING', { property: 'code', given: context.code?._path ?? context.code, accepted: 'HandlerCode.fromEntry(...) or HandlerCode.fromDirectory(...) with a path' });
  }
  return context.code._bundling
    ? stageBundle(scope, context.code, context.code._bundling, context)
    : stageDirectory(scope, context.code, context);
}

function stageBundle(scope: Construct, code: HandlerCode, bundling: BundlingOptions, context: Pick<ComputeContext, 'handler' | 'runtime'>): HandlerPackage {
  const entry = resolve(code._path);
  const found = statSync(entry, { throwIfNoEntry: false });
  if (!found) {
    throw problem(scope, 'ENTRY_NOT_FOUND', { property: 'code', given: code._path, accepted: `an existing file (looked for ${entry})` });
  }
  if (!found.isFile()) {
    throw problem(scope, 'ENTRY_NOT_A_FILE', { property: 'code', given: `${code._path} (a directory)`, accepted: 'a file for HandlerCode.fromEntry' });
  }
  if (context.runtime._parts.managed && !nodeMajor(context.runtime)) {
    throw problem(scope, 'RUNTIME_NOT_NODEJS', { property: 'runtime', given: context.runtime.name, accepted: 'a Node.js runtime for code from HandlerCode.fromEntry' });
  }
  if (!context.handler.startsWith('index.') && !isInLayer(context.handler)) {
    throw problem(scope, 'HANDLER_NOT_IN_BUNDLE', { property: 'handler', given: context.handler, accepted: '\'index.<export>\' for code from HandlerCode.fromEntry' });
  }
  if (!Stack.of(scope).bundlingRequired) {
    // The CDK CLI does not want this stack, as when it lists them: its code need not bundle.
    return { code: lambda.Code.fromAsset(BUILDER_DIRECTORY), unzippedBytes: 0, environment: {} };
  }
  const bundled = bundleEntry(scope, code._path, entry, bundling, context.runtime);
  for (const warning of bundled.warnings) {
    Annotations.of(scope).addWarningV2('cdk-hybrid:HandlerCode.bundling', warning);
  }
  const mapped = [undefined, SourceMapMode.LINKED, SourceMapMode.INLINE].includes(bundling.sourceMap);
  return {
    code: new StagedCode(bundled.directory, bundled.hash),
    unzippedBytes: bundled.unzippedBytes,
    environment: mapped && nodeMajor(context.runtime) ? { NODE_OPTIONS: '--enable-source-maps' } : {},
  };
}

function bundleEntry(scope: Construct, given: string, entry: string, bundling: BundlingOptions, runtime: HandlerRuntime): Bundle {
  const esbuild = findEsbuild(process.cwd());
  if (!esbuild) {
    throw problem(scope, 'ESBUILD_NOT_FOUND', {
      property: 'code', given, accepted: `a file that esbuild bundles, which is neither in ${process.cwd()} nor on the PATH`,
    });
  }
  try {
    return bundle(esbuild, entry, bundling, `node${nodeMajor(runtime) ?? 20}`);
  } catch (error) {
    if (!(error instanceof BundlingFailure)) { throw error; }
    throw problem(scope, 'BUNDLING_FAILED', { property: 'code', given, accepted: 'code that esbuild can bundle', mend: `esbuild says: ${error.message}` });
  }
}

function stageDirectory(scope: Construct, code: HandlerCode, context: Pick<ComputeContext, 'handler' | 'runtime'>): HandlerPackage {
  const directory = resolve(code._path);
  const found = statSync(directory, { throwIfNoEntry: false });
  if (!found?.isDirectory()) {
    throw problem(scope, 'CODE_DIRECTORY_NOT_FOUND', {
      property: 'code', given: code._path, accepted: `an existing directory for HandlerCode.fromDirectory (${found ? 'this is a file' : `looked for ${directory}`})`,
    });
  }
  const files = codeFiles(directory, code._directory?.exclude);
  if (nodeMajor(context.runtime)) { checkHandlerFile(scope, directory, files, context.handler); }
  return {
    code: lambda.Code.fromAsset(directory, { exclude: code._directory?.exclude, ignoreMode: IgnoreMode.GIT }),
    unzippedBytes: files.reduce((sum, file) => sum + file.bytes, 0),
    environment: {},
  };
}
