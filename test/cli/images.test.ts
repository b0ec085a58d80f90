/** Container images and containers on the command line, with a real container engine. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { bundlePrograms, cdkHybrid, startCdkHybrid, type Run } from './command';
import { synthesizeImages, writeImages } from './image-app';
import { serveLocally } from './local';
import { notingClient, servingClient, type NotingClient } from './noting-client';
import { containerEngine } from '../real-parts';

const engine = containerEngine();
const withEngine = engine ? describe : describe.skip;
const directory = realpathSync(mkdtempSync(join(tmpdir(), 'cdk-hybrid-images-')));
const cache = join(directory, 'cache');
let servicePort: number;

beforeAll(async () => {
  bundlePrograms();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servicePort = (server.address() as AddressInfo).port;
  await new Promise((resolve) => server.close(resolve));
  writeImages(directory);
  synthesizeImages(directory, servicePort);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const run = (args: string[], env: Record<string, string> = {}): Promise<Run> =>
  cdkHybrid(args, { cwd: directory, env: { CDK_HYBRID_CACHE_DIR: cache, ...env } });

/** The containers of this machine that the CLI has named after this function. */
function containersOf(logicalId: string): string[] {
  const { stdout } = spawnSync(engine!, ['ps', '--all', '--format', '{{.Names}}', '--filter', `name=cdk-hybrid-${logicalId}`], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean);
}

const client = (name: string, script: string): NotingClient => notingClient(directory, name, script);

/** A copy of cdk.out that a test may break. */
function brokenApp(breakIt: (template: any, assets: any) => void): string {
  const output = mkdtempSync(join(directory, 'broken-'));
  cpSync(join(directory, 'cdk.out'), output, { recursive: true });
  const files = ['Images.template.json', 'Images.assets.json'].map((name) => join(output, name));
  const [template, assets] = files.map((file) => JSON.parse(readFileSync(file, 'utf8')));
  breakIt(template, assets);
  [template, assets].forEach((content, index) => writeFileSync(files[index], JSON.stringify(content)));
  return output;
}

test('list shows image functions and the containers whose image the app builds', async () => {
  const { out } = await run(['list']);
  expect(out).toMatch(/^Images\/Ours +image +- +(x86_64|arm64) +-$/m);
  expect(out).toMatch(/^Images\/Foreign +image +- +(x86_64|arm64) +from the template$/m);
  expect(out).toMatch(/^Images\/Web +service +- +(x86_64|arm64) +node \/server\.js an argument$/m);
  expect(out).toMatch(/^Images\/Job +task +- +(x86_64|arm64) +-$/m);
  expect(out).not.toContain('redis');
});

withEngine('build', () => {
  test('prints the name of the image, which is the one that the CDK looks for when it deploys', async () => {
    const { code, out, err } = await run(['build', 'Foreign']);
    expect([code, out]).toEqual([0, expect.stringMatching(/^cdkasset-[0-9a-f]{64}\n$/)]);
    expect(err).toContain('client.js');
    expect(spawnSync(engine!, ['image', 'inspect', out.trim()]).status).toBe(0);
  });

  test('gives the image the name of --tag', async () => {
    expect(await run(['build', 'Images/Job', '--tag', 'cdk-hybrid-test-task:one'])).toMatchObject({ code: 0, out: 'cdk-hybrid-test-task:one\n' });
    expect(spawnSync(engine!, ['image', 'rm', 'cdk-hybrid-test-task:one']).status).toBe(0);
  });

  test('that fails shows the engine\'s words, then one line, and keeps its exit code', async () => {
    const { code, out, err } = await run(['build', 'Breaks']);
    // Docker's own is 1, whatever the program in the Dockerfile said.
    expect([[42, ''], [1, '']]).toContainEqual([code, out]);
    expect(err).toContain('the words of the build');
    expect(err).toMatch(/\ncdk-hybrid: Images\/Breaks: '\S+ build' of \S+Dockerfile failed with exit code \d+; read what .*\[CDK_HYBRID_CLI_IMAGE_BUILD\]\n$/);
  });

  test('without the Dockerfile shows the engine\'s words and names the file', async () => {
    const app = brokenApp((_template, assets) => Object.values<any>(assets.dockerImages).forEach(({ source }) => { source.dockerFile = 'Dockerfile.gone'; }));
    const { code, out, err } = await run(['build', 'Ours', '--app', app]);
    expect([code, out]).toEqual([expect.any(Number), '']);
    expect(code).not.toBe(0);
    expect(err.split('\n').length).toBeGreaterThan(2);
    expect(err).toMatch(/\ncdk-hybrid: Images\/Ours: .*\/Dockerfile\.gone failed with exit code \d+; .*\[CDK_HYBRID_CLI_IMAGE_BUILD\]\n$/);
  });

  test('refuses an image of another architecture than what it is for', async () => {
    const { code, out, err } = await run(['build', 'OtherArchitecture']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/cdk-hybrid: Images\/OtherArchitecture is for \w+, but its image of \S+ is for \w+; .*\[CDK_HYBRID_CLI_IMAGE_ARCHITECTURE\]\n$/);
  });
});

