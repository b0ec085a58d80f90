/** Queues as a source of the bundled host, a process of its own: ElasticMQ as SQS, AWS's client as the sender, isolated and shared invokers. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { queueHost, told } from './queue-host';
import { SqsServer, until, type TestQueue } from './sqs-server';
import { queueServer } from '../../real-parts';
import { killHosts } from '../host/host-process';

const program = queueServer();

const MODES: [string, Record<string, string>][] = [['isolated', { HYBRID_WORKERS: '2' }], ['shared', { AWS_LAMBDA_MAX_CONCURRENCY: '4' }]];

(program ? describe : describe.skip)('a host with a queue', () => {
  let sqs: SqsServer;
  beforeAll(async () => { sqs = await SqsServer.start(program!); });
  afterEach(killHosts);
  afterAll(() => sqs.stop());

  const host = (handler: string, queues: object[], environment: Record<string, string> = {}) =>
    queueHost(handler, queues, { ...sqs.environment, ...environment });
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

  test.each(MODES)('goes on with the trace of the first message of a batch that has one (%s)', async (mode, environment) => {
    const queue = await sqs.queue();
    const traced = (trace: string) => ({
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: trace } },
    });
    const [first, second] = ['1', '2'].map((digit) => `Root=1-5759e988-${digit.repeat(24)};Parent=53995c3f42cd8ad8;Sampled=1`);
    await queue.send({ MessageBody: 'none' }, { MessageBody: 'first', ...traced(first) }, { MessageBody: 'second', ...traced(second) });
    const running = host('traces', [queue.entry()], environment);
    await emptied(queue);
    const [{ records, ...seen }] = told(running);
    // A standard queue has no order. The variable is the whole process's, so that one with several invocations cannot have it.
    expect([...records].sort()).toEqual([first, second, null].sort());
    const trace = records.find(Boolean);
    expect(seen).toEqual({ trace, ...mode === 'isolated' && { variable: trace } });
    await queue.send('none');
    await emptied(queue);
    expect(told(running)[1]).toEqual({ records: [null] });
  });

  test.each(MODES)('delivers a failing message again, exactly as often as its queue says, then it is a dead letter (%s)', async (_mode, mode) => {
    const queue = await sqs.queue({ visibilityTimeout: 1, maxReceiveCount: 3 });
    const running = host('bodies', [queue.entry({ batchSize: 1 })], mode);
    const deadLetters = (count: number) => until(`dead letters: ${count}`, async () => (await queue.deadLetters!.count()).visible === count);
    await queue.send('fail', 'fine');
    await deadLetters(1);
    // By itself: where invocations share a process, its end takes the others along.
    await queue.send('exit');
    await deadLetters(2);
    await emptied(queue);
    const started = told(running).filter(Array.isArray).map(([body]) => body as string);
    expect(started.filter((body) => body === 'fail')).toHaveLength(3);
    expect(started.filter((body) => body === 'exit').length).toBeGreaterThanOrEqual(1);
    expect(started.filter((body) => body === 'fine')).toHaveLength(1);
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

  test('collects a batch over several receives, until it is full or its window is over, however short the visibility timeout is', async () => {
    const queue = await sqs.queue({ visibilityTimeout: 2 });
    await queue.send(...Array.from({ length: 600 }, (_, n) => String(n)));
    const running = host('bodies', [queue.entry({ batchSize: 500, maxBatchingWindow: 6 })]);
    await emptied(queue);
    expect(told(running).filter(Array.isArray).map((bodies: string[]) => bodies.length)).toEqual([500, 100]);
  });

  test('divides what is over 6 MB into several events', async () => {
    const queue = await sqs.queue();
    for (let n = 0; n < 40; n++) await queue.send(`${n} ${'x'.repeat(200_000)}`);
    const running = host('counts', [queue.entry({ batchSize: 40, maxBatchingWindow: 5 })]);
    await emptied(queue);
    const counts = told(running) as number[];
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(40);
    expect(Math.max(...counts)).toBeLessThanOrEqual(31);
    expect(running.stderr).not.toContain('failed');
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
    expect((await queue.deadLetters!.takeAll()).map(({ Body }) => Body)).toEqual(['{"n":"a2","fail":true}']);
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

  test.each(MODES)('serves HTTP beside its queue (%s)', async (_mode, mode) => {
    const queue = await sqs.queue();
    const running = queueHost('any', [queue.entry()], { ...sqs.environment, ...mode }, 'http,queue');
    const url = await running.listening('http');
    await queue.send('a message');
    expect(await (await fetch(url, { method: 'POST', body: 'a request' })).text()).toBe('a request');
    await emptied(queue);
    expect(told(running)).toContainEqual('done a message');
    await queue.send('slow1500');
    await running.wrote('stdout', /told "slow1500"/);
    running.signal('SIGTERM');
    expect(await running.exit).toBe(0);
    expect(told(running)).toContainEqual('done slow1500');
    expect(await queue.isEmpty()).toBe(true);
  });

  test('counts its invocations in the metrics', async () => {
    const queue = await sqs.queue({ visibilityTimeout: 600 });
    await queue.send('fine', 'fail', 'fine');
    const running = host('bodies', [queue.entry({ batchSize: 1 })], { HYBRID_METRICS: 'emf', AWS_LAMBDA_FUNCTION_NAME: 'orders' });
    await until('done', () => told(running).filter(Array.isArray).length === 3);
    await until('deleted', async () => (await queue.count()).inFlight === 1);
    running.signal('SIGTERM');
    expect(await running.exit).toBe(0);
    const metrics = running.stderr.split('\n').filter((line) => line.startsWith('{"_aws"')).map((line) => JSON.parse(line));
    expect(metrics.reduce((sum, { Invocations = 0 }) => sum + Invocations, 0)).toBe(3);
    expect(metrics.reduce((sum, { Errors = 0 }) => sum + Errors, 0)).toBe(1);
  });

  test('is left alone by ECS while it works on a message for longer than a stop may take', async () => {
    const asked: boolean[] = [];
    const agent = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => asked.push(JSON.parse(text).ProtectionEnabled)).on('end', () => response.end('{}'));
    });
    await new Promise<void>((resolve) => agent.listen(0, '127.0.0.1', resolve));
    try {
      const environment = { HYBRID_TASK_PROTECTION: 'true', ECS_AGENT_URI: `http://127.0.0.1:${(agent.address() as AddressInfo).port}/api/1` };
      const queue = await sqs.queue();
      await queue.send('slow500');
      const running = host('bodies', [queue.entry()], { ...environment, AWS_LAMBDA_FUNCTION_TIMEOUT: '900' });
      await running.wrote('stdout', /told \["slow500"\]/);
      expect(asked).toEqual([true]);
      running.signal('SIGTERM');
      expect(await running.exit).toBe(0);
      expect(asked).toEqual([true, false]);

      await queue.send('short');
      host('bodies', [queue.entry()], { ...environment, AWS_LAMBDA_FUNCTION_TIMEOUT: '5' });
      await emptied(queue);
      expect(asked).toEqual([true, false]);
    } finally {
      agent.closeAllConnections();
      agent.close();
    }
  });
});
