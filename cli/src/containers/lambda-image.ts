/**
 * Defines how an image function of Lambda runs in a container engine: each container is a bootstrap, which this machine serves
 * the Runtime API, so that any image that runs on Lambda runs here.
 */
import { nameContainer, removeContainer } from './container-names';
import { wayToHost, engineClient, type WayToHost } from './engine';
import { buildImage, imageOf } from './images';
import { commandOf, variablesOf } from './run-arguments';
import { GRACE_MS } from '../../../layers/runtime/core/invoker';
import { functionArn } from '../../../layers/runtime/host/function-host';
import { lambdaEnvironment } from '../../../layers/runtime/host/lambda-environment';
import { RuntimeApiServer } from '../../../layers/runtime/host/runtime-api-server';
import { IsolatedInvoker } from '../../../layers/runtime/invokers/isolated';
import { environmentOf } from '../environment';
import { CliError, tell, tellLog } from '../errors';
import type { LambdaFunction, LocalFunction } from '../functions';
import { describe, textOf } from '../template-values';

/** Lambda's 10 seconds for the initialization, and as much again for the engine. */
const INIT_MS = 20_000;
const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'x86_64';
const VERSION = '$LATEST';
/** The names that an image sets itself, and what has no meaning in one. */
const OF_THE_IMAGE = ['PATH', 'LD_LIBRARY_PATH', 'LANG', '_HANDLER'];

/** @param prefix what each line of the function's logs begins with */
export async function runImageFunction(of: LambdaFunction, given: Readonly<Record<string, string>>, prefix?: string): Promise<LocalFunction> {
  const uri = of.properties.Code?.ImageUri;
  const image = imageOf(uri, of.stack);
  if (!image) throw new CliError('CONTAINER_IMAGE', `${of.name} is the image ${textOf(uri, of.stack) ?? describe(uri)}, which is no asset of stack ${of.stack.name}`);
  const way = await wayToHost();
  const name = await buildImage({ name: of.name, architecture: of.architecture, image });
  const invoker = containerInvoker(of, name, way, await environmentOf(of, given, true), prefix);
  return {
    invoke: async (request) => {
      const result = await invoker.invoke(request);
      if (result.errorType === 'Runtime.ExitError' && of.architecture !== ARCHITECTURE) {
        tell(`${of.name}: its image is for ${of.architecture}, which an engine on this machine (${ARCHITECTURE}) can only run where it emulates that`);
      }
      return result;
    },
    stop: () => invoker.stop(of.timeoutMs, GRACE_MS),
  };
}

function containerInvoker(
  of: LambdaFunction, image: string, way: WayToHost, own: Readonly<Record<string, string>>, prefix?: string): IsolatedInvoker {
  const { functionName, timeoutMs, memoryMiB, maxConcurrency } = of;
  /** The container of each Runtime API, by its address. */
  const containers = new Map<string, string>();
  /** What removes the variables that a client was given in a file, by the same address. */
  const readVariables = new Map<string, () => void>();

  const variables = (runtimeApi: string): Record<string, string> => {
    const values = lambdaEnvironment({
      name: functionName,
      version: VERSION,
      memoryMiB,
      maxConcurrency,
      environment: own,
      handler: '',
      taskRoot: '/var/task',
      optDir: '/var/runtime',
      runtimeApi: runtimeApi.replace(/^.*(?=:)/, way.host),
    });
    return Object.fromEntries(Object.entries(values).filter(([name]) => name in own || !OF_THE_IMAGE.includes(name)));
  };

  // The address, which changes, is not in the arguments.
  const passed = variablesOf(variables(''), of.name);
  const args = [...way.args, ...asOnLambda(of), ...passed.args, ...commandOf(of.properties.ImageConfig ?? {}, image)];

  class ContainerRuntimeApi extends RuntimeApiServer {
    /** The client's end is not the container's: that is ended here, and the worker waits for it. */
    async close(): Promise<void> {
      const served = containers.get(this.address);
      const removeVariables = readVariables.get(this.address);
      await super.close();
      removeVariables?.();
      if (served) await removeContainer(served);
    }
  }

  return new IsolatedInvoker({
    bootstrap: (runtimeApi) => {
      const container = nameContainer(functionName);
      containers.set(runtimeApi, container);
      return [engineClient(), 'run', '--rm', '--name', container, ...args];
    },
    environment: (runtimeApi) => {
      readVariables.set(runtimeApi, passed.write());
      return { ...process.env, ...variablesOf(variables(runtimeApi), of.name).env } as Record<string, string>;
    },
    cwd: process.cwd(),
    openRuntimeApi: async (listener) => {
      const api = new ContainerRuntimeApi({
        ready: () => {
          readVariables.get(address)?.();
          listener.ready();
        },
        initFailed: (error) => listener.initFailed(error),
      }, { maxInFlight: maxConcurrency });
      const { address } = await api.listen();
      return api;
    },
    workers: 1,
    maxConcurrency,
    timeoutMs,
    initTimeoutMs: INIT_MS + timeoutMs,
    memoryMiB,
    version: VERSION,
    invokedFunctionArn: functionArn({ name: functionName, account: of.stack.account, environment: own }),
    log: (line) => tellLog(line, prefix),
  });
}

/**
 * What AWS documents of the place where images run ("Create a Lambda function using a container image"): a read-only file system
 * but for /tmp, and a user without privileges of its own, whatever USER says. Process 1 is another program.
 */
function asOnLambda({ memoryMiB, properties }: LambdaFunction): string[] {
  const size = properties.EphemeralStorage?.Size ?? 512;
  return [
    '--pull', 'never', '--init', '--stop-timeout', '0', '--read-only', '--tmpfs', `/tmp:rw,exec,mode=1777,size=${size}m`, '--memory', `${memoryMiB}m`,
    '--user', '993:990', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges',
  ];
}
