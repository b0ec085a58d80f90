/** Bundles a handler with the user's esbuild, and remembers the bundle by the content of all that went into it. */
import { chmodSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, delimiter, dirname, join, relative, resolve, sep } from 'node:path';
import { Esbuild, EsbuildOptions } from './esbuild';
import { tsconfigChain } from './tsconfig-chain';
import { BundlingOptions, ModuleFormat, SourceMapMode } from '../../model/handler-code';
import { cacheDirectory, publish, readJson, writeAtomically } from '../files/cache';
import { ancestors, fileAt, fingerprintFile, fingerprintListing, nearestWith, sha256 } from '../files/file-fingerprints';

/** A bundle on disk. */
export interface Bundle {
  /** The folder with `index.js` or `index.mjs`. */
  readonly directory: string;
  /** The hash of the names and contents in the folder. */
  readonly hash: string;
  readonly unzippedBytes: number;
  readonly warnings: string[];
  /** The names that it exports, where they are certain. */
  readonly exports?: string[];
}

/** What a bundle was made of, and when it is still the same: fingerprints by absolute path. */
interface BundleRecord extends Omit<Bundle, 'directory'> {
  readonly files: { [path: string]: string };
  readonly listings: { [path: string]: string };
}

/** Files beside or above the sources that change how they are bundled, without being inputs themselves. */
const SETTINGS = ['package.json', 'package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock'];
const TSCONFIGS = ['tsconfig.json', 'jsconfig.json'];

/**
 * The bundle of an entry file: from the cache, when every file that went into the last one is as it was.
 *
 * @param entry absolute path of an existing file
 */
export function bundle(esbuild: Esbuild, entry: string, bundling: BundlingOptions, defaultTarget: string): Bundle {
  const options = esbuildOptions(entry, bundling, defaultTarget);
  const recordPath = join(cacheDirectory('bundles'), `${sha256(JSON.stringify([4, esbuild.identity, options])).slice(0, 32)}.json`);

  const record = readJson<BundleRecord>(recordPath);
  if (record && isCurrent(record)) {
    const directory = outputDirectory(record.hash);
    if (hashOfDirectory(directory) === record.hash) { return { directory, ...ofBundle(record) }; }
  }

  const made = esbuild.bundle(options);
  const hash = hashOf(made.files.map(file => [file.name, sha256(file.contents)]));
  const unzippedBytes = made.files.reduce((sum, file) => sum + file.contents.byteLength, 0);
  const directory = outputDirectory(hash);
  publish(directory, temporary => {
    // Set, because a new folder is closed to others and new files follow the umask: Lambda's user must read both.
    chmodSync(temporary, 0o755);
    for (const file of made.files) {
      writeFileSync(join(temporary, file.name), file.contents);
      chmodSync(join(temporary, file.name), 0o644);
    }
  }, existing => hashOfDirectory(existing) === hash);
  const inputs = made.inputs.map(input => resolve(options.absWorkingDir, input));
  const bundled = ofBundle({ ...made, hash, unzippedBytes });
  writeAtomically(recordPath, JSON.stringify({ ...bundled, ...fingerprints(inputs, options) } satisfies BundleRecord));
  return { directory, ...bundled };
}

const ofBundle = ({ hash, unzippedBytes, warnings, exports }: Omit<Bundle, 'directory'>) => ({ hash, unzippedBytes, warnings, exports });

function esbuildOptions(entry: string, bundling: BundlingOptions, defaultTarget: string): EsbuildOptions {
  // Paths in messages and source maps are relative to the package of the entry, so that they are the same everywhere.
  const absWorkingDir = realpathSync(nearestWith(dirname(entry), 'package.json') ?? dirname(entry));
  const sourceMap = bundling.sourceMap ?? SourceMapMode.LINKED;
  const esm = bundling.format === ModuleFormat.ESM;
  const banner = bundling.banner ?? '';
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
    define: { ...esm ? ESM_DEFINE : {}, ...bundling.define },
    loader: bundling.loader ?? {},
    alias: bundling.alias ?? {},
    banner: [esm ? esmBanner(banner) : '', banner].filter(Boolean).join('\n'),
    footer: bundling.footer ?? '',
    mainFields: bundling.mainFields ?? (esm ? ['module', 'main'] : []),
    // esbuild leaves its own condition out when others are given.
    conditions: bundling.conditions ? ['module', ...bundling.conditions] : [],
    nodePaths: (process.env.NODE_PATH ?? '').split(delimiter).filter(Boolean).map(path => resolve(path)),
    ...bundling.tsconfig ? { tsconfig: resolve(bundling.tsconfig) } : {},
  };
}

