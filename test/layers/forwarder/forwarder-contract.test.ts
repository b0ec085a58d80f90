import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const read = (path: string) => readFileSync(join(__dirname, '../../..', path), 'utf8');
const settings = (text: string) => [...new Set(text.match(/\bHYBRID_FORWARDER_\w+/g))].sort();

test('the construct sets what the forwarder reads, and no more', () => {
  expect(settings(read('src/private/queues/forwarder.ts'))).toEqual(settings(read('layers/forwarder/forwarder.ts')));
});

test('the host looks for a body where the forwarder says that it is', () => {
  const attribute = /S3_ATTRIBUTE = '(\w+)'/;
  expect(attribute.exec(read('layers/runtime/sources/queue/queue-poller.ts'))?.[1]).toBe(attribute.exec(read('layers/forwarder/queue.ts'))![1]);
});

test('the program has the handler that the template names', () => {
  // Source: AWS's runtime interface client for Node.js loads `forwarder.cjs` for a handler `forwarder.handler`.
  const [, file, name] = /handler: '(\w+)\.(\w+)'/.exec(read('src/private/queues/forwarder.ts'))!;
  const program = createRequire(__filename)(join(__dirname, '../../../layers/forwarder/dist', `${file}.cjs`));
  expect(typeof program[name]).toBe('function');
});
