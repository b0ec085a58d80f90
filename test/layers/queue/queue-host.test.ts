/** Queues as a source of the bundled host, a process of its own: ElasticMQ as SQS, AWS's client as the sender, isolated and shared invokers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqsServer, until, type TestQueue } from './sqs-server';
import { queueServer } from '../../real-parts';
import { HostProcess, killHosts } from '../host/host-process';

const program = queueServer();

const taskRoot = mkdtempSync(join(tmpdir(), 'cdk-hybrid-queue-'));
writeFileSync(join(taskRoot, 'index.js'), `
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
// One line for each event, whole, whoever else writes at the time.
const tell = (what) => process.stdout.write('told ' + JSON.stringify(what) + '\\n');
const act = async ({ body, messageId }) => {
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
exports.single = async (event) => {
  tell(event);
  if (event.fail) throw new Error('as asked');
  if (event.slow) await sleep(event.slow);
};
`);

afterAll(() => rmSync(taskRoot, { recursive: true, force: true }));

const MODES: [string, Record<string, string>][] = [['isolated', { HYBRID_WORKERS: '2' }], ['shared', { AWS_LAMBDA_MAX_CONCURRENCY: '4' }]];

(program ? describe : describe.skip)('a host with a queue', () => {
  let sqs: SqsServer;
  beforeAll(async () => { sqs = await SqsServer.start(program!); });
  afterEach(killHosts);
  afterAll(() => sqs.stop());

  const host = (handler: string, queues: object[], environment: Record<string, string> = {}): HostProcess => new HostProcess({
    sources: 'queue', handler: `index.${handler}`, taskRoot, environment: { ...sqs.environment, HYBRID_QUEUES: JSON.stringify(queues), ...environment },
  });
  /** What the handler has told so far. */
  const told = ({ stdout }: HostProcess): any[] => [...stdout.matchAll(/^told (.*)$/gm)].map(([, text]) => JSON.parse(text));
  const emptied = (queue: TestQueue) => until('the queue is empty', () => queue.isEmpty());

  test.each(MODES)("gives the handler Lambda's event and deletes what it has processed (%s)", async (_mode, mode) => {
    const queue = await sqs.queue();
    const running = host('event', [queue.entry()], mode);
    await running.wrote('stderr', /queue receives from http/);
    await queue.send({ MessageBody: 'größe', MessageAttributes: { kind: { DataType: 'String', StringValue: 'a' }, raw: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) } } });
    await emptied(queue);
    const [{ Records: [record] }] = told(running);
    expect(record).toEqual({
      messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      receiptHandle: expect.any(String),
      body: 'größe',
      attributes: {
        ApproximateReceiveCount: '1', SentTimestamp: expect.stringMatching(/^\d{13}$/), SenderId: expect.any(String), ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
      },
      messageAttributes: {
        kind: { stringValue: 'a', stringListValues: [], binaryListValues: [], dataType: 'String' },
        raw: { binaryValue: 'AP8=', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
      },
      md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
      md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventSource: 'aws:sqs',
      eventSourceARN: queue.arn,
      awsRegion: 'eu-west-1',
    });
    running.signal('SIGTERM');
    expect(await running.exit).toBe(0);
  });

  test.each(MODES)('delivers a failing message again, exactly as often as its queue says, then it is a dead letter (%s)', async (_mode, mode) => {
    const queue = await sqs.queue({ visibilityTimeout: 1, maxReceiveCount: 3 });
    const running = host('bodies', [queue.entry({ batchSize: 1 })], mode);
    await queue.send('fail', 'fine', 'exit');
    await until('dead letters', async () => (await queue.deadLetters!.count()).visible === 2);
    await emptied(queue);
    const started = told(running).filter(Array.isArray).map(([body]) => body as string);
    expect(started.filter((body) => body === 'fail')).toHaveLength(3);
    expect(started.filter((body) => body === 'exit').length).toBeGreaterThanOrEqual(1);
    expect(started.filter((body) => body === 'fine').length).toBeGreaterThanOrEqual(1);
    expect(running.stderr).toMatch(/queue [0-9a-f-]+: request [0-9a-f-]{36}: 1 of 1 messages failed: Error: as asked by fail$/m);
  });

  test('leaves in the queue what the handler names, and only that', async () => {
    const queue = await sqs.queue({ visibilityTimeout: 1, maxReceiveCount: 2 });
    await queue.send('fail 1', 'a', 'b', 'fail 2', 'c');
    const running = host('partial', [queue.entry({ reportBatchItemFailures: true })]);
    await until('dead letters', async () => (await queue.deadLetters!.count()).visible === 2);
    await emptied(queue);
    const all = told(running).flat() as string[];
    expect(['a', 'b', 'c'].map((body) => all.filter((each) => each === body).length)).toEqual([1, 1, 1]);
    expect(all.filter((each) => each.startsWith('fail'))).toHaveLength(4);
  });

  test('collects a batch over several receives', async () => {
    const queue = await sqs.queue();
    await queue.send(...Array.from({ length: 60 }, (_, n) => String(n)));
    const running = host('bodies', [queue.entry({ batchSize: 50, maxBatchingWindow: 5 })]);
    await emptied(queue);
    const sizes = told(running).filter(Array.isArray).map((bodies: string[]) => bodies.length);
    expect(sizes).toEqual([50, 10]);
  });

  test('keeps a message invisible for as long as the handler works on it', async () => {
    const queue = await sqs.queue({ visibilityTimeout: 1 });
    await queue.send('slow5000');
    const running = host('bodies', [queue.entry()], { HYBRID_WORKERS: '2' });
    await emptied(queue);
    expect(told(running)).toEqual([['slow5000'], 'done slow5000']);
  });

  test.each(MODES)('keeps the order in the groups of a FIFO queue: a failing message holds back its group until it is a dead letter (%s)', async (_mode, mode) => {
    const queue = await sqs.queue({ fifo: true, visibilityTimeout: 1, maxReceiveCount: 2 });
    await queue.sendTo('a', '{"n":"a1"}', '{"n":"a2","fail":true}', '{"n":"a3"}');
    await queue.sendTo('b', '{"n":"b1"}', '{"n":"b2"}', '{"n":"b3"}');
    const running = host('single', [queue.entry({ event: 'body' })], mode);
    await emptied(queue);
    const order = told(running).map(({ n }: { n: string }) => n);
    expect(order.filter((n) => n.startsWith('b'))).toEqual(['b1', 'b2', 'b3']);
    expect(order.filter((n) => n.startsWith('a'))).toEqual(['a1', 'a2', 'a2', 'a3']);
    expect((await queue.deadLetters!.receiveAll()).map(({ Body }) => Body)).toEqual(['{"n":"a2","fail":true}']);
  });

  test('loses nothing when it is killed: what it had is delivered to the next one', async () => {
    const queue = await sqs.queue({ visibilityTimeout: 1 });
    await queue.send('slow60000');
    const first = host('bodies', [queue.entry()]);
    await first.wrote('stdout', /told \["slow60000"\]/);
    await first.kill();
    const second = host('event', [queue.entry()]);
    await emptied(queue);
    expect(told(second)[0].Records[0]).toMatchObject({ body: 'slow60000', attributes: { ApproximateReceiveCount: '2' } });
  });

  test.each(MODES)('told to stop: finishes what it works on, and what nobody has begun becomes visible at once (%s)', async (_mode, mode) => {
    const queue = await sqs.queue({ visibilityTimeout: 600 });
    await queue.send('slow2000');
    const running = host('bodies', [queue.entry({ batchSize: 20, maxBatchingWindow: 0, maxConcurrency: 1 })], mode);
    await running.wrote('stdout', /told \["slow2000"\]/);
    running.signal('SIGTERM');
    expect(await running.exit).toBe(0);
    expect(told(running)).toContain('done slow2000');
    expect(await queue.count()).toEqual({ visible: 0, inFlight: 0 });
  });

  test('told to stop while it collects a batch: its messages become visible at once', async () => {
    const queue = await sqs.queue({ visibilityTimeout: 600 });
    await queue.send('a', 'b', 'c');
    const running = host('bodies', [queue.entry({ batchSize: 100, maxBatchingWindow: 60 })]);
    await until('received', async () => (await queue.count()).inFlight === 3);
    // It asks for more only once it has these; what comes with a receive that is broken off stays invisible for its timeout.
    await queue.send('d');
    await until('received', async () => (await queue.count()).inFlight === 4);
    running.signal('SIGTERM');
    expect(await running.exit).toBe(0);
    expect(told(running)).toEqual([]);
    expect((await queue.count()).visible).toBeGreaterThanOrEqual(3);
  });

  test('told to stop, and the handler does not end: the message is delivered again', async () => {
    const queue = await sqs.queue({ visibilityTimeout: 1 });
    await queue.send('slow60000');
    const running = host('bodies', [queue.entry()], { HYBRID_STOP_TIMEOUT: '2', HYBRID_WORKERS: '1' });
    await running.wrote('stdout', /told \["slow60000"\]/);
    running.signal('SIGTERM');
    expect(await running.exit).toBe(1);
    await until('visible', async () => (await queue.count()).visible === 1);
  });

  test('deletes what its filters do not let through', async () => {
    const queue = await sqs.queue();
    await queue.send('{"kind":"a"}', '{"kind":"b"}', 'text');
    const running = host('bodies', [queue.entry({ filters: ['{"body":{"kind":["b"]}}'] })]);
    await emptied(queue);
    expect(told(running).filter(Array.isArray)).toEqual([['{"kind":"b"}']]);
  });

  test('serves several queues with one worker', async () => {
    const queues = await Promise.all([sqs.queue(), sqs.queue(), sqs.queue()]);
    const running = host('bodies', queues.map((queue) => queue.entry()), { HYBRID_WORKERS: '1' });
    await running.wrote('stderr', /queue receives from http/);
    for (const [index, queue] of queues.entries()) await queue.send(`of ${index}`);
    await Promise.all(queues.map(emptied));
    expect(told(running).filter(Array.isArray).flat().sort()).toEqual(['of 0', 'of 1', 'of 2']);
  });
});