describe('build calls the client', () => {
  test('as the CDK does when it deploys', async () => {
    const { path, calls } = client('noting', 'test "$1" = build && { echo "attestations: $BUILDX_NO_DEFAULT_ATTESTATIONS"; pwd; }; exit 0');
    const app = brokenApp((_template, assets) => Object.values<any>(assets.dockerImages).forEach(({ source }) => Object.assign(source, {
      dockerBuildArgs: { A: '1', B: 'two words' },
      dockerBuildContexts: { runtime: '../rt' },
      dockerBuildSecrets: { token: 'src=token.txt' },
      dockerBuildSsh: 'default',
      dockerBuildTarget: 'image',
      dockerFile: 'docker/File',
      networkMode: 'host',
      platform: 'linux/arm64',
      dockerOutputs: ['type=docker'],
      cacheFrom: [{ type: 'registry', params: { ref: 'a', mode: 'b' } }, { type: 'gha' }],
      cacheTo: { type: 'inline' },
      cacheDisabled: true,
    })));
    const { code, out, err } = await run(['build', 'Ours', '--app', app], { CDK_DOCKER: path });
    expect(code).toBe(0);
    expect(err).toMatch(new RegExp(`attestations: 1\\n${app}/asset\\.[0-9a-f]+\\n`));
    expect(calls().split('\n')[0]).toBe('build --build-arg A=1 --build-arg B=two words --build-context runtime=../rt --secret id=token,src=token.txt --ssh default --target image '
      + '--file docker/File --network host --platform linux/arm64 --output=type=docker --cache-from type=registry,ref=a,mode=b --cache-from type=gha '
      + `--cache-to type=inline --no-cache --tag ${out.trim()} .`);
  });

  test('once for each image with --all, and prints their names', async () => {
    const { path, calls } = client('all', 'exit 0');
    const { code, out } = await run(['build', '--all'], { CDK_DOCKER: path });
    const names = calls().split('\n').filter((line) => line.startsWith('build ')).map((line) => /--tag (\S+)/.exec(line)![1]);
    expect([code, out.trim().split('\n').sort()]).toEqual([0, [...new Set(names)].sort()]);
    expect(new Set(names).size).toBe(6);
  });

  test('not, but the program that an asset names, which prints the image\'s name', async () => {
    const { path } = client('loading', 'exit 0');
    const app = brokenApp((_template, assets) => Object.values<any>(assets.dockerImages).forEach((image) => { image.source = { executable: ['sh', '-c', 'echo loaded >&2; echo loaded:tag'] }; }));
    expect(await run(['build', 'Ours', '--app', app], { CDK_DOCKER: path })).toEqual({ code: 0, out: 'loaded:tag\n', err: 'loaded\n' });
    const failing = brokenApp((_template, assets) => Object.values<any>(assets.dockerImages).forEach((image) => { image.source = { executable: ['sh', '-c', 'echo not loaded >&2; exit 7'] }; }));
    expect(await run(['build', 'Ours', '--app', failing], { CDK_DOCKER: path })).toMatchObject({ code: 7, out: '', err: expect.stringMatching(/^not loaded\n.*\[CDK_HYBRID_CLI_IMAGE_BUILD\]\n$/) });
  });
});

