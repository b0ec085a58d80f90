/** What the worker threads of the shared invoker are started with. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostProcess, killHosts } from './host-process';

const taskRoot = mkdtempSync(join(tmpdir(), 'cdk-hybrid-threads-'));
writeFileSync(join(taskRoot, 'index.js'), 'exports.handler = async () => Object.keys(require(\'node:worker_threads\').workerData);');

afterEach(killHosts);
afterAll(() => rmSync(taskRoot, { recursive: true, force: true }));

test('a thread is given no more than it needs: events and environments may be large', async () => {
  const host = new HostProcess({
    sources: 'task',
    handler: 'index.handler',
    taskRoot,
    environment: { AWS_LAMBDA_MAX_CONCURRENCY: '4', HYBRID_EVENT: '{}' },
  });
  expect(await host.exit).toBe(0);
  const names = JSON.parse(host.stdout) as string[];
  expect(names).toContain('timeoutMs');
  for (const name of ['event', 'eventObject', 'environment', 'bootstrap', 'sources']) expect(names).not.toContain(name);
});
