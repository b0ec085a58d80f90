/** What a handler's name means on Node.js: `dir/file.export.nested`. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { IConstruct } from 'constructs';
import { problem } from './errors';
import type { HandlerRuntime } from '../model/handler-runtime';

/** The major version of the Node.js that runs the handler; nothing when that is not known. */
export function nodeMajor({ _parts: { engine, managed } }: HandlerRuntime): string | undefined {
  return engine?.name === 'nodejs' ? engine.version.split('.')[0] : /^nodejs(\d+)\.x$/.exec(managed?.name ?? '')?.[1];
}

/** Refuses a name that no Node.js runtime can find; other runtimes have rules of their own. */
export function checkHandlerName(scope: IConstruct, handler: string, runtime: HandlerRuntime): void {
  if (nodeMajor(runtime) && !/^(?:\S*\/)?[^\s./]+(?:\.[^\s./]+)+$/.test(handler)) {
    throw problem(scope, 'HANDLER_NAME', { property: 'handler', given: handler, accepted: '\'file.export\', with folders before and nested exports behind where there are any' });
  }
}

/** Refuses a name whose file is not in the code's directory. */
export function checkHandlerFile(scope: IConstruct, directory: string, handler: string): void {
  const folder = handler.slice(0, handler.lastIndexOf('/') + 1);
  const file = folder + handler.slice(folder.length).split('.')[0];
  const candidates = ['', '.js', '.mjs', '.cjs'].map(extension => file + extension);
  if (!candidates.some(name => existsSync(resolve(directory, name)))) {
    throw problem(scope, 'HANDLER_FILE_NOT_FOUND', {
      property: 'handler', given: handler, accepted: `a file of ${directory} (looked for ${candidates.slice(1).join(', ')})`,
    });
  }
}
