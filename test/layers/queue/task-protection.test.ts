/** ECS's task protection, asked for at a real server in the place of ECS's agent. Answers as in "Amazon ECS task scale-in protection endpoint" of the Amazon ECS Developer Guide. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './sqs-server';
import { TaskProtection, type ProtectionOptions } from '../../../layers/runtime/sources/queue/task-protection';

const MINUTE = 60_000;
let agent: Server;
let asked: { method?: string; url?: string; body: { ProtectionEnabled: boolean; ExpiresInMinutes?: number } }[];
let answer: { status: number; body: string };
let told: string[];

beforeEach(async () => {
  asked = [];
  told = [];
  answer = { status: 200, body: '{"protection":{"ProtectionEnabled":true}}' };
  agent = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('end', () => {
      asked.push({ method: request.method, url: request.url, body: JSON.parse(text) });
      response.writeHead(answer.status).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => agent.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  agent.closeAllConnections();
  return new Promise((resolve) => agent.close(resolve));
});

const protection = (options: Partial<ProtectionOptions> = {}) => new TaskProtection({
  agentUri: `http://127.0.0.1:${(agent.address() as AddressInfo).port}/api/v1`, workMs: 15 * MINUTE, log: (line) => told.push(line), lingerMs: 0, ...options,
});
const states = () => asked.map(({ body }) => body.ProtectionEnabled);

test('the task is protected before work begins, for longer than it may take, and no longer when all is done', async () => {
  const task = protection();
  await task.admission();
  await task.begin();
  expect(asked).toEqual([{ method: 'PUT', url: '/api/v1/task-protection/v1/state', body: { ProtectionEnabled: true, ExpiresInMinutes: 30 } }]);
  await task.begin();
  task.done();
  expect(states()).toEqual([true]);
  task.done();
  await until('asked', () => asked.length === 2);
  expect(asked[1].body).toEqual({ ProtectionEnabled: false });
  expect(told).toEqual([]);
});

test('work that follows soon keeps it protected', async () => {
  const task = protection({ lingerMs: 60_000 });
  for (let n = 0; n < 3; n++) {
    await task.begin();
    task.done();
  }
  await task.close();
  expect(states()).toEqual([true, false]);
});

test('after a while no work begins until the rest is done and the task has been without protection', async () => {
  const task = protection({ spellMs: 1, gapMs: 1 });
  await task.begin();
  await new Promise((resolve) => setTimeout(resolve, 5));
  let admitted = false;
  const admission = task.admission().then(() => { admitted = true; });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(admitted).toBe(false);
  task.done();
  await admission;
  await until('asked', () => asked.length === 2);
  expect(states()).toEqual([true, false]);
  await task.admission();
  await task.begin();
  expect(states()).toEqual([true, false, true]);
});

test('it is renewed before it runs out', async () => {
  const task = protection({ workMs: 2_880 * MINUTE, spellMs: 10 * MINUTE });
  await task.begin();
  await task.begin();
  // An agent takes 48 hours at most.
  expect(asked.map(({ body }) => body.ExpiresInMinutes)).toEqual([2880, 2880]);
});

test('told to stop, it waits for nothing and protects no more', async () => {
  const task = protection({ spellMs: 0, gapMs: 3_600_000 });
  await task.begin();
  const admission = task.admission();
  void task.close();
  await admission;
  task.done();
  await task.close();
  await task.begin();
  task.done();
  expect(states()).toEqual([true, false]);
});

test.each([
  // "Task scale-in protection error": what the agent answers.
  [{ status: 200, body: '{"failure":{"Arn":"arn:aws:ecs:us-west-2:111122223333:task/1","Detail":null,"Reason":"DEPLOYMENT_BLOCKED"}}' }, 'DEPLOYMENT_BLOCKED'],
  [{ status: 404, body: '{"requestID":"1","error":{"Arn":"arn:aws:ecs:us-west-2:555555555555:task/2","Code":"ServiceNotFoundException","Message":"service not found"}}' }, 'ServiceNotFoundException: service not found'],
  [{ status: 500, body: 'no JSON' }, 'HTTP 500'],
])('what the agent refuses (%j) is told once, and work goes on', async (given, line) => {
  answer = given;
  const task = protection();
  for (let n = 0; n < 2; n++) {
    await task.begin();
    task.done();
    await until('asked', () => asked.length === 2 * (n + 1));
  }
  await task.close();
  expect(told).toEqual([`ECS does not protect the task: ${line}`]);
});

test('an agent that is not there is told, and work goes on', async () => {
  const task = protection({ agentUri: 'http://127.0.0.1:9' });
  await task.begin();
  expect(told).toEqual([expect.stringMatching(/^ECS does not protect the task: .*ECONNREFUSED/)]);
  task.done();
  await task.close();
});