/**
 * CommonJS packages bundled into an ES module still call `require('fs')` and name `__dirname`. Names of our own stand for
 * the latter two, since ES modules often declare these themselves; a `require` that is declared is renamed by esbuild.
 */
const ESM_DEFINE = { __filename: '__hybridFilename', __dirname: '__hybridDirname' };

function esmBanner(banner: string): string {
  return [
    'import { createRequire as __hybridCreateRequire } from \'node:module\';',
    'import { dirname as __hybridDirnameOf } from \'node:path\';',
    'import { fileURLToPath as __hybridFileURLToPath } from \'node:url\';',
    // The user's banner often declares it, and esbuild does not read banners.
    .../\brequire\s*=/.test(banner) ? [] : ['const require = __hybridCreateRequire(import.meta.url);'],
    'const __hybridFilename = __hybridFileURLToPath(import.meta.url);',
    'const __hybridDirname = __hybridDirnameOf(__hybridFilename);',
  ].join(' ');
}

function fingerprints(inputs: string[], { absWorkingDir, tsconfig }: EsbuildOptions): Pick<BundleRecord, 'files' | 'listings'> {
  const folders = [...new Set(inputs.map(input => dirname(input)))];
  const own = folders.filter(folder => !isInPackage(folder));
  const above = [...new Set(own.flatMap(ancestors))];
  const settings = above.flatMap(folder => SETTINGS.map(name => join(folder, name)));
  const tsconfigs = new Set<string>();
  for (const path of [...above.flatMap(folder => TSCONFIGS.map(name => join(folder, name))), ...tsconfig ? [tsconfig] : []]) {
    tsconfigChain(path, tsconfigs);
  }
  const files = [...new Set([...inputs, ...settings, ...tsconfigs, ...manifests(folders.filter(isInPackage))])];
  // A file `x.ts` that comes beside the folder `x` wins over `x/index.ts`.
  const listed = [...new Set(own.flatMap(folder => folder === absWorkingDir ? [folder] : [folder, dirname(folder)]))];
  return {
    files: Object.fromEntries(files.map(path => [path, fingerprintFile(path)])),
    listings: Object.fromEntries(listed.map(path => [path, fingerprintListing(path)])),
  };
}

const isInPackage = (folder: string) => `${folder}${sep}`.includes(`${sep}node_modules${sep}`);

/** The package.json files of installed packages: which file is the main one may change without a lock file. */
function manifests(folders: string[]): string[] {
  const seen = new Set<string>();
  for (let folder of folders) {
    for (; basename(folder) !== 'node_modules' && !seen.has(folder); folder = dirname(folder)) { seen.add(folder); }
  }
  return [...seen].map(folder => join(folder, 'package.json')).filter(fileAt);
}

function isCurrent(record: BundleRecord): boolean {
  return Object.entries(record.files).every(([path, fingerprint]) => fingerprintFile(path) === fingerprint)
    && Object.entries(record.listings).every(([path, fingerprint]) => fingerprintListing(path) === fingerprint);
}

const outputDirectory = (hash: string) => join(cacheDirectory('bundles'), hash);

function hashOf(files: [name: string, contentHash: string][]): string {
  return sha256(JSON.stringify(files.sort()));
}

function hashOfDirectory(directory: string): string | undefined {
  try {
    return hashOf(readdirSync(directory).map(name => [name, fingerprintFile(join(directory, name))]));
  } catch {
    return undefined;
  }
}
