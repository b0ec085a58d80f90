import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack, Stage } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { buildsOf, engineEnvironment, image, NEWER, project, SMALL, synth, tree } from './images';
import { HandlerCode, HandlerImage, HandlerImageProps, HandlerRuntime } from '../../src';
import { refusal } from '../refusal';
import { npmEnvironment } from '../registry';
import { addFiles, inDirectory, workspace } from '../workspace';

describe('the image of a Node.js runtime', () => {
  test('is built from the code alone; the runtime comes from its own folder of the assembly', () => {
    const made = image(project());
    expect(tree(made.context)).toEqual(['Dockerfile', 'code', 'code/index.js']);
    expect(made.build).toMatchObject({ dockerFile: 'Dockerfile', platform: 'linux/amd64' });
    const runtime = join(made.context, made.build.dockerBuildContexts!['cdk-hybrid']);
    expect(runtime).toMatch(/\/runtime\.[0-9a-f]{64}$/);
    expect(tree(runtime).filter(path => statSync(join(runtime, path)).isFile() && !path.endsWith('.cjs') && !path.includes('licenses'))).toEqual([
      'opt/bin/node', 'opt/bootstrap', 'opt/cdk-hybrid/entrypoint', 'opt/cdk-hybrid/exec-wrapper', 'opt/cdk-hybrid/health', 'opt/cdk-hybrid/layer.json',
    ]);
  });

  test('the runtime has the modes of the layer, and folders that everybody may read', () => {
    const before = process.umask(0o077);
    try {
      const directory = project({ 'dist/deep/data.json': '{}' });
      const made = inDirectory(directory, { CDK_HYBRID_CACHE_DIR: workspace() }, () => image(directory));
      const runtime = join(made.context, made.build.dockerBuildContexts!['cdk-hybrid']);
      const mode = (...path: string[]) => (statSync(join(...path)).mode % 0o1000).toString(8);
      expect(['bin/node', 'bootstrap', 'cdk-hybrid/entrypoint', 'cdk-hybrid/layer.json', 'cdk-hybrid', 'bin', '.'].map(path => mode(runtime, 'opt', path)))
        .toEqual(['755', '755', '755', '644', '755', '755', '755']);
      expect(['code', 'code/deep', 'code/index.js', 'code/deep/data.json'].map(path => mode(made.context, path))).toEqual(['755', '755', '644', '644']);
    } finally {
      process.umask(before);
    }
  });

  test('its Dockerfile is the one of the package from the target `image` on, with the code as its last instruction', () => {
    const { dockerfile } = image(project());
    const whole = readFileSync(join(__dirname, '../../layers/nodejs/Dockerfile'), 'utf8');
    const lines = (text: string) => text.split('\n').filter(line => line && !line.startsWith('#'));
    expect(lines(dockerfile).slice(2)).toEqual(lines(whole.slice(whole.indexOf('AS image'))).slice(2));
    expect(lines(dockerfile)[0]).toBe('FROM public.ecr.aws/docker/library/debian:bookworm-slim');
    expect(lines(dockerfile).pop()).toBe('COPY ${CODE} /var/task/');
    expect(dockerfile).toContain('USER 65534:65534\n');
  });

  test('two images share one folder of the runtime, and the same code is one image', () => {
    const made = synth(project({ 'other/index.js': '' }), stack => {
      for (const [id, path] of [['One', 'dist'], ['Two', 'other'], ['Three', 'dist']]) {
        new HandlerImage(stack, id, { code: HandlerCode.fromDirectory(path), runtime: SMALL });
      }
    });
    expect(made.builds.length).toBe(2);
    expect(new Set(made.builds.map(([, { dockerBuildContexts }]) => dockerBuildContexts!['cdk-hybrid'])).size).toBe(1);
    expect(readdirSync(made.outdir).filter(name => /^(runtime|image|asset)\b/.test(name)).map(name => name.split('.')[0]).sort()).toEqual(['asset', 'asset', 'runtime']);
  });

  test('the cloud assembly can be moved: whatever a build needs is named from its own folder', () => {
    const made = image(project());
    const moved = join(workspace(), 'moved');
    cpSync(made.outdir, moved, { recursive: true });
    expect(existsSync(join(moved, made.build.directory, made.build.dockerBuildContexts!['cdk-hybrid'], 'opt/bin/node'))).toBe(true);
    expect(readFileSync(join(moved, 'Stack.assets.json'), 'utf8')).not.toContain(made.outdir);
    expect(readFileSync(join(moved, 'Stack.template.json'), 'utf8')).not.toContain(made.outdir);
  });

  test('in a stage the runtime lies in the assembly of the app', () => {
    const directory = project();
    const app = inDirectory(directory, engineEnvironment(), () => {
      const made = new App({ outdir: workspace() });
      new HandlerImage(new Stack(new Stage(made, 'Prod'), 'Stack'), 'Image', { code: HandlerCode.fromDirectory('dist'), runtime: SMALL });
      made.synth();
      return made;
    });
    const nested = join(app.outdir, 'assembly-Prod');
    const [[, build]] = buildsOf(nested, readdirSync(nested).find(name => name.endsWith('.assets.json')));
    expect(existsSync(join(nested, build.directory, build.dockerBuildContexts!['cdk-hybrid'], 'opt/bin/node'))).toBe(true);
  });

  test('nothing is copied when the CDK is told not to stage, and the build still finds everything', () => {
    const made = image(project(), {}, { context: { 'aws:cdk:disable-asset-staging': true } });
    const context = made.build.directory;
    expect(existsSync(join(context, 'code/index.js'))).toBe(true);
    expect(existsSync(join(context, made.build.dockerBuildContexts!['cdk-hybrid'], 'opt/bin/node'))).toBe(true);
    expect(readdirSync(made.outdir).filter(name => name.startsWith('runtime.'))).toEqual([]);
  });

  test('a stack that is not wanted builds nothing', () => {
    const directory = project();
    const unreachable = { ...npmEnvironment('http://127.0.0.1:9/'), CDK_HYBRID_CACHE_DIR: workspace() };
    inDirectory(directory, unreachable, () => {
      const stack = new Stack(new App({ outdir: workspace(), context: { 'aws:cdk:bundling-stacks': [] } }), 'Stack');
      new HandlerImage(stack, 'Image', { code: HandlerCode.fromDirectory('dist'), runtime: SMALL });
    });
  });

  test('platform: the architecture\'s, with the engine of that architecture', () => {
    const made = image(project(), { architecture: lambda.Architecture.ARM_64 });
    expect(made.build.platform).toBe('linux/arm64');
    const layer = join(made.context, made.build.dockerBuildContexts!['cdk-hybrid'], 'opt/cdk-hybrid/layer.json');
    expect(JSON.parse(readFileSync(layer, 'utf8'))).toEqual({ engine: { name: 'nodejs', version: '24.0.99' }, architecture: 'arm64' });
  });

  test('its handler is what it runs when nobody says otherwise', () => {
    expect(image(project({ 'dist/api/users.js': '' }), { handler: 'api/users.list.all' }).dockerfile).toContain('\nCMD ["api/users.list.all"]\n');
    expect(image(project()).dockerfile).toContain('\nCMD ["index.handler"]\n');
    expect(refusal(() => image(project(), { handler: 'nothing' }))).toContain('CDK_HYBRID_HANDLER_NAME');
    expect(refusal(() => image(project(), { handler: 'missing.handler' }))).toContain('CDK_HYBRID_HANDLER_FILE_NOT_FOUND');
  });

  test('a bundle is its code', () => {
    const made = image(project(), { code: HandlerCode.fromEntry(join(__dirname, '../fixtures/code/hello.ts')) });
    expect(readdirSync(join(made.context, 'code')).sort()).toEqual(['index.js', 'index.js.map']);
    expect(made.image.environment).toEqual({ NODE_OPTIONS: '--enable-source-maps' });
  });

  test('managed runtimes and layers have no image', () => {
    expect(refusal(() => image(project(), { runtime: HandlerRuntime.AWS_NODEJS_24 }))).toBe('Stack/Image: \'runtime\' must be HandlerRuntime.NODEJS_20 to NODEJS_26, one that extends them, '
      + 'or HandlerRuntime.container() for an image, got \'nodejs24.x\'; use one of these runtimes, or a compute that runs zips: Compute.lambdaFunction() [CDK_HYBRID_RUNTIME_NOT_FOR_IMAGES]');
  });
});

describe('the hash of an image', () => {
  const hash = (directory: string, props: HandlerImageProps = {}) => image(directory, props).hash;

  test('does not depend on the folder or the assembly', () => {
    expect(hash(project())).toBe(hash(project()));
  });

  test('changes with the code, a run bit, a link, the handler, the base image and the runtime', () => {
    const directory = project({ 'dist/tool': '#!/bin/sh\n', 'dist/a': '', 'dist/b': '' });
    const seen = [hash(directory)];
    chmodSync(join(directory, 'dist/tool'), 0o755);
    seen.push(hash(directory));
    symlinkSync('a', join(directory, 'dist/link'));
    seen.push(hash(directory));
    addFiles(directory, { 'dist/index.js': 'exports.handler = async () => 2;\n' });
    seen.push(hash(directory), hash(directory, { handler: 'a.handler' }), hash(directory, { runtime: SMALL.extend({ baseImage: 'ubuntu:24.04' }) }));
    seen.push(hash(directory, { runtime: SMALL.extend({ buildArgs: { A: '1' } }) }));
    seen.push(hash(directory, { runtime: NEWER }));
    expect(new Set(seen).size).toBe(seen.length);
  });
});
