// Bundles what ships as a program: the run-time program (layers/runtime -> layers/runtime/dist) and the CLI
// (cli/src -> cli/dist). Every entry below becomes one self-contained CommonJS file; an entry that loads another
// one does so with require() when it first needs it, so that start-up pays only for what it uses.
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const common = {
  bundle: true, platform: 'node', target: 'node20', format: 'cjs', outExtension: { '.js': '.cjs' },
  legalComments: 'eof', logLevel: 'warning', absWorkingDir: root,
};

rmSync(join(root, 'layers/runtime/dist'), { recursive: true, force: true });
rmSync(join(root, 'cli/dist'), { recursive: true, force: true });
await Promise.all([
  build({ ...common, entryPoints: ['layers/runtime/bootstrap.ts'], outdir: 'layers/runtime/dist', minifySyntax: true }),
  build({ ...common, entryPoints: { 'cdk-hybrid': 'cli/src/main.ts' }, outdir: 'cli/dist' }),
]);
