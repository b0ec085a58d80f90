/** Defines --watch: the project is watched, the app is synthesized again, and whoever runs it is given each new cloud assembly. */
import { unwatchFile, watchFile } from 'node:fs';
import { join, resolve } from 'node:path';
import { FolderWatcher } from './folder-watcher';
import type { Synthesis } from './synthesis';
import { readAssembly, type Assembly } from '../assembly';
import { tell } from '../errors';

/** Editors and version control change several files at once. */
const QUIET_MS = 100;
/** How often the assembly is looked at: another program may remove and write it as it likes. */
const LOOK_MS = 300;

export interface WatchOptions {
  /** The project. */
  readonly directory: string;
  /** The cloud assembly. */
  readonly app: string;
  /** Without it only the assembly is watched: somebody else (`cdk watch`) synthesizes. */
  readonly synthesis?: Synthesis;
  /** Called with one assembly at a time. */
  readonly onAssembly: (assembly: Assembly) => Promise<void>;
}

export class Watch {
  private readonly folder?: FolderWatcher;
  private readonly manifest: string;
  private timer?: NodeJS.Timeout;
  private changed?: string;
  private awake = false;
  private running?: Promise<void>;
  private closed = false;

  constructor(private readonly options: WatchOptions) {
    this.manifest = join(resolve(options.app), 'manifest.json');
    if (options.synthesis) this.folder = new FolderWatcher(options.directory, options.app, (path) => this.wake(path));
    watchFile(this.manifest, { interval: LOOK_MS }, this.look);
  }

  private readonly look = (): void => this.wake();

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    this.folder?.close();
    unwatchFile(this.manifest, this.look);
    this.options.synthesis?.stop();
    await this.running;
  }

  /** @param changed a file of the project; without one the assembly itself has been written */
  private wake(changed?: string): void {
    this.changed = changed ?? this.changed;
    this.awake = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.running ??= this.run().finally(() => { this.running = undefined; }); }, QUIET_MS);
  }

  /** One at a time: what changes meanwhile makes another round. */
  private async run(): Promise<void> {
    while (this.awake && !this.closed) {
      const { changed } = this;
      this.awake = false;
      this.changed = undefined;
      try {
        if (changed !== undefined) {
          tell(`${changed} has changed: the app is synthesized`);
          await this.options.synthesis!.run();
        }
        await this.options.onAssembly(readAssembly(this.options.app));
      } catch (error) {
        if (!this.closed) tell(`${(error as Error).message}; what runs goes on as it is`);
      }
    }
  }
}
