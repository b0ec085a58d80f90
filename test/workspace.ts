/** A folder of its own for a test, with the files it names; gone when the test file is done. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const made: string[] = [];

afterAll(() => {
  for (const directory of made.splice(0)) { rmSync(directory, { recursive: true, force: true }); }
});

/** A new folder that holds these files. */
export function workspace(files: { [path: string]: string } = {}): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'cdk-hybrid-test-')));
  made.push(directory);
  addFiles(directory, files);
  return directory;
}

/** Adds files to a folder. */
export function addFiles(directory: string, files: { [path: string]: string }): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}

/** Runs `body` with another working directory and environment, as an app would be started there. */
export function inDirectory<T>(directory: string, environment: { [name: string]: string | undefined }, body: () => T): T {
  const before = { cwd: process.cwd(), env: { ...process.env } };
  process.chdir(directory);
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) { delete process.env[name]; } else { process.env[name] = value; }
  }
  try {
    return body();
  } finally {
    process.chdir(before.cwd);
    for (const name of Object.keys(environment)) {
      if (before.env[name] === undefined) { delete process.env[name]; } else { process.env[name] = before.env[name]; }
    }
  }
}

/** Gives a folder this repository's esbuild, as `npm install esbuild` would. */
export function installEsbuild(directory: string): void {
  mkdirSync(join(directory, 'node_modules'), { recursive: true });
  symlinkSync(dirname(require.resolve('esbuild/package.json')), join(directory, 'node_modules/esbuild'), 'junction');
}
