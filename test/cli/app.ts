/** Defines the app of the CLI's tests, synthesized with aws-cdk-lib alone: its layer holds our runtime program and this Node.js. */
import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Aws, CfnParameter, Duration, Fn, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { writeZip } from './zip';
import { addFiles } from '../workspace';

const root = join(__dirname, '../..');

/** `/opt` of a custom runtime layer, with a link to the Node.js that runs the test. */
export function layerFolder(directory: string): string {
  const layer = join(directory, 'layer');
  mkdirSync(join(layer, 'bin'), { recursive: true });
  symlinkSync(process.execPath, join(layer, 'bin/node'));
  cpSync(join(root, 'layers/runtime/dist'), join(layer, 'cdk-hybrid/runtime'), { recursive: true });
  cpSync(join(root, 'layers/nodejs/bootstrap'), join(layer, 'bootstrap'));
  chmodSync(join(layer, 'bootstrap'), 0o755);
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';
  writeFileSync(join(layer, 'cdk-hybrid/layer.json'), JSON.stringify({ engine: { name: 'nodejs', version: process.versions.node }, architecture }));
  return layer;
}

const HANDLERS = `
exports.hello = async (event, context) => {
  console.log('a line of the handler');
  return { event, name: context.functionName, memory: context.memoryLimitInMB };
};
exports.fails = async () => { throw new TypeError('broken on purpose'); };
exports.environment = async () => process.env;
exports.slow = async (event) => { console.log('has begun in ' + process.pid); await new Promise((resolve) => setTimeout(resolve, event.ms)); return 'done'; };
exports.hangs = () => new Promise(() => { setInterval(() => {}, 1000); });
exports.lines = async () => { console.log('first\\nsecond'); };
exports.version = async () => process.version;
exports.shared = async () => require('from-a-layer');
`;

/** Another Node.js than the one that runs the test. */
export const OTHER_MAJOR = process.versions.node.startsWith('22.') ? '24' : '22';

export interface TestApp {
  /** The project: the folder that holds cdk.out. */
  readonly directory: string;
  readonly output: string;
}

