/** Defines a bootstrap as a child process: started in its own process group, its output read line by line. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Exit } from '../core/exit';

export type LogSource = 'stdout' | 'stderr' | 'platform';

export interface BootstrapCommand {
  /** The executable and its arguments. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
  /** Whether a socket between the host and the bootstrap is opened with it, at CHANNEL_DESCRIPTOR. @default false */
  readonly channel?: boolean;
}

/** Where the bootstrap finds the socket. */
export const CHANNEL_DESCRIPTOR = 3;

export interface ProcessExit extends Exit {
  /** Why it could not be started at all. */
  readonly startError?: Error;
}

/** A longer line is cut, as CloudWatch Logs cuts an event. */
const MAX_LINE = 256 * 1024;
/** How long what the process started may outlive it: a shell that got SIGTERM is gone before the engine that it ran. */
const LEFT_BEHIND_MS = 500;

/** What still runs, so that nothing outlives the host. */
const running = new Set<BootstrapProcess>();
const killAll = (): void => running.forEach((child) => child.kill('SIGKILL'));

export class BootstrapProcess {
  /** Settles when the process is gone and its last output has been read. */
  readonly exited: Promise<ProcessExit>;
  private readonly child: ChildProcess;

  constructor(command: BootstrapCommand, onLine: (line: string, source: LogSource) => void) {
    if (running.size === 0) process.on('exit', killAll);
    running.add(this);
    const [file, ...args] = command.argv;
    this.child = spawn(file, args, {
      cwd: command.cwd,
      env: command.env,
      stdio: ['ignore', 'pipe', 'pipe', ...(command.channel ? ['pipe' as const] : [])],
      // Its own group: Ctrl-C in the terminal reaches the host alone, and a shell that loops over an engine goes with all it started.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    readLines(this.child.stdout!, (line) => onLine(line, 'stdout'));
    readLines(this.child.stderr!, (line) => onLine(line, 'stderr'));
    this.exited = this.watch();
  }

  /** The host's end of the socket. */
  get channel(): Socket | undefined {
    return this.child.stdio[CHANNEL_DESCRIPTOR] as Socket | undefined;
  }

  /** The process and everything it started, as far as it is still there. */
  kill(signal: NodeJS.Signals): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    try {
      if (process.platform === 'win32') this.child.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // gone already
    }
  }

  private watch(): Promise<ProcessExit> {
    return new Promise((resolve) => {
      const done = (exit: ProcessExit): void => {
        running.delete(this);
        if (running.size === 0) process.off('exit', killAll);
        resolve(exit);
      };
      this.child.once('error', (startError) => {
        if (this.child.pid === undefined) done({ code: null, signal: null, startError });
      });
      this.child.once('exit', (code, signal) => {
        const timer = setTimeout(() => {
          this.kill('SIGKILL');
          this.child.stdout?.destroy();
          this.child.stderr?.destroy();
          this.channel?.destroy();
        }, LEFT_BEHIND_MS);
        this.child.once('close', () => {
          clearTimeout(timer);
          this.kill('SIGKILL');
          done({ code, signal });
        });
      });
    });
  }
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop()!;
    lines.forEach((line) => onLine(line.endsWith('\r') ? line.slice(0, -1) : line));
    while (rest.length > MAX_LINE) {
      onLine(rest.slice(0, MAX_LINE));
      rest = rest.slice(MAX_LINE);
    }
  });
  stream.on('close', () => {
    rest += decoder.end();
    if (rest) onLine(rest);
    rest = '';
  });
}
