/** The bundled forwarder with ElasticMQ as SQS and moto's server as S3, and a server that refuses as SQS does. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { forward } from './forwarder-process';
import { logData, streamRecord, tableRecord } from './sample-events';
import { motoServer, queueServer } from '../../real-parts';
import { startMoto, type Moto } from '../moto';
import { SqsServer } from '../queue/sqs-server';

const program = queueServer();
const motoProgram = motoServer();
const key = (id: number) => ({ Id: { N: String(id) } });

(program && motoProgram ? describe : describe.skip)('the forwarder', () => {
  let sqs: SqsServer;
  let moto: Moto;
  let s3: S3Client;
  const environment = () => ({ ...sqs.environment, AWS_ENDPOINT_URL_S3: moto.endpoint });

  beforeAll(async () => {
    sqs = await SqsServer.start(program!);
    moto = await startMoto(motoProgram!);
    s3 = new S3Client({ region: 'eu-west-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' }, endpoint: moto.endpoint, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: 'bodies', CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }));
  });
  afterAll(async () => {
    s3.destroy();
    await Promise.all([sqs.stop(), moto.stop()]);
  });

  test('puts records into the queue, those of a key in order; sent again, they are not there twice', async () => {
    const queue = await sqs.queue({ fifo: true });
    const records = Array.from({ length: 120 }, (_, n) => tableRecord(n, key(n % 7)));
    for (let times = 0; times < 2; times++) {
      expect(await forward({ Records: records }, { queueUrl: queue.url, environment: environment() })).toEqual({ result: { batchItemFailures: [] }, log: '' });
    }
    const bodies = (await queue.takeAll()).map(({ Body }) => JSON.parse(Body!));
    expect(bodies).toHaveLength(120);
    expect(bodies).toEqual(expect.arrayContaining(records));
    for (let id = 0; id < 7; id++) {
      const ofKey = (all: any[]) => all.filter(({ dynamodb }) => dynamodb.Keys.Id.N === String(id));
      expect(ofKey(bodies)).toEqual(ofKey(records));
    }
  });

  test('puts records of a data stream, and an event of a log group as it is', async () => {
    const streamQueue = await sqs.queue({ fifo: true });
    const records = Array.from({ length: 12 }, (_, n) => streamRecord(n, 'same'));
    const { result } = await forward({ Records: records }, { queueUrl: streamQueue.url, environment: environment() });
    expect(result).toEqual({ batchItemFailures: [] });
    expect((await streamQueue.takeAll()).map(({ Body }) => JSON.parse(Body!))).toEqual(records);

    const logQueue = await sqs.queue({ fifo: true });
    const event = { awslogs: { data: gzipSync(JSON.stringify(logData('a', 'one'))).toString('base64') } };
    expect((await forward(event, { queueUrl: logQueue.url, environment: environment() })).error).toBeUndefined();
    expect((await logQueue.takeAll()).map(({ Body }) => JSON.parse(Body!))).toEqual([event]);
  });

  test('puts what is too large for SQS into the bucket, and its place into the message', async () => {
    const queue = await sqs.queue({ fifo: true });
    const large = streamRecord(2, 'a', 'x'.repeat(1_048_576));
    const records = [streamRecord(1, 'a'), large, streamRecord(3, 'a')];
    expect(await forward({ Records: records }, { queueUrl: queue.url, environment: environment() })).toEqual({ result: { batchItemFailures: [] }, log: '' });
    const [first, second, third] = await queue.takeAll();
    expect([first, third].map(({ Body }) => JSON.parse(Body!))).toEqual([records[0], records[2]]);
    expect(second.Body).toBe('{}');
    const [, object] = /^s3:\/\/bodies\/(.+)$/.exec(second.MessageAttributes?.HybridS3Uri?.StringValue ?? '')!;
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'bodies', Key: object }));
    expect(JSON.parse(await Body!.transformToString())).toEqual(large);
  });

  test('when the bucket does not take it, that record and those after it of the same key have failed', async () => {
    const queue = await sqs.queue({ fifo: true });
    const records = [streamRecord(1, 'a'), streamRecord(2, 'a', 'x'.repeat(1_048_576)), streamRecord(3, 'b'), streamRecord(4, 'a')];
    const { result, log } = await forward({ Records: records }, { queueUrl: queue.url, bucket: 'elsewhere', environment: environment() });
    expect(result).toEqual({ batchItemFailures: [records[1], records[3]].map(({ kinesis }) => ({ itemIdentifier: kinesis.sequenceNumber })) });
    expect(log).toMatch(/^2 messages were not sent: NoSuchBucket: .*; one before it, of the same key, was not sent\n$/);
    const sent = (await queue.takeAll()).map(({ Body }) => JSON.parse(Body!));
    expect(sent).toHaveLength(2);
    expect(sent).toEqual(expect.arrayContaining([records[0], records[2]]));
  });

  test('without a queue all records have failed, and an event of a log group has', async () => {
    const target = { queueUrl: `${sqs.endpoint}/123456789012/nowhere.fifo`, environment: environment() };
    const records = [tableRecord(1), tableRecord(2, key(2))];
    const { result } = await forward({ Records: records }, target);
    expect(result!.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(records.map(({ dynamodb }) => dynamodb.SequenceNumber));
    const event = { awslogs: { data: gzipSync(JSON.stringify(logData('a', 'one'))).toString('base64') } };
    expect((await forward(event, target)).error).toMatch(/^Error: 1 messages were not sent: QueueDoesNotExist: /);
  });

  test('of a request that SQS takes in part what was refused has failed, with those after it of the same key, and no other', async () => {
    // A real server refuses in part only when it is overloaded: this one does at once, in the words of SQS.
    const poison = tableRecord(11, key(1));
    const taken: any[] = [];
    const server = await refusing(({ MessageBody }) => JSON.parse(MessageBody).eventID === poison.eventID, taken);
    const records = Array.from({ length: 60 }, (_, n) => tableRecord(n, key(n % 10)));
    const { result, log } = await forward({ Records: records }, {
      queueUrl: `${server.endpoint}/123456789012/q.fifo`, environment: { ...environment(), AWS_ENDPOINT_URL_SQS: server.endpoint },
    });
    await server.stop();
    const failed = records.filter((_, n) => n % 10 === 1 && n >= 11);
    expect(result!.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(failed.map(({ dynamodb }) => dynamodb.SequenceNumber));
    expect(log).toBe('5 messages were not sent: InternalError: try again; one before it, of the same key, was not sent\n');
    expect(taken).toHaveLength(55);
    for (let id = 0; id < 10; id++) {
      const ofKey = (all: any[]) => all.filter(({ dynamodb }) => dynamodb.Keys.Id.N === String(id));
      expect(ofKey(taken)).toEqual(ofKey(records).filter(record => !failed.includes(record)));
    }
  });
});

/** A server that answers as SQS does, and refuses some messages. */
async function refusing(refuses: (entry: { MessageBody: string }) => boolean, taken: unknown[]) {
  const server: Server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('end', () => {
      const { Entries } = JSON.parse(text) as { Entries: { Id: string; MessageBody: string }[] };
      const Failed = Entries.filter(refuses).map(({ Id }) => ({ Id, Code: 'InternalError', Message: 'try again', SenderFault: false }));
      const good = Entries.filter(entry => !refuses(entry));
      taken.push(...good.map(({ MessageBody }) => JSON.parse(MessageBody)));
      const Successful = good.map(({ Id, MessageBody }) => ({ Id, MessageId: Id, MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') }));
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify({ Successful, ...Failed.length > 0 && { Failed } }));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => new Promise<void>(resolve => server.close(() => resolve())) };
}