describe('one line says what is wrong:', () => {
  const noEngine = { CDK_DOCKER: '/nowhere/engine' };
  test.each<[string, string[], Record<string, string>, string, string]>([
    ['no engine to build with', ['build', 'Ours'], noEngine, 'CONTAINER_ENGINE_MISSING', 'the container engine \'/nowhere/engine\' is not on this machine; install Docker'],
    ['no engine to run an image with', ['invoke', 'Ours'], noEngine, 'CONTAINER_ENGINE_MISSING', 'the variable CDK_DOCKER'],
    ['no engine to run a task with', ['invoke', 'Job'], noEngine, 'CONTAINER_ENGINE_MISSING', 'is not on this machine'],
    ['an engine that does not run', ['invoke', 'Ours'], { CDK_DOCKER: 'false' }, 'CONTAINER_ENGINE_STOPPED', '\'false info\' fails; start the container engine'],
    ['a function of code', ['build', 'Code'], {}, 'NO_IMAGE', 'Images/Code has the runtime nodejs'],
    ['a service has no event', ['invoke', 'Web'], {}, 'CONTAINER_NO_TASK', 'Images/Web is a service and takes no event'],
    ['nothing to build', ['build'], {}, 'USAGE', '\'build\' takes one function, got none'],
    ['--tag of many', ['build', '--all', '--tag', 'x'], {}, 'USAGE', '--tag is for one image'],
    ['--publish without a port', ['local', '--publish', 'Web'], {}, 'PUBLISH_INVALID', '--publish must be CONTAINER=PORT, got \'Web\''],
    ['--publish of what has no port', ['local', '--publish', 'Job=1234'], {}, 'PUBLISH_INVALID', '--publish names Images/Job, which has no port mapping'],
    ['--publish of what is not there', ['local', '--publish', 'Nope=1234'], {}, 'FUNCTION_UNKNOWN', 'there is no function \'Nope\''],
  ])('%s', async (_what, args, env, code, message) => {
    const { code: exit, out, err } = await run(args, env);
    expect([exit, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(err).toMatch(new RegExp(`^cdk-hybrid: [^\\n]*\\[CDK_HYBRID_CLI_${code}\\]\\n$`));
  });

  // What Docker's client says, and knows, without buildx.
  const legacy = 'case "$*" in info*) echo "{}";; *--help) echo "Usage:  docker build [OPTIONS] PATH | URL | -"; echo "  -t, --tag list    Name and optionally a tag";; '
    + 'build*) echo "unknown flag: --build-context" >&2; exit 125;; esac';

  test.each([['build', 'Ours'], ['invoke', 'Ours'], ['invoke', 'Job']])('%s %s by an engine that cannot build it: Docker without buildx', async (...args) => {
    const app = brokenApp((_template, assets) => Object.values<any>(assets.dockerImages).forEach(({ source }) => { source.dockerBuildContexts = { 'cdk-hybrid': '../rt' }; }));
    const { path } = client(`legacy-${args.join('-')}`, legacy);
    const { code, out, err } = await run([...args, '--app', app], { CDK_DOCKER: path });
    expect([code, out]).toEqual([args[0] === 'build' ? 125 : 2, '']);
    expect(err).toContain('unknown flag: --build-context\n');
    expect(err).toContain(`\ncdk-hybrid: Images/${args[1]}: '${path} build' does not know --build-context; install buildx (Docker 23 or later), or name podman or finch in the variable CDK_DOCKER [CDK_HYBRID_CLI_IMAGE_BUILDER]\n`);
  });

  test('a folder of the image that is gone', async () => {
    const app = brokenApp((_template, assets) => Object.values<any>(assets.dockerImages).forEach(({ source }) => { source.directory = 'asset.gone'; }));
    expect(await run(['build', 'Ours', '--app', app])).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^cdk-hybrid: Images\/Ours: .*asset\.gone does not exist; .*ASSET_MISSING\]\n$/) });
  });
});

