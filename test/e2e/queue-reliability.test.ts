/**
 * No message is lost, whatever happens to the container that works on it: the real image, limited in memory, killed and stopped again and again, with
 * ElasticMQ as SQS. What the handler did is a line in a file outside of the container each time. Counts only: how long anything takes plays no part.
 */
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HandlerCode } from '../../src/model/handler-code';
import { SqsServer, type TestQueue } from '../layers/queue/sqs-server';
import { containerEngine, queueServer } from '../real-parts';
import { builtImage, Container } from './containers';

const MESSAGES = 10_000;
/** Were they kept, memory would show it. */
const BODY_BYTES = 8 * 1024;
/** A prime, so that failing messages are in all of them. */
const GROUPS = 97;
/** The host's own, of a queue and of Lambda. */
const BATCH = 10;
/** Does with a message what its body says: `7 fails 1`, the first time that it is received. */
const HANDLER = `
const { appendFileSync } = require('node:fs');
const note = (what, messages) => appendFileSync('/notes/lines', messages.map(({ n }) => what + ' ' + n + '\\n').join(''));
exports.handler = async ({ Records }) => {
  const messages = Records.map(({ messageId, body, attributes }) => {
    const [n, what, times] = body.split(' ');
    return { n, messageId, group: attributes.MessageGroupId, does: Number(attributes.ApproximateReceiveCount) <= Number(times) ? what : 'succeeds' };
  });
  note('got', messages);
  await new Promise((resolve) => setTimeout(resolve, 5 + 20 * Math.random()));
  if (messages.some(({ does }) => does === 'throws')) {
    note('failed', messages);
    throw new Error('as asked');
  }
  const heldBack = new Set();
  const failed = messages.filter(({ group, does }) => {
    const fails = heldBack.has(group) || does === 'fails';
    if (fails && group) heldBack.add(group);
    return fails;
  });
  note('failed', failed);
  note('done', messages.filter((message) => !failed.includes(message)));
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
};
`;

/** A message, and how often the handler does what with it before it succeeds. */
interface Sample {
  readonly n: number;
  readonly what: 'succeeds' | 'fails' | 'throws';
  readonly times: number;
  readonly group: string;
}

/** 5 % fail and 1 % throw: some of them always, the others once. */
function samples(count: number): Sample[] {
  return Array.from({ length: count }, (_, n) => {
    const group = `g${n % GROUPS}`;
    if (n % 100 === 13) { return { n, group, what: 'throws', times: n % 200 === 13 ? Infinity : 1 }; }
    if (n % 20 === 7) { return { n, group, what: 'fails', times: n % 100 === 7 ? Infinity : 1 }; }
    return { n, group, what: 'succeeds', times: 0 };
  });
}

/**
 * Samples of which those that always fail, and they alone, are to become dead letters. Others must not share their fate: what is in a batch with a
 * message that throws is received as often as that, and so is what comes behind a failing one in its group. Therefore those that throw do so once, and
 * those that always fail have groups of their own. They come first, because they take the longest.
 */
function separateSamples(count: number): Sample[] {
  const all = samples(count).map(sample => sample.what === 'throws' ? { ...sample, times: 1 } : sample);
  const lasting = all.filter(isLasting).map(sample => ({ ...sample, group: `alone${sample.n}` }));
  return [...lasting, ...all.filter(sample => !isLasting(sample))];
}

const isLasting = ({ times }: Sample) => times === Infinity;
const numbersOf = (some: readonly Sample[]) => some.map(({ n }) => n);

interface HostInvoker {
  /** Invocations at once. */
  readonly capacity: number;
  readonly environment: { [name: string]: string };
}
const INVOKERS: { [name: string]: HostInvoker } = {
  isolated: { capacity: 2, environment: { HYBRID_WORKERS: '2' } },
  shared: { capacity: 8, environment: { AWS_LAMBDA_MAX_CONCURRENCY: '8', AWS_LAMBDA_NODEJS_WORKER_COUNT: '2' } },
};

