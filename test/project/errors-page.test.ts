import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLI_ERRORS } from '../../cli/src/errors';
import { HOST_ERRORS } from '../../layers/runtime/host/errors';
import { ERRORS } from '../../src/private/errors';

const page = readFileSync(join(__dirname, '../../docs/errors.md'), 'utf8');
const documented = Object.fromEntries([...page.matchAll(/^\| `(CDK_HYBRID_[A-Z0-9_]+)` \| ([^|]+) \| (.+) \|$/gm)].map(([, code, , mend]) => [code, mend]));

test('every error of the constructs, of the CLI and of the host is documented with how to mend it, and no other', () => {
  const thrown = {
    ...Object.fromEntries(Object.entries(ERRORS).map(([code, mend]) => [`CDK_HYBRID_${code}`, mend])),
    ...Object.fromEntries(Object.entries(CLI_ERRORS).map(([code, mend]) => [`CDK_HYBRID_CLI_${code}`, mend])),
    ...Object.fromEntries(Object.entries(HOST_ERRORS).map(([code, mend]) => [`CDK_HYBRID_HOST_${code}`, mend])),
  };
  expect(documented).toEqual(thrown);
});

test('the tables are in order', () => {
  for (const table of [ERRORS, CLI_ERRORS, HOST_ERRORS]) expect(Object.keys(table)).toEqual(Object.keys(table).sort());
});

test('every error type of the run-time program is documented, and no other', () => {
  const runtime = join(__dirname, '../../layers/runtime');
  const sources = readdirSync(runtime, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts') && !path.startsWith('dist'))
    .map(path => readFileSync(join(runtime, path), 'utf8'));
  const thrown = sources.flatMap(text => [
    ...[...text.matchAll(/RuntimeError\('([A-Za-z]+)'/g)].map(match => `Runtime.${match[1]}`),
    ...[...text.matchAll(/'((?:Runtime|Function|Sandbox)\.[A-Z][A-Za-z]+)'/g)].map(match => match[1]),
  ]);
  const types = [...page.matchAll(/^\| `((?:Runtime|Function|Sandbox)\.[A-Za-z]+)` \|/gm)].map(match => match[1]);
  expect(types.sort()).toEqual([...new Set(thrown)].sort());
});
