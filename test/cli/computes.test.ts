/** Every compute on the command line, in a container engine that only notes how it is called: what really runs is in test/e2e/cli-computes.test.ts. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as elbTargets from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { bundlePrograms, cdkHybrid, startCdkHybrid, type Run } from './command';
import { FUNCTIONS } from './jsii-classes';
import { serveLocally } from './local';
import { notingClient, servingClient, type NotingClient } from './noting-client';
import { FUNCTION_CLASSES } from '../../cli/src/names';
import { Compute, HandlerRuntime, HandlerSecret, HybridFunction, TaskVolume, Trigger } from '../../src';
import { SMALL_CODE, SMALL_RUNTIME, withSmallRuntime } from '../small-runtime';
import { inDirectory, workspace } from '../workspace';

const directory = workspace();

/** A machine of somebody who has nothing to do with AWS. */
const NO_CREDENTIALS = { AWS_ACCESS_KEY_ID: '', AWS_CONTAINER_CREDENTIALS_FULL_URI: '', AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere', AWS_REGION: 'eu-west-1' };

beforeAll(() => {
  bundlePrograms();
  withSmallRuntime(() => synthesize());
}, 60_000);

function synthesize(): void {
  const app = new App({ outdir: join(directory, 'cdk.out') });
  const stack = new Stack(app, 'Stack');
  const common = { code: SMALL_CODE, runtime: SMALL_RUNTIME };
  const daily = Trigger.schedule({ schedule: scheduler.ScheduleExpression.cron({ minute: '0', hour: '3', timeZone: undefined }) });

  const report = new HybridFunction(stack, 'Report', { ...common, environment: { GREETING: 'hello' } });
  report.addCompute('Nightly', Compute.task({ stopTimeout: Duration.seconds(7) }), { handler: 'users.list' }).addTrigger(daily);
  report.addTrigger(daily);
  new events.Rule(stack, 'Rule', { schedule: events.Schedule.rate(Duration.hours(2)), targets: [new targets.LambdaFunction(report.lambdaFunction!)], enabled: false });
  const vpc = new HybridFunction(stack, 'Worker', { ...common, compute: Compute.process() }).vpc!;

  const files = new efs.FileSystem(stack, 'Files', { vpc });
  const web = new HybridFunction(stack, 'Web', { ...common, vpc, compute: Compute.service({ volumes: [TaskVolume.fromEfsFileSystem(files, { containerPath: '/mnt/files' })] }) });
  web.taskDefinition!.addContainer('Collector', { image: ecs.ContainerImage.fromRegistry('example.org/collector:1'), memoryLimitMiB: 64 });
  const { loadBalancer } = web.addTrigger(Trigger.loadBalancer({ path: '/web/*', methods: ['GET', 'PUT'] }));
  const listener = loadBalancer!.addListener('Other', { port: 8080, protocol: elbv2.ApplicationProtocol.HTTP });
  listener.addTargets('Report', { targets: [new elbTargets.LambdaTarget(report.lambdaFunction!)] });

  const sums = new HybridFunction(stack, 'Sums', { ...common, vpc, compute: Compute.batchJob({ memoryLimitMiB: 2048 }) });
  sums.addTrigger(daily);
  const secrets = {
    TOKEN: HandlerSecret.fromSecretsManager(new secretsmanager.Secret(stack, 'Secret')),
    KEY: HandlerSecret.fromSsmParameter(ssm.StringParameter.fromSecureStringParameterAttributes(stack, 'Key', { parameterName: '/the/key' })),
  };
  new HybridFunction(stack, 'Own', { runtime: HandlerRuntime.container({ dockerfile: 'Dockerfile' }), vpc, secrets, compute: Compute.task() });
  inDirectory(directory, { JSII_DEPRECATED: 'quiet' }, () => app.synth());
}

const client = (name: string, script: string): NotingClient => notingClient(directory, name, script);

const run = (args: string[], env: Record<string, string> = {}): Promise<Run> => cdkHybrid(args, { cwd: directory, env });

test('every class that is one of our functions has a nice name', () => {
  expect(FUNCTION_CLASSES).toEqual(expect.arrayContaining([...FUNCTIONS]));
});

test('list tells what each is, its handler, and when it runs', async () => {
  const { out } = await run(['list']);
  expect(out).toBe([
    'Stack/Report          layer    provided.al2023  x86_64  index.handler  cron(0 3 * * ? *) Etc/UTC; rate(2 hours) (disabled); /*',
    'Stack/Report/Nightly  task     -                x86_64  users.list     cron(0 3 * * ? *) Etc/UTC',
    'Stack/Worker          process  -                x86_64  index.handler',
    'Stack/Web             service  -                x86_64  index.handler  GET,PUT /web/*',
    'Stack/Own             task     -                x86_64  -',
    'Stack/Sums            job      -                x86_64  index.handler  cron(0 3 * * ? *) Etc/UTC',
    '',
  ].join('\n'));
});

describe('invoke', () => {
  test.each([
    ['a further compute', 'Nightly', 'users.list', ['--user', '65534:65534', '--read-only', '--volume', '/tmp', '--memory', '512m']],
    ['a job', 'Stack/Sums', 'index.handler', ['--user', '65534:65534', '--read-only', '--memory', '2048m']],
    ['a task of one\'s own container', 'Own', '', []],
  ])('%s runs its container once with the event, its handler and its rights', async (_what, name, handler, options) => {
    const { path, calls } = client(`once-${name.replace('/', '-')}`, 'case $1 in create) echo "event: $HYBRID_EVENT";; start) echo \'{"done":true}\'; exit 3;; esac');
    const { code, out } = await run(['invoke', name, '--event', '{"a":1}'], { CDK_DOCKER: path });
    expect([code, out]).toEqual([3, '{"done":true}\n']);
    const [created] = /^create .*$/m.exec(calls())!;
    for (const option of options) expect(created).toContain(` ${option} `);
    expect(created).toMatch(new RegExp(`--env HYBRID_EVENT.* cdkasset-\\w+${handler && ` ${handler}`}$`));
    expect(calls()).not.toContain('"a"');
  });

  test.each(['Web', 'Worker'])('%s, which takes no event, is refused', async (name) => {
    expect(await run(['invoke', name])).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^cdk-hybrid: Stack\/\w+ is a (service|process) and takes no event; .*CONTAINER_NO_TASK\]\n$/) });
  });

  test('a task that is interrupted tells its container to end, and waits for it', async () => {
    const { path } = client('interrupted', 'case $1 in start) trap "echo told to end; exit 1" TERM; echo started; while :; do sleep 0.1; done;; esac');
    const child = startCdkHybrid(['invoke', 'Nightly'], { cwd: directory, env: { CDK_DOCKER: path } });
    const closed = new Promise((resolve) => child.on('close', resolve));
    let out = '';
    await new Promise<void>((resolve) => child.stdout.on('data', (chunk) => {
      out += chunk;
      if (out.includes('started')) resolve();
    }));
    child.kill('SIGINT');
    expect([await closed, out]).toEqual([130, 'started\ntold to end\n']);
  });

  test('leaves the secrets of a deployment out, and says how to give them', async () => {
    const { path, calls } = client('without-secrets', 'case $1 in create) echo "$TOKEN";; start) exit 0;; esac');
    const { code, err } = await run(['invoke', 'Own'], { CDK_DOCKER: path, ...NO_CREDENTIALS });
    expect([code, err]).toEqual([0, expect.stringMatching(
      /^cdk-hybrid: Stack\/Own: the secret TOKEN is left out: only a deployment knows \{"Ref":"Secret\w+"\}; write TOKEN=\.\.\. into a file, and name it with --from-env-file$/m)]);
    expect(err).toMatch(/^cdk-hybrid: Stack\/Own: the secret KEY is left out: there are no AWS credentials here to read with; write KEY=/m);
    writeFileSync(join(directory, 'secrets.env'), 'TOKEN=hush\nKEY=hush\n');
    const given = await run(['invoke', 'Own', '--from-env-file', 'secrets.env'], { CDK_DOCKER: path, ...NO_CREDENTIALS });
    expect(given.err).not.toContain('secret');
    expect(calls()).toMatch(/^create .* --env KEY --env TOKEN /m);
    expect(calls()).not.toContain('hush');
  });
});