const server = queueServer();
const parts = [containerEngine(), server];

(parts.every(Boolean) ? describe : describe.skip)('messages', () => {
  let sqs: SqsServer;
  let image: string;
  let directory: string;
  let notes: Notes;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cdk-hybrid-reliability-'));
    mkdirSync(join(directory, 'code'));
    writeFileSync(join(directory, 'code/index.js'), HANDLER);
    ({ image } = builtImage('queue-reliability', directory, () => ({ code: HandlerCode.fromDirectory('code') })));
    sqs = await SqsServer.start(server!);
  }, 180_000);
  beforeEach(() => { notes = new Notes(mkdtempSync(join(directory, 'notes-'))); });
  afterAll(async () => {
    await sqs.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const run = (queue: TestQueue, invoker: string) => new Container(image, {
    environment: {
      ...sqs.environment, ...INVOKERS[invoker].environment, HYBRID_SOURCES: 'queue', HYBRID_QUEUES: JSON.stringify([queue.entry({ reportBatchItemFailures: true })]), HYBRID_STOP_TIMEOUT: '20',
    },
    options: ['--read-only', '--memory=256m', `--volume=${notes.directory}:/notes`],
  });
  const finished = (container: Container, queue: TestQueue) => container.until('the end of the queue', () => queue.isEmpty(), 200);
  const fill = async (queue: TestQueue, messages: readonly Sample[], fifo: boolean) => queue.send(...messages.map(({ n, what, times, group }) => ({
    MessageBody: `${n} ${what} ${times} `.padEnd(BODY_BYTES), ...fifo && { MessageGroupId: group, MessageDeduplicationId: String(n) },
  })));
  /** Numbers of the dead letters. */
  const dead = async (queue: TestQueue) => {
    const letters = await queue.deadLetters!.takeAll();
    return letters.map(({ Body }) => Number.parseInt(Body!, 10)).sort((one, other) => one - other);
  };

  test.each([
    [MESSAGES, 'standard', 20, 'shared'],
    [MESSAGES, 'FIFO', 20, 'isolated'],
    [MESSAGES / 10, 'standard', 4, 'isolated'],
    [MESSAGES / 10, 'FIFO', 4, 'shared'],
  ])('%i of a %s queue are all processed but those that always fail, though the container is ended %i times, killed and stopped in turn (%s)', async (count, kind, ends, invoker) => {
    const fifo = kind === 'FIFO';
    // Each end costs a message one reception at most. Five more are for itself, and for those that fail once, before it in its group or in its batch.
    const maxReceiveCount = ends + 5;
    const queue = await sqs.queue({ fifo, visibilityTimeout: 1, maxReceiveCount });
    const messages = separateSamples(count);
    await fill(queue, messages, fifo);
    const statuses: number[] = [];
    for (let end = 0; end < ends; end++) {
      const container = run(queue, invoker);
      const before = notes.count('done');
      await container.until('some work', () => notes.count('done') >= before + 0.4 * count / ends, 60);
      container.signal(end % 2 ? 'SIGTERM' : 'SIGKILL');
      statuses.push(await container.end());
    }
    expect(statuses).toEqual(Array.from({ length: ends / 2 }, () => [137, 0]).flat());
    const last = run(queue, invoker);
    await finished(last, queue);
    expect(await last.stop()).toBe(0);

    const lasting = new Set(numbersOf(messages.filter(isLasting)));
    const others = numbersOf(messages.filter(sample => !isLasting(sample)));
    const done = notes.times('done');
    expect(await dead(queue)).toEqual([...lasting]);
    expect([...lasting].filter(n => done.has(n))).toEqual([]);
    expect(others.filter(n => !done.has(n))).toEqual([]);
    // Those that failed, and not for ever, have succeeded later.
    const failed = notes.numbers('failed');
    expect(messages.filter(({ n, times }) => times === 1 && failed.has(n)).length).toBeGreaterThan(0.02 * count);
    // Done twice is what was done and not deleted yet when the container was killed: no more than was in flight.
    const repeated = notes.count('done') - done.size;
    expect(repeated).toBeLessThanOrEqual(ends / 2 * INVOKERS[invoker].capacity * BATCH);
    if (fifo) { expect(notes.outOfOrder(messages)).toEqual([]); }
  }, 300_000);

  test.each([['standard', 'isolated'], ['FIFO', 'shared']])('of a %s queue: a failing one is received as often as the queue says, and memory stays flat (%s)', async (kind, invoker) => {
    const fifo = kind === 'FIFO';
    const queue = await sqs.queue({ fifo, visibilityTimeout: 2, maxReceiveCount: 3 });
    const messages = samples(MESSAGES);
    await fill(queue, messages, fifo);
    const container = run(queue, invoker);
    await container.until('a fifth', () => notes.numbers('done').size >= MESSAGES / 5, 60);
    const early = residentKiB(container);
    await finished(container, queue);
    const late = residentKiB(container);
    expect(await container.stop()).toBe(0);

    const letters = new Set(await dead(queue));
    const [received, failed, done] = [notes.times('got'), notes.times('failed'), notes.times('done')];
    const all = numbersOf(messages);
    expect(numbersOf(messages.filter(sample => isLasting(sample) && !letters.has(sample.n)))).toEqual([]);
    // A dead letter has failed three times, alone or with others, and any other message is processed.
    expect(all.filter(n => letters.has(n) ? received.get(n) !== 3 || failed.get(n) !== 3 : !done.has(n))).toEqual([]);
    expect(all.filter(n => letters.has(n) && done.has(n))).toEqual([]);
    // What was received has ended.
    expect(all.filter(n => received.get(n) !== (failed.get(n) ?? 0) + (done.get(n) ?? 0))).toEqual([]);
    expect(all.filter(n => received.get(n)! > 3)).toEqual([]);
    expect(numbersOf(messages.filter(({ n, times }) => times === 1 && !failed.has(n)))).toEqual([]);
    if (fifo) { expect(notes.outOfOrder(messages)).toEqual([]); }
    expect(late / early).toBeLessThan(1.3);
  }, 240_000);
});

