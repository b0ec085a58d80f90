// Measures the bootstrap against `node -e 0` and, when their paths are given, against AWS's client and another
// bootstrap: time to the first GET /next, invocations per second, CPU per invocation, memory. Variants are interleaved
// in every round and medians compared, in one run: only the ratios mean something. See README.md.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    node: { type: 'string', default: process.execPath },
    ric: { type: 'string' },
    other: { type: 'string' },
    rounds: { type: 'string', default: '15' },
    invocations: { type: 'string', default: '3000' },
  },
});
const rounds = Number(options.rounds);
const CLOCK_TICKS_PER_SECOND = 100;

const variants = { 'cdk-hybrid': [join(here, '../../layers/runtime/dist/bootstrap.cjs')] };
if (options.ric) variants['aws-lambda-ric'] = [join(options.ric, 'index.mjs')];
if (options.other) variants.other = [options.other];

const EVENTS = {
  '100 B': { event: JSON.stringify({ text: 'x'.repeat(89) }), share: 1 },
  '100 KB structured': { event: JSON.stringify(Array.from({ length: 2000 }, (_, id) => ({ id, name: `item ${id}`, tags: ['a', 'b'] }))), share: 0.1 },
  '100 KB string': { event: JSON.stringify('x'.repeat(100_000)), share: 0.2 },
  '1 MB string': { event: JSON.stringify('x'.repeat(1_000_000)), share: 0.03 },
};

/** A Runtime API that does as little as one can: it counts, and answers with bytes made beforehand. */
class Service {
  static async start() {
    const service = new Service();
    await new Promise((resolve) => service.server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  server = createServer((socket) => this.serve(socket));
  left = 0;
  delivery = Buffer.alloc(0);
  waiting = undefined;
  onNext = () => {};
  onDone = () => {};

  get address() {
    return `127.0.0.1:${this.server.address().port}`;
  }

  /** Settles when this event has been carried out so many times. */
  run(event, count) {
    this.delivery = Buffer.from('HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\nLambda-Runtime-Deadline-Ms: 4102444800000\r\n'
      + 'Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:123456789012:function:f\r\nContent-Type: application/json\r\n'
      + `Content-Length: ${Buffer.byteLength(event)}\r\n\r\n${event}`);
    this.left = count;
    return new Promise((resolve) => {
      this.onDone = resolve;
      const socket = this.waiting;
      this.waiting = undefined;
      this.deliver(socket);
    });
  }

  deliver(socket) {
    if (this.left > 0) {
      this.left--;
      socket.write(this.delivery);
    } else {
      this.waiting = socket;
      this.onDone();
    }
  }

  serve(socket) {
    let missing = 0;
    let head = '';
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (let at = 0; at < chunk.length;) {
        if (missing > 0) {
          const taken = Math.min(missing, chunk.length - at);
          missing -= taken;
          at += taken;
        } else {
          head += chunk.toString('latin1', at);
          const end = head.indexOf('\r\n\r\n');
          if (end < 0) return;
          at = chunk.length - (head.length - end - 4);
          missing = Number(/content-length: (\d+)/i.exec(head.slice(0, end))?.[1] ?? 0);
          const get = head.startsWith('GET');
          head = '';
          if (get) {
            this.onNext();
            this.onNext = () => {};
            this.deliver(socket);
            continue;
          }
        }
        if (missing === 0) socket.write('HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n');
      }
    });
  }
}

function environment(address) {
  return {
    PATH: process.env.PATH,
    AWS_LAMBDA_RUNTIME_API: address,
    LAMBDA_TASK_ROOT: here,
    _HANDLER: 'handler.handler',
    AWS_LAMBDA_FUNCTION_NAME: 'f',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    AWS_LAMBDA_LOG_GROUP_NAME: 'g',
    AWS_LAMBDA_LOG_STREAM_NAME: 's',
  };
}

/** Starts a variant; settles at its first GET /next. */
async function start(args) {
  const service = await Service.start();
  service.onDone = () => {};
  const ready = new Promise((resolve) => { service.onNext = resolve; });
  const begin = process.hrtime.bigint();
  const child = spawn(options.node, args, { cwd: here, env: environment(service.address), stdio: 'ignore' });
  const failed = new Promise((_, reject) => child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}`))));
  failed.catch(() => {});
  await Promise.race([ready, failed]);
  const init = Number(process.hrtime.bigint() - begin) / 1e6;
  return {
    service,
    init,
    child,
    async stop() {
      child.removeAllListeners('exit');
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      service.server.close();
    },
  };
}

async function nodeItself() {
  const begin = process.hrtime.bigint();
  const child = spawn(options.node, ['-e', '0'], { stdio: 'ignore' });
  await new Promise((resolve) => child.once('exit', resolve));
  return Number(process.hrtime.bigint() - begin) / 1e6;
}

/** CPU seconds and resident MB of a process, where there is /proc. */
function usage(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /, '').split(' ');
    const memory = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) / 1024;
    return { cpu: (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND, memory };
  } catch {
    return { cpu: NaN, memory: NaN };
  }
}

const samples = {};
const record = (figure, variant, value) => ((samples[figure] ??= {})[variant] ??= []).push(value);
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

for (let round = 0; round < rounds; round++) {
  record('init, ms', 'node -e 0', await nodeItself());
  for (const [name, args] of Object.entries(variants)) {
    const running = await start(args);
    record('init, ms', name, running.init);
    await running.stop();
  }
}
for (let round = 0; round < Math.max(3, Math.floor(rounds / 3)); round++) {
  for (const [name, args] of Object.entries(variants)) {
    const running = await start(args);
    await new Promise((resolve) => (running.service.waiting ? resolve() : (running.service.onDone = resolve)));
    for (const [size, { event, share }] of Object.entries(EVENTS)) {
      const count = Math.max(20, Math.round(Number(options.invocations) * share));
      await running.service.run(event, Math.ceil(count / 3));
      const before = usage(running.child.pid);
      const begin = process.hrtime.bigint();
      await running.service.run(event, count);
      const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
      const after = usage(running.child.pid);
      record(`invocations per second, ${size}`, name, count / seconds);
      if (share === 1) {
        record('CPU per invocation, us', name, (after.cpu - before.cpu) / count * 1e6);
        record('memory after them, MB', name, after.memory);
      }
    }
    await running.stop();
  }
}

const columns = ['node -e 0', ...Object.keys(variants)];
const peers = columns.filter((name) => name !== 'cdk-hybrid');
const rows = [
  ['figure', ...columns, ...peers.map((peer) => `cdk-hybrid / ${peer}`)],
  ...Object.entries(samples).map(([figure, byVariant]) => {
    const values = columns.map((name) => (byVariant[name] ? median(byVariant[name]) : undefined));
    const own = values[columns.indexOf('cdk-hybrid')];
    return [
      figure,
      ...values.map((value) => (value === undefined ? '' : value.toFixed(value < 100 ? 1 : 0))),
      ...peers.map((peer) => (byVariant[peer] ? (own / median(byVariant[peer])).toFixed(2) : '')),
    ];
  }),
];
const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
const { stdout: version } = await new Promise((resolve) => {
  const child = spawn(options.node, ['--version']);
  let stdout = '';
  child.stdout.on('data', (text) => { stdout += text; });
  child.on('close', () => resolve({ stdout: stdout.trim() }));
});
console.log(`Node.js ${version}, ${rounds} rounds, medians`);
for (const row of rows) console.log(row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  '));
