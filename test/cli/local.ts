/** Runs `cdk-hybrid local` for a test, and waits for what it says. */
import { startCdkHybrid, type Where } from './command';

export interface Local {
  readonly url: string;
  /** Everything that it has written. */
  lines(): string;
  /** Waits until it has written this, after `from` characters. */
  said(what: RegExp, from?: number): Promise<RegExpExecArray>;
  /** Its exit code. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** @param args besides the port, which is any free one */
export async function serveLocally(where: Where, body: (local: Local) => Promise<void>, args: readonly string[] = []): Promise<void> {
  const child = startCdkHybrid(['local', '--port', '0', ...args], where);
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  let text = '';
  const waiters = new Set<() => void>();
  const add = (chunk: Buffer): void => {
    text += chunk;
    waiters.forEach((waiter) => waiter());
  };
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  const said = (what: RegExp, from = 0): Promise<RegExpExecArray> => new Promise((resolve, reject) => {
    const waiter = (): void => {
      const match = what.exec(text.slice(from));
      if (!match) return;
      waiters.delete(waiter);
      resolve(match);
    };
    waiters.add(waiter);
    waiter();
    void closed.then(() => reject(new Error(`it ended without ${what}:\n${text}`)));
  });
  try {
    const [, url] = await said(/--endpoint-url (\S+)/);
    await body({
      url,
      lines: () => text,
      said,
      stop: (signal) => {
        child.kill(signal);
        return closed;
      },
    });
  } finally {
    // Its own end first: it ends what it has started.
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await closed;
    clearTimeout(timer);
  }
}
