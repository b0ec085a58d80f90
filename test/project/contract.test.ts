import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUNTIME_CONTRACT } from '../../src/private/environment/runtime-contract';

const layers = join(__dirname, '../../layers');

const NAMES = /(?<![A-Z_])(?:_?(?:AWS|LAMBDA|HYBRID)_[A-Z0-9_]+|_HANDLER|_X_AMZN_TRACE_ID|ECS_AGENT_URI|PORT)\b/g;

/** Names of the environment that the run-time program has in its sources; those of symbols aside. */
function namesInSources(): string[] {
  const sources = readdirSync(join(layers, 'runtime'), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts') && !path.startsWith('dist'))
    .map(path => readFileSync(join(layers, 'runtime', path), 'utf8').replace(/Symbol\.for\('[^']*'\)/g, ''));
  const scripts = ['bootstrap', 'bootstrap-with-secrets', 'entrypoint', 'exec-wrapper', 'health'].map(name => readFileSync(join(layers, 'nodejs', name), 'utf8'));
  return namesIn(...sources, ...scripts);
}

function namesIn(...texts: string[]): string[] {
  return [...new Set(texts.flatMap(text => text.match(NAMES) ?? []))].sort();
}

test('the contract has every name that the run-time program reads or sets, and layers/README.md says what it means', () => {
  const names = Object.keys(RUNTIME_CONTRACT).sort();
  expect(namesInSources()).toEqual(names);
  const readme = readFileSync(join(layers, 'README.md'), 'utf8');
  expect(names.filter(name => !readme.includes(`\`${name}\``))).toEqual([]);
});

test('docs/host.md says what each setting of the host means, and names no other', () => {
  const settings = ['host/settings.ts', 'host/s3-object.ts', 'sources/http/settings.ts', 'sources/queue/settings.ts', 'sources/queue/sqs-client.ts'].map(path => readFileSync(join(layers, 'runtime', path), 'utf8'));
  const page = readFileSync(join(__dirname, '../../docs/host.md'), 'utf8');
  const rows = page.split('\n').filter(line => line.startsWith('| `')).map(line => line.split('|')[1]);
  expect(namesIn(...settings).filter(name => !namesIn(...rows).includes(name))).toEqual([]);
  expect(namesIn(page).filter(name => !(name in RUNTIME_CONTRACT))).toEqual([]);
});
