import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { App, Stack, Stage, Token } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { buildsOf, container, image, project, synth, tree } from './images';
import { Compute, ContainerRuntimeProps, HandlerCode, HandlerImage, HandlerImageProps, HandlerRuntime, HybridFunction } from '../../src';
import { refusal } from '../refusal';
import { inDirectory, workspace } from '../workspace';

describe('container build: a container of one\'s own', () => {
  const files = { 'docker/Dockerfile': 'FROM scratch\nCOPY LICENSE /\n', 'LICENSE': 'free', 'conf/abc.conf': '', 'conf/sub/more.conf': '' };

  test('dockerfile: own Dockerfile, with nothing of ours built in', () => {
    const made = container(project(files), { dockerfile: 'docker/Dockerfile' });
    expect(tree(made.context)).toEqual(['Dockerfile']);
    expect(made.dockerfile).toBe(files['docker/Dockerfile']);
    expect(made.build).toEqual({ directory: made.build.directory, dockerFile: 'Dockerfile', platform: 'linux/amd64' });
    expect(readdirSync(made.outdir).filter(name => name.startsWith('runtime.'))).toEqual([]);
  });

  test('additionalFiles: in the build context at their destination', () => {
    const made = container(project(files), {
      dockerfile: 'docker/Dockerfile',
      additionalFiles: [{ source: 'LICENSE', destination: 'LICENSE' }, { source: 'conf', destination: 'etc/abc' }, { source: 'LICENSE', destination: 'legal/' }],
    });
    expect(tree(made.context)).toEqual(['Dockerfile', 'LICENSE', 'etc', 'etc/abc', 'etc/abc/abc.conf', 'etc/abc/sub', 'etc/abc/sub/more.conf', 'legal', 'legal/LICENSE']);
    expect(readFileSync(join(made.context, 'legal/LICENSE'), 'utf8')).toBe('free');
  });

  test('buildArgs, such as a base-image mirror for its FROM; each value makes another image', () => {
    const directory = project({ ...files, 'docker/Dockerfile': 'ARG BASE=debian:12\nFROM $BASE\n' });
    const built = (buildArgs?: { [name: string]: string }) => container(directory, { dockerfile: 'docker/Dockerfile', buildArgs });
    expect(built({ BASE: 'mirror.example.com/debian:12' }).build.dockerBuildArgs).toEqual({ BASE: 'mirror.example.com/debian:12' });
    expect(new Set([built(), built({ BASE: 'a' }), built({ BASE: 'b' })].map(({ hash }) => hash)).size).toBe(3);
    expect(refusal(() => built({ BASE: Token.asString({ Ref: 'Base' }) }))).toBe('Stack/Image: \'buildArgs\' must be values that are known at synth, '
      + 'got \'a value that is known at deployment only\'; give plain strings [CDK_HYBRID_CONTAINER_BUILD_ARG]');
  });

  test('target: one stage of its Dockerfile; each makes another image', () => {
    const directory = project({ ...files, 'docker/Dockerfile': 'FROM scratch AS one\nFROM scratch AS two\n' });
    const [one, two] = ['one', 'two'].map(target => container(directory, { dockerfile: 'docker/Dockerfile', target }));
    expect([one, two].map(({ build }) => build.dockerBuildTarget)).toEqual(['one', 'two']);
    expect(one.hash).not.toBe(two.hash);
  });

  test('platform: always that of the architecture', () => {
    const platform = (architecture?: lambda.Architecture) => container(project(files), { dockerfile: 'docker/Dockerfile' }, { architecture }).build.platform;
    expect([platform(), platform(lambda.Architecture.X86_64), platform(lambda.Architecture.ARM_64)]).toEqual(['linux/amd64', 'linux/amd64', 'linux/arm64']);
  });

  test('entrypoint, handler and stage: what it was promised is in its environment', () => {
    const directory = project(files);
    const environment = (props: Partial<ContainerRuntimeProps>, others: HandlerImageProps = {}) => container(directory, { dockerfile: 'docker/Dockerfile', ...props }, others).image.environment;
    expect(environment({ entrypoint: '/bin/abc -d' })).toEqual({
      ENTRYPOINT: '/bin/abc -d', ENTRYPOINT_FUNC: '', STAGE: 'Stack', AWS_REGION: expect.stringContaining('Token'), AWS_ACCOUNT_ID: expect.stringContaining('Token'),
    });
    expect(environment({}, { handler: 'src/app.main', stage: 'prod' })).toMatchObject({ ENTRYPOINT: 'src/app', ENTRYPOINT_FUNC: 'main', STAGE: 'prod' });
    expect(environment({})).toMatchObject({ ENTRYPOINT: '', ENTRYPOINT_FUNC: '' });
  });

  test('the stage is that of the CDK when none is given', () => {
    inDirectory(project(files), {}, () => {
      const stack = new Stack(new Stage(new App({ outdir: workspace() }), 'Prod'), 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
      const { environment } = new HandlerImage(stack, 'Image', { runtime: HandlerRuntime.container({ dockerfile: 'docker/Dockerfile' }) });
      expect(environment).toMatchObject({ STAGE: 'Prod', AWS_REGION: 'eu-west-1', AWS_ACCOUNT_ID: '111122223333' });
    });
  });

  test('entrypoint is the same on each compute that runs images, whose command is the image\'s own', () => {
    const { template } = synth(project(files), stack => {
      const runtime = HandlerRuntime.container({ dockerfile: 'docker/Dockerfile', entrypoint: '/bin/abc -d' });
      const fn = new HybridFunction(stack, 'Abc', { runtime, compute: Compute.lambdaImage(), vpc: new ec2.Vpc(stack, 'Vpc') });
      fn.addCompute('Job', Compute.batchJob());
      fn.addCompute('Task', Compute.task());
    });
    template.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { ENTRYPOINT: '/bin/abc -d' } }, ImageConfig: Match.absent() });
    const told = Match.arrayWith([{ Name: 'ENTRYPOINT', Value: '/bin/abc -d' }]);
    template.hasResourceProperties('AWS::Batch::JobDefinition', { ContainerProperties: { Environment: told, Command: Match.absent() } });
    template.hasResourceProperties('AWS::ECS::TaskDefinition', { ContainerDefinitions: [Match.objectLike({ Environment: told, Command: Match.absent(), EntryPoint: Match.absent() })] });
  });

  test('code is in the folder code', () => {
    const made = container(project(files), { dockerfile: 'docker/Dockerfile' }, { code: HandlerCode.fromDirectory('dist') });
    expect(tree(made.context)).toEqual(['Dockerfile', 'code', 'code/index.js']);
  });

  test('path: a folder of one\'s own is the context, as its .dockerignore says', () => {
    const directory = project({ 'svc/Dockerfile': 'FROM scratch\n', 'svc/.dockerignore': '*.log\nsecret\n!keep.log\nDockerfile\n', 'svc/a.log': '', 'svc/keep.log': '', 'svc/secret/key': '', 'svc/src/main.py': '' });
    symlinkSync('/etc/hostname', join(directory, 'svc/link'));
    const made = container(directory, { path: 'svc', additionalFiles: [{ source: 'svc/a.log', destination: 'a.log' }] });
    expect(tree(made.context)).toEqual(['Dockerfile', 'a.log', 'keep.log', 'link', 'src', 'src/main.py']);
    expect(lstatSync(join(made.context, 'link')).isSymbolicLink()).toBe(true);
  });

  test('the cloud assembly is no part of a context that it lies in', () => {
    const directory = project({ Dockerfile: 'FROM scratch\n' });
    const made = image(directory, { runtime: HandlerRuntime.container({ dockerfile: 'Dockerfile', path: '.' }) }, { outdir: join(directory, 'cdk.out') });
    expect(tree(made.context)).toEqual(['Dockerfile', 'dist', 'dist/index.js']);
  });

  test('host: with ours, the files of a layer are a build context that its Dockerfile copies from', () => {
    const made = inDirectory(project(files), { CDK_HYBRID_CACHE_DIR: join(tmpdir(), 'cdk-hybrid-test-cache') }, () => synthHosted());
    expect(existsSync(join(made.outdir, made.build.directory, made.build.dockerBuildContexts!['cdk-hybrid'], 'opt/cdk-hybrid/entrypoint'))).toBe(true);

    function synthHosted() {
      const app = new App({ outdir: workspace() });
      new HandlerImage(new Stack(app, 'Stack'), 'Image', { runtime: HandlerRuntime.container({ dockerfile: 'docker/Dockerfile', host: true }) });
      app.synth();
      return { outdir: app.outdir, build: buildsOf(app.outdir)[0][1] };
    }
  });

  test('a missing Dockerfile is one line', () => {
    const directory = project(files);
    expect(refusal(() => container(directory))).toBe(`Stack/Image: 'dockerfile' must be the path of a Dockerfile (looked for ${directory}/Dockerfile), got 'Dockerfile'; `
      + 'give a path relative to the working directory of the app, and a Dockerfile inside it [CDK_HYBRID_CONTAINER_CONTEXT]');
    expect(refusal(() => container(directory, { path: 'conf' }))).toMatch(/relative to conf \(looked for .*\[CDK_HYBRID_CONTAINER_CONTEXT\]$/);
    expect(refusal(() => container(directory, { path: 'missing' }))).toMatch(/'path' must be the path of an existing directory, got 'missing'.*\[CDK_HYBRID_CONTAINER_CONTEXT\]$/);
    expect(refusal(() => container(directory, { dockerfile: 'conf' }))).toContain('[CDK_HYBRID_CONTAINER_CONTEXT]');
  });
});

