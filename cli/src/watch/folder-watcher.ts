/** Defines watching a project's folder: what of it counts, and what of that has other contents than before. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, watch, type FSWatcher, type Stats } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
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
  private readonly folders = new Map<string, { watcher: FSWatcher; identity: string }>();
  /** Where something has happened. */
  private readonly touched = new Set<string>();
  /** What was there when it was last looked at. */
  private readonly contents = new Map<string, string>();

  /**
   * @param ignored a folder that does not count, whatever its name
   * @param onEvent called when something has happened to a path
   */
  constructor(private readonly root: string, private readonly ignored: string, private readonly onEvent: (path: string) => void) {
    this.add(resolve(root));
  }

  /**
   * What is different from what `changes` found before. Files that were removed, or cut off, and are as they were have not changed:
   * a synthesis that makes a folder anew does not start the next one.
   */
  changes(): string[] {
    const changed = [...this.touched].filter((path) => {
      const content = contentOf(path);
      const before = this.contents.get(path);
      this.contents.set(path, content);
      return before !== content;
    });
    this.touched.clear();
    return changed.map((path) => relative(this.root, path) || '.');
  }

  close(): void {
    for (const { watcher } of this.folders.values()) watcher.close();
    this.folders.clear();
  }

  /** @param onEntry called for all that is in it */
  private add(folder: string, onEntry?: (path: string) => void): void {
    if (this.folders.has(folder) || folder === resolve(this.ignored)) return;
    try {
      const watcher = watch(folder, (_event, name) => this.notice(folder, name));
      // The folder is gone, which the one above tells as well.
      watcher.on('error', () => this.remove(folder));
      this.folders.set(folder, { watcher, identity: identityOf(lstatSync(folder)) });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'EACCES') return;
      this.close();
      throw new CliError('WATCH', `cannot watch ${folder}: ${message}`);
    }
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if ((entry.isDirectory() ? IGNORED_FOLDERS : IGNORED_FILES).test(entry.name)) continue;
      if (entry.isDirectory()) this.add(path, onEntry);
      onEntry?.(path);
    }
  }

  /** The folder, and all that were in it. */
  private remove(folder: string): void {
    for (const [path, { watcher }] of this.folders) {
      if (!`${path}${sep}`.startsWith(`${folder}${sep}`)) continue;
      watcher.close();
      this.folders.delete(path);
    }
  }

  private notice(folder: string, name: string | null): void {
    // The end of a folder is told under its own name, as if it were in itself.
    const ofItself = name === null || (name === basename(folder) && !existsSync(join(folder, name)));
    const path = ofItself ? folder : join(folder, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    const known = this.folders.get(path);
    if (stats?.isDirectory() ?? known) {
      if (IGNORED_FOLDERS.test(basename(path)) || path === resolve(this.ignored)) return;
      // What happens in a folder is told by its own watcher, unless that watches one of the same name that is gone.
      if (stats && known?.identity === identityOf(stats)) return;
      this.remove(path);
      if (stats) this.add(path, (entry) => this.touched.add(entry));
    } else if (IGNORED_FILES.test(basename(path))) {
      return;
    }
    this.touched.add(path);
    this.onEvent(relative(this.root, path) || '.');
  }
}

/** File systems give the number of what was removed to what comes next. */
function identityOf({ ino, birthtimeMs }: Stats): string {
  return `${ino} ${birthtimeMs}`;
}

function contentOf(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return 'gone';
  if (!stats.isFile()) return 'no file';
  try {
    return stats.size > MAX_COMPARED_BYTES ? `${stats.size} ${stats.mtimeMs}` : createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return 'unreadable';
  }
}
