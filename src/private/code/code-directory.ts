/** The files of a code directory that reach the function: all but those that its `exclude` patterns leave out. */
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { IgnoreStrategy } from 'aws-cdk-lib';

export interface CodeFile {
  /** Relative to the directory, with `/`. */
  readonly path: string;
  readonly bytes: number;
}

/** Every file, in no order. A link counts as the file that it points to; one that points to nothing, or in a circle, as none. */
export function codeFiles(directory: string, exclude: string[] = []): CodeFile[] {
  const ignore = IgnoreStrategy.git(directory, exclude);
  const walk = (folder: string, prefix: string): CodeFile[] => readdirSync(folder).flatMap(name => {
    const path = join(folder, name);
    const found = lstatSync(path);
    if (found.isDirectory()) { return ignore.completelyIgnores(path) ? [] : walk(path, `${prefix}${name}/`); }
    if (ignore.ignores(path)) { return []; }
    const target = found.isSymbolicLink() ? targetOf(path) : found;
    return target?.isFile() ? [{ path: prefix + name, bytes: target.size }] : [];
  });
  return walk(directory, '');
}

function targetOf(link: string) {
  try {
    return statSync(link);
  } catch {
    return undefined;
  }
}
