// Measures whole hosts, shared and isolated, and the HTTP source alone against a bare node:http server and fastify, and
// against Hybridless' runtime when its checkout is given: requests per second, latency, CPU per request. Variants are interleaved in every round and
// medians compared, in one run: only the ratios mean something. See README.md.
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    node: { type: 'string', default: process.execPath },
    hybridless: { type: 'string' },
    host: { type: 'string', multiple: true, default: [] },
    kind: { type: 'string', default: 'get' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '32' },
    only: { type: 'string' },
  },
});
const CLOCK_TICKS_PER_SECOND = 100;
const READY_MS = 30_000;
// One core for the server, another for the load: on a machine with one, both share it.
const pinned = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0;
const onCore = (core, argv) => pinned ? ['taskset', '-c', core, ...argv] : argv;

const directory = mkdtempSync(join(tmpdir(), 'bench-http-'));
const source = join(directory, 'source.cjs');
const parts = join(here, '../../layers/runtime/sources/http');
const contents = `export { HttpSource } from './http-source'; export { readHttpSettings } from './settings';`;
await build({ stdin: { contents, resolveDir: parts, loader: 'ts' }, outfile: source, bundle: true, minify: true, platform: 'node', target: 'node20', logLevel: 'warning' });

// A host as in /opt of a layer, from the programs that `npm run programs` has bundled.
const opt = join(directory, 'opt');
mkdirSync(join(opt, 'bin'), { recursive: true });
symlinkSync(realpathSync(spawnSync('sh', ['-c', `command -v ${options.node}`], { encoding: 'utf8' }).stdout.trim()), join(opt, 'bin/node'));
cpSync(join(here, '../../layers/runtime/dist'), join(opt, 'cdk-hybrid/runtime'), { recursive: true });
copyFileSync(join(here, '../../layers/nodejs/bootstrap'), join(opt, 'bootstrap'));
writeFileSync(join(opt, 'cdk-hybrid/layer.json'), '{"engine":{"name":"nodejs","version":"0"}}\n');
const host = (environment) => ['env', 'HYBRID_SOURCES=http', '_HANDLER=hello.handler', `LAMBDA_TASK_ROOT=${here}`, ...environment,
  join(opt, 'bin/node'), join(opt, 'cdk-hybrid/runtime/host.cjs')];

const server = (name, extra = []) => [options.node, join(here, 'servers.mjs'), name, 'PORT', ...extra];
const variants = { 'node:http': server('node'), 'fastify': server('fastify'), 'HTTP source': server('source', [source]) };
variants.shared = host(['AWS_LAMBDA_MAX_CONCURRENCY=100', 'AWS_LAMBDA_NODEJS_WORKER_COUNT=1']);
variants.isolated = host([]);
if (options.hybridless) variants.Hybridless = server('hybridless', [options.hybridless]);
for (const given of options.host) {
  const equals = given.indexOf('=');
  variants[given.slice(0, equals)] = ['sh', '-c', `exec ${given.slice(equals + 1)}`];
}
for (const name of Object.keys(variants)) {
  if (options.only && !options.only.split(',').includes(name)) delete variants[name];
}

const results = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
for (let round = 0; round < Number(options.rounds); round++) {
  for (const name of Object.keys(variants)) results[name].push(await measure(variants[name]));
}
rmSync(directory, { recursive: true });
print();

async function measure(argv) {
  const port = await freePort();
  const [command, ...rest] = onCore('0', argv.map((part) => part === 'PORT' ? String(port) : part));
  const running = spawn(command, rest, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, PORT: String(port) } });
  try {
    await listening(port, running);
    const [loader, ...load] = onCore('1', [process.execPath, join(here, 'load.mjs'), '--port', String(port), '--kind', options.kind, '--seconds', options.seconds, '--connections', options.connections]);
    const client = spawn(loader, load, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    let output = '';
    let ticks = 0;
    client.stdout.on('data', (chunk) => { output += chunk; });
    client.on('message', () => { ticks = cpuTicks(running.pid); });
    // What the server has used is read before the load's process is gone: the time between is lost in the noise.
    const status = await new Promise((resolve) => client.on('close', resolve));
    if (status !== 0) throw new Error(`the load ended with ${status}`);
    const { answered, perSecond, p50, p99 } = JSON.parse(output);
    return { perSecond, p50, p99, cpu: (cpuTicks(running.pid) - ticks) / CLOCK_TICKS_PER_SECOND / answered * 1e6 };
  } finally {
    running.kill('SIGKILL');
    await new Promise((resolve) => running.once('close', resolve));
  }
}

async function listening(port, running) {
  const until = Date.now() + READY_MS;
  for (;;) {
    try {
      const { status } = await fetch(`http://127.0.0.1:${port}/`);
      if (status === 200) return;
    } catch { /* not yet */ }
    if (running.exitCode !== null || Date.now() > until) throw new Error(`the server does not answer: ${running.spawnargs.join(' ')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** CPU time of a process and of those that it has started. */
function cpuTicks(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  let ticks = Number(fields[11]) + Number(fields[12]);
  for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)) ticks += cpuTicks(child);
  return ticks;
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function print() {
  const medians = Object.fromEntries(Object.entries(results).map(([name, runs]) => [name, {
    perSecond: median(runs.map((run) => run.perSecond)), p50: median(runs.map((run) => run.p50)), p99: median(runs.map((run) => run.p99)), cpu: median(runs.map((run) => run.cpu)),
  }]));
  // Drift of the machine hits neighbours alike: ratios are taken within a round.
  const ratio = (name, other, of) => results[other] ? median(results[name].map((run, round) => of(run) / of(results[other][round]))).toFixed(2) : '';
  const others = ['node:http', 'fastify', 'Hybridless'].filter((name) => results[name]);
  console.log(`${options.kind}, ${options.rounds} rounds of ${options.seconds} s, ${options.connections} connections, ${pinned ? 'server and load on a core each' : 'not pinned'}, ${spawnSync(options.node, ['--version']).stdout.toString().trim()}\n`);
  console.table(Object.fromEntries(Object.entries(medians).map(([name, { perSecond, p50, p99, cpu }]) => [name, {
    'req/s': Math.round(perSecond),
    'p50 ms': p50.toFixed(2),
    'p99 ms': p99.toFixed(2),
    'CPU µs/req': cpu.toFixed(1),
    ...Object.fromEntries(others.map((other) => [`/ ${other}`, ratio(name, other, (run) => run.perSecond)])),
    ...Object.fromEntries(others.map((other) => [`/ ${other} per CPU`, ratio(name, other, (run) => 1 / run.cpu)])),
  }])));
}
