// Runs the variants of app.cjs interleaved and prints medians and ratios.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const rounds = Number(process.argv[2] ?? 9);
const work = mkdtempSync(join(tmpdir(), 'cdk-hybrid-bench-'));
const cache = join(work, 'cache');
const handlers = join(work, 'handlers');

mkdirSync(handlers);
writeFileSync(join(handlers, 'package.json'), '{"name":"bench"}');
writeFileSync(join(handlers, 'package-lock.json'), '{}');
symlinkSync(join(root, 'node_modules'), join(handlers, 'node_modules'), 'junction');
writeFileSync(join(handlers, 'shared.ts'), 'export const greet = (name: string): string => `hello ${name}`;\n');
for (let number = 1; number <= 20; number++) {
  writeFileSync(join(handlers, `handler${number}.ts`), `import { join } from 'node:path';
import { greet } from './shared';
interface Event { readonly name: string }
export const handler = async (event: Event) => ({ number: ${number}, path: join('a', event.name), text: greet(event.name) });
`);
}

// The same handlers for a plain app, which has neither TypeScript nor our images: code and Dockerfile as they are.
for (let number = 1; number <= 20; number++) {
  const directory = join(handlers, 'plain', String(number));
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'index.js'), `exports.handler = async (event) => ({ number: ${number}, text: 'hello ' + event.name });\n`);
  writeFileSync(join(directory, 'Dockerfile'), 'FROM public.ecr.aws/lambda/nodejs:24\nCOPY index.js ./\nCMD ["index.handler"]\n');
}

function synth(variant) {
  const output = outputOf(variant);
  const start = process.hrtime.bigint();
  const run = spawnSync(process.execPath, [join(here, variant.startsWith('mixed') ? 'mixed.cjs' : 'app.cjs'), variant, handlers], {
    cwd: handlers, encoding: 'utf8',
    env: { ...process.env, CDK_OUTDIR: output, CDK_HYBRID_CACHE_DIR: cache, CDK_CONTEXT_JSON: '{"aws:cdk:version-reporting":false}' },
  });
  if (run.status !== 0) { throw new Error(`${variant}: ${run.stderr}`); }
  return Number(process.hrtime.bigint() - start) / 1e6;
}

const outputOf = variant => join(work, `out-${variant}`);
const forget = variant => {
  rmSync(join(cache, 'bundles'), { recursive: true, force: true });
  rmSync(outputOf(variant), { recursive: true, force: true });
};
const measures = {
  'plain, 20 inline functions': () => synth('plain'),
  'layer, warm cache': () => synth('layer'),
  'HybridFunction, cold': () => { forget('hybrid'); return synth('hybrid'); },
  'HybridFunction, warm': () => synth('hybrid'),
  'NodejsFunction, cold': () => { forget('nodejsFunction'); return synth('nodejsFunction'); },
  'NodejsFunction, warm': () => synth('nodejsFunction'),
  'plain, 20 on mixed computes': () => synth('mixedPlain'),
  'HybridFunction on mixed computes, cold': () => { forget('mixedHybrid'); return synth('mixedHybrid'); },
  'HybridFunction on mixed computes, warm': () => synth('mixedHybrid'),
};
const times = Object.fromEntries(Object.keys(measures).map(name => [name, []]));

try {
  for (let round = 0; round <= rounds; round++) {
    for (const [name, measure] of Object.entries(measures)) {
      const time = measure();
      if (round > 0) { times[name].push(time); }
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const [base, mixedBase] = ['plain, 20 inline functions', 'plain, 20 on mixed computes'].map(name => median(times[name]));
console.log(`node ${process.version}, ${rounds} rounds, medians\n`);
console.log('| synth | ms | ratio to plain | ms over plain |\n|---|---|---|---|');
for (const [name, values] of Object.entries(times)) {
  const time = median(values);
  const plain = name.includes('mixed') ? mixedBase : base;
  console.log(`| ${name} | ${time.toFixed(0)} | ${(time / plain).toFixed(2)} | ${(time - plain).toFixed(0)} |`);
}
