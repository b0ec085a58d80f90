/** Defines `local`: every function of the assembly behind the URL that the AWS CLI and SDKs use, and its services on ports of this machine. */
/* eslint-disable @typescript-eslint/no-require-imports -- loaded when it is needed: it has a client of AWS's */
import { Emulator, type EmulatedFunction } from '../../../layers/runtime/sources/emulator';
import { readAssembly, type Assembly } from '../assembly';
import { nameOfHostIn } from '../containers/run-container';
import { givenEnvironment } from '../environment';
import { CliError, tell } from '../errors';
import { Fleet } from '../fleet';
import { findNamed, shortName } from '../names';
import type { Options } from '../options';
import { LocalRoutes } from '../routes/local-routes';
import { endOnSignal } from '../signals';
import { Watch } from '../watch/watch';

/** The name by which the AWS Runtime Interface Emulator knows its only function. */
const ONLY_FUNCTION = 'function';

export async function local(options: Options): Promise<number> {
  const watch = options.watch ? new Watch({ ...options, directory: process.cwd() }) : undefined;
  try {
    await watch?.synthesize();
    await serve(options, watch);
  } finally {
    await watch?.close();
  }
  return 0;
}

async function serve(options: Options, watch?: Watch): Promise<void> {
  const assembly = readAssembly(options.app);
  const { LocalQueues } = require('../queues/local-queues') as typeof import('../queues/local-queues');
  const queues = new LocalQueues((name, request) => fleet.invoke(name, request));
  const fleet: Fleet = new Fleet(assembly, givenEnvironment(options.envFiles, options.env), publishOf(options.publish),
    (of, app, image) => queues.environmentOf(of, app, () => nameOfHostIn(of, image)));
  const routes = new LocalRoutes(fleet, options.host);
  const emulator = new Emulator({ resolve: (name) => resolveFunction(fleet, name), onError: tell, otherwise: routes.handle });
  const url = await listen(emulator, options);
  const shown = new Set<string>();
  const show = (): void => {
    for (const each of fleet.functions) {
      if (!shown.has(each.name)) process.stdout.write(`${each.name}  ${url}/2015-03-31/functions/${encodeURIComponent(shortName(fleet.functions, each))}/invocations\n`);
      shown.add(each.name);
    }
  };
  const showRoutes = async (of: Assembly): Promise<void> => {
    for (const line of await routes.take(of, url)) process.stdout.write(`${line}\n`);
  };
  show();
  await showRoutes(assembly);
  const count = fleet.functions.length;
  process.stdout.write(`Serving ${count} function${count === 1 ? '' : 's'}; try: aws lambda invoke --endpoint-url ${url} --function-name <name> /dev/stdout\n`);

  const ended = new Promise<void>((resolve) => endOnSignal(() => resolve()));
  const started = fleet.startServices();
  await queues.take(assembly);
  if (watch) process.stdout.write('Watching for changes\n');
  watch?.follow(async (changed) => {
    await started;
    await fleet.replace(changed);
    show();
    await showRoutes(changed);
    await queues.take(changed);
  });
  await ended;
  const closed = watch?.close();
  await Promise.all([emulator.close(), routes.stop(), queues.stop()]);
  await fleet.stop();
  await closed;
}

function resolveFunction(fleet: Fleet, given: string): EmulatedFunction | undefined {
  try {
    const { name } = given === ONLY_FUNCTION && fleet.functions.length === 1 ? fleet.functions[0] : findNamed(fleet.functions, given);
    return { invoke: (request) => fleet.invoke(name, request) };
  } catch (error) {
    tell((error as Error).message);
    if (error instanceof CliError && error.code === 'CDK_HYBRID_CLI_FUNCTION_AMBIGUOUS') throw error;
    return undefined;
  }
}

function publishOf(pairs: readonly string[]): Map<string, number> {
  return new Map(pairs.map((pair) => {
    const [, name, port] = /^(.+)=(\d+)$/.exec(pair) ?? [];
    if (name === undefined || Number(port) < 1 || Number(port) > 65535) throw new CliError('PUBLISH_INVALID', `--publish must be CONTAINER=PORT, got '${pair}'`);
    return [name, Number(port)];
  }));
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
