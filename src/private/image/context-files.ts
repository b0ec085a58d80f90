/** Lists what a container engine is given of a build context: everything that no `.dockerignore` leaves out. */
import { lstatSync, readdirSync, readFileSync, Stats, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { IgnoreStrategy } from 'aws-cdk-lib';

export interface ContextFile {
  /** Relative to the context, with `/`. */
  readonly path: string;
  readonly absolute: string;
  /** Of a link, those of the link. */
  readonly stats: Stats;
}

/**
 * Every file, folder and link, folders before what they hold, names in order.
 *
 * @param dockerfile relative to the context; nothing when it lies elsewhere
 * @param leftOut absolute paths that are no part of it
 */
export function contextFiles(context: string, dockerfile?: string, leftOut: string[] = []): ContextFile[] {
  const patterns = ignorePatterns(context, dockerfile);
  const ignored = IgnoreStrategy.docker(context, patterns);
  const canPrune = !patterns.some(pattern => pattern.startsWith('!'));
  const visit = (directory: string): ContextFile[] => readdirSync(directory).sort().flatMap(name => {
    const absolute = join(directory, name);
    if (leftOut.includes(absolute)) { return []; }
    const stats = lstatSync(absolute);
    const isIgnored = ignored.ignores(absolute);
    return [
      ...isIgnored ? [] : [{ path: relative(context, absolute).split(sep).join('/'), absolute, stats }],
      ...stats.isDirectory() && !(isIgnored && canPrune) ? visit(absolute) : [],
    ];
  });
  return visit(context);
}

function ignorePatterns(context: string, dockerfile?: string): string[] {
  const file = [...dockerfile ? [`${dockerfile}.dockerignore`] : [], '.dockerignore'].map(name => join(context, name))
    .find(path => statSync(path, { throwIfNoEntry: false })?.isFile());
  return file ? readFileSync(file, 'utf8').split('\n').map(line => line.trim()).filter(line => line && !line.startsWith('#')) : [];
}
