/** The bundled starter with a server that answers as Amazon ECS, AWS Batch and Amazon S3 do, and tells what it was asked. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { start, type StarterAnswer } from './starter-process';

const ID = '7d5c4b3a-2f1e-4d0c-9b8a-7f6e5d4c3b2a';
const TASK = 'arn:aws:ecs:eu-west-1:111122223333:task/Cluster/1';
const JOB = 'arn:aws:batch:eu-west-1:111122223333:job/1';
const RUN_TASK = { cluster: 'Cluster', taskDefinition: 'Orders:1', count: 1, launchType: 'FARGATE', overrides: { containerOverrides: [{ name: 'handler' }] } };
const SUBMIT_JOB = { jobName: 'orders', jobDefinition: 'Orders:1', jobQueue: 'Jobs', shareIdentifier: 'shop' };
const EVENT = { text: '"größe" \\ \n ${x}', nothing: null, price: 12.5, deep: { list: [1, 'two', true] } };
const FULL = { tasks: [], failures: [{ reason: 'RESOURCE:CPU', detail: 'none has room' }] };

interface Asked {
  readonly path: string;
  readonly body: any;
}
/** Of the services; with an error that of a request that was refused. */
interface Answer {
  readonly status?: number;
  readonly error?: string;
  readonly [field: string]: unknown;
}

let server: Server;
let asked: Asked[];
let answers: Answer[];

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('end', () => {
      const path = request.url!.split('?')[0];
      if (request.method === 'PUT') {
        asked.push({ path, body: text });
        response.end();
        return;
      }
      asked.push({ path, body: JSON.parse(text) });
      const { status = 200, error, ...answer } = answers.shift() ?? { tasks: [{ taskArn: TASK }], failures: [], jobArn: JOB };
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', ...error && { 'x-amzn-errortype': error } });
      response.end(JSON.stringify(error ? { ...answer, __type: error } : answer));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => { [asked, answers] = [[], []]; });
afterAll(() => new Promise<void>(resolve => server.close(() => resolve())));

const starting = (run: object, event: unknown = EVENT): Promise<StarterAnswer> => start(event, ID, {
  AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'x',
  AWS_SECRET_ACCESS_KEY: 'x',
  HYBRID_STARTER_RUN: JSON.stringify(run),
  HYBRID_STARTER_BUCKET: 'events',
});
const environmentOf = ({ body }: Asked) => (body.overrides?.containerOverrides[0] ?? body.containerOverrides).environment;

test('a task is run as the template says, with the whole event, and with the id of the invocation as its token', async () => {
  expect(await starting({ runTask: RUN_TASK })).toEqual({ log: `started ${TASK}\n`, loaded: ['run-task', 'starter'] });
  const overrides = { containerOverrides: [{ name: 'handler', environment: [{ name: 'HYBRID_EVENT', value: JSON.stringify(EVENT) }] }] };
  expect(asked.map(({ body }) => body)).toEqual([{ ...RUN_TASK, overrides, clientToken: ID }]);
});

test('a job is submitted as the template says, with the whole event', async () => {
  expect(await starting({ submitJob: SUBMIT_JOB })).toEqual({ log: `started ${JOB}\n`, loaded: ['starter', 'submit-job'] });
  expect(asked).toEqual([{ path: '/v1/submitjob', body: { ...SUBMIT_JOB, containerOverrides: { environment: [{ name: 'HYBRID_EVENT', value: JSON.stringify(EVENT) }] } } }]);
});

test.each([['runTask', RUN_TASK], ['submitJob', SUBMIT_JOB]])('%s: an event that is too large for overrides is in the bucket, at the same place on each attempt', async (name, run) => {
  const large = { text: 'ü"'.repeat(3_000) };
  for (let attempt = 0; attempt < 2; attempt++) {
    expect(await starting({ [name]: run }, large)).toMatchObject({ loaded: expect.arrayContaining(['s3-object']) });
  }
  expect(asked.map(each => each.path)).toEqual([0, 1].flatMap(() => [`/events/${ID}.json`, name === 'runTask' ? '/' : '/v1/submitjob']));
  for (const attempt of [0, 2]) {
    expect(asked[attempt].body).toContain(JSON.stringify(large));
    expect(environmentOf(asked[attempt + 1])).toEqual([{ name: 'HYBRID_EVENT_S3_URI', value: `s3://events/${ID}.json` }]);
  }
});

test.each([['the largest event that goes along', 0, 'HYBRID_EVENT'], ['the smallest that does not', 1, 'HYBRID_EVENT_S3_URI']])('%s', async (_what, more, variable) => {
  // {"a":"..."} inside of JSON.
  await starting({ runTask: RUN_TASK }, { a: 'x'.repeat(7_168 - 14 + more) });
  expect(environmentOf(asked.at(-1)!)[0].name).toBe(variable);
});

test('an answer that nothing was started fails, after another token has been tried: a token may answer the same for a day', async () => {
  answers = [FULL, FULL];
  expect(await starting({ runTask: RUN_TASK })).toMatchObject({ error: 'Error: Amazon ECS started no task: RESOURCE:CPU: none has room', log: '' });
  expect(asked.map(({ body }) => body.clientToken)).toEqual([ID, expect.stringMatching(new RegExp(`^${ID}-\\d+$`))]);
  expect(asked[1].body.clientToken.length).toBeLessThanOrEqual(64);
  answers = [FULL];
  expect(await starting({ runTask: RUN_TASK })).toMatchObject({ log: `started ${TASK}\n` });
});

test('a token that a task has already, with the request of another deployment, is a task that was started', async () => {
  answers = [{ status: 400, error: 'ConflictException', resourceIds: [TASK] }];
  expect(await starting({ runTask: RUN_TASK })).toMatchObject({ log: `started ${TASK}\n` });
  answers = [{ status: 400, error: 'ConflictException', resourceIds: [] }];
  expect((await starting({ runTask: RUN_TASK })).error).toMatch(/^ConflictException: /);
});

test.each([
  ['runTask', RUN_TASK, 'ClusterNotFoundException'],
  ['submitJob', SUBMIT_JOB, 'ClientException'],
])('%s: a call that is refused fails', async (name, run, error) => {
  answers = [{ status: 400, error, message: 'not there' }];
  expect(await starting({ [name]: run })).toMatchObject({ error: `${error}: not there`, log: '' });
  expect(asked).toHaveLength(1);
});

test('without its settings it fails', async () => {
  expect((await start(EVENT, ID, {})).error).toBe('Error: HYBRID_STARTER_RUN must be set');
});
