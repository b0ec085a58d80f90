/** Fingerprints a build context: what an image that is built from it depends on. */
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ContextFile, contextFiles } from './context-files';
import { sha256 } from '../files/file-fingerprints';
import { hasRunBit } from '../files/run-bit';

/**
 * Over names, run bits, links and contents of all that the container engine is given. (The CDK's own fingerprint knows
 * no run bits.)
 */
export function contextFingerprint(context: string, dockerfile: string): string {
  const files = contextFiles(context, dockerfile).map(file => `${file.path} ${describe(file)}`);
  return sha256([`Dockerfile ${sha256(readFileSync(join(context, dockerfile)))}`, ...files].join('\n'));
}

function describe({ absolute, stats }: ContextFile): string {
  if (stats.isSymbolicLink()) { return `-> ${readlinkSync(absolute)}`; }
  if (!stats.isFile()) { return '/'; }
  return `${hasRunBit(stats) ? '*' : ''}${sha256(readFileSync(absolute))}`;
}
