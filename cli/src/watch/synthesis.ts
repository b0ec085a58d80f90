/** Defines the synthesis of the app by the user's own command, which writes the cloud assembly anew. */
import { spawn, type ChildProcess } from 'node:child_process';
import { CliError } from '../errors';

export class Synthesis {
  private child?: ChildProcess;

  constructor(private readonly command: string) {}

  /** Runs the command; what it writes goes to stderr. */
  async run(): Promise<void> {
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
