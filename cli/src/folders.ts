/** Defines the folders that a function runs in on this machine: its code (`/var/task`) and its layers (`/opt`). */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Assembly, Asset } from './assembly';
import { cached } from './cache';
import { CliError, tell } from './errors';
import { codeOf, layersOf, type LambdaFunction } from './functions';
import { unzip } from './unzip';

export interface Folders {
  readonly taskRoot: string;
  /** undefined when the function has no layers. */
  readonly optDir?: string;
}

export async function foldersOf(of: LambdaFunction, assembly: Assembly): Promise<Folders> {
  const code = codeOf(of);
  const { assets, foreign } = layersOf(of, assembly);
  for (const layer of foreign) tell(`${of.name}: the layer ${layer} is not in the assembly and is left out`);
  return {
    taskRoot: 'inline' in code ? await inlineFolder(code.inline) : await codeFolder(code.asset, of.name),
    optDir: await optFolder(assets, of.name),
  };
}

interface Folder {
  readonly path: string;
  /** Changes with the contents. */
  key(): string;
}

/** Code runs outside the project, whose package.json and node_modules Node.js would find from cdk.out: on Lambda they are not there. */
async function codeFolder(asset: Asset, who: string): Promise<string> {
  const { path, key } = await folderOf(asset, who);
  if (path !== asset.path) return path;
  const copy = createHash('sha256').update(`${path} ${key()}`).digest('hex');
  return cached('code', copy, (directory) => cp(path, directory, { recursive: true, force: true, verbatimSymlinks: true }));
}

/** A folder of the assembly as it is; an archive unpacked. */
async function folderOf(asset: Asset, who: string): Promise<Folder> {
  const stats = statSync(asset.path, { throwIfNoEntry: false });
  if (!stats) throw new CliError('ASSET_MISSING', `${who}: the asset ${asset.path} does not exist`);
  if (stats.isDirectory()) return { path: asset.path, key: () => fingerprint(asset.path) };
  const key = await hashFile(asset.path);
  return { path: await cached('unpacked', key, (directory) => unzip(asset.path, directory)), key: () => key };
}

/** Several layers become one folder: what a later layer holds wins, as on Lambda. */
async function optFolder(assets: readonly Asset[], who: string): Promise<string | undefined> {
  const folders: Folder[] = [];
  for (const asset of assets) folders.push(await folderOf(asset, who));
  if (folders.length <= 1) return folders[0]?.path;
  const key = createHash('sha256').update(folders.map((folder) => `${folder.path} ${folder.key()}`).join('\n')).digest('hex');
  return cached('layers', key, async (directory) => {
    for (const { path } of folders) await cp(path, directory, { recursive: true, force: true, verbatimSymlinks: true });
  });
}

/** Lambda stores inline code as index.js for Node.js. */
function inlineFolder(source: string): Promise<string> {
  const key = createHash('sha256').update(source).digest('hex');
  return cached('inline', key, async (directory) => writeFileSync(join(directory, 'index.js'), source));
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Names, sizes, modes and times: cheap, and enough to notice that a folder of the assembly was written again. */
function fingerprint(directory: string): string {
  const hash = createHash('sha256');
  const names = existsSync(directory) ? readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort() : [];
  for (const name of names) {
    const { size, mode, mtimeMs } = statSync(join(directory, name), { throwIfNoEntry: false }) ?? { size: 0, mode: 0, mtimeMs: 0 };
    hash.update(`${name}\0${size}\0${mode}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}
