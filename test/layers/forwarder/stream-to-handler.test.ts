/** From a stream to a handler on a service: AWS's sample events, the bundled forwarder, ElasticMQ as SQS, moto's server as S3, the bundled host. */
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { forward } from './forwarder-process';
import { logData, streamRecord, tableRecord } from './sample-events';
import { motoServer, queueServer } from '../../real-parts';
import { HostProcess, killHosts } from '../host/host-process';
import { startMoto, type Moto } from '../moto';
import { queueHost, told } from '../queue/queue-host';
import { SqsServer, until, type TestQueue } from '../queue/sqs-server';

const program = queueServer();
const motoProgram = motoServer();
/** As the handler tells them: a line of a log cannot be as long as some of them. */
const shortened = (records: object[]) => JSON.parse(JSON.stringify(records), (_key, value) => typeof value === 'string' && value.length > 1000 ? value.length : value);
interface Line { done?: string; failed?: string }
/** Each the first time: what could not be deleted in time is delivered again. */
const processed = (lines: Line[]) => [...new Set(lines.flatMap(({ done }) => done ?? []))];
const key = (id: number) => ({ Id: { N: String(id) } });

(program && motoProgram ? describe : describe.skip)('from a stream to the handler of a service', () => {
  let sqs: SqsServer;
  let moto: Moto;
  const environment = () => ({ ...sqs.environment, AWS_ENDPOINT_URL_S3: moto.endpoint });

  beforeAll(async () => {
    sqs = await SqsServer.start(program!);
    moto = await startMoto(motoProgram!);
    const s3 = new S3Client({ region: 'eu-west-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' }, endpoint: moto.endpoint, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: 'bodies', CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }));
    s3.destroy();
  });
  afterEach(killHosts);
  afterAll(() => Promise.all([sqs.stop(), moto.stop()]));

  const send = async (event: object, queue: TestQueue) => {
    const { error, result, log } = await forward(event, { queueUrl: queue.url, environment: environment() });
    expect({ error, log, failed: result?.batchItemFailures ?? [] }).toEqual({ error: undefined, log: '', failed: [] });
  };
  const host = (handler: string, queue: TestQueue, entry: object): HostProcess => queueHost(handler, [queue.entry(entry)], environment());
  const emptied = (queue: TestQueue) => until('the queue is empty', () => queue.isEmpty());

  test.each<[string, object[]]>([
    ['DynamoDB', [tableRecord(1), tableRecord(2, { a: { S: 'x' }, b: { B: 'AAEC' } }, { large: { S: 'é\uFFFF\u0000' }, list: { L: [{ NULL: true }] } })]],
    ['Kinesis', [streamRecord(1), streamRecord(2, 'größe'), streamRecord(3, 'large', 'x'.repeat(1_048_576))]],
  ])("the handler gets Lambda's records of %s, field by field, also those that are too large for SQS", async (_service, records) => {
    const queue = await sqs.queue({ fifo: true });
    await send({ Records: records }, queue);
    const running = host('records', queue, { event: 'records' });
    await emptied(queue);
    const events = told(running);
    expect(events.map(event => Object.keys(event))).toEqual(events.map(() => ['Records']));
    const given = events.flatMap(({ Records }) => Records);
    expect(given).toHaveLength(records.length);
    expect(given).toEqual(expect.arrayContaining(shortened(records)));
  });

  test("the handler gets Lambda's event of CloudWatch Logs, one at a time, those of a log stream in order", async () => {
    const queue = await sqs.queue({ fifo: true });
    const events = Array.from({ length: 12 }, (_, n) => ({ awslogs: { data: gzipSync(JSON.stringify(logData(`s${n % 2}`, String(n)))).toString('base64') } }));
    for (const event of events) { await send(event, queue); }
    const running = host('event', queue, { event: 'body' });
    await emptied(queue);
    const given = told(running);
    expect(given).toHaveLength(12);
    expect(given).toEqual(expect.arrayContaining(events));
    for (const stream of [0, 1]) {
      const ofStream = events.filter((_, n) => n % 2 === stream);
      expect(given.filter(event => ofStream.some(({ awslogs }) => awslogs.data === event.awslogs.data))).toEqual(ofStream);
    }
  });

  test.each([
    ['as a whole', false], ['by name', true],
  ])('a record that always fails (%s) holds back its key, ends in the dead-letter queue, and lets all others pass in order', async (_how, reportBatchItemFailures) => {
    const queue = await sqs.queue({ fifo: true, visibilityTimeout: 2, maxReceiveCount: 3 });
    const records = Array.from({ length: 60 }, (_, n) => tableRecord(n, key(n % 6), { text: { S: n === 14 ? 'fail' : 'good' } }));
    await send({ Records: records }, queue);
    const running = host(reportBatchItemFailures ? 'inOrder' : 'failing', queue, { event: 'records', batchSize: 1, reportBatchItemFailures });
    await until('all is processed or a dead letter', async () => await queue.isEmpty() && (await queue.deadLetters!.count()).visible > 0);
    const letters = (await queue.deadLetters!.takeAll()).map(({ Body }) => JSON.parse(Body!));
    expect(letters).toEqual([records[14]]);

    const lines: Line[] = told(running);
    const failures = lines.flatMap(({ failed }) => failed ?? []);
    expect(failures).toEqual(Array(3).fill(records[14].eventID));
    const done = processed(lines);
    for (let id = 0; id < 6; id++) {
      const ofKey = records.filter((record, n) => n % 6 === id && record !== records[14]).map(({ eventID }) => eventID);
      expect(done.filter(eventID => ofKey.includes(eventID))).toEqual(ofKey);
    }
    // What comes after it, of its key, was handed out when it had been given up.
    const after = lines.findIndex(({ done: id }) => id === records[20].eventID);
    expect(lines.slice(after).some(({ failed }) => failed !== undefined)).toBe(false);
  });

  test('in larger batches, too, none is lost or out of order: each is processed or a dead letter', async () => {
    const queue = await sqs.queue({ fifo: true, visibilityTimeout: 2, maxReceiveCount: 3 });
    const records = Array.from({ length: 60 }, (_, n) => tableRecord(n, key(n % 6), { text: { S: n === 14 ? 'fail' : 'good' } }));
    await send({ Records: records }, queue);
    const running = host('inOrder', queue, { event: 'records', batchSize: 10, reportBatchItemFailures: true });
    await until('all is processed or a dead letter', async () => await queue.isEmpty() && (await queue.deadLetters!.count()).visible > 0);
    const letters = (await queue.deadLetters!.takeAll()).map(({ Body }) => JSON.parse(Body!).eventID);
    const done = processed(told(running));
    expect(letters).toContain(records[14].eventID);
    expect([...done, ...letters].sort()).toEqual(records.map(({ eventID }) => eventID).sort());
    for (let id = 0; id < 6; id++) {
      const ofKey = records.filter((_, n) => n % 6 === id).map(({ eventID }) => eventID);
      expect(done.filter(eventID => ofKey.includes(eventID))).toEqual(ofKey.filter(eventID => done.includes(eventID)));
    }
  });
});
