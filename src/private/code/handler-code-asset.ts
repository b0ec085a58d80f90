/** Turns a HandlerCode into files on disk, bundled or taken as they are, checked; and into the code of a Lambda function. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Annotations, IgnoreMode, Stack, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { Bundle, bundle } from './bundle';
import { codeFiles } from './code-directory';
import { problem } from '../errors';
import { BundlingFailure, findEsbuild } from './esbuild';
import { checkExport, checkHandlerFile, isInLayer, nodeMajor } from './handler-name';
import type { ComputeContext } from '../../model/compute';
import { BundlingOptions, HandlerCode, SourceMapMode } from '../../model/handler-code';
import type { HandlerRuntime } from '../../model/handler-runtime';
import { StagedCode } from '../files/staged-code';
import { BUILDER_DIRECTORY } from '../layer/layer-assets';

/** The files of a handler. */
export interface HandlerFiles {
  readonly directory: string;
  /** The hash of names, modes and contents, where it is known. */
  readonly hash?: string;
  /** Patterns of files that are left out. */
  readonly exclude?: string[];
  readonly unzippedBytes: number;
  /** What the code wants in the environment; the user's own values win. */
  readonly environment: { [name: string]: string };
  /** Whether there is a `bootstrap`, which Lambda starts instead of a layer's. */
  readonly hasBootstrap?: boolean;
}

/** The staged code of a handler. */
export interface HandlerPackage {
  readonly code: lambda.Code;
  readonly unzippedBytes: number;
  readonly environment: { [name: string]: string };
  readonly hasBootstrap: boolean;
}

type CodeContext = Pick<ComputeContext, 'code' | 'handler' | 'runtime'>;

/** Stages the code of a handler for a zip function. */
export function stageHandlerCode(scope: Construct, context: CodeContext): HandlerPackage {
  const { directory, hash, exclude, unzippedBytes, environment, hasBootstrap = false } = handlerFiles(scope, context);
  const code = hash === undefined ? lambda.Code.fromAsset(directory, { exclude, ignoreMode: IgnoreMode.GIT }) : new StagedCode(directory, hash);
  return { code, unzippedBytes, environment, hasBootstrap };
}

/** Finds, or makes, the files of a handler. */
export function handlerFiles(scope: Construct, context: CodeContext): HandlerFiles {
  const { code } = context;
  if (!code?._path) {
    throw problem(scope, 'CODE_MISSING', { property: 'code', given: code?._path ?? code, accepted: 'HandlerCode.fromEntry(...) or HandlerCode.fromDirectory(...) with a path' });
  }
  return code._bundling ? bundledFiles(scope, code, code._bundling, context) : filesOfDirectory(scope, code, context);
}

function bundledFiles(scope: Construct, code: HandlerCode, bundling: BundlingOptions, { handler, runtime }: CodeContext): HandlerFiles {
  const entry = resolve(code._path);
  const found = statSync(entry, { throwIfNoEntry: false });
  if (!found) {
    throw problem(scope, 'ENTRY_NOT_FOUND', { property: 'code', given: code._path, accepted: `an existing file (looked for ${entry})` });
  }
  if (!found.isFile()) {
    throw problem(scope, 'ENTRY_NOT_A_FILE', { property: 'code', given: `${code._path} (a directory)`, accepted: 'a file for HandlerCode.fromEntry' });
  }
  if (!isScript(entry, bundling)) {
    throw problem(scope, 'BUNDLING_FAILED', {
      property: 'code',
      given: code._path,
      accepted: 'a file of TypeScript or JavaScript, which HandlerCode.fromEntry bundles',
      mend: 'other languages take HandlerCode.fromDirectory(...) or a container, HandlerRuntime.container(...)',
    });
  }
  if (runtime._parts.managed && !nodeMajor(runtime)) {
    throw problem(scope, 'RUNTIME_NOT_NODEJS', { property: 'runtime', given: runtime.name, accepted: 'a Node.js runtime for code from HandlerCode.fromEntry' });
  }
  if (handler !== undefined && !handler.startsWith('index.') && !isInLayer(handler) && !Token.isUnresolved(handler)) {
    throw problem(scope, 'HANDLER_NOT_IN_BUNDLE', { property: 'handler', given: handler, accepted: '\'index.<export>\' for code from HandlerCode.fromEntry' });
  }
  if (!Stack.of(scope).bundlingRequired) {
    // The CDK CLI does not want this stack, as when it lists them: its code need not bundle.
    return { directory: BUILDER_DIRECTORY, unzippedBytes: 0, environment: {} };
  }
  const bundled = bundleEntry(scope, code._path, entry, bundling, runtime);
  if (handler !== undefined && nodeMajor(runtime)) { checkExport(scope, code._path, bundled.exports, handler); }
  for (const warning of bundled.warnings) {
    Annotations.of(scope).addWarningV2('cdk-hybrid:HandlerCode.bundling', warning);
  }
  const mapped = [undefined, SourceMapMode.LINKED, SourceMapMode.INLINE].includes(bundling.sourceMap);
  return {
    directory: bundled.directory,
    hash: bundled.hash,
    unzippedBytes: bundled.unzippedBytes,
    environment: mapped && nodeMajor(runtime) ? { NODE_OPTIONS: '--enable-source-maps' } : {},
  };
}

/** Whether esbuild takes it for TypeScript or JavaScript: by its name, or as the user says. */
function isScript(entry: string, { loader = {} }: BundlingOptions): boolean {
  return /\.[cm]?[jt]s$|\.[jt]sx$/.test(entry) || Object.keys(loader).some(extension => entry.endsWith(extension));
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

function filesOfDirectory(scope: Construct, code: HandlerCode, { handler, runtime }: CodeContext): HandlerFiles {
  const directory = resolve(code._path);
  const found = statSync(directory, { throwIfNoEntry: false });
  if (!found?.isDirectory()) {
    throw problem(scope, 'CODE_DIRECTORY_NOT_FOUND', {
      property: 'code', given: code._path, accepted: `an existing directory for HandlerCode.fromDirectory (${found ? 'this is a file' : `looked for ${directory}`})`,
    });
  }
  const exclude = code._directory?.exclude;
  const files = codeFiles(directory, exclude);
  if (handler !== undefined && nodeMajor(runtime)) { checkHandlerFile(scope, directory, files, handler); }
  return { directory, exclude, unzippedBytes: files.reduce((sum, file) => sum + file.bytes, 0), environment: {}, hasBootstrap: files.some(({ path }) => path === 'bootstrap') };
}
