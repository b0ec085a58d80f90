/** Defines `list`: the functions and containers of the assembly, one per line. */
import type { Assembly } from '../assembly';
import { containersOf } from '../containers/containers';
import type { ImageConfig } from '../containers/run-arguments';
import { tell } from '../errors';
import { functionsOf } from '../functions';

export function list(assembly: Assembly): number {
  const rows = [
    ...functionsOf(assembly).map((each) => [each.name, each.runtime ?? 'container image', each.architecture, each.runtime ? each.handler : wordsOf(each.properties.ImageConfig)]),
    ...containersOf(assembly).map((each) => [each.name, 'container', each.architecture, wordsOf(each.definition)]),
  ];
  if (rows.length === 0) tell(`there is no Lambda function and no container in ${assembly.directory}`);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    process.stdout.write(`${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`);
  }
  return 0;
}

/** What an image is given instead of its own command: for our images, the handler. */
function wordsOf({ Command: words = [] }: ImageConfig = {}): string {
  return words.join(' ');
}