describe('the Dockerfile of a container', () => {
  const outside = workspace({ Dockerfile: 'FROM scratch\n', other: 'FROM scratch\n' });
  const directory = project({ 'svc/file': '' });
  symlinkSync(join(outside, 'Dockerfile'), join(directory, 'out-link'));
  symlinkSync(outside, join(directory, 'out-folder'));
  symlinkSync(join(outside, 'Dockerfile'), join(directory, 'svc/out-link'));

  test.each<[string, Partial<ContainerRuntimeProps>, RegExp]>([
    ['an absolute path', { dockerfile: '/etc/passwd' }, /^Stack\/Image: 'dockerfile' must be a Dockerfile inside [^,]*, got '\/etc\/passwd'; put the file into the project.* \[CDK_HYBRID_IMAGE_FILE_OUTSIDE\]$/],
    ['a path with ..', { dockerfile: relative(directory, join(outside, 'Dockerfile')) }, /got '\.\.\/.*IMAGE_FILE_OUTSIDE\]$/],
    ['a path with .. from the build context', { path: 'svc', dockerfile: relative(join(directory, 'svc'), join(outside, 'Dockerfile')) }, /IMAGE_FILE_OUTSIDE\]$/],
    ['a link out', { dockerfile: 'out-link' }, /got 'out-link, a link to .*\/Dockerfile'.*IMAGE_FILE_OUTSIDE\]$/],
    ['a folder that is a link out', { dockerfile: 'out-folder/other' }, /got 'out-folder\/other, a link to .*IMAGE_FILE_OUTSIDE\]$/],
    ['a link out of the build context', { path: 'svc', dockerfile: 'out-link' }, /IMAGE_FILE_OUTSIDE\]$/],
  ])('outside the project is refused: %s', (_what, props, message) => {
    expect(refusal(() => container(directory, props))).toMatch(message);
  });

  test('may be in a build context that is elsewhere', () => {
    expect(container(directory, { path: outside }).dockerfile).toBe('FROM scratch\n');
  });
});
