/** Defines a file that a program reads when it starts: for this user alone, and gone as soon as it was read, or this program ends. */
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const written = new Set<PrivateFile>();
process.on('exit', () => written.forEach((file) => file.remove()));

export class PrivateFile {
  readonly path = join(tmpdir(), `cdk-hybrid-${randomBytes(16).toString('hex')}`);
  private version = 0;

  constructor(private readonly text: string) {}

  /** @returns what removes it, unless it was written again meanwhile */
  write(): () => void {
    this.remove();
    written.add(this);
    writeFileSync(this.path, this.text, { mode: 0o600, flag: 'wx' });
    const version = ++this.version;
    return () => { if (version === this.version) this.remove(); };
  }

  remove(): void {
    if (written.delete(this)) rmSync(this.path, { force: true });
  }
}
