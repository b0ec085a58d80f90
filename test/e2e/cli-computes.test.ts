/**
 * Every compute on a laptop, in a real container engine. The base image is the one that .ci/prepare makes under the name of the real one; on other machines
 * the engine pulls it.
 */
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { App, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { BatchJob, Compute, HandlerCode, HandlerSecret, HybridFunction, ProcessService, TaskVolume } from '../../src';
import { bundlePrograms, cdkHybrid, startCdkHybrid, type Run } from '../cli/command';
import '../cli/jsii-classes';
import { serveLocally } from '../cli/local';
import { containerEngine } from '../real-parts';
import { addFiles, inDirectory, workspace } from '../workspace';

const engine = containerEngine();
const withEngine = engine ? describe : describe.skip;
// A folder that stays: the engine of the runtime is not fetched for each run of the tests.
const env = { CDK_HYBRID_CACHE_DIR: join(tmpdir(), 'cdk-hybrid-test-cache'), AWS_ACCESS_KEY_ID: '', AWS_REGION: 'eu-west-1', AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' };
const directory = workspace({
  'code/index.js': `
    const { readdirSync, writeFileSync } = require('node:fs');
    const attempt = (path) => { try { writeFileSync(path, 'x'); return 'written'; } catch (error) { return error.code; } };
    exports.handler = async (event, context) => {
      console.log('a line of the log');
      if (event.fail) throw new TypeError('on purpose');
      if (event.wait) {
        console.log('waits');
        await new Promise((resolve) => { const timer = setInterval(() => {}, 1000); process.on('SIGTERM', () => { clearInterval(timer); resolve(); }); });
        console.log('is told to end');
      }
      return { event, name: context.functionName, user: process.getuid(), root: attempt('/x'), tmp: attempt('/tmp/x'), token: process.env.TOKEN, hybrid: Object.keys(process.env).filter((name) => name.startsWith('HYBRID_')) };
    };
    exports.web = async ({ rawPath }) => ({ path: rawPath, token: process.env.TOKEN, files: (writeFileSync('/mnt/files/' + rawPath.slice(1), ''), readdirSync('/mnt/files')) });
    exports.forever = async (_event, { signal }) => {
      console.log('goes on');
      await new Promise((resolve) => { const timer = setInterval(() => {}, 1000); signal.onabort = () => { clearInterval(timer); resolve(); }; });
      console.log('has ended');
    };`,
  'secrets.env': 'TOKEN=hush\n',
});

/** The containers of this machine that the CLI has named after the app. */
function containers(): string[] {
  const { stdout } = spawnSync(engine!, ['ps', '--all', '--format', '{{.Names}}', '--filter', 'name=cdk-hybrid-Computes'], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean);
}

const run = (args: string[]): Promise<Run> => cdkHybrid(args, { cwd: directory, env });

withEngine('every compute on this machine:', () => {
  beforeAll(() => {
    bundlePrograms();
    inDirectory(directory, { ...env, JSII_DEPRECATED: 'quiet' }, () => {
      const app = new App({ outdir: join(directory, 'cdk.out') });
      const stack = new Stack(app, 'Computes');
      const architecture = process.arch === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64;
      const secrets = { TOKEN: HandlerSecret.fromSecretsManager(new secretsmanager.Secret(stack, 'Secret')) };
      const common = { code: HandlerCode.fromDirectory('code'), architecture, secrets };
      const answers = new HybridFunction(stack, 'Answers', common);
      answers.addCompute('Nightly', Compute.task());
      const { vpc } = new ProcessService(stack, 'Forever', { ...common, handler: 'index.forever' });
      const files = new efs.FileSystem(stack, 'Files', { vpc: vpc! });
      const volumes = [TaskVolume.fromEfsFileSystem(files, { containerPath: '/mnt/files' })];
      const web = new HybridFunction(stack, 'Web', { ...common, vpc, handler: 'index.web', compute: Compute.service({ volumes }) });
      web.taskDefinition!.addContainer('Collector', { image: ecs.ContainerImage.fromRegistry('example.org/collector:1'), memoryLimitMiB: 64 });
      new BatchJob(stack, 'Sums', { ...common, vpc });
      app.synth();
    });
  }, 300_000);

  test.each(['Nightly', 'Sums'])('%s runs once: its result alone on stdout, its exit code, as a user without rights', async (name) => {
    const { code, out, err } = await run(['invoke', name, '--event', '{"a":1}', '--from-env-file', 'secrets.env']);
    expect([code, JSON.parse(out)]).toEqual([0, { event: { a: 1 }, name: expect.any(String), user: 65534, root: 'EROFS', tmp: 'written', token: 'hush', hybrid: [] }]);
    expect(err).toContain('a line of the log');
    expect(await run(['invoke', name, '--event', '{"fail":true}'])).toMatchObject({ code: 1, out: '', err: expect.stringContaining('TypeError: on purpose') });
    expect(containers()).toEqual([]);
  });

  test('a task that is interrupted gets SIGTERM, and may finish', async () => {
    const child = startCdkHybrid(['invoke', 'Nightly', '--event', '{"wait":true}', '--from-env-file', 'secrets.env'], { cwd: directory, env });
    const closed = new Promise((resolve) => child.on('close', resolve));
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => { out += chunk; });
    await new Promise<void>((resolve) => child.stderr.on('data', (chunk) => {
      err += chunk;
      if (err.includes('waits')) resolve();
    }));
    child.kill('SIGINT');
    expect(await closed).toBe(130);
    expect(err).toContain('is told to end');
    expect(JSON.parse(out)).toMatchObject({ event: { wait: true } });
    expect(containers()).toEqual([]);
  });

  test('local serves functions, tasks and jobs at one URL, runs services and processes, replaces what has changed, and leaves nothing behind', async () => {
    await serveLocally({ cwd: directory, env }, async ({ url, said, lines, stop }) => {
      const client = new LambdaClient({ endpoint: url, region: 'eu-west-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' }, maxAttempts: 1 });
      const invoke = async (name: string, event: object): Promise<{ error?: string; result: any }> => {
        const { FunctionError: error, Payload } = await client.send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }));
        return { error, result: JSON.parse(Buffer.from(Payload!).toString()) };
      };
      const results = await Promise.all(['Answers', 'Nightly', 'Sums'].map((name) => invoke(name, { from: name })));
      expect(results.map(({ error, result }) => [error, result.event, result.token])).toEqual(['Answers', 'Nightly', 'Sums'].map((name) => [undefined, { from: name }, 'hush']));
      expect(await invoke('Nightly', { fail: true })).toMatchObject({ error: 'Unhandled', result: { errorType: 'Runtime.ExitError' } });
      await said(/\[Nightly\] .*TypeError: on purpose/);

      const [, web] = await said(/^(?:Computes\/Web|Web) {2}(http:\S+)$/m);
      const [, other, folder] = await said(/^cdk-hybrid: Computes\/Web: here its other container \((\w+)\) is left out, and \/mnt\/files is not the file system, but the folder (\S+), /m);
      expect([other, folder]).toEqual(['Collector', expect.stringContaining('cdk-hybrid-files-')]);
      const served = async (path: string): Promise<unknown> => {
        for (;;) {
          const answer = await fetch(`${web}${path}`).catch(() => undefined);
          // Until the host listens.
          if (answer?.ok) return answer.json();
          await new Promise(setImmediate);
        }
      };
      expect(await served('/one')).toEqual({ path: '/one', token: 'hush', files: ['one'] });
      await said(/\[Forever\] .*goes on/);

      const before = lines().length;
      addFiles(directory, {
        'changed.js': `
          const fs = require('node:fs');
          const file = 'cdk.out/Computes.template.json';
          fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replaceAll('"HYBRID_STOP_TIMEOUT"', '"OTHER_STOP_TIMEOUT"'));
          fs.writeFileSync('cdk.out/manifest.json', fs.readFileSync('cdk.out/manifest.json', 'utf8') + ' ');`,
      });
      expect(spawnSync(process.execPath, ['changed.js'], { cwd: directory }).status).toBe(0);
      await said(/Computes\/Answers\/Nightly has changed/, before);
      await said(/\[Forever\] .*has ended/, before);
      await said(/\[Forever\] .*goes on/, before);
      expect(await served('/two')).toMatchObject({ path: '/two', files: ['one', 'two'] });
      expect((await invoke('Nightly', { again: true })).result.event).toEqual({ again: true });

      const end = lines().length;
      expect(await stop('SIGTERM')).toBe(0);
      await said(/\[Forever\] .*has ended/, end);
      expect(lines()).not.toMatch(/hush|"_aws"/);
      expect(containers()).toEqual([]);
      client.destroy();
    }, ['--from-env-file', 'secrets.env', '--watch', '--no-synth']);
  }, 180_000);
});