test('build gives the one image of a function and its computes', async () => {
  const { path } = client('building', 'exit 0');
  const names = await Promise.all(['Nightly', 'Web'].map(async (name) => (await run(['build', name], { CDK_DOCKER: path })).out));
  expect(names).toEqual([expect.stringMatching(/^cdkasset-\w+\n$/), names[0]]);
  expect((await run(['build', '--all'], { CDK_DOCKER: path })).out.split('\n')).toHaveLength(3);
  expect((await run(['build', 'Report'], { CDK_DOCKER: path })).err).toMatch(/^cdk-hybrid: Stack\/Report has the runtime provided\.al2023 and no image; .*NO_IMAGE\]\n$/);
});

describe('local', () => {
  const invoked = (url: string, name: string, event: unknown): Promise<Response> =>
    fetch(`${url}/2015-03-31/functions/${encodeURIComponent(name)}/invocations`, { method: 'POST', body: JSON.stringify(event), headers: { 'x-amz-log-type': 'Tail' } });

  test('runs a task once for each invocation: its last line is the result, its exit code tells whether it failed', async () => {
    const { path, calls } = client('tasks', `case $1 in
      inspect) echo bridge;;
      create) [ -z "$HYBRID_EVENT" ] || printf '%s' "$HYBRID_EVENT" > '${directory}/event';;
      start) echo "a line of the log"; cat '${directory}/event'; echo; echo "an error of the log" >&2; grep -q 7 '${directory}/event' && exit 7; grep -q late '${directory}/event' && exit 124; exit 0;;
      esac`);
    await serveLocally({ cwd: directory, env: { CDK_DOCKER: path } }, async ({ url, said, stop }) => {
      await said(/^Stack\/Report\/Nightly {2}\S+\/functions\/Nightly\/invocations$/m);
      const good = await invoked(url, 'Nightly', { code: 0 });
      expect([good.status, good.headers.get('x-amz-function-error'), await good.json()]).toEqual([200, null, { code: 0 }]);
      const log = Buffer.from(good.headers.get('x-amz-log-result')!, 'base64').toString();
      expect(log.split('\n').sort()).toEqual(['', 'a line of the log', 'an error of the log']);
      const failed = await invoked(url, 'Stack/Sums', { code: 7 });
      expect([failed.headers.get('x-amz-function-error'), await failed.json()]).toEqual(['Unhandled', { errorType: 'Runtime.ExitError', errorMessage: 'The job ended with exit code 7' }]);
      expect(await (await invoked(url, 'Nightly', 'late')).json()).toEqual({ errorType: 'Sandbox.Timedout', errorMessage: 'The task timed out' });
      expect(await (await invoked(url, 'Nightly', 'x'.repeat(130 * 1024))).json()).toMatchObject({ Message: expect.stringMatching(/has 133122 bytes, .*CDK_HYBRID_CLI_EVENT_TOO_LARGE/) });
      await said(/\[Nightly\] a line of the log/);
      expect(await stop('SIGTERM')).toBe(0);
    });
    expect(calls().match(/^create .*Nightly/gm)).toHaveLength(2);
  });

  test('starts services and processes, and says in one line what is not as it is on ECS', async () => {
    const { path, calls } = servingClient(directory, 'services');
    let folder = '';
    await serveLocally({ cwd: directory, env: { CDK_DOCKER: path } }, async ({ said, stop }) => {
      await said(/^Stack\/Worker {2}runs$/m);
      await said(/\[Web\] initialized[^]*^Stack\/Web {2}http:\/\/127\.0\.0\.1:\d+$/m);
      [, folder] = await said(/^cdk-hybrid: Stack\/Web: here its other container \(Collector\) is left out, and \/mnt\/files is not the file system, but the folder (\S+), which is empty at first$/m);
      expect(existsSync(folder)).toBe(true);
      await said(/\[Worker\] started/);
      expect(await stop('SIGINT')).toBe(0);
    });
    expect(calls()).toMatch(new RegExp(`^create .* --volume ${folder}:/mnt/files --volume /tmp .*$`, 'm'));
    expect(calls()).not.toMatch(/HYBRID_METRICS|collector/);
    expect(existsSync(folder)).toBe(false);
  });
});
