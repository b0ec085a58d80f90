// The main job, start to end: builds the library, synthesizes examples/hello-layer with the real CDK CLI (which
// bundles the handler and builds the layer), and invokes the function through its bootstrap on its layer.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { linkLibrary, root } from './link-library.mjs';

const example = join(root, 'examples/hello-layer');
const output = join(example, 'cdk.out');
const require = createRequire(import.meta.url);
const times = [];

function step(title, command, args, options = {}) {
  process.stderr.write(`${title} ...\n`);
  const start = process.hrtime.bigint();
  const run = spawnSync(command, args, {
    cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true' }, ...options,
  });
  times.push([title, Number(process.hrtime.bigint() - start) / 1e9]);
  if (run.error || run.status !== 0) {
    process.stderr.write(`${run.stdout ?? ''}\n${title}: failed ${run.error?.message ?? `with exit code ${run.status}`}\n`);
    process.exit(1);
  }
  return run.stdout;
}

const node = process.execPath;
step('build the library', node, [require.resolve('projen/bin/projen'), 'compile']);
linkLibrary();
rmSync(output, { recursive: true, force: true });
step('synthesize the example, bundle the handler, build the layer', node,
  [join(root, 'node_modules/aws-cdk/bin/cdk'), 'synth', '--quiet', '--no-notices'], { cwd: example });
const result = step('invoke the function through its bootstrap', node, [join(root, 'cli/bin/cdk-hybrid'), 'invoke', 'Hello'], { cwd: example });

const answer = JSON.parse(result);
process.stdout.write(`\n${JSON.stringify(answer).replace(/([:,])/g, '$1 ')}\n\n`);
for (const name of readdirSync(output).filter(file => file.startsWith('asset.'))) {
  const path = join(output, name);
  const bytes = statSync(path).isDirectory()
    ? readdirSync(path).reduce((sum, file) => sum + statSync(join(path, file)).size, 0)
    : statSync(path).size;
  process.stdout.write(`${String((bytes / 1e6).toFixed(3)).padStart(9)} MB  ${name.slice(0, 24)}...${name.endsWith('.zip') ? '  (the layer)' : '  (the handler)'}\n`);
}
for (const [title, seconds] of times) { process.stdout.write(`${seconds.toFixed(1).padStart(9)} s   ${title}\n`); }

const engine = readFileSync(join(root, 'src/model/engine-checksums.ts'), 'utf8');
if (answer.statusCode !== 200 || !engine.includes(`'${answer.nodeVersion.slice(1)}'`) || !answer.nodeVersion.startsWith('v24.')) {
  process.stderr.write('the answer is not {"statusCode": 200, "nodeVersion": "v24..."} from a pinned engine\n');
  process.exit(1);
}
