import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUNTIME_CONTRACT } from '../../src/private/runtime-contract';

const layers = join(__dirname, '../../layers');

const NAMES = /(?<![A-Z_])(?:_?(?:AWS|LAMBDA|HYBRID)_[A-Z0-9_]+|_HANDLER|_X_AMZN_TRACE_ID)\b/g;

/** Names of the environment that the run-time program has in its sources; those of symbols aside. */
function namesInSources(): string[] {
  const sources = readdirSync(join(layers, 'runtime'), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts') && !path.startsWith('dist'))
    .map(path => readFileSync(join(layers, 'runtime', path), 'utf8').replace(/Symbol\.for\('[^']*'\)/g, ''));
  return [...new Set([...sources, readFileSync(join(layers, 'nodejs/bootstrap'), 'utf8')].flatMap(text => text.match(NAMES) ?? []))].sort();
}

test('the contract has every name that the run-time program reads or sets, and layers/README.md says what it means', () => {
  const names = Object.keys(RUNTIME_CONTRACT).sort();
  expect(namesInSources()).toEqual(names);
  const readme = readFileSync(join(layers, 'README.md'), 'utf8');
  expect(names.filter(name => !readme.includes(`\`${name}\``))).toEqual([]);
});