withEngine('invoke', () => {
  test('runs an image as Lambda does: its environment, its file system, its user, its arguments', async () => {
    const { code, out, err } = await run(['invoke', 'Ours', '--event', '{"a":1}', '--env', 'MORE=given'], { AWS_SECRET_ACCESS_KEY: 'of the shell', AWS_REGION: 'eu-west-3', NOT_FOR_IT: 'x' });
    expect(code).toBe(0);
    const { env, ...result } = JSON.parse(out);
    expect(result).toMatchObject({ event: { a: 1 }, name: expect.stringMatching(/^Ours/), arn: expect.stringContaining(':eu-west-3:'), tmp: 'written', task: 'EROFS', user: 993 });
    expect(env).toMatchObject({
      GREETING: 'hello',
      SECRET: 'of the function',
      MORE: 'given',
      AWS_SECRET_ACCESS_KEY: 'of the shell',
      AWS_REGION: 'eu-west-3',
      PATH: '/usr/local/bin:/usr/bin:/bin:/of/its/own',
      _HANDLER: 'index.answer',
      LAMBDA_TASK_ROOT: '/var/task',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    });
    expect(env).not.toHaveProperty('NOT_FOR_IT');
    // What a container writes takes a way of its own, and may come after the platform's lines.
    expect(err).toMatch(/START RequestId[^]*REPORT RequestId/);
    expect(err).toContain('a line of the handler');
    expect(JSON.parse((await run(['invoke', 'Foreign'])).out)).toEqual(['from', 'the template']);
    expect([...containersOf('Ours'), ...containersOf('Foreign')]).toEqual([]);
  });

  test.each([['Ours', 'run '], ['Job', 'create ']])('of %s never shows a value on a command line, whatever its name, and leaves no file behind', async (name, call) => {
    const { path, calls } = client(`passing-on-${name}`, `for each in "$@"; do test "$before" = --env-file && stat -c %a "$each" >> '${directory}/modes.${name}'; before=$each; done; exec ${engine} "$@"`);
    const secret = ['MORE=hush hush', 'REGISTRY_PASSWORD=hush "hush" #1', 'HOME=/hush'].flatMap((pair) => ['--env', pair]);
    const { code, out } = await run(['invoke', name, ...secret], { CDK_DOCKER: path, AWS_SECRET_ACCESS_KEY: 'hush' });
    expect(code).toBe(0);
    expect(JSON.parse(out).env).toMatchObject({ MORE: 'hush hush', REGISTRY_PASSWORD: 'hush "hush" #1', HOME: '/hush' });
    const started = calls().split('\n').find((line) => line.startsWith(call))!;
    expect(started).toMatch(/--env MORE .*--env-file \S+ /);
    expect(calls()).not.toMatch(/hush|of the function/);
    expect(readFileSync(join(directory, `modes.${name}`), 'utf8')).toBe('600\n');
    expect(existsSync(/--env-file (\S+)/.exec(started)![1])).toBe(false);
  });

  test.each(['Ours', 'Job'])('of %s that is interrupted while its container is made leaves no file with values behind', async (name) => {
    const { path, calls } = client(`hanging-${name}`, 'case $1 in info) echo "{}";; run|create) echo makes it >&2; exec sleep 60;; esac');
    const child = startCdkHybrid(['invoke', name, '--env', 'DOCKER_PASSWORD=hush'], { cwd: directory, env: { CDK_HYBRID_CACHE_DIR: cache, CDK_DOCKER: path } });
    const closed = new Promise((resolve) => child.on('close', resolve));
    let err = '';
    await new Promise<void>((resolve) => child.stderr.on('data', (chunk) => {
      err += chunk;
      if (err.includes('makes it')) resolve();
    }));
    const [, file] = /--env-file (\S+)/.exec(calls())!;
    expect(readFileSync(file, 'utf8')).toContain('DOCKER_PASSWORD=hush\n');
    child.kill('SIGTERM');
    expect(await closed).toBe(143);
    expect(existsSync(file)).toBe(false);
  });

  test('of a container refuses several lines in a variable that the engine reads itself, in one line', async () => {
    expect(await run(['invoke', 'Job', '--env', 'DOCKER_AUTH_CONFIG={\n}'])).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/\ncdk-hybrid: Images\/Job: the value of DOCKER_AUTH_CONFIG has several lines, .*\[CDK_HYBRID_CLI_CONTAINER_VARIABLE\]\n$/) });
    expect(JSON.parse((await run(['invoke', 'Job', '--env', 'SSH_PRIVATE_KEY=one\ntwo\n'])).out).env.SSH_PRIVATE_KEY).toBe('one\ntwo\n');
  });

  test('says that a container sees no profile', async () => {
    const { err } = await run(['invoke', 'Foreign'], { AWS_PROFILE: 'mine' });
    expect(err).toMatch(/^cdk-hybrid: Images\/Foreign: runs without credentials: .* profile 'mine'; eval "\$\(aws configure export-credentials --format env\)"/m);
  });

  test('reaches this machine by a name where the engine runs in a virtual machine', async () => {
    // As Docker Desktop answers; no container is run here, which the result tells.
    const { path, calls } = client('desktop', 'case $1 in info) echo \'{"OperatingSystem":"Docker Desktop"}\';; run) echo "api: $AWS_LAMBDA_RUNTIME_API"; exit 3;; esac');
    const { code, out, err } = await run(['invoke', 'Ours'], { CDK_DOCKER: path });
    expect([code, JSON.parse(out).errorMessage]).toEqual([1, expect.stringContaining('exit status 3')]);
    expect(err).toMatch(/^api: host\.docker\.internal:\d+$/m);
    expect(calls()).not.toContain('--network');
  });

  test('of an image for another architecture that the engine cannot run says so', async () => {
    const { code, out, err } = await run(['invoke', 'Emulated']);
    expect([code, JSON.parse(out).errorType]).toEqual([1, 'Runtime.ExitError']);
    expect(err).toMatch(/^cdk-hybrid: Images\/Emulated: its image is for \w+, which an engine on this machine \(\w+\) can only run where it emulates that$/m);
  });

  test('ends the container of an invocation that takes too long', async () => {
    const { code, out } = await run(['invoke', 'Ours', '--event', '{"hang":true}']);
    expect([code, JSON.parse(out).errorMessage]).toEqual([1, expect.stringContaining('Task timed out after 3.00 seconds')]);
    expect(containersOf('Ours')).toEqual([]);
  });

  test('that is interrupted leaves no container behind', async () => {
    const child = startCdkHybrid(['invoke', 'Foreign', '--event', '{"wait":true}'], { cwd: directory, env: { CDK_HYBRID_CACHE_DIR: cache } });
    const closed = new Promise((resolve) => child.on('close', resolve));
    let err = '';
    await new Promise<void>((resolve) => child.stderr.on('data', (chunk) => {
      err += chunk;
      if (err.includes('has begun')) resolve();
    }));
    expect(containersOf('Foreign')).toHaveLength(1);
    child.kill('SIGINT');
    expect(await closed).toBe(130);
    expect(containersOf('Foreign')).toEqual([]);
  });

  test('of a task runs it once with the event: its result on stdout, its exit code', async () => {
    const { code, out, err } = await run(['invoke', 'Job', '--event', '{"code":7}']);
    expect([code, JSON.parse(out)]).toEqual([7, { event: { code: 7 }, env: expect.objectContaining({ FROM: 'the template' }) }]);
    expect(err).toContain('a line of the task\n');
    expect((await run(['invoke', 'Images/Job'])).code).toBe(0);
    expect(containersOf('Images-Job')).toEqual([]);
  });

  test('of a task with an event that no variable can hold says so', async () => {
    writeFileSync(join(directory, 'large.json'), JSON.stringify('x'.repeat(130 * 1024)));
    const { code, err } = await run(['invoke', 'Job', '--event', 'large.json']);
    expect([code, err]).toEqual([2, expect.stringMatching(/^cdk-hybrid: .* has 133122 bytes, .*\[CDK_HYBRID_CLI_EVENT_TOO_LARGE\]\n$/)]);
  });
});

