/** What a handler's name means on Node.js: `dir/file.export.nested`. */
import { posix } from 'node:path';
import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { CodeFile } from './code-directory';
import type { HandlerRuntime } from '../../model/handler-runtime';
import { problem } from '../errors';
import { layerNotes } from '../layer/layer-notes';

/** The major version of the Node.js that runs the handler; nothing when that is not known. */
export function nodeMajor({ _parts: { engine: own, managed, layer } }: HandlerRuntime): string | undefined {
  const engine = own ?? layerNotes(layer)?.engine;
  return engine?.name === 'nodejs' ? engine.version.split('.')[0] : /^nodejs(\d+)\.x$/.exec(managed?.name ?? '')?.[1];
}

/** Refuses a name that no Node.js runtime can find; other runtimes have rules of their own. */
export function checkHandlerName(scope: IConstruct, handler: string, runtime: HandlerRuntime): void {
  // A file with its extension reads as an export of an export.
  const wellFormed = /^(?:\S*\/)?[^\s./]+(?:\.[^\s./]+)+$/.test(handler) && !/\.[cm]?[jt]sx?\./.test(handler);
  if (nodeMajor(runtime) && !wellFormed && !Token.isUnresolved(handler)) {
    throw problem(scope, 'HANDLER_NAME', {
      property: 'handler', given: handler, accepted: '\'file.export\', with folders before and nested exports behind where there are any',
    });
  }
}

/**
 * The two halves of a name, at the first dot behind the folders: `api/users.handler` is `api/users` and `handler`. What
 * is known at deployment only cannot be split.
 */
export function splitHandler(handler: string): { file: string; exportedName: string } {
  if (Token.isUnresolved(handler)) { return { file: handler, exportedName: '' }; }
  const dot = handler.indexOf('.', handler.lastIndexOf('/') + 1);
  return dot === -1 ? { file: handler, exportedName: '' } : { file: handler.slice(0, dot), exportedName: handler.slice(dot + 1) };
}

/** How many exports a message shows. */
const MOST_SHOWN = 20;

/** Whether the name is of a file outside the function's code: a layer's. */
export const isInLayer = (handler: string) => handler.startsWith('/');

/** Refuses a name whose export the bundle of an entry has not, as far as its exports are known. */
export function checkExport(scope: IConstruct, entry: string, exported: readonly string[] | undefined, handler: string): void {
  if (!exported || isInLayer(handler) || Token.isUnresolved(handler)) { return; }
  const [name] = splitHandler(handler).exportedName.split('.');
  if (!exported.includes(name)) {
    const known = exported.length > MOST_SHOWN ? [...exported.slice(0, MOST_SHOWN), '...'] : exported;
    throw problem(scope, 'HANDLER_NOT_IN_BUNDLE', {
      property: 'handler', given: handler, accepted: `'index.<export>' with an export of ${entry} (it has ${known.join(', ') || 'none'})`,
    });
  }
}

/** Refuses a name whose file is not among those that reach the function. */
export function checkHandlerFile(scope: IConstruct, directory: string, files: CodeFile[], handler: string): void {
  if (Token.isUnresolved(handler)) { return; }
  const { file } = splitHandler(handler);
  const candidates = ['', '.js', '.mjs', '.cjs', '/index.js'].map(ending => posix.normalize(file + ending));
  if (!isInLayer(handler) && !files.some(({ path }) => candidates.includes(path))) {
    throw problem(scope, 'HANDLER_FILE_NOT_FOUND', {
      property: 'handler', given: handler, accepted: `a file of ${directory} (looked for ${candidates.slice(1, 4).join(', ')})`,
    });
  }
}
