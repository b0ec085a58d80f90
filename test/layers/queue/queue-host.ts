/** Defines how tests start the bundled host with queues, and a handler that tells on the standard output what it is given. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostProcess } from '../host/host-process';

const taskRoot = mkdtempSync(join(tmpdir(), 'cdk-hybrid-queue-'));
writeFileSync(join(taskRoot, 'index.js'), `
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
// One line for each event, whole, whoever else writes at the time.
const tell = (what) => process.stdout.write('told ' + JSON.stringify(what) + '\\n');
const act = async ({ body }) => {
  if (body.startsWith('fail')) throw new Error('as asked by ' + body);
  if (body.startsWith('exit')) process.exit(3);
  if (body.startsWith('slow')) await sleep(Number(body.slice(4)));
};
exports.event = async (event) => { tell(event); };
exports.bodies = async ({ Records }) => {
  tell(Records.map(({ body }) => body));
  for (const record of Records) await act(record);
  tell('done ' + Records.map(({ body }) => body));
};
exports.partial = async ({ Records }) => {
  const failed = Records.filter(({ body }) => body.startsWith('fail'));
  tell(Records.map(({ body }) => body));
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
};
exports.any = async ({ Records, body }) => {
  for (const record of Records ?? []) {
    tell(record.body);
    await act(record);
    tell('done ' + record.body);
  }
  return body;
};
exports.traces = async ({ Records }, { xRayTraceId }) => {
  tell({ trace: xRayTraceId, variable: process.env._X_AMZN_TRACE_ID, records: Records.map(({ attributes }) => attributes.AWSTraceHeader ?? null) });
};
exports.counts = async ({ Records }) => { tell(Records.length); };
exports.lengths = async ({ text }) => { tell(text.length); };
exports.stream = async ({ Records }) => {
  tell(Records.map(({ dynamodb }) => dynamodb.text));
  // As in AWS's samples: at the first failure the handler ends.
  return { batchItemFailures: [{ itemIdentifier: Records[1].dynamodb.SequenceNumber }] };
};
exports.records = async (event) => {
  tell(JSON.parse(JSON.stringify(event), (key, value) => (typeof value === 'string' && value.length > 1000 ? value.length : value)));
};
// A handler of streams that stops at the first record that fails.
const upTo = (Records) => {
  for (const { eventID, dynamodb } of Records) {
    const failed = dynamodb.NewImage.text.S === 'fail';
    tell({ [failed ? 'failed' : 'done']: eventID });
    if (failed) return dynamodb.SequenceNumber;
  }
};
exports.inOrder = async ({ Records }) => {
  const itemIdentifier = upTo(Records);
  return { batchItemFailures: itemIdentifier ? [{ itemIdentifier }] : [] };
};
exports.failing = async ({ Records }) => {
  if (upTo(Records)) throw new Error('as asked');
};
exports.single = async (event) => {
  tell(event);
  if (event.fail) throw new Error('as asked');
  if (event.slow) await sleep(event.slow);
};
`);

afterAll(() => rmSync(taskRoot, { recursive: true, force: true }));

/** Further sources come before the queue: `http`. */
export function queueHost(handler: string, queues: unknown, environment: Record<string, string>, sources = 'queue'): HostProcess {
  return new HostProcess({ sources, handler: `index.${handler}`, taskRoot, environment: { HYBRID_QUEUES: JSON.stringify(queues), ...environment } });
}

/** What the handler has told so far. */
export function told({ stdout }: HostProcess): any[] {
  return [...stdout.matchAll(/^told (.*)$/gm)].map(([, text]) => JSON.parse(text));
}
