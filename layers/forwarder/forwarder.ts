/** The handler of the function that puts what streams and log groups send into a FIFO queue, in order, for computes that poll queues. */
import { entriesOf, type Entry, type LogsEvent, type StreamEvent } from './entries';
import { Queue } from './queue';
import { sendInOrder, type Failure } from './sending';

/** Of the context of an invocation. */
interface Context {
  getRemainingTimeInMillis(): number;
}

interface StreamAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** Requests at once. */
const LANES = 8;
/** As long as a request may take, with its repetitions. */
const RESERVE_MS = 10_000;

let queue: Queue | undefined;

/**
 * Of a stream what could not be sent is in the answer, with all that comes after it of the same key: AWS Lambda goes on from the first of them, and SQS drops
 * what it has already. An event of a log group fails as a whole, and comes again.
 */
export async function handler(event: StreamEvent | LogsEvent, context: Context): Promise<StreamAnswer> {
  queue ??= new Queue({ queueUrl: setting('HYBRID_FORWARDER_QUEUE_URL'), bucket: setting('HYBRID_FORWARDER_BUCKET') });
  const target = queue;
  const isLate = (): boolean => context.getRemainingTimeInMillis() < RESERVE_MS;
  const failures = await sendInOrder(entriesOf(event), (entries) => target.send(entries), { lanes: LANES, isLate });
  if (failures.length === 0) return { batchItemFailures: [] };
  const why = `${failures.length} messages were not sent: ${reasons(failures)}`;
  if (failures.some(({ entry }) => entry.identifier === undefined)) throw new Error(why);
  console.error(why);
  return { batchItemFailures: failures.map(({ entry }) => ({ itemIdentifier: entry.identifier! })) };
}

function reasons(failures: readonly Failure<Entry>[]): string {
  return [...new Set(failures.map(({ reason }) => reason))].join('; ');
}

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must be set`);
  return value;
}
