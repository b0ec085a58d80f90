import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NEWEST, nodeOf, nodeOfMajor } from '../../cli/src/engine';
import { Engine } from '../../src/model/engine';

const cache = mkdtempSync(join(tmpdir(), 'cdk-hybrid-engine-'));
const before = { ...process.env };
const [major] = process.versions.node.split('.');

beforeEach(() => Object.assign(process.env, { CDK_HYBRID_CACHE_DIR: cache, npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' }));
afterEach(() => { process.env = { ...before }; });
afterAll(() => rmSync(cache, { recursive: true, force: true }));

test('the running Node.js serves its own version and its own major', async () => {
  expect(await nodeOf(process.versions.node)).toBe(process.execPath);
  expect(await nodeOfMajor(major)).toBe(process.execPath);
});

test('the running Node.js stands in for a release of its major that npm cannot get, and a line says so', async () => {
  const lines = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(await nodeOf(`${major}.0.999`)).toBe(process.execPath);
  expect(lines.mock.calls.map(([line]) => line)).toContainEqual(expect.stringContaining(`Node.js ${major}.0.999 cannot be had`));
  lines.mockRestore();
});

test('a managed runtime is run on the release of its major that layers are pinned to', () => {
  const pinned = [Engine.NODEJS_20, Engine.NODEJS_22, Engine.NODEJS_24, Engine.NODEJS_26].map((engine) => engine.version);
  expect(NEWEST).toEqual(Object.fromEntries(pinned.map((version) => [version.split('.')[0], version])));
});
