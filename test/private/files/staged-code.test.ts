import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack, Stage } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { StagedCode } from '../../../src/private/files/staged-code';
import { workspace } from '../../workspace';

const HASH = 'a'.repeat(64);

const fn = (stack: Stack, path: string) => new lambda.Function(stack, 'Function', {
  runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: new StagedCode(path, HASH),
});
const read = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));

test('a folder is staged under its hash, becomes a zip at deployment, and the function names it', () => {
  const app = new App({ outdir: workspace() });
  fn(new Stack(app, 'Stack'), workspace({ 'index.js': 'exports.handler = 1', 'index.js.map': '{}' }));
  app.synth();
  const { source } = read(app.outdir, 'Stack.assets.json').files[HASH];
  expect(source).toEqual({ path: `asset.${HASH}`, packaging: 'zip' });
  expect(readFileSync(join(app.outdir, source.path, 'index.js'), 'utf8')).toBe('exports.handler = 1');
  const resources: { Type: string; Properties: any }[] = Object.values(read(app.outdir, 'Stack.template.json').Resources);
  expect(resources.find(resource => resource.Type === 'AWS::Lambda::Function')!.Properties.Code.S3Key).toBe(`${HASH}.zip`);
});

test('a zip is staged as it is, also when a synth finds it there already', () => {
  const path = join(workspace({ 'layer.zip': 'zip' }), 'layer.zip');
  const outdir = workspace();
  for (let synth = 1; synth <= 2; synth++) {
    const app = new App({ outdir });
    fn(new Stack(app, 'Stack'), path);
    app.synth();
    expect(read(outdir, 'Stack.assets.json').files[HASH].source).toEqual({ path: `asset.${HASH}.zip`, packaging: 'file' });
    expect(statSync(join(outdir, `asset.${HASH}.zip`)).size).toBe(3);
  }
});

test('a file that is changed in the assembly is not changed in the cache', () => {
  const path = workspace({ 'index.js': 'original' });
  const app = new App({ outdir: workspace() });
  fn(new Stack(app, 'Stack'), path);
  writeFileSync(join(app.outdir, `asset.${HASH}`, 'index.js'), 'signed');
  expect(readFileSync(join(path, 'index.js'), 'utf8')).toBe('original');
});

test('a stage names it relative to its own assembly', () => {
  const app = new App({ outdir: workspace() });
  const stage = new Stage(app, 'Stage');
  fn(new Stack(stage, 'Stack'), workspace({ 'index.js': '' }));
  app.synth();
  const [{ source }] = Object.values<any>(read(stage.outdir, readdirSync(stage.outdir).find(name => name.endsWith('.assets.json'))!).files).filter(file => file.source.packaging === 'zip');
  expect(existsSync(join(stage.outdir, source.path, 'index.js'))).toBe(true);
});

test('tools find the code by its metadata when the CDK CLI asks for it', () => {
  const app = new App({ outdir: workspace(), context: { 'aws:cdk:enable-asset-metadata': true } });
  const { node } = fn(new Stack(app, 'Stack'), workspace({ 'index.js': '' }));
  expect((node.defaultChild as lambda.CfnFunction).cfnOptions.metadata).toEqual({
    'aws:asset:path': `asset.${HASH}`, 'aws:asset:is-bundled': false, 'aws:asset:property': 'Code',
  });
});

test('nothing is staged when the CDK is told not to', () => {
  const path = workspace({ 'index.js': '' });
  const app = new App({ outdir: workspace(), context: { 'aws:cdk:disable-asset-staging': true } });
  fn(new Stack(app, 'Stack'), path);
  app.synth();
  const { source } = read(app.outdir, 'Stack.assets.json').files[HASH];
  expect(join(app.outdir, source.path)).toBe(path);
});
