/** Fetches the archive of an npm package with the user's own npm, and verifies it. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BuildFailure } from './failure';

/**
 * The archive of `name@version`, once its SHA-512 is the given one. npm runs in the working directory, so that the
 * project's `.npmrc` counts; nothing of the package is executed, and nothing is left on disk but npm's own cache.
 *
 * @param checksum `sha512-<base64>` or 128 hexadecimal digits
 */
export function npmPack(name: string, version: string, checksum: string): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'cdk-hybrid-npm-'));
  try {
    runNpm(`${name}@${version}`, directory);
    const archive = readFileSync(join(directory, readdirSync(directory)[0]));
    const expected = normalized(checksum);
    const actual = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
    if (actual !== expected) {
      throw new BuildFailure('ENGINE_CHECKSUM_WRONG', 'engine',
        `an archive of ${name}@${version} with the SHA-512 '${actual}'`, `an engine whose archive has the expected SHA-512 '${expected}'`);
    }
    return archive;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A checksum as npm writes it. */
export function normalized(checksum: string): string {
  return /^[0-9a-f]{128}$/i.test(checksum) ? `sha512-${Buffer.from(checksum, 'hex').toString('base64')}` : checksum;
}

function runNpm(spec: string, destination: string): void {
  const windows = process.platform === 'win32';
  // Options as variables: a path with spaces would need quoting in the shell that npm.cmd needs on Windows.
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    npm_config_pack_destination: destination,
    npm_config_ignore_scripts: 'true',
    npm_config_loglevel: 'error',
    npm_config_dry_run: 'false',
    npm_config_json: 'false',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  };
  // Set by `npm run --workspace`; they would make npm pack the workspaces of the project.
  delete env.npm_config_workspace;
  delete env.npm_config_workspaces;
  const npm = spawnSync('npm', ['pack', spec], { env, encoding: 'utf8', shell: windows, stdio: ['ignore', 'pipe', 'pipe'] });
  if (npm.error || (windows && spawnSync('where', ['npm'], { stdio: 'ignore' }).status !== 0)) {
    throw new BuildFailure('NPM_NOT_FOUND', 'buildMethod', `npm, which cannot be started (${npm.error?.message ?? 'not on the PATH'})`,
      'a way to build that is possible on this machine');
  }
  if (npm.status !== 0 || readdirSync(destination).length !== 1) {
    throw new BuildFailure('ENGINE_DOWNLOAD', 'engine', `${spec} (npm says: ${npmMessage(npm.stderr) || `exit code ${npm.status}`})`,
      'an engine that is in the cache or can be downloaded with npm');
  }
}

/** npm's own words, without its prefix, its advice and the path of its log. */
function npmMessage(stderr: string): string {
  return stderr.split('\n')
    .filter(line => /^npm (error|ERR!)/.test(line))
    .map(line => line.replace(/^npm (error|ERR!)\s*/, '').trim())
    .filter(line => line && !/complete log|^code E|^notarget In most|^errno|^network (This|In most|If you)/.test(line))
    .slice(0, 2)
    .join(' ');
}
