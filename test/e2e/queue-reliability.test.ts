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
/** Failing and throwing messages, some of them always: these are to become dead letters. */
const HANDLER = `
const { appendFileSync } = require('node:fs');
const note = (what, bodies) => appendFileSync('/notes/lines', bodies.map((body) => what + ' ' + body + '\\n').join(''));
exports.handler = async ({ Records }) => {
  // Numbers, with much around them.
  for (const record of Records) record.body = record.body.trim();
  const bodies = Records.map(({ body }) => body);
  note('got', bodies);
  await new Promise((resolve) => setTimeout(resolve, 5 + 20 * Math.random()));
  const nth = ({ attributes }) => Number(attributes.ApproximateReceiveCount);
  const thrower = Records.find((record) => record.body % 100 === 13 && (record.body % 200 === 13 || nth(record) === 1));
  if (thrower) throw new Error('as asked by ' + thrower.body);
  const heldBack = new Set();
  const failed = Records.filter((record) => {
    const group = record.attributes.MessageGroupId;
    const fails = heldBack.has(group) || (record.body % 20 === 7 && (record.body % 40 === 7 || nth(record) === 1));
    if (fails && group) heldBack.add(group);
    return fails;
  });
  note('failed', failed.map(({ body }) => body));
  note('done', Records.filter((record) => !failed.includes(record)).map(({ body }) => body));
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
};
`;
const alwaysFails = (n: number) => n % 200 === 13 || n % 40 === 7;

const INVOKERS: { [name: string]: { [name: string]: string } } = {
  isolated: { HYBRID_WORKERS: '2' },
  shared: { AWS_LAMBDA_MAX_CONCURRENCY: '8', AWS_LAMBDA_NODEJS_WORKER_COUNT: '2' },
};

const server = queueServer();
const parts = [containerEngine(), server];

(parts.every(Boolean) ? describe : describe.skip)('10,000 messages', () => {
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
      ...sqs.environment, ...INVOKERS[invoker], HYBRID_SOURCES: 'queue', HYBRID_QUEUES: JSON.stringify([queue.entry({ reportBatchItemFailures: true })]), HYBRID_STOP_TIMEOUT: '20',
    },
    options: ['--read-only', '--memory=256m', `--volume=${notes.directory}:/notes`],
  });
  /** All but those that become dead letters are processed, and nothing is left. */
  const finished = (container: Container, queue: TestQueue) => container.until('the end of the queue', () => queue.isEmpty(), 200);
  const fill = async (queue: TestQueue, fifo: boolean) => {
    const bodies = Array.from({ length: MESSAGES }, (_, n) => String(n).padEnd(BODY_BYTES));
    await queue.send(...fifo ? bodies.map((MessageBody, n) => ({ MessageBody, MessageGroupId: `g${n % GROUPS}`, MessageDeduplicationId: String(n) })) : bodies);
  };
  /** Numbers of the dead letters. */
  const dead = async (queue: TestQueue) => new Set((await queue.deadLetters!.takeAll()).map(({ Body }) => Number(Body)));
  const all = Array.from({ length: MESSAGES }, (_, n) => n);

  test.each([['standard', 'shared'], ['FIFO', 'isolated']])('of a %s queue are all processed or dead letters, though the container is killed ten times and stopped ten times (%s)', async (kind, invoker) => {
    const queue = await sqs.queue({ fifo: kind === 'FIFO', visibilityTimeout: 2, maxReceiveCount: 6 });
    await fill(queue, kind === 'FIFO');
    const statuses: number[] = [];
    for (let end = 0; end < 20; end++) {
      const container = run(queue, invoker);
      const before = notes.count('got');
      await container.until('some work', () => notes.count('got') >= before + MESSAGES / 50, 60);
      container.signal(end % 2 ? 'SIGTERM' : 'SIGKILL');
      statuses.push(await container.end());
    }
    expect(statuses).toEqual(Array.from({ length: 10 }, () => [137, 0]).flat());
    const last = run(queue, invoker);
    await finished(last, queue);
    expect(await last.stop()).toBe(0);

    const processed = notes.numbers('done');
    const letters = await dead(queue);
    expect(all.filter(n => !processed.has(n) && !letters.has(n))).toEqual([]);
    expect(all.filter(n => alwaysFails(n) && (processed.has(n) || !letters.has(n)))).toEqual([]);
    if (kind === 'FIFO') { expect(notes.outOfOrder()).toEqual([]); }
  }, 240_000);

  test.each([['standard', 'isolated'], ['FIFO', 'shared']])('of a %s queue: a failing one is received as often as the queue says, and memory stays flat (%s)', async (kind, invoker) => {
    const queue = await sqs.queue({ fifo: kind === 'FIFO', visibilityTimeout: 2, maxReceiveCount: 3 });
    await fill(queue, kind === 'FIFO');
    const container = run(queue, invoker);
    await container.until('a fifth', () => notes.numbers('done').size >= MESSAGES / 5, 60);
    const early = residentKiB(container);
    await finished(container, queue);
    const late = residentKiB(container);
    expect(await container.stop()).toBe(0);

    const processed = notes.numbers('done');
    const letters = await dead(queue);
    expect(all.filter(n => !processed.has(n) && !letters.has(n))).toEqual([]);
    const received = notes.times('got');
    expect(all.filter(n => alwaysFails(n) && (received.get(n) !== 3 || !letters.has(n)))).toEqual([]);
    expect(all.filter(n => received.get(n)! > 3)).toEqual([]);
    if (kind === 'FIFO') { expect(notes.outOfOrder()).toEqual([]); }
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
  outOfOrder(): string[] {
    const processed = new Set<number>();
    const latest = new Map<number, number>();
    return this.lines().filter((line) => {
      const [what, text] = line.split(' ');
      const n = Number(text);
      const group = n % GROUPS;
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
