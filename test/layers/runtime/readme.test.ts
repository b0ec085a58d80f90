import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LAYERS = join(__dirname, '../../../layers');

test('layers/README.md lists every bundle', () => {
  const readme = readFileSync(join(LAYERS, 'README.md'), 'utf8');
  expect(readdirSync(join(LAYERS, 'runtime/dist')).filter((name) => name.endsWith('.cjs') && !readme.includes(`\`${name}\``))).toEqual([]);
});

test('what is loaded at every start is small', () => {
  expect(readFileSync(join(LAYERS, 'runtime/dist/bootstrap.cjs')).length).toBeLessThan(20 * 1024);
});
