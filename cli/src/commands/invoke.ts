/** Defines `invoke`: one invocation, its result on the standard output. */
import { readFileSync, statSync } from 'node:fs';
import type { Assembly } from '../assembly';
import { givenEnvironment } from '../environment';
import { CliError } from '../errors';
import { findFunction, functionsOf } from '../functions';
import { hostOf } from '../local-function';
import type { Options } from '../options';
import { endOnSignal } from '../signals';

export async function invoke(assembly: Assembly, options: Options): Promise<number> {
  const called = findFunction(functionsOf(assembly), options.args[0]);
  const event = readEvent(options.event ?? '{}');
  const given = givenEnvironment(options.envFiles, options.env);
  const host = await hostOf(called, assembly, given, (line) => process.stderr.write(`${line}\n`));
  endOnSignal();
  try {
    const result = await host.invoke({ event });
    process.stdout.write(`${result.payload}\n`);
    return result.functionError ? 1 : 0;
  } finally {
    await host.stop();
  }
}

/** JSON itself, a file with JSON, or - for the standard input. */
function readEvent(given: string): Buffer {
  if (isJson(given)) return Buffer.from(given);
  const fromInput = given === '-';
  if (!fromInput && !statSync(given, { throwIfNoEntry: false })?.isFile()) {
    throw new CliError('EVENT_INVALID', `--event is neither JSON nor an existing file: '${given}'`);
  }
  const text = readFileSync(fromInput ? 0 : given, 'utf8').replace(/^\uFEFF/, '');
  if (isJson(text)) return Buffer.from(text);
  throw new CliError('EVENT_INVALID', `${fromInput ? 'the standard input' : `the file '${given}'`} of --event is not JSON: ${whyNot(text)}`);
}

function isJson(text: string): boolean {
  return whyNot(text) === undefined;
}

function whyNot(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
