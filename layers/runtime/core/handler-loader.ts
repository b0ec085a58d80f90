/** Defines how `dir/file.export.nested` becomes a function: where Lambda looks for the file, and how it is loaded. */
/* eslint-disable @typescript-eslint/no-require-imports -- a handler is required by the name it is given */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Callback, HandlerContext } from './context';
import { RuntimeError } from './errors';

/** A handler; one marked as streaming is given a stream as its second argument. */
export type Handler = (event: unknown, context: HandlerContext, callback: Callback) => unknown;

interface HandlerName {
  /** Without extension. */
  readonly file: string;
  readonly path: readonly string[];
}

/** Errors for which a module has to be imported instead of required. */
const IMPORT_INSTEAD = ['ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE'];

/** Where require() of an ES module is not there, or warns, import() is used at once. */
const REQUIRES_ESM = Boolean((process.features as { require_module?: boolean }).require_module) && Number(process.versions.node.split('.', 1)[0]) >= 22;

/** Gives a promise only when the module has to be imported: everything else is ready at once. */
export function loadHandler(taskRoot: string, name: string): Handler | Promise<Handler> {
  const { file, path } = parseHandlerName(name);
  const find = (loaded: unknown) => findHandler(loaded, path, name);
  try {
    const loaded = loadFile(locate(taskRoot, file));
    return loaded instanceof Promise ? loaded.then(find, rethrow) : find(loaded);
  } catch (error) {
    return rethrow(error);
  }
}

export function parseHandlerName(name: string): HandlerName {
  if (name.includes('..')) {
    throw new RuntimeError('MalformedHandlerName', `'${name}' is not a valid handler name: it must not contain '..'; an absolute path may name another directory`);
  }
  const base = basename(name);
  const dot = base.indexOf('.');
  const path = base.slice(dot + 1).split('.');
  if (dot < 1 || path.includes('')) {
    throw new RuntimeError('MalformedHandlerName', `Bad handler '${name}': it must be a file without extension, a dot and the exported function, such as 'index.handler'`);
  }
  return { file: name.slice(0, name.length - base.length) + base.slice(0, dot), path };
}

/** Lambda's order: the name as it is, .js, .mjs, .cjs, then as Node.js resolves it, which finds packages too. */
function locate(taskRoot: string, file: string): string {
  const absolute = resolve(taskRoot, file);
  const found = statSync(absolute, { throwIfNoEntry: false });
  if (found?.isFile()) return absolute;
  if (found?.isDirectory()) {
    const index = attempt(() => require.resolve(absolute));
    if (index !== undefined) return index;
  }
  for (const extension of ['.js', '.mjs', '.cjs']) {
    if (existsSync(absolute + extension)) return absolute + extension;
  }
  return require.resolve(basename(file), { paths: [taskRoot, dirname(absolute)] });
}

function loadFile(file: string): unknown {
  if (file.endsWith('.mjs') && !REQUIRES_ESM) return importFile(file);
  try {
    return require(file);
  } catch (error) {
    if (IMPORT_INSTEAD.includes((error as NodeJS.ErrnoException | undefined)?.code ?? '')) return importFile(file);
    throw error;
  }
}

function importFile(file: string): Promise<unknown> {
  return import(pathToFileURL(file).href);
}

function findHandler(loaded: unknown, path: readonly string[], name: string): Handler {
  const handler = follow(loaded, path) ?? follow((loaded as { default?: unknown } | undefined)?.default, path);
  if (handler === undefined || handler === null) throw new RuntimeError('HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof handler !== 'function') throw new RuntimeError('HandlerNotFound', `${name} is not a function but ${typeof handler}`);
  return handler as Handler;
}

function follow(from: unknown, path: readonly string[]): unknown {
  return path.reduce((value, key) => (value === undefined || value === null ? undefined : (value as Record<string, unknown>)[key]), from);
}

/** What the user's module threw, under the names that Lambda gives it. */
function rethrow(error: unknown): never {
  if (error instanceof RuntimeError) throw error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (error instanceof SyntaxError) throw new RuntimeError('UserCodeSyntaxError', String(error), error);
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') throw new RuntimeError('ImportModuleError', String(error), error);
  throw error;
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
