/** Bundles a handler with the user's esbuild, and remembers the bundle by the content of all that went into it. */
import { mkdirSync, readdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { cacheDirectory, publish, readJson, writeAtomically } from './cache';
import { Esbuild, EsbuildOptions } from './esbuild';
import { ancestors, fingerprintFile, fingerprintListing, nearestWith, sha256 } from './file-fingerprints';
import { BundlingOptions, ModuleFormat, SourceMapMode } from '../model/handler-code';

/** A bundle on disk. */
export interface Bundle {
  /** The folder with `index.js` or `index.mjs`. */
  readonly directory: string;
  /** The hash of the names and contents in the folder. */
  readonly hash: string;
  readonly unzippedBytes: number;
  readonly warnings: string[];
}

/** What a bundle was made of, and when it is still the same: fingerprints by absolute path. */
interface BundleRecord {
  readonly hash: string;
  readonly unzippedBytes: number;
  readonly warnings: string[];
  readonly files: { [path: string]: string };
  readonly listings: { [path: string]: string };
}

/** Files beside or above the sources that change how they are bundled, without being inputs themselves. */
const SETTINGS = ['package.json', 'tsconfig.json', 'package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock'];

/**
 * The bundle of an entry file: from the cache, when every file that went into the last one is as it was.
 *
 * @param entry absolute path of an existing file
 */
export function bundle(esbuild: Esbuild, entry: string, bundling: BundlingOptions, defaultTarget: string): Bundle {
  const options = esbuildOptions(entry, bundling, defaultTarget);
  const recordPath = join(cacheDirectory('bundles'), `${sha256(JSON.stringify([1, esbuild.identity, options])).slice(0, 32)}.json`);

  const record = readJson<BundleRecord>(recordPath);
  if (record && isCurrent(record)) {
    const directory = outputDirectory(record.hash);
    if (bytesIn(directory) === record.unzippedBytes) {
      return { directory, hash: record.hash, unzippedBytes: record.unzippedBytes, warnings: record.warnings };
    }
  }

  const made = esbuild.bundle(options);
  const hash = sha256(JSON.stringify(made.files.map(file => [file.name, sha256(file.contents)]).sort()));
  const unzippedBytes = made.files.reduce((sum, file) => sum + file.contents.byteLength, 0);
  const directory = outputDirectory(hash);
  publish(directory, temporary => {
    mkdirSync(temporary, { recursive: true });
    for (const file of made.files) { writeFileSync(join(temporary, file.name), file.contents); }
  }, existing => bytesIn(existing) === unzippedBytes);
  const inputs = made.inputs.map(input => resolve(options.absWorkingDir, input));
  writeAtomically(recordPath, JSON.stringify({
    hash, unzippedBytes, warnings: made.warnings, ...fingerprints(inputs, options.tsconfig),
  } satisfies BundleRecord));
  return { directory, hash, unzippedBytes, warnings: made.warnings };
}

function esbuildOptions(entry: string, bundling: BundlingOptions, defaultTarget: string): EsbuildOptions {
  // Paths in messages and source maps are relative to the package of the entry, so that they are the same everywhere.
  const absWorkingDir = realpathSync(nearestWith(dirname(entry), 'package.json') ?? dirname(entry));
  const sourceMap = bundling.sourceMap ?? SourceMapMode.LINKED;
  const esm = bundling.format === ModuleFormat.ESM;
  return {
    entryPoint: relative(absWorkingDir, realpathSync(entry)).split(sep).join('/').replace(/^(?!\.\.?\/)/, './'),
    absWorkingDir,
    format: esm ? 'esm' : 'cjs',
    target: bundling.target ?? defaultTarget,
    sourcemap: sourceMap === SourceMapMode.NONE ? false : sourceMap,
    sourcesContent: bundling.sourcesContent ?? false,
    minify: bundling.minify ?? false,
    keepNames: bundling.keepNames ?? false,
    external: bundling.externals ?? [],
    define: bundling.define ?? {},
    loader: bundling.loader ?? {},
    alias: bundling.alias ?? {},
    banner: [esm ? ESM_BANNER : '', bundling.banner ?? ''].filter(Boolean).join('\n'),
    footer: bundling.footer ?? '',
    mainFields: bundling.mainFields ?? (esm ? ['module', 'main'] : []),
    conditions: bundling.conditions ?? [],
    ...bundling.tsconfig ? { tsconfig: isAbsolute(bundling.tsconfig) ? bundling.tsconfig : resolve(bundling.tsconfig) } : {},
  };
}

/** CommonJS packages bundled into an ES module still call `require('fs')` and name `__dirname`. */
const ESM_BANNER = [
  'import { createRequire as __hybridCreateRequire } from \'node:module\';',
  'import { fileURLToPath as __hybridFileURLToPath } from \'node:url\';',
  'const require = __hybridCreateRequire(import.meta.url);',
  'const __filename = __hybridFileURLToPath(import.meta.url);',
  'const __dirname = __hybridFileURLToPath(new URL(\'.\', import.meta.url));',
].join(' ');

function fingerprints(inputs: string[], tsconfig: string | undefined): Pick<BundleRecord, 'files' | 'listings'> {
  const own = inputs.filter(input => !input.includes(`${sep}node_modules${sep}`));
  const folders = [...new Set(own.map(input => dirname(input)))];
  const settings = [...new Set(folders.flatMap(ancestors))].flatMap(folder => SETTINGS.map(name => join(folder, name)));
  const files = [...new Set([...inputs, ...settings, ...tsconfig ? [tsconfig] : []])];
  return {
    files: Object.fromEntries(files.map(path => [path, fingerprintFile(path)])),
    listings: Object.fromEntries(folders.map(path => [path, fingerprintListing(path)])),
  };
}

function isCurrent(record: BundleRecord): boolean {
  return Object.entries(record.files).every(([path, fingerprint]) => fingerprintFile(path) === fingerprint)
    && Object.entries(record.listings).every(([path, fingerprint]) => fingerprintListing(path) === fingerprint);
}

const outputDirectory = (hash: string) => join(cacheDirectory('bundles'), hash);

function bytesIn(directory: string): number | undefined {
  try {
    return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  } catch {
    return undefined;
  }
}
