import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const read = (path: string) => readFileSync(join(__dirname, '../../..', path), 'utf8');
const settings = (text: string) => [...new Set(text.match(/\bHYBRID_STARTER_\w+/g))].sort();

test('the construct sets what the starter reads, and no more', () => {
  expect(settings(read('src/private/events/starter.ts'))).toEqual(settings(read('layers/starter/starter.ts')));
});

test('an event has as much room as one of a schedule', () => {
  const limit = /MAX_EVENT_CHARACTERS = ([\d_]+)/;
  expect(limit.exec(read('layers/starter/starter.ts'))![1]).toBe(limit.exec(read('src/private/events/event-input.ts'))![1]);
});

test('the program has the handler that the template names', () => {
  // Source: AWS's runtime interface client for Node.js loads `starter.cjs` for a handler `starter.handler`.
  const [, file, name] = /handler: '(\w+)\.(\w+)'/.exec(read('src/private/events/starter.ts'))!;
  const program = createRequire(__filename)(join(__dirname, '../../../layers/starter/dist', `${file}.cjs`));
  expect(typeof program[name]).toBe('function');
});
