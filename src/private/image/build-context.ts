/** Composes a build context: files from here and there, each at its place, with a fingerprint that is known before anything is written. */
import { chmodSync, constants, copyFileSync, lstatSync, mkdirSync, readdirSync, readlinkSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, posix, relative, resolve, sep } from 'node:path';
import type { IConstruct } from 'constructs';
import { contextFiles } from './context-files';
import type { AdditionalFile } from '../../model/handler-runtime';
import { problem } from '../errors';
import { fingerprintFile, sha256 } from '../files/file-fingerprints';
import { hasRunBit } from '../files/run-bit';

/** What is at one path; `owner` says in messages whose it is. */
type Entry = { readonly owner: string } & (
  { readonly kind: 'file'; readonly source: string; readonly executable: boolean }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'folder' });

/** How a folder is taken: files are left out, links that lead out of it are followed. */
interface FolderOptions {
  readonly owner: string;
  /** @param path absolute, as if no link were followed */
  readonly isLeftOut?: (path: string, isFolder: boolean) => boolean;
  /** Told of what a link points to that cannot be taken. */
  readonly checkTarget?: (link: string, target: string | undefined) => void;
}

export class BuildContext {
  private readonly entries = new Map<string, Entry>();
  /** All folders above entries, and who needed them first. */
  private readonly folders = new Map<string, string>();

  /** @param scope the construct that errors name */
  constructor(private readonly scope: IConstruct) {}

  public addText(path: string, text: string, owner: string): void {
    this.add(path, { kind: 'text', text, owner });
  }

  public addFile(path: string, source: string, owner: string): void {
    this.add(path, { kind: 'file', source, executable: hasRunBit(statSync(source)), owner });
  }

  /** A build context of the user's own, as the container engine would take it: links stay links. */
  public addContext(context: string, dockerfile: string | undefined, leftOut: string[], owner: string): void {
    for (const { path, absolute, stats } of contextFiles(context, dockerfile, leftOut)) {
      // It has done its work; the engine would apply it again, to all that comes from elsewhere.
      if (path === '.dockerignore' || path === `${dockerfile}.dockerignore`) { continue; }
      if (stats.isSymbolicLink()) {
        this.add(path, { kind: 'link', target: readlinkSync(absolute), owner });
      } else if (stats.isFile()) {
        this.addFile(path, absolute, owner);
      } else if (stats.isDirectory()) {
        this.add(path, { kind: 'folder', owner });
      }
    }
  }

  /**
   * The Dockerfile of a user's own container, from the project or the user's build context.
   *
   * @param given what the user wrote
   */
  public addDockerfile(path: string, source: string, given: string, context: string): void {
    const target = realpathSync(source);
    if (![process.cwd(), context].some(folder => isInside(folder, source) && isInside(realpathSync(folder), target))) {
      const shown = target === source ? given : `${given}, a link to ${target}`;
      throw problem(this.scope, 'IMAGE_FILE_OUTSIDE', { property: 'dockerfile', given: shown, accepted: `a Dockerfile inside ${process.cwd()}` });
    }
    this.addFile(path, source, 'the Dockerfile');
  }

  /** A file or folder of the project, which it may not lead out of. */
  public addAdditionalFile({ source, destination }: AdditionalFile): void {
    const refuse = (code: 'IMAGE_FILE_NOT_FOUND' | 'IMAGE_FILE_OUTSIDE', given: string, accepted: string) =>
      problem(this.scope, code, { property: 'additionalFiles', given, accepted });
    const project = realpathSync(process.cwd());
    const absolute = resolve(source);
    if (!isInside(process.cwd(), absolute)) {
      throw refuse('IMAGE_FILE_OUTSIDE', source, `a source inside ${process.cwd()}`);
    }
    const checkTarget = (link: string, target: string | undefined) => {
      if (target === undefined) { throw refuse('IMAGE_FILE_NOT_FOUND', `${relative(process.cwd(), link)}, a link to nothing`, 'a source that exists'); }
      if (!isInside(project, target)) { throw refuse('IMAGE_FILE_OUTSIDE', `${relative(process.cwd(), link)}, a link to ${target}`, `a source inside ${process.cwd()}`); }
    };
    const found = realPath(absolute);
    if (!found && !lstatSync(absolute, { throwIfNoEntry: false })) {
      throw refuse('IMAGE_FILE_NOT_FOUND', source, `a source that exists (looked for ${absolute})`);
    }
    checkTarget(absolute, found);

    const path = this.destination(source, destination);
    const stats = statSync(found!);
    if (stats.isFile()) { return this.addFile(path, found!, source); }
    if (!stats.isDirectory()) { throw refuse('IMAGE_FILE_NOT_FOUND', `${source}, neither a file nor a folder`, 'a source that is a file or a folder'); }
    this.addFolder(path, found!, { owner: source, checkTarget });
  }

