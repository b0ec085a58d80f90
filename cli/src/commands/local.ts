/** Defines `local`: every function of the assembly behind the URL that the AWS CLI and SDKs use. */
import { Emulator, type EmulatedFunction } from '../../../layers/runtime/sources/emulator';
import type { Assembly } from '../assembly';
import { givenEnvironment } from '../environment';
import { CliError, tell } from '../errors';
import { findFunction, functionsOf, shortName, type LambdaFunction } from '../functions';
import { runFunction, type LocalFunction } from '../local-function';
import type { Options } from '../options';
import { endOnSignal } from '../signals';

/** The name by which the AWS Runtime Interface Emulator knows its only function. */
const ONLY_FUNCTION = 'function';

export async function local(assembly: Assembly, options: Options): Promise<number> {
  const functions = functionsOf(assembly);
  const given = givenEnvironment(options.envFiles, options.env);
  const hosts = new Map<LambdaFunction, Promise<LocalFunction>>();

  /** Functions are unpacked and started when they are first invoked. */
  const started = (of: LambdaFunction): EmulatedFunction => ({
    invoke: async (request) => {
      const prefix = functions.length > 1 ? `[${shortName(functions, of)}] ` : '';
      let host = hosts.get(of);
      if (!host) {
        host = runFunction(of, assembly, given, prefix);
        hosts.set(of, host);
        // What could not be started may be mended and tried again.
        host.catch((error: Error) => {
          hosts.delete(of);
          tell(error.message);
        });
      }
      return (await host).invoke(request);
    },
  });
  const emulator = new Emulator({ resolve: (name) => resolveFunction(functions, name, started), onError: tell });
  const url = await listen(emulator, options);
  for (const each of functions) {
    process.stdout.write(`${each.name}  ${url}/2015-03-31/functions/${encodeURIComponent(shortName(functions, each))}/invocations\n`);
  }
  process.stdout.write(`Serving ${functions.length} function${functions.length === 1 ? '' : 's'}; try: `
    + `aws lambda invoke --endpoint-url ${url} --function-name <name> /dev/stdout\n`);

  await new Promise<void>((resolve) => endOnSignal(resolve));
  await emulator.close();
  await Promise.all([...hosts.values()].map((host) => host.then((each) => each.stop(), () => {})));
  return 0;
}

function resolveFunction(
  functions: readonly LambdaFunction[], name: string, started: (of: LambdaFunction) => EmulatedFunction): EmulatedFunction | undefined {
  if (name === ONLY_FUNCTION && functions.length === 1) return started(functions[0]);
  try {
    return started(findFunction(functions, name));
  } catch (error) {
    tell((error as Error).message);
    if (error instanceof CliError && error.code === 'CDK_HYBRID_CLI_FUNCTION_AMBIGUOUS') throw error;
    return undefined;
  }
}

async function listen(emulator: Emulator, { port, host }: Options): Promise<string> {
  try {
    return await emulator.listen(port, host);
  } catch (error) {
    const ofHost = ['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '');
    if (ofHost) throw new CliError('HOST_UNUSABLE', `cannot listen on --host ${host}: ${(error as Error).message}`);
    throw new CliError('PORT_UNUSABLE', `cannot listen on ${host}:${port}: ${(error as Error).message}`);
  }
}
