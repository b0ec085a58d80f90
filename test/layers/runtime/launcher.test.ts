/** The shell script `bootstrap`, in a layer's folder as it is unpacked on a laptop. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BootstrapProcess } from './bootstrap-process';
import { delivering, ScriptedService } from './scripted-service';

const LAUNCHER = join(__dirname, '../../../layers/nodejs/bootstrap');
const RUNTIME = join(__dirname, '../../../layers/runtime/dist');

let directory: string;
let opt: string;

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'a layer ')));
  opt = join(directory, 'opt');
  mkdirSync(join(opt, 'bin'), { recursive: true });
  cpSync(LAUNCHER, join(opt, 'bootstrap'));
  chmodSync(join(opt, 'bootstrap'), 0o755);
  symlinkSync(process.execPath, join(opt, 'bin/node'));
  cpSync(RUNTIME, join(opt, 'cdk-hybrid/runtime'), { recursive: true });
  writeFileSync(join(opt, 'cdk-hybrid/layer.json'), '{"engine":{"name":"nodejs","version":"24.21.0"},"architecture":"x86_64"}');
});

afterEach(() => rmSync(directory, { recursive: true }));

/** What the program that the script starts sees. */
function started(environment: Record<string, string> = {}, command = './bootstrap') {
  writeFileSync(join(opt, 'cdk-hybrid/runtime/bootstrap.cjs'), 'console.log(JSON.stringify({ argv: process.argv, path: process.env.NODE_PATH, ppid: process.ppid, execArgv: process.execArgv }))');
  const { stdout, stderr, pid, status } = spawnSync(command, { cwd: opt, shell: false, env: { LAMBDA_TASK_ROOT: '/var/task', ...environment }, encoding: 'utf8' });
  return { ...JSON.parse(stdout) as { argv: string[]; path: string; ppid: number; execArgv: string[] }, stderr, pid, status };
}

test('finds its own folder, whatever its name, and becomes node without flags', () => {
  const { argv, execArgv, ppid, stderr, status } = started({}, join(opt, 'bootstrap'));
  expect(argv[1]).toBe(join(opt, 'cdk-hybrid/runtime/bootstrap.cjs'));
  expect(execArgv).toEqual([]);
  // No shell stays in between to swallow signals.
  expect(ppid).toBe(process.pid);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
});

test('packages are found where AWS\'s own runtimes find them: layers of this Node.js version, layers, the function', () => {
  expect(started({}, join(opt, 'bootstrap')).path).toBe(`${opt}/nodejs/node24/node_modules:${opt}/nodejs/node_modules:/var/task`);
  writeFileSync(join(opt, 'cdk-hybrid/layer.json'), '{"engine":{"name":"nodejs","version":"22.1.0"}}\n');
  expect(started().path).toBe(`${opt}/./nodejs/node22/node_modules:${opt}/./nodejs/node_modules:/var/task`);
});

test('a NODE_PATH of the function stays', () => {
  expect(started({ NODE_PATH: '/mine' }).path).toBe('/mine');
});

test('a layer without layer.json still starts', () => {
  rmSync(join(opt, 'cdk-hybrid/layer.json'));
  expect(started()).toMatchObject({ stderr: '', status: 0 });
});

test('a handler requires a package of a layer', async () => {
  const task = join(directory, 'task');
  const library = join(opt, 'nodejs/node_modules/from-layer');
  mkdirSync(task);
  mkdirSync(library, { recursive: true });
  writeFileSync(join(library, 'index.js'), 'module.exports = "the layer";');
  writeFileSync(join(task, 'index.js'), 'exports.handler = async () => `from ${require("from-layer")}`;');
  const service = await ScriptedService.start(delivering('{}'));
  const bootstrap = new BootstrapProcess({ runtimeApi: service.address, handler: 'index.handler', command: [join(opt, 'bootstrap')], environment: { LAMBDA_TASK_ROOT: task } });
  try {
    expect((await service.request('/response')).body).toBe('"from the layer"');
  } finally {
    await bootstrap.kill();
    await service.stop();
  }
});
