/** Defines small bootstraps for the tests: clients of the Runtime API one behaviour per event. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Speaks the Runtime API; what it does with an invocation is said by the event's `do`. */
const CLIENT = `
const http = require('node:http');
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 50 });
const API = '/2018-06-01/runtime';
function call(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, path: API + path, headers, agent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on('error', reject);
    request.end(body);
  });
}
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
process.on('SIGTERM', () => { console.log('got SIGTERM'); process.exit(0); });
const actions = {
  echo: (event, id, headers) => ({ event, id, headers, pid: process.pid }),
  environment: () => process.env,
  log: (event) => { console.log('to stdout'); console.error('to stderr'); return 'logged'; },
  exit: (event) => process.exit(event.code),
  kill: () => { process.kill(process.pid, 'SIGKILL'); return sleep(60000); },
  hang: () => sleep(600000),
  wait: async (event) => { await sleep(event.ms); return event.ms; },
  waitForFile: async (event) => { while (!require('node:fs').existsSync(event.path)) await sleep(10); return 'found'; },
  big: (event) => 'x'.repeat(event.bytes),
};
async function stream(event, id) {
  return new Promise((resolve) => {
    const request = http.request({ host, port, agent, method: 'POST', path: API + '/invocation/' + id + '/response', headers: {
      'Content-Type': 'text/plain', 'Lambda-Runtime-Function-Response-Mode': 'streaming', 'Transfer-Encoding': 'chunked',
      Trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body' } }, (response) => { response.resume(); response.on('end', resolve); });
    request.write('first ');
    if (event.hang) return;
    request.write('second');
    if (event.fail) request.addTrailers({ 'Lambda-Runtime-Function-Error-Type': 'Function.Broken',
      'Lambda-Runtime-Function-Error-Body': Buffer.from(JSON.stringify({ errorType: 'Function.Broken', errorMessage: 'mid-stream' })).toString('base64') });
    request.end();
  });
}
async function one() {
  const next = await call('GET', '/invocation/next');
  const id = next.headers['lambda-runtime-aws-request-id'];
  const event = JSON.parse(next.body);
  if (event.do === 'stream') return stream(event, id);
  if (event.do === 'throw') {
    return call('POST', '/invocation/' + id + '/error', JSON.stringify({ errorType: 'Error', errorMessage: 'boom' }), { 'Lambda-Runtime-Function-Error-Type': event.type });
  }
  const answer = await call('POST', '/invocation/' + id + '/response', JSON.stringify(await (actions[event.do] ?? actions.echo)(event, id, next.headers)));
  if (answer.status !== 202) console.log('answered ' + answer.status + ' ' + answer.body.trim());
}
async function loop() { for (;;) await one(); }
`;

/** A folder with a bootstrap per name; remove it when done. */
export class Bootstraps {
  readonly directory = mkdtempSync(join(tmpdir(), 'cdk-hybrid-host-'));

  /** The command that runs the client. */
  client(): string[] {
    return this.script('client', 'for (let i = 0; i < Number(process.env.AWS_LAMBDA_MAX_CONCURRENCY ?? 1); i++) loop();');
  }

  /** The command that runs a script of its own after the client's functions. */
  script(name: string, source: string): string[] {
    const path = join(this.directory, `${name}.js`);
    writeFileSync(path, `${CLIENT}\n${source}`);
    return [process.execPath, path];
  }

  /** An executable file, as a layer holds one. */
  executable(name: string, text: string): string[] {
    const path = join(this.directory, name);
    writeFileSync(path, text);
    chmodSync(path, 0o755);
    return [path];
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
