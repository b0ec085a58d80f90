/** Defines --watch: the project is watched, the app is synthesized again, and whoever runs it is given each new cloud assembly. */
import { unwatchFile, watchFile } from 'node:fs';
import { join, resolve } from 'node:path';
import { FolderWatcher } from './folder-watcher';
import { Synthesis } from './synthesis';
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
  /** What synthesizes the app. Without it only the assembly is watched: somebody else (`cdk watch`) synthesizes. */
  readonly synth?: string;
}

export class Watch {
  private readonly synthesis?: Synthesis;
  private readonly folder?: FolderWatcher;
  private readonly manifest: string;
  /** Called with one assembly at a time. */
  private onAssembly?: (assembly: Assembly) => Promise<void>;
  private timer?: NodeJS.Timeout;
  private awake = false;
  private running?: Promise<void>;
  private closed = false;

  /** What changes from now on is not missed, whenever it is followed. */
  constructor(private readonly options: WatchOptions) {
    const { app, directory, synth } = options;
    this.manifest = join(resolve(app), 'manifest.json');
    if (synth === undefined) return;
    this.synthesis = new Synthesis(synth, app);
    this.folder = new FolderWatcher(directory, app, this.wake);
  }

  /** The first synthesis. */
  async synthesize(): Promise<void> {
    await this.synthesis?.run();
  }

  follow(onAssembly: (assembly: Assembly) => Promise<void>): void {
    this.onAssembly = onAssembly;
    watchFile(this.manifest, { interval: LOOK_MS }, this.wake);
    if (this.awake) this.wake();
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    this.folder?.close();
    unwatchFile(this.manifest, this.wake);
    this.synthesis?.stop();
    await this.running;
  }

  private readonly wake = (): void => {
    this.awake = true;
    if (!this.onAssembly) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.running ??= this.run().finally(() => { this.running = undefined; }); }, QUIET_MS);
  };

  /** One at a time: what changes meanwhile makes another round. */
  private async run(): Promise<void> {
    while (this.awake && !this.closed) {
      this.awake = false;
      const [changed, ...others] = this.folder?.changes() ?? [];
      try {
        if (changed !== undefined) {
          tell(`${changed}${others.length > 0 ? ` and ${others.length} more` : ''} changed: the app is synthesized`);
          await this.synthesis!.run();
        }
        if (!this.closed) await this.onAssembly!(readAssembly(this.options.app));
      } catch (error) {
        if (!this.closed) tell(`${(error as Error).message}; what runs goes on as it is`);
      }
    }
  }
}
