/** Fingerprints a build context: what an image that is built from it depends on. */
import { lstatSync, readdirSync, readFileSync, readlinkSync, Stats, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { IgnoreStrategy } from 'aws-cdk-lib';
import { sha256 } from './file-fingerprints';
import { hasRunBit } from './run-bit';

/**
 * Over names, run bits, links and contents of all that the container engine is given: everything that no
 * `.dockerignore` leaves out. (The CDK's own fingerprint knows no run bits.)
 */
export function contextFingerprint(context: string, dockerfile: string): string {
  const patterns = ignorePatterns(context, dockerfile);
  const ignored = IgnoreStrategy.docker(context, patterns);
  const canPrune = !patterns.some(pattern => pattern.startsWith('!'));
  const lines: string[] = [`Dockerfile ${sha256(readFileSync(join(context, dockerfile)))}`];
  const visit = (directory: string) => {
    for (const name of readdirSync(directory).sort()) {
      const path = join(directory, name);
      const entry = lstatSync(path);
      const isIgnored = ignored.ignores(path);
      if (!isIgnored) { lines.push(`${relative(context, path).split(sep).join('/')} ${describe(path, entry)}`); }
      if (entry.isDirectory() && !(isIgnored && canPrune)) { visit(path); }
    }
  };
  visit(context);
  return sha256(lines.join('\n'));
}

function describe(path: string, entry: Stats): string {
  if (entry.isSymbolicLink()) { return `-> ${readlinkSync(path)}`; }
  if (!entry.isFile()) { return '/'; }
  return `${hasRunBit(entry) ? '*' : ''}${sha256(readFileSync(path))}`;
}

function ignorePatterns(context: string, dockerfile: string): string[] {
  const file = [`${dockerfile}.dockerignore`, '.dockerignore'].map(name => join(context, name))
    .find(path => statSync(path, { throwIfNoEntry: false })?.isFile());
  return file ? readFileSync(file, 'utf8').split('\n').map(line => line.trim()).filter(line => line && !line.startsWith('#')) : [];
}