  /** All of a folder. Links inside of it stay links, unless what they point to is not in it: then that is taken. */
  public addFolder(path: string, folder: string, options: FolderOptions): void {
    // `root` is the folder, or what a link out of it led to.
    const visit = (root: string, real: string, logical: string, prefix: string, above: readonly string[]) => {
      if (prefix) { this.add(prefix, { kind: 'folder', owner: options.owner }); }
      for (const name of readdirSync(real).sort()) {
        const [source, shown, destination] = [join(real, name), join(logical, name), posix.join(prefix, name)];
        const stats = lstatSync(source);
        const isLink = stats.isSymbolicLink();
        const target = isLink ? realPath(source) : source;
        if (options.isLeftOut?.(shown, stats.isDirectory())) { continue; }
        if (isLink && staysInside(root, source, readlinkSync(source))) {
          this.add(destination, { kind: 'link', target: readlinkSync(source).split(sep).join('/'), owner: options.owner });
          continue;
        }
        if (isLink) { options.checkTarget?.(shown, target); }
        const found = target === undefined ? undefined : statSync(target);
        if (found?.isFile()) { this.addFile(destination, target!, options.owner); }
        // A link to a folder that it is in itself has no end.
        if (found?.isDirectory() && !above.includes(target!)) { visit(isLink ? target! : root, target!, shown, destination, [...above, target!]); }
      }
    };
    const real = realpathSync(folder);
    visit(real, real, folder, path, [real]);
  }

  /** Over names, run bits, links and contents. */
  public fingerprint(): string {
    const lines = [...this.entries].map(([path, entry]) => {
      switch (entry.kind) {
        case 'file': return `${path}\0${entry.executable ? '*' : ''}${fingerprintFile(entry.source)}`;
        case 'text': return `${path}\0${sha256(entry.text)}`;
        case 'link': return `${path}\0-> ${entry.target}`;
        case 'folder': return `${path}/`;
      }
    });
    return sha256(lines.sort().join('\n'));
  }

  /** Writes it into an existing folder, for everybody to read whatever the umask is: the user of the container is another one. */
  public write(directory: string): void {
    this.writeFolders(directory);
    for (const [path, entry] of this.entries) {
      const destination = join(directory, path);
      if (entry.kind === 'link') { symlinkSync(entry.target, destination); }
      if (entry.kind === 'text') { writeFileSync(destination, entry.text); }
      if (entry.kind === 'file') { copyFileSync(entry.source, destination, constants.COPYFILE_FICLONE); }
      if (entry.kind === 'text' || entry.kind === 'file') { chmodSync(destination, entry.kind === 'file' && entry.executable ? 0o755 : 0o644); }
    }
  }

  /** Makes the folders, or mends their modes in a copy. */
  public writeFolders(directory: string): void {
    const empty = [...this.entries].filter(([, { kind }]) => kind === 'folder').map(([path]) => path);
    for (const path of [...this.folders.keys(), ...empty].sort()) {
      mkdirSync(join(directory, path), { recursive: true });
      chmodSync(join(directory, path), 0o755);
    }
  }

  private add(path: string, entry: Entry): void {
    const above = foldersAbove(path);
    const clash = entry.kind === 'folder' ? this.fileAt(path) : this.entries.get(path)?.owner ?? this.folders.get(path);
    const taken = clash ?? above.map(folder => this.fileAt(folder)).find(owner => owner !== undefined);
    if (taken !== undefined) {
      throw problem(this.scope, 'IMAGE_FILE_COLLISION', { property: 'additionalFiles', given: `${entry.owner} at ${path}`, accepted: `destinations that are free (that one belongs to ${taken})` });
    }
    for (const folder of above) { if (!this.folders.has(folder)) { this.folders.set(folder, entry.owner); } }
    if (entry.kind !== 'folder' || !this.entries.has(path)) { this.entries.set(path, entry); }
  }

  /** Whose file or link is at a path. */
  private fileAt(path: string): string | undefined {
    const entry = this.entries.get(path);
    return entry && entry.kind !== 'folder' ? entry.owner : undefined;
  }

  private destination(source: string, destination: string): string {
    const slashes = destination.replace(/\\/g, '/');
    const path = posix.normalize(/(^|\/)\.?$/.test(slashes) ? posix.join(slashes, basename(source)) : slashes);
    if (!destination || posix.isAbsolute(slashes) || /^[A-Za-z]:/.test(slashes) || path === '..' || path.startsWith('../')) {
      throw problem(this.scope, 'IMAGE_FILE_OUTSIDE', { property: 'additionalFiles', given: destination, accepted: 'a destination inside the build context, as a relative path', mend: `give '${source}' a destination such as '${basename(source)}'` });
    }
    return path;
  }
}

function foldersAbove(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === '.' ? [] : [...foldersAbove(parent), parent];
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Whether a link leads to a place in the folder, wherever the folder is. */
function staysInside(folder: string, link: string, target: string): boolean {
  return !isAbsolute(target) && isInside(folder, resolve(dirname(link), target));
}
