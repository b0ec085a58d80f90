/** Defines the synthesis of the app by the user's own command, which writes the cloud assembly anew. */
import { spawn, type ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, tell } from '../errors';

export class Synthesis {
  private child?: ChildProcess;

  /** @param app the cloud assembly that the command is to write */
  constructor(private readonly command: string, private readonly app: string) {}

  /** Runs the command; what it writes goes to stderr. */
  async run(): Promise<void> {
    const before = this.written();
    await this.runCommand();
    // Where there is no assembly at all, whoever reads it says so.
    if (before !== undefined && this.written() === before) {
      tell(`'${this.command}' succeeded, but has not written ${this.app}, which goes on as it is; name the folder that it writes with --app, or let it write that one`);
    }
  }

  /** Changes when the assembly is written, even with the same contents. */
  private written(): string | undefined {
    const stats = statSync(join(this.app, 'manifest.json'), { bigint: true, throwIfNoEntry: false });
    return stats && `${stats.ino} ${stats.mtimeNs} ${stats.ctimeNs}`;
  }

  private async runCommand(): Promise<void> {
    const posix = process.platform !== 'win32';
    // A group of its own, so that it ends with all that it has started.
    const child = spawn(this.command, { shell: true, stdio: ['ignore', 2, 2], detached: posix, windowsHide: true });
    this.child = child;
    process.on('exit', this.stop);
    try {
      const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve));
      if (code !== 0) throw new CliError('SYNTH', `'${this.command}' failed with exit code ${code}`);
    } finally {
      process.off('exit', this.stop);
      this.child = undefined;
    }
  }

  readonly stop = (): void => {
    const pid = this.child?.pid;
    if (pid === undefined) return;
    try {
      if (process.platform === 'win32') process.kill(pid);
      else process.kill(-pid, 'SIGTERM');
    } catch {
      // gone already
    }
  };
}
