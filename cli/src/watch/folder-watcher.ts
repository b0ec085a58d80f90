/** Defines watching a project's folder: what of it counts, and what of that has other contents than before. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, watch, type FSWatcher } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { CliError } from '../errors';

/** What is installed or made, and changes with every synthesis; folders whose name begins with a dot belong to tools. */
const IGNORED_FOLDERS = /^(\..*|node_modules|cdk\.out.*|__pycache__|coverage)$/;
/** What editors leave for a moment, and logs. */
const IGNORED_FILES = /(~|\.(swp|swx|tmp|log|pyc))$|^(4913|\.#.*|\.DS_Store)$/;
/** The contents of larger files are not compared. */
const MAX_COMPARED_BYTES = 10 * 1024 * 1024;

/**
 * Node.js itself can watch recursively, but on Linux it then watches every single file, those of node_modules as well: each folder
 * that counts has a watcher of its own here.
 */
export class FolderWatcher {
  private readonly folders = new Map<string, FSWatcher>();
  /** What a file held when it was last seen to change: a synthesis that writes it again as it was starts no other one. */
  private readonly contents = new Map<string, string>();

  /** @param ignored a folder that does not count, whatever its name */
  constructor(private readonly root: string, private readonly ignored: string, private readonly onChange: (path: string) => void) {
    this.add(resolve(root));
  }

  close(): void {
    for (const watcher of this.folders.values()) watcher.close();
    this.folders.clear();
  }

  private add(folder: string): void {
    if (this.folders.has(folder) || folder === resolve(this.ignored)) return;
    try {
      const watcher = watch(folder, (_event, name) => this.notice(folder, name));
      // The folder is gone, which the one above tells as well.
      watcher.on('error', () => this.remove(folder));
      this.folders.set(folder, watcher);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'EACCES') return;
      this.close();
      throw new CliError('WATCH', `cannot watch ${folder}: ${message}`);
    }
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !IGNORED_FOLDERS.test(entry.name)) this.add(join(folder, entry.name));
    }
  }

  private remove(folder: string): void {
    this.folders.get(folder)?.close();
    this.folders.delete(folder);
  }

  private notice(folder: string, name: string | null): void {
    if (name === null) return this.onChange(relative(this.root, folder) || '.');
    const path = join(folder, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory() ?? this.folders.has(path)) {
      if (IGNORED_FOLDERS.test(name) || path === resolve(this.ignored)) return;
      const known = this.folders.has(path);
      if (stats && known) return;
      if (stats) this.add(path);
      else this.remove(path);
    } else if (IGNORED_FILES.test(name) || this.isAsBefore(path, stats?.size)) {
      return;
    }
    this.onChange(relative(this.root, path));
  }

  private isAsBefore(path: string, size: number | undefined): boolean {
    const content = contentOf(path, size);
    const before = this.contents.get(path);
    this.contents.set(path, content);
    return before === content;
  }
}

function contentOf(path: string, size: number | undefined): string {
  if (size === undefined) return 'gone';
  try {
    return size > MAX_COMPARED_BYTES ? `${size} ${Date.now()}` : createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return 'gone';
  }
}
