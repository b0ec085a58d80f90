/** The layers that give functions on other runtimes than ours their secrets, as the builder makes them. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { regularFile } from '../../../layers/builder/layer-files';
import { unzip } from '../../../layers/builder/unzip';
import { writeZip } from '../../../layers/builder/zip';
import { workspace } from '../../workspace';

const LAYERS = join(__dirname, '../../../layers');

/** The files of the layer with their modes, the folder with them, and what the builder says of it. */
function built(request: { bootstrap?: string; bootstrapOf?: string }) {
  const output = workspace();
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(LAYERS, 'builder/dist/build-layer.cjs'), 'secrets', JSON.stringify({ layers: LAYERS, architecture: 'arm64', output, ...request })], { encoding: 'utf8' });
  if (status !== 0) return { failure: JSON.parse(stdout || '{}') as object, stderr };
  const opt = join(workspace(), 'opt');
  const sizes = unzip(join(output, 'layer.zip'), opt);
  const files = Object.keys(sizes).map(path => `${(statSync(join(opt, path)).mode % 0o1000).toString(8)} ${path}`).sort();
  return { files, opt, manifest: JSON.parse(readFileSync(join(output, 'manifest.json'), 'utf8')) as { unzippedBytes: number } };
}

const WRAPPER = ['644 cdk-hybrid/licenses/cdk-hybrid/LICENSE', '644 cdk-hybrid/runtime/resolve-secrets.cjs', '644 cdk-hybrid/runtime/secret-exports.cjs', '755 cdk-hybrid/exec-wrapper'];

test('that for managed runtimes has the wrapper alone, and is small', () => {
  const { files, manifest } = built({});
  expect(files).toEqual(WRAPPER);
  expect(manifest!.unzippedBytes).toBeLessThan(64 * 1024);
});

test('that for another bootstrap starts it, under another name', () => {
  const bootstrap = join(workspace(), 'loop.sh');
  writeFileSync(bootstrap, '#!/bin/sh\necho "$0 has $API_KEY"\n');
  const { files, opt } = built({ bootstrap });
  expect(files).toEqual([...WRAPPER, '755 bootstrap', '755 own-bootstrap'].sort());
  const { stdout } = spawnSync(join(opt!, 'bootstrap'), { encoding: 'utf8', env: { PATH: process.env.PATH, API_KEY: 'by hand', HYBRID_SECRETS: '{"API_KEY":"arn:aws:ssm:eu-west-1:1:parameter/a"}' } });
  expect(stdout).toBe(`${opt}/own-bootstrap has by hand\n`);
});

test('the bootstrap may be that of a layer which is built already', async () => {
  const zip = join(workspace(), 'layer.zip');
  writeZip(zip, [await regularFile('bootstrap', Buffer.from('#!/bin/sh\necho mine\n'), true), await regularFile('bin/node', Buffer.from('x'), true)]);
  const { files, opt } = built({ bootstrapOf: zip });
  expect(files).toEqual([...WRAPPER, '755 bootstrap', '755 own-bootstrap'].sort());
  expect(readFileSync(join(opt!, 'own-bootstrap'), 'utf8')).toBe('#!/bin/sh\necho mine\n');
});

test('a layer without a Node.js could not read secrets', async () => {
  const zip = join(workspace(), 'layer.zip');
  writeZip(zip, [await regularFile('bootstrap', Buffer.from('#!/bin/sh\n'), true), await regularFile('bin/python', Buffer.from('x'), true)]);
  expect(built({ bootstrapOf: zip }).failure).toEqual({
    failure: {
      code: 'SECRETS_UNSUPPORTED', property: 'secrets', given: 'given with a layer without bin/node', accepted: 'left out there, for a Node.js reads them',
    },
  });
});
