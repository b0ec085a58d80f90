/**
 * Handlers written with popular libraries run unchanged: bundled by HybridFunction, on our bootstrap and our layer, called
 * by the AWS SDK through `cdk-hybrid local`.
 */
import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { App, Stack } from 'aws-cdk-lib';
import { HandlerCode, HybridFunction, ModuleFormat } from '../../src';
import { workspace } from '../workspace';

const fixtures = join(__dirname, '../fixtures');
const event = (name: string) => readFileSync(join(fixtures, 'events', `${name}.json`), 'utf8');

let local: ChildProcess;
let client: LambdaClient;
let logs = '';

beforeAll(async () => {
  const app = new App({ outdir: workspace() });
  const stack = new Stack(app, 'Libraries');
  for (const [id, file, format] of [
    ['Middleware', 'middleware', ModuleFormat.ESM], ['Logger', 'logger'], ['Express', 'express-adapter'], ['Router', 'router'], ['Validator', 'validator'],
  ] as const) {
    new HybridFunction(stack, id, { code: HandlerCode.fromEntry(join(fixtures, 'libraries', `${file}.ts`), { format }) });
  }
  app.synth();

  local = spawn(process.execPath, [join(__dirname, '../../cli/bin/cdk-hybrid'), 'local', '--port', '0', '--output', app.outdir], { stdio: ['ignore', 'pipe', 'pipe'] });
  local.stderr!.on('data', chunk => { logs += chunk; });
  let printed = '';
  const endpoint = await new Promise<string>((resolve, reject) => {
    const seek = (chunk: Buffer) => {
      printed += chunk;
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(printed);
      if (found) { resolve(found[0]); }
    };
    local.stdout!.on('data', seek);
    local.stderr!.on('data', seek);
    local.once('exit', code => reject(new Error(`cdk-hybrid local ended with ${code}: ${printed}`)));
  });
  client = new LambdaClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' }, maxAttempts: 1 });
}, 240_000);

afterAll(async () => {
  client?.destroy();
  if (local && local.exitCode === null) {
    local.kill('SIGTERM');
    await once(local, 'exit');
  }
});

async function invoke(name: string, payload: string): Promise<any> {
  const answer = await client.send(new InvokeCommand({ FunctionName: name, Payload: Buffer.from(payload) }));
  expect([answer.StatusCode, answer.FunctionError, Buffer.from(answer.Payload!).toString()]).toEqual([200, undefined, expect.any(String)]);
  return JSON.parse(Buffer.from(answer.Payload!).toString());
}

test('a middleware engine, as an ES module', async () => {
  expect(await invoke('Middleware', event('api-gateway-v2'))).toEqual({ statusCode: 200, body: 'hello', headers: { 'x-seen': 'before,after' } });
});

test('a logger finds the request id and the function in context and environment', async () => {
  const { requestId } = await invoke('Logger', event('sqs'));
  const line = logs.split('\n').map(text => text.slice(Math.max(0, text.indexOf('{')))).find(text => text.includes('"message":"batch"'))!;
  expect(JSON.parse(line)).toMatchObject({ level: 'INFO', size: 2, service: 'orders', function_request_id: requestId, function_memory_size: '128', cold_start: true });
});

test('an Express app behind its adapter', async () => {
  const answer = await invoke('Express', event('api-gateway-v2'));
  expect([answer.statusCode, JSON.parse(answer.body), answer.cookies]).toEqual([200, { text: 'hello you', parameters: 'value' }, ['seen=yes; Path=/']]);
});

test('a router with its own adapter', async () => {
  const answer = await invoke('Router', event('api-gateway-v2'));
  expect([answer.statusCode, JSON.parse(answer.body)]).toEqual([201, { text: 'hello you' }]);
});

test('a validator names the failed items of a batch', async () => {
  expect(await invoke('Validator', event('sqs'))).toEqual({ batchItemFailures: [{ itemIdentifier: '2e1424d4-f796-459a-8184-9c92662be6da' }] });
});