/** The memory of all processes in a container. */
function residentKiB(container: Container): number {
  const lines = container.exec('sh', '-c', 'cat /proc/[0-9]*/status').match(/^VmRSS:\s+\d+/gm) ?? [];
  return lines.reduce((sum, line) => sum + Number(/\d+/.exec(line)![0]), 0);
}

/** What the handler did, in order. */
class Notes {
  private readonly file: string;

  constructor(readonly directory: string) {
    this.file = join(directory, 'lines');
    appendFileSync(this.file, '');
    // The image's user is another one.
    chmodSync(directory, 0o777);
    chmodSync(this.file, 0o666);
  }

  count(what: string): number {
    return this.lines().filter(line => line.startsWith(`${what} `)).length;
  }

  numbers(what: string): Set<number> {
    return new Set(this.times(what).keys());
  }

  times(what: string): Map<number, number> {
    const times = new Map<number, number>();
    for (const [did, n] of this.lines().map(line => line.split(' '))) {
      if (did === what) { times.set(Number(n), (times.get(Number(n)) ?? 0) + 1); }
    }
    return times;
  }

  /** Messages that were worked on after a later one of their group had been processed, unless they had been processed before themselves. */
  outOfOrder(messages: readonly Sample[]): string[] {
    const groups = new Map(messages.map(({ n, group }) => [n, group]));
    const processed = new Set<number>();
    const latest = new Map<string, number>();
    return this.lines().filter((line) => {
      const [what, text] = line.split(' ');
      const n = Number(text);
      const group = groups.get(n)!;
      const late = !processed.has(n) && n < (latest.get(group) ?? -1);
      if (what === 'done') {
        processed.add(n);
        latest.set(group, Math.max(n, latest.get(group) ?? -1));
      }
      return late;
    });
  }

  private lines(): string[] {
    return readFileSync(this.file, 'utf8').split('\n').filter(Boolean);
  }
}