export function synthesizeApp(directory: string): TestApp {
  const output = join(directory, 'cdk.out');
  const layer = layerFolder(directory);
  addFiles(directory, { 'code/index.js': HANDLERS, 'packages/nodejs/node_modules/from-a-layer/index.js': 'module.exports = "found";' });
  const app = new App({ outdir: output, analyticsReporting: false, treeMetadata: true });
  class Functions extends Stack {
    constructor(scope: Construct, id: string) {
      super(scope, id);
      const runtime = new lambda.LayerVersion(this, 'Runtime', { code: lambda.Code.fromAsset(layer) });
      const common = {
        runtime: lambda.Runtime.PROVIDED_AL2023,
        architecture: process.arch === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64,
        code: lambda.Code.fromAsset(join(directory, 'code')),
        layers: [runtime],
        timeout: Duration.seconds(30),
      };
      new lambda.Function(this, 'Hello', { ...common, handler: 'index.hello', memorySize: 256, functionName: 'hello-by-name' });
      new lambda.Function(this, 'Fails', { ...common, handler: 'index.fails' });
      new lambda.Function(this, 'Slow', { ...common, handler: 'index.slow' });
      new lambda.Function(this, 'Hangs', { ...common, timeout: Duration.seconds(2), handler: 'index.hangs' });
    }
  }
  new Functions(app, 'App');
  new Functions(new Stage(app, 'Prod'), 'App');

  class More extends Stack {
    constructor(scope: Construct, id: string) {
      super(scope, id, { env: { region: 'eu-central-1', account: '123456789012' } });
      const runtime = new lambda.LayerVersion(this, 'Runtime', { code: lambda.Code.fromAsset(layer) });
      const architecture = process.arch === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64;
      const common = { runtime: lambda.Runtime.PROVIDED_AL2023, architecture, code: lambda.Code.fromAsset(join(directory, 'code')), layers: [runtime], timeout: Duration.seconds(30) };
      const bucket = new s3.Bucket(this, 'Bucket');
      const parameter = new CfnParameter(this, 'Parameter', { default: 'from a parameter' });
      new lambda.Function(this, 'Environment', {
        ...common,
        handler: 'index.environment',
        loggingFormat: lambda.LoggingFormat.JSON,
        environment: {
          PLAIN: 'plain',
          REGION: Aws.REGION,
          JOINED: Fn.join('-', ['stack', Aws.STACK_NAME]),
          SUBSTITUTED: Fn.sub('${AWS::Partition}/${!literal}/${own}', { own: 'value' }),
          PARAMETER: parameter.valueAsString,
          BUCKET: bucket.bucketName,
        },
      });
      const packages = new lambda.LayerVersion(this, 'Packages', { code: lambda.Code.fromAsset(join(directory, 'packages')) });
      const foreign = lambda.LayerVersion.fromLayerVersionArn(this, 'Foreign', 'arn:aws:lambda:eu-central-1:111122223333:layer:extension:1');
      new lambda.Function(this, 'Layers', { ...common, handler: 'index.shared', layers: [runtime, packages, foreign] });

      const major = process.versions.node.split('.')[0];
      const managed = new lambda.Runtime(`nodejs${major}.x`, lambda.RuntimeFamily.NODEJS, { supportsInlineCode: true });
      new lambda.Function(this, 'Managed', { runtime: managed, code: common.code, handler: 'index.hello' });
      new lambda.Function(this, 'Inline', { runtime: managed, code: lambda.Code.fromInline('exports.handler = async () => "inline";'), handler: 'index.handler' });

      // The shell-only bootstrap of AWS's tutorial would need curl; this one shows that any executable does, also from a zip.
      const zip = writeZip(join(directory, 'own.zip'), [
        { name: 'bootstrap', mode: 0o100755, content: `#!/bin/sh\nexec "${process.execPath}" "$LAMBDA_TASK_ROOT/lib/link.js"\n` },
        { name: 'lib/link.js', mode: 0o120777, content: 'client.js' },
        { name: 'lib/client.js', content: OWN_CLIENT },
      ]);
      new lambda.Function(this, 'Own', { ...common, layers: [], code: lambda.Code.fromAsset(zip), handler: 'unused' });

      // A bootstrap as people write it for Lambda alone.
      addFiles(directory, { 'opt/bootstrap': '#!/bin/sh\nexec /opt/engine/of-my-own "$@"\n' });
      chmodSync(join(directory, 'opt/bootstrap'), 0o755);
      new lambda.Function(this, 'NamesOpt', { ...common, layers: [], code: lambda.Code.fromAsset(join(directory, 'opt')), handler: 'unused' });
      new lambda.Function(this, 'Lines', { ...common, handler: 'index.lines' });
      new lambda.Function(this, 'Shared', { ...common, handler: 'index.shared' });

      new lambda.Function(this, 'Python', { runtime: lambda.Runtime.PYTHON_3_12, code: common.code, handler: 'index.hello' });
      new lambda.Function(this, 'NoBootstrap', { ...common, layers: [], handler: 'index.hello' });
      const repository = ecr.Repository.fromRepositoryName(this, 'Repository', 'images');
      new lambda.DockerImageFunction(this, 'Image', { code: lambda.DockerImageCode.fromEcr(repository) });
      const elsewhere = s3.Bucket.fromBucketName(this, 'Elsewhere', 'elsewhere');
      new lambda.Function(this, 'FromBucket', { ...common, code: lambda.Code.fromBucket(elsewhere, 'code.zip'), handler: 'index.hello' });
      const evil = writeZip(join(directory, 'evil.zip'), [{ name: 'out', mode: 0o120777, content: '../../..' }, { name: 'out/file', content: 'x' }]);
      new lambda.Function(this, 'Evil', { ...common, code: lambda.Code.fromAsset(evil), handler: 'index.hello' });
      const parent = writeZip(join(directory, 'parent.zip'), [{ name: '../escaped', content: 'x' }]);
      new lambda.Function(this, 'Parent', { ...common, code: lambda.Code.fromAsset(parent), handler: 'index.hello' });

      const other = process.arch === 'arm64' ? lambda.Architecture.X86_64 : lambda.Architecture.ARM_64;
      new lambda.Function(this, 'OtherArchitecture', { ...common, architecture: other, handler: 'index.hello' });
      new lambda.Function(this, 'OtherOwn', { ...common, layers: [], code: lambda.Code.fromAsset(zip), architecture: other, handler: 'unused' });
      new lambda.Function(this, 'OtherMajor', { ...common, layers: [], runtime: new lambda.Runtime(`nodejs${OTHER_MAJOR}.x`), handler: 'index.version' });

      // As a construct of a user does, or one of ours that no jsii information is known of.
      new lambda.Function(new Construct(this, 'Wrapped'), 'Function', { ...common, handler: 'index.hello' });

      const nested = new NestedStack(this, 'Nested');
      new lambda.Function(nested, 'Inner', { ...common, code: lambda.Code.fromAsset(join(directory, 'code')), handler: 'index.hello' });
    }
  }
  new More(app, 'More');
  app.synth();
  return { directory, output };
}

const OWN_CLIENT = `
const api = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/invocation/';
(async () => {
  for (;;) {
    const next = await fetch(api + 'next');
    const id = next.headers.get('lambda-runtime-aws-request-id');
    await fetch(api + id + '/response', { method: 'POST', body: JSON.stringify({ own: await next.json() }) });
  }
})();
`;
