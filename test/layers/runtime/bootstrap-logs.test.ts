/** What the bundled bootstrap logs, and where. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap, run, serve, service, start } from './scripted-bootstrap';
import { delivering } from './scripted-service';

describe('logs', () => {
  test('text: one line each, newlines inside as carriage returns', async () => {
    await run('forms.log', delivering('{"n":7}'));
    const lines = (await bootstrap.lines(6)).map((line) => line.split('\t').slice(1));
    expect(lines).toEqual([
      ['id-1', 'INFO', 'one { two: 2 }'],
      ['id-1', 'INFO', 'line 1\rline 2'],
      ['id-1', 'DEBUG', 'debug'],
      ['id-1', 'WARN', 'warn'],
      ['id-1', 'ERROR', expect.stringMatching(/^CustomError: logged\r {4}at /)],
      ['id-1', 'INFO', '{ object: true, request: 7 }'],
    ]);
  });

  test('JSON, from a level on', async () => {
    await run('forms.log', delivering({ event: '{"n":7}', headers: { 'Lambda-Runtime-Aws-Tenant-Id': 't' } }), { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'WARN' });
    const common = { timestamp: expect.any(String), requestId: 'id-1', tenantId: 't' };
    expect((await bootstrap.lines(2)).map((line) => JSON.parse(line))).toEqual([
      { ...common, level: 'WARN', message: 'warn' },
      { ...common, level: 'ERROR', message: { errorType: 'CustomError', errorMessage: 'logged', stackTrace: expect.any(Array), name: 'CustomError', secret: 'hunter2' } },
    ]);
  });

  test('what is logged while the module loads', async () => {
    await run('logs.handler', delivering('{}'));
    expect(await bootstrap.lines(1)).toEqual([expect.stringMatching(/^\S+\tundefined\tINFO\tloading$/)]);
  });

  test('frames on the descriptor that the platform gives; the handler does not see it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'frames-'));
    const descriptor = openSync(join(directory, 'log'), 'w');
    try {
      await serve(delivering('{"n":7}'));
      start({
        handler: 'forms.log',
        stdio: ['ignore', 'pipe', 'pipe', descriptor],
        environment: { _LAMBDA_TELEMETRY_LOG_FD: '3' },
      });
      await service.request('/next', 2);
      const bytes = readFileSync(join(directory, 'log'));
      expect(bytes.readUInt32BE(0)).toBe(0xa55a000f);
      const first = bytes.toString('utf8', 16, 16 + bytes.readUInt32BE(4));
      expect(first).toMatch(/\tid-1\tINFO\tone \{ two: 2 \}\n$/);
      expect(bytes.readUInt32BE(16 + bytes.readUInt32BE(4))).toBe(0xa55a000f);
      expect(bootstrap.stdout).toBe('');
    } finally {
      closeSync(descriptor);
      rmSync(directory, { recursive: true });
    }
  });
});
