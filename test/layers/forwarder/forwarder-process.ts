/** Defines how tests run the bundled forwarder: in a process of its own, as AWS Lambda does it, with servers in the place of AWS's. */
import { join } from 'node:path';
import { runProgram } from '../program-process';

const PROGRAM = join(__dirname, '../../../layers/forwarder/dist/forwarder.cjs');

/** Reads an event, calls the handler that is named as in the template, and writes its answer or its error. */
const RUNNER = `
const { handler } = require(${JSON.stringify(PROGRAM)});
let text = '';
process.stdin.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('end', async () => {
  const end = Date.now() + 60000;
  const context = { getRemainingTimeInMillis: () => end - Date.now() };
  const answer = await handler(JSON.parse(text), context).then((result) => ({ result }), ({ name, message }) => ({ error: name + ': ' + message }));
  process.stdout.write(JSON.stringify(answer), () => process.exit(0));
});`;

export interface ForwarderAnswer {
  readonly result?: { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] };
  readonly error?: string;
  /** What it logged. */
  readonly log: string;
}

export interface ForwarderTarget {
  readonly queueUrl: string;
  readonly bucket?: string;
  /** Names of servers, region and credentials. */
  readonly environment: Readonly<Record<string, string>>;
}

/** One invocation. */
export async function forward(event: object, { queueUrl, bucket = 'bodies', environment }: ForwarderTarget): Promise<ForwarderAnswer> {
  const settings = { HYBRID_FORWARDER_QUEUE_URL: queueUrl, HYBRID_FORWARDER_BUCKET: bucket };
  const { stdout, stderr } = await runProgram(RUNNER, event, { ...environment, ...settings });
  return { ...JSON.parse(stdout) as Omit<ForwarderAnswer, 'log'>, log: stderr };
}
