/**
 * Defines the app of the tests with container images, of aws-cdk-lib alone. The base images are those that .ci/prepare makes under
 * the names of the real ones; on other machines the engine pulls them.
 */
import { chmodSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ecrAssets from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { addFiles, inDirectory } from '../workspace';

const root = join(__dirname, '../..');
const NODE = 'FROM public.ecr.aws/docker/library/node:24-bookworm-slim\n';
const arm = process.arch === 'arm64';

/** Our runtime program as a custom image has it: what the layer has in /opt, on a Node.js of the base image. */
const OURS = `${NODE}COPY opt /opt
RUN mkdir -p /opt/bin && ln -s /usr/local/bin/node /opt/bin/node
ENV _HANDLER=index.answer
ARG GREETING
ENV GREETING=$GREETING
COPY index.js /var/task/index.js
ENTRYPOINT ["/opt/bootstrap"]
`;

const HANDLERS = `
const { writeFileSync } = require('node:fs');
const attempt = (path) => { try { writeFileSync(path, 'x'); return 'written'; } catch (error) { return error.code; } };
exports.answer = async (event, context) => {
  console.log('a line of the handler');
  if (event.hang) { console.log('hangs'); await new Promise(() => { setInterval(() => {}, 1000); }); }
  return { event, env: process.env, name: context.functionName, arn: context.invokedFunctionArn, tmp: attempt('/tmp/x'), task: attempt('/var/task/x'), user: process.getuid(), cwd: process.cwd() };
};
`;

/** Any client of the Runtime API in an image is as good: this one says with what arguments it was started. */
const FOREIGN = `
const api = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/invocation/';
(async () => {
  for (;;) {
    const next = await fetch(api + 'next');
    if ((await next.json()).wait) {
      console.log('has begun');
      await new Promise((resolve) => setTimeout(resolve, 60000));
    }
    await fetch(api + next.headers.get('lambda-runtime-aws-request-id') + '/response', { method: 'POST', body: JSON.stringify(process.argv.slice(2)) });
  }
})();
`;

const SERVER = `
const server = require('node:http').createServer((request, response) => response.end(JSON.stringify({ env: process.env, args: process.argv.slice(2), user: process.getuid() })));
server.listen(process.env.PORT, () => console.log('listens on ' + process.env.PORT));
process.on('SIGTERM', () => { console.log('is told to end'); server.close(); server.closeAllConnections(); });
`;

const TASK = `
console.error('a line of the task');
console.log(JSON.stringify({ event: JSON.parse(process.env.HYBRID_EVENT), env: process.env }));
process.exit(JSON.parse(process.env.HYBRID_EVENT).code ?? 0);
`;

export function writeImages(directory: string): void {
  addFiles(directory, {
    'ours/Dockerfile': OURS,
    'ours/index.js': HANDLERS,
    'foreign/docker/Dockerfile.other': `${NODE}COPY client.js /app/client.js\nENTRYPOINT ["node", "/app/client.js"]\nCMD ["from the image"]\n`,
    'foreign/client.js': FOREIGN,
    'emulated/Dockerfile': 'FROM scratch\nCOPY program /program\nENTRYPOINT ["/program"]\n',
    'breaks/Dockerfile': `${NODE}RUN echo the words of the build && exit 42\n`,
    'server/Dockerfile': `${NODE}COPY server.js /server.js\nCMD ["node", "/server.js"]\n`,
    'server/server.js': SERVER,
    'task/Dockerfile': `${NODE}COPY task.js /task.js\nCMD ["node", "/task.js"]\n`,
    'task/task.js': TASK,
  });
  // The head of a program for another instruction set, which no machine runs.
  const head = Buffer.alloc(64);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  head.writeUInt16LE(2, 16);
  head.writeUInt16LE(arm ? 62 : 183, 18);
  writeFileSync(join(directory, 'emulated/program'), head, { mode: 0o755 });
  cpSync(join(root, 'layers/runtime/dist'), join(directory, 'ours/opt/cdk-hybrid/runtime'), { recursive: true });
  cpSync(join(root, 'layers/nodejs/bootstrap'), join(directory, 'ours/opt/bootstrap'));
  chmodSync(join(directory, 'ours/opt/bootstrap'), 0o755);
}

/** @param port what the service listens on: free on this machine, whose network its container may share */
export function synthesizeImages(directory: string, port: number): void {
  const app = new App({ outdir: join(directory, 'cdk.out'), analyticsReporting: false });
  const stack = new Stack(app, 'Images');
  const architecture = arm ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64;
  const platform = arm ? ecrAssets.Platform.LINUX_ARM64 : ecrAssets.Platform.LINUX_AMD64;
  const image = (name: string, options: lambda.AssetImageCodeProps = {}): lambda.DockerImageCode =>
    lambda.DockerImageCode.fromImageAsset(join(directory, name), { platform, ...options });

  new lambda.DockerImageFunction(stack, 'Ours', {
    code: image('ours', { buildArgs: { GREETING: 'hello' } }), architecture, memorySize: 256, timeout: Duration.seconds(3), environment: { SECRET: 'of the function', PATH: '/usr/local/bin:/usr/bin:/bin:/of/its/own' },
  });
  new lambda.DockerImageFunction(stack, 'Foreign', {
    code: image('foreign', { file: 'docker/Dockerfile.other', cmd: ['from', 'the template'] }), architecture, timeout: Duration.seconds(30),
  });
  new lambda.DockerImageFunction(stack, 'Emulated', {
    code: image('emulated', { platform: arm ? ecrAssets.Platform.LINUX_AMD64 : ecrAssets.Platform.LINUX_ARM64 }),
    architecture: arm ? lambda.Architecture.X86_64 : lambda.Architecture.ARM_64,
  });
  new lambda.DockerImageFunction(stack, 'Breaks', { code: image('breaks'), architecture });
  new lambda.DockerImageFunction(stack, 'OtherArchitecture', {
    code: image('foreign', { file: 'docker/Dockerfile.other' }), architecture: arm ? lambda.Architecture.X86_64 : lambda.Architecture.ARM_64,
  });
  const [major] = process.versions.node.split('.');
  new lambda.Function(stack, 'Code', {
    runtime: new lambda.Runtime(`nodejs${major}.x`, lambda.RuntimeFamily.NODEJS, { supportsInlineCode: true }), code: lambda.Code.fromInline('exports.handler = async () => "code";'), handler: 'index.handler',
  });

  const cpuArchitecture = arm ? ecs.CpuArchitecture.ARM64 : ecs.CpuArchitecture.X86_64;
  const task = (id: string): ecs.FargateTaskDefinition => new ecs.FargateTaskDefinition(stack, id, { runtimePlatform: { cpuArchitecture } });
  const built = (name: string): ecs.ContainerImage => ecs.ContainerImage.fromDockerImageAsset(new ecrAssets.DockerImageAsset(stack, `${name}Image`, { directory: join(directory, name), platform }));
  const web = task('Web');
  web.addVolume({ name: 'tmp' });
  web.addContainer('Server', {
    image: built('server'),
    portMappings: [{ containerPort: port }],
    environment: { HYBRID_SOURCES: 'http', PORT: String(port), TASK: web.family },
    command: ['node', '/server.js', 'an argument'],
    user: '1000',
    readonlyRootFilesystem: true,
  }).addMountPoints({ containerPath: '/tmp', sourceVolume: 'tmp', readOnly: false });
  web.addContainer('Sidecar', { image: ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/redis:7') });
  task('Job').addContainer('Run', { image: built('task'), environment: { HYBRID_SOURCES: 'task', FROM: 'the template' } });
  // The CDK deprecates properties that it reads itself.
  inDirectory(directory, { JSII_DEPRECATED: 'quiet' }, () => app.synth());
}
