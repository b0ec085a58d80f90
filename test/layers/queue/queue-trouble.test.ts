/** What goes wrong between the host and SQS: ElasticMQ behind a server that answers in its place as a test wants it. Errors have the form of AWS's JSON protocol. */
import { createServer, request as httpRequest, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { queueHost, told } from './queue-host';
import { SqsServer, until, type TestQueue } from './sqs-server';
import { queueServer } from '../../real-parts';
import { HostProcess, killHosts } from '../host/host-process';

const program = queueServer();

(program ? describe : describe.skip)('a host whose queue', () => {
  let sqs: SqsServer;
  let between: Server;
  /** Answers in the place of SQS: true = done. */
  let answer: (operation: string, response: ServerResponse) => boolean;
  let asked: string[];

  beforeAll(async () => {
    sqs = await SqsServer.start(program!);
    between = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        const operation = String(request.headers['x-amz-target']).split('.')[1];
        asked.push(operation);
        if (answer(operation, response)) return;
        const onward = httpRequest(`${sqs.endpoint}${request.url}`, { method: request.method, headers: request.headers }, (back) => {
          response.writeHead(back.statusCode!, back.headers);
          back.pipe(response);
        });
        // A receive that the host breaks off is broken off behind this server as well.
        response.on('close', () => onward.destroy());
        onward.on('error', () => response.destroy()).end(Buffer.concat(chunks));
      });
    });
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => {
    asked = [];
    answer = () => false;
  });
  afterEach(killHosts);
  afterAll(async () => {
    between.closeAllConnections();
    await new Promise((resolve) => between.close(resolve));
    await sqs.stop();
  });

  const host = (queues: unknown, environment: Record<string, string> = {}, sources = 'queue'): HostProcess => queueHost('bodies', queues, {
    ...sqs.environment, AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${(between.address() as AddressInfo).port}`, ...environment,
  }, sources);
  const refuse = (type: string, status = 400) => (response: ServerResponse): true => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify({ __type: `com.amazonaws.sqs#${type}`, message: 'as asked' }));
    return true;
  };
  /** So many times for this operation, then no more. */
  const failing = (operation: string, times: number, how: (response: ServerResponse) => true) => {
    answer = (of, response) => of === operation && times-- > 0 && how(response);
  };
  const emptied = (queue: TestQueue) => until('the queue is empty', () => queue.isEmpty());
  const lines = ({ stderr }: HostProcess, form: RegExp) => stderr.split('\n').filter((line) => form.test(line));

  test.each<[string, (response: ServerResponse) => true]>([
    ['is throttled', refuse('RequestThrottled', 403)],
    ['fails within', refuse('InternalError', 500)],
    ['breaks connections off', (response) => {
      response.destroy();
      return true;
    }],
  ])('%s tells so once, goes on asking, and tells when it receives again', async (_what, how) => {
    const queue = await sqs.queue();
    await queue.send('a');
    failing('ReceiveMessage', 10, how);
    const running = host([queue.entry()]);
    await emptied(queue);
    expect(told(running)).toEqual([['a'], 'done a']);
    expect(lines(running, /cannot receive messages: .*CDK_HYBRID_HOST_QUEUE_UNUSABLE\]$/)).toHaveLength(1);
    expect(lines(running, /: messages are received again$/)).toHaveLength(1);
  });

  test('is not there yet: tells what to look for, and works once it is there', async () => {
    const queue = await sqs.queue();
    failing('GetQueueAttributes', 4, refuse('QueueDoesNotExist'));
    const running = host([queue.entry()]);
    await running.wrote('stderr', /cannot receive messages: QueueDoesNotExist: .* \(HTTP 400\); check that the queue exists and that the role of the task may use it \(sqs:ReceiveMessage, .*\[CDK_HYBRID_HOST_QUEUE_UNUSABLE\]\n/);
    await queue.send('a');
    await emptied(queue);
    expect(told(running)).toContainEqual(['a']);
  });

  test('is refused, then throttled: each is told', async () => {
    const queue = await sqs.queue();
    let count = 0;
    answer = (of, response) => of === 'ReceiveMessage' && ++count < 20 && refuse(count < 4 ? 'AccessDeniedException' : 'RequestThrottled', 403)(response);
    const running = host([queue.entry()]);
    await running.wrote('stderr', /RequestThrottled/);
    expect(lines(running, /AccessDeniedException/)).toHaveLength(1);
  });

  test('cannot be asked for want of credentials: tells so, stays healthy, and ends in order', async () => {
    const queue = await sqs.queue();
    const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nonexistent' };
    const running = host([queue.entry()], none, 'http,queue');
    const url = await running.listening('http');
    await running.wrote('stderr', /cannot receive messages: CredentialsProviderError: Could not load credentials.*\[CDK_HYBRID_HOST_QUEUE_UNUSABLE\]\n/);
    expect((await fetch(`${url}/_health`)).status).toBe(200);
    running.signal('SIGTERM');
    expect(await running.exit).toBe(0);
  });

  test('does not take deletions at first: the message is processed once', async () => {
    const queue = await sqs.queue({ visibilityTimeout: 1 });
    await queue.send('a');
    failing('DeleteMessageBatch', 5, refuse('InternalError', 500));
    const running = host([queue.entry()]);
    await emptied(queue);
    expect(told(running)).toEqual([['a'], 'done a']);
    expect(running.stderr).not.toContain('could not be deleted');
  });

  test('does not take deletions at all: tells so, and delivers the message again', async () => {
    const queue = await sqs.queue({ visibilityTimeout: 1 });
    await queue.send('a');
    let refusing = true;
    answer = (operation, response) => {
      if (operation !== 'DeleteMessageBatch' || !refusing) return false;
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end('{"Failed":[{"Id":"0","Code":"ReceiptHandleIsInvalid","SenderFault":true,"Message":"as asked"}],"Successful":[]}');
      return true;
    };
    const running = host([queue.entry()]);
    await running.wrote('stderr', /1 processed messages could not be deleted and will be delivered again: ReceiptHandleIsInvalid: as asked\n/);
    refusing = false;
    await emptied(queue);
    expect(told(running).filter(Array.isArray).length).toBeGreaterThanOrEqual(2);
  });

  test('does not keep a message invisible for a while: the handler goes on', async () => {
    const queue = await sqs.queue({ visibilityTimeout: 4 });
    await queue.send('slow6000');
    failing('ChangeMessageVisibilityBatch', 1, refuse('InvalidParameterValue'));
    const running = host([queue.entry()]);
    await emptied(queue);
    expect(told(running)).toEqual([['slow6000'], 'done slow6000']);
    expect(lines(running, /cannot keep messages invisible that are worked on/)).toHaveLength(1);
    expect(lines(running, /messages are kept invisible again/)).toHaveLength(1);
  });

  test('is asked for no more than there is room for', async () => {
    const queue = await sqs.queue({ visibilityTimeout: 30 });
    await queue.send(...Array.from({ length: 30 }, () => 'slow1000'));
    const running = host([queue.entry({ batchSize: 1 })], { HYBRID_WORKERS: '2' });
    const most: number[] = [];
    await until('six done', async () => {
      most.push((await queue.count()).inFlight);
      return told(running).filter((what) => what === 'done slow1000').length >= 6;
    });
    expect(Math.max(...most)).toBe(2);
  });

  test('is empty: one long poll waits, and being told to stop ends it', async () => {
    const queue = await sqs.queue();
    const running = host([queue.entry()]);
    await until('polled', () => asked.includes('ReceiveMessage'));
    running.signal('SIGTERM');
    expect(await running.exit).toBe(0);
    expect(asked).toEqual(['GetQueueAttributes', 'ReceiveMessage']);
    expect(running.stderr).not.toContain('cannot');
  });

  test('is worked on outside of ECS: tells that nobody protects the task, and works', async () => {
    const queue = await sqs.queue();
    await queue.send('a');
    const running = host([queue.entry()], { HYBRID_TASK_PROTECTION: 'true', AWS_LAMBDA_FUNCTION_TIMEOUT: '900' });
    await emptied(queue);
    expect(lines(running, /there is no agent of ECS \(ECS_AGENT_URI\): the task is not protected$/)).toHaveLength(1);
  });

  test('is described wrongly: ends with 2 and a line', async () => {
    const running = host([{ url: 'orders' }]);
    expect(await running.exit).toBe(2);
    expect(running.stderr).toBe("cdk-hybrid: 'HYBRID_QUEUES[0].url' must be the URL of a queue, got 'orders'; correct the environment of the container [CDK_HYBRID_HOST_SETTING_INVALID]\n");
  });
});
