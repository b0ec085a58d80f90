/** Defines `list`: the functions and containers of the assembly, one per line: what each is, and when it runs. */
import type { Assembly } from '../assembly';
import { containersOf, type Container } from '../containers/containers';
import type { ImageConfig } from '../containers/run-arguments';
import { tell } from '../errors';
import { functionsOf, type LambdaFunction } from '../functions';
import { occasionsOf } from '../occasions';

/** In place of what something has not. */
const NONE = '-';

export function list(assembly: Assembly): number {
  const functions = functionsOf(assembly);
  const containers = containersOf(assembly);
  const occasions = occasionsOf([...functions, ...containers], assembly);
  const rows = [...functions.map(functionRow), ...containers.map(containerRow)].map((row, index) => [...row, occasions[index].join('; ')]);
  if (rows.length === 0) tell(`there is no Lambda function and no container in ${assembly.directory}`);
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    process.stdout.write(`${row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()}\n`);
  }
  return 0;
}

function functionRow({ name, runtime, architecture, handler, properties }: LambdaFunction): string[] {
  const words = runtime ? handler : wordsOf(properties.ImageConfig);
  return [name, kindOf(runtime, properties), runtime ?? NONE, architecture, words || NONE];
}

function containerRow({ name, kind, architecture, definition }: Container): string[] {
  return [name, kind, NONE, architecture, wordsOf(definition) || NONE];
}

function kindOf(runtime: string | undefined, { Layers: layers = [] }: LambdaFunction['properties']): string {
  if (runtime === undefined) return 'image';
  return runtime.startsWith('provided') && layers.length > 0 ? 'layer' : 'zip';
}

/** What an image is given instead of its own command: for our images, the handler. */
function wordsOf({ Command: words = [] }: ImageConfig = {}): string {
  return words.join(' ');
}