describe('local', () => {
  const lambdaClient = (endpoint: string): LambdaClient => new LambdaClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' }, maxAttempts: 1 });

  test('without an engine says so for each function that needs one; the others run', async () => {
    await serveLocally({ cwd: directory, env: { CDK_DOCKER: '/nowhere/engine', CDK_HYBRID_CACHE_DIR: cache } }, async ({ url, said }) => {
      const lambda = lambdaClient(url);
      await expect(lambda.send(new InvokeCommand({ FunctionName: 'Ours' }))).rejects.toMatchObject({ name: 'ServiceException', message: expect.stringContaining('[CDK_HYBRID_CLI_CONTAINER_ENGINE_MISSING]') });
      expect(Buffer.from((await lambda.send(new InvokeCommand({ FunctionName: 'Code' }))).Payload!).toString()).toBe('"code"');
      await said(/cdk-hybrid: the container engine '\/nowhere\/engine' is not on this machine/);
      lambda.destroy();
    });
  });

  test('runs a service with what its definition says, on the port that was asked for', async () => {
    const { path, calls } = servingClient(directory, 'publishing');
    await serveLocally({ cwd: directory, env: { CDK_DOCKER: path, CDK_HYBRID_CACHE_DIR: cache } }, async ({ said, stop }) => {
      expect(await said(/^Images\/Web {2}(\S+)$/m)).toMatchObject({ 1: 'http://127.0.0.1:23456' });
      await said(/\[Web\] started/);
      expect(await stop('SIGTERM')).toBe(0);
    }, ['--publish', 'Web=23456']);
    const [, name] = /^create --rm --name (cdk-hybrid-Images-Web-\w+) /m.exec(calls())!;
    expect(calls()).toContain(`--publish 127.0.0.1:23456:${servicePort} --pull never --stop-timeout 0 --memory 512m --user 1000 --read-only --volume /tmp --env `);
    expect(calls()).toMatch(new RegExp('^create .* cdkasset-\\w+ node /server\\.js an argument$', 'm'));
    expect(calls()).toContain(`start --attach ${name}\n`);
    expect(calls()).toContain(`rm --force ${name}\n`);
  });

  test('tells a service that cannot be started, with the engine\'s words; the functions run', async () => {
    const { path } = client('refusing', 'case $1 in create) echo the words of the engine >&2; exit 125;; esac');
    await serveLocally({ cwd: directory, env: { CDK_DOCKER: path, CDK_HYBRID_CACHE_DIR: cache } }, async ({ url, said, stop }) => {
      await said(/the words of the engine\ncdk-hybrid: Images\/Web: '\S+ create' failed; .*\[CDK_HYBRID_CLI_CONTAINER_NOT_STARTED\]\n/);
      expect(await (await fetch(`${url}/2015-03-31/functions/Code/invocations`, { method: 'POST' })).json()).toBe('code');
      expect(await stop('SIGTERM')).toBe(0);
    });
  });

  (engine ? test : test.skip)('serves images and services, replaces a container that takes too long, and leaves none behind', async () => {
    await serveLocally({ cwd: directory, env: { CDK_HYBRID_CACHE_DIR: cache } }, async ({ url, said, stop }) => {
      const lambda = lambdaClient(url);
      const invoke = async (event: object): Promise<any> => JSON.parse(Buffer.from((await lambda.send(new InvokeCommand({ FunctionName: 'Images/Ours', Payload: JSON.stringify(event) }))).Payload!).toString());
      expect(await invoke({ n: 1 })).toMatchObject({ event: { n: 1 } });
      const [first] = containersOf('Ours');
      expect(await invoke({ n: 2 })).toMatchObject({ event: { n: 2 } });
      expect(containersOf('Ours')).toEqual([first]);
      expect(await invoke({ hang: true })).toMatchObject({ errorType: 'Sandbox.Timedout' });
      expect(await invoke({ n: 3 })).toMatchObject({ event: { n: 3 } });
      while (containersOf('Ours').includes(first)) await new Promise(setImmediate);
      expect(containersOf('Ours')).toHaveLength(1);

      const [, service] = await said(/^Images\/Web {2}(\S+)$/m);
      await said(/\[Web\] listens on/);
      const { env, args, user } = await (await fetch(service)).json() as any;
      expect([env.HYBRID_SOURCES, env.PORT, env.TASK, args, user]).toEqual(['http', String(servicePort), expect.stringMatching(/^ImagesWeb/), ['an argument'], 1000]);

      expect(await stop('SIGTERM')).toBe(0);
      await said(/\[Web\] is told to end/);
      expect([...containersOf('Ours'), ...containersOf('Images-Web')]).toEqual([]);
      lambda.destroy();
    });
  });
});
