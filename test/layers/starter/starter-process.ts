/** Defines how tests run the bundled starter: in a process of its own, as AWS Lambda does it, with servers in the place of AWS's. */
import { join } from 'node:path';
import { runProgram } from '../program-process';

const PROGRAM = join(__dirname, '../../../layers/starter/dist/starter.cjs');

/** Reads an event, calls the handler that is named as in the template, and says which bundles that took. */
const RUNNER = `
const { handler } = require(${JSON.stringify(PROGRAM)});
const { basename } = require('node:path');
const { event, awsRequestId } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
handler(event, { awsRequestId }).then(() => undefined, ({ name, message }) => name + ': ' + message).then((error) => {
  const loaded = Object.keys(require.cache).map((file) => basename(file, '.cjs')).sort();
  process.stderr.write(JSON.stringify({ error, loaded }), () => process.exit(0));
});`;

export interface StarterAnswer {
  readonly error?: string;
  /** The bundles that were loaded. */
  readonly loaded: readonly string[];
  /** What it logged. */
  readonly log: string;
}

/** One attempt at an event, with the environment that the template gives, and names of servers, region and credentials. */
export async function start(event: unknown, awsRequestId: string, environment: Readonly<Record<string, string>>): Promise<StarterAnswer> {
  const { stdout, stderr } = await runProgram(RUNNER, { event, awsRequestId }, environment);
  return { ...JSON.parse(stderr) as Omit<StarterAnswer, 'log'>, log: stdout };
}
