import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LAYERS = join(__dirname, '../../../layers');

/** The sources that run beside a handler. The host is a program of its own. */
const SOURCES = readdirSync(join(LAYERS, 'runtime'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !/^(host|dist)\//.test(file))
  .map((file) => readFileSync(join(LAYERS, 'runtime', file), 'utf8'));

test('layers/README.md lists every environment variable that the runtime reads', () => {
  const readme = readFileSync(join(LAYERS, 'README.md'), 'utf8');
  const read = SOURCES.flatMap((source) => [...source.matchAll(/\b(?:process\.env|environment|env)\.([A-Z_]{3,})\b/g)].map(([, name]) => name));
  expect(read).toEqual(expect.arrayContaining(['_HANDLER', 'AWS_LAMBDA_RUNTIME_API']));
  expect([...new Set(read)].filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});

test('it lists every bundle', () => {
  const readme = readFileSync(join(LAYERS, 'README.md'), 'utf8');
  expect(readdirSync(join(LAYERS, 'runtime/dist')).filter((name) => name.endsWith('.cjs') && !readme.includes(`\`${name}\``))).toEqual([]);
});

test('what is loaded at every start is small', () => {
  expect(readFileSync(join(LAYERS, 'runtime/dist/bootstrap.cjs')).length).toBeLessThan(20_000);
});
