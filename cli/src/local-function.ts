/** Defines how a function of the assembly is run on this machine: its own bootstrap where it can, else the same runtime program on this machine's Node.js. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Assembly } from './assembly';
import { runImageFunction } from './containers/lambda-image';
import { nodeOf, nodeOfMajor } from './engine';
import { environmentOf } from './environment';
import { CliError, tell, tellLog } from './errors';
import { foldersOf, type Folders } from './folders';
import type { LambdaFunction, LocalFunction } from './functions';
import type { InvocationResult } from '../../layers/runtime/core/invoker';
import { FunctionHost, type FunctionDefinition } from '../../layers/runtime/host/function-host';

/** The runtime program beside this one in the package: what a function on a managed runtime is run with. */
const RUNTIME_PROGRAM = join(__dirname, '..', '..', 'layers', 'runtime', 'dist', 'bootstrap.cjs');

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'arm64' };

/** @param prefix what each line of the function's logs begins with */
export async function runFunction(
  of: LambdaFunction, assembly: Assembly, given: Readonly<Record<string, string>>, prefix?: string): Promise<LocalFunction> {
  if (of.runtime === undefined) return runImageFunction(of, given, prefix);
  const folders = await foldersOf(of, assembly);
  const { bootstrap, nodePath } = await bootstrapOf(of, folders);
  const definition: FunctionDefinition = {
    name: of.functionName,
    bootstrap,
    taskRoot: folders.taskRoot,
    optDir: folders.optDir,
    handler: of.handler,
    environment: { ...nodePath && { NODE_PATH: nodePath }, ...await environmentOf(of, given) },
    timeoutMs: of.timeoutMs,
    memoryMiB: of.memoryMiB,
    maxConcurrency: of.maxConcurrency,
    account: of.stack.account,
  };
  const host = new FunctionHost(definition, { onLog: (line) => tellLog(line, prefix) });
  return {
    invoke: async (request) => {
      const result = await host.invoke(request);
      if (result.functionError && namesOpt(bootstrap[0], result)) {
        tell(`${of.name}: its bootstrap names /opt/, where layers are on Lambda but not on this machine; \${0%/*}/ in its place is the bootstrap's own folder, here and there`);
      }
      return result;
    },
    stop: () => host.stop(),
  };
}

/** Whether a bootstrap that is a script could not be run, or ran what is not there (exit codes of a shell), and looks into /opt. */
function namesOpt(bootstrap: string, { errorType, payload }: InvocationResult): boolean {
  if (errorType !== 'Runtime.InvalidEntrypoint' && !/exit status 12[67]\b/.test(payload.toString())) return false;
  const text = readFileSync(bootstrap, 'latin1');
  return text.startsWith('#!') && text.includes('/opt/');
}

interface Start {
  readonly bootstrap: string[];
  /** Where the packages of layers are found, when no bootstrap of a layer says so. */
  readonly nodePath?: string;
}

async function bootstrapOf(of: LambdaFunction, { taskRoot, optDir }: Folders): Promise<Start> {
  const managed = /^nodejs(\d+)\.x$/.exec(of.runtime!);
  if (managed) {
    const node = await nodeOfMajor(managed[1]);
    tell(`${of.name}: ${of.runtime} is AWS's own; run here by the runtime program of cdk-hybrid on ${node === process.execPath ? 'this ' : ''}Node.js`);
    return onNode(node, RUNTIME_PROGRAM, managed[1], taskRoot, optDir);
  }
  if (!of.runtime!.startsWith('provided')) throw new CliError('RUNTIME_UNSUPPORTED', `${of.name} has the runtime ${of.runtime}`);

  // Lambda looks for it in the code first.
  const bootstrap = [taskRoot, ...optDir ? [optDir] : []].map((directory) => join(directory, 'bootstrap')).find((file) => existsSync(file));
  if (!bootstrap) throw new CliError('BOOTSTRAP_NOT_FOUND', `${of.name} has the runtime ${of.runtime}, but neither its code nor a layer holds a file 'bootstrap'`);
  if (process.platform === 'linux' && ARCHITECTURES[process.arch] === of.architecture) {
    checkExecutable(bootstrap, of.name);
    return { bootstrap: [bootstrap] };
  }
  const layer = optDir && join(optDir, 'cdk-hybrid', 'layer.json');
  const here = `${process.platform} ${ARCHITECTURES[process.arch] ?? process.arch}`;
  if (!layer || !existsSync(layer)) throw new CliError('PLATFORM_MISMATCH', `${of.name}: its bootstrap is for linux ${of.architecture}, this machine is ${here}`);
  const { version } = (JSON.parse(readFileSync(layer, 'utf8')) as { engine: { version: string } }).engine;
  tell(`${of.name}: its layer is for linux ${of.architecture}, this machine is ${here}: the same runtime program runs on Node.js ${version} of this machine`);
  return onNode(await nodeOf(version), join(optDir, 'cdk-hybrid', 'runtime', 'bootstrap.cjs'), version.split('.')[0], taskRoot, optDir);
}

function checkExecutable(file: string, who: string): void {
  try {
    accessSync(file, constants.X_OK);
  } catch {
    throw new CliError('BOOTSTRAP_NOT_EXECUTABLE', `${who}: ${file} is not executable`);
  }
}

/** NODE_PATH as AWS documents it for its Node.js runtimes. */
function onNode(node: string, program: string, major: string, taskRoot: string, optDir?: string): Start {
  const layers = optDir ? [join(optDir, 'nodejs', `node${major}`, 'node_modules'), join(optDir, 'nodejs', 'node_modules')] : [];
  return { bootstrap: [node, program], nodePath: [...layers, taskRoot].join(delimiter) };
}
