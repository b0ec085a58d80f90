/** The files of a layer: how they are normalized, checked, hashed and written. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { elfMachine } from './elf-symbols';
import { BuildFailure } from './failure';
import { ZipData, writeZip, zipData } from './zip';

/** 250 MB, as AWS counts it. Source: "Lambda quotas", deployment package (.zip), in the AWS Lambda Developer Guide. */
const MAX_UNZIPPED_BYTES = 262_144_000;

const PROGRAM = 0o100755;
const FILE = 0o100644;
const LINK = 0o120777;
const FOLDER = 0o040755;

/** One file, link or empty folder of `/opt`. */
export interface LayerFile {
  /** Relative to `/opt`, with `/` between names. */
  readonly path: string;
  /** With the type of file, normalized: what can be executed is 0755, all else 0644. */
  readonly mode: number;
  readonly size: number;
  readonly sha256: string;
  /** As the zip archive stores it. */
  readonly data: ZipData;
  /** The machine of an ELF file. */
  readonly machine?: string;
  /** What a link points to. */
  readonly target?: string;
}

/** What is known of a built layer without opening its zip archive. */
export interface LayerManifest {
  /** Over names, modes and contents: the same wherever and however the layer was built. */
  readonly contentHash: string;
  readonly unzippedBytes: number;
  readonly zipBytes: number;
}

/** Whether anybody may execute a file of this mode. */
export function isExecutable(mode: number): boolean {
  return (mode & 0o111) !== 0; // eslint-disable-line no-bitwise -- a mode is a set of bits
}

export async function regularFile(path: string, content: Buffer, executable: boolean, onProgress?: (done: number) => void): Promise<LayerFile> {
  return {
    path,
    mode: executable ? PROGRAM : FILE,
    size: content.length,
    sha256: sha256(content),
    data: await zipData(content, onProgress),
    machine: elfMachine(content),
  };
}

export async function symbolicLink(path: string, target: string): Promise<LayerFile> {
  const content = Buffer.from(target);
  return { path, mode: LINK, size: content.length, sha256: sha256(content), data: await zipData(content), target };
}

export async function emptyFolder(path: string): Promise<LayerFile> {
  return { path: `${path}/`, mode: FOLDER, size: 0, sha256: sha256(''), data: await zipData(Buffer.alloc(0)) };
}

/**
 * Checks the files as Lambda would, and writes `layer.zip` and `manifest.json`.
 *
 * @param isRuntime whether the Lambda service starts the `bootstrap` of this layer
 */
export function writeLayer(directory: string, files: readonly LayerFile[], architecture: string, isRuntime = true): LayerManifest {
  if (isRuntime) { checkBootstrap(files, architecture); }
  const unzippedBytes = files.reduce((sum, file) => sum + file.size, 0);
  if (unzippedBytes > MAX_UNZIPPED_BYTES) {
    throw new BuildFailure('LAYER_TOO_LARGE', 'layer', `${unzippedBytes} bytes (${largest(files)})`, `at most ${MAX_UNZIPPED_BYTES} bytes unzipped`);
  }
  const { bytes } = writeZip(join(directory, 'layer.zip'), files);
  const manifest: LayerManifest = { contentHash: contentHash(files), unzippedBytes, zipBytes: bytes };
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify(manifest));
  return manifest;
}

export function contentHash(files: readonly LayerFile[]): string {
  const lines = files.map(file => `${file.path}\0${file.mode.toString(8)}\0${file.sha256}\n`);
  return sha256(lines.sort().join(''));
}

/** The Lambda service starts `/opt/bootstrap`: it must be there, be executable and be made for the architecture. */
function checkBootstrap(files: readonly LayerFile[], architecture: string): void {
  const byPath = new Map(files.map(file => [file.path, file]));
  const bootstrap = followLinks(byPath, 'bootstrap');
  if (!bootstrap) {
    const given = files.some(file => file.path.startsWith('bootstrap/')) ? 'a directory' : `nothing of that name among ${files.length} files`;
    throw new BuildFailure('LAYER_BOOTSTRAP', 'bootstrap', given, 'an executable file at the root of the layer');
  }
  if (!isExecutable(bootstrap.mode)) {
    throw new BuildFailure('BOOTSTRAP_NOT_EXECUTABLE', 'bootstrap', 'a file without run bit', 'an executable file at the root of the layer');
  }
  for (const file of files) {
    const started = file === bootstrap || /^(bin|extensions)\/[^/]+$/.test(file.path);
    if (started && file.machine && file.machine !== architecture) {
      throw new BuildFailure('LAYER_ARCHITECTURE', 'architecture', `'${file.path}' for ${file.machine}`, `the one that the layer's executables are made for, here ${architecture}`);
    }
  }
}

function followLinks(files: Map<string, LayerFile>, path: string): LayerFile | undefined {
  for (let steps = 0; steps < 40; steps++) {
    const file = files.get(path);
    if (file?.target === undefined) { return file; }
    path = file.target.startsWith('/opt/') ? file.target.slice('/opt/'.length) : posix.join(dirname(path), file.target);
  }
  return undefined;
}

const largest = (files: readonly LayerFile[]) => [...files].sort((a, b) => b.size - a.size).slice(0, 3)
  .map(file => `${file.path} ${file.size}`).join(', ');

export function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}
