/**
 * The container of every task definition and job definition that the examples synthesize, and of an app with what they do not use, run with
 * exactly what the definition says: command, environment, user, read-only file system, memory limit, volumes, health check, stop timeout.
 *
 * Images are built from the assembly alone, on base images that .ci/prepare makes; a user's container engine pulls them. moto stands in for
 * Secrets Manager, Systems Manager and S3. Each task has a network of its own that leads nowhere, so that requests are sent from inside of it.
 * What api-and-events has on Fargate runs in api-service.test.ts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { Compute, HandlerCode, HandlerImage, HybridFunction, LaunchableTask, OtelCollector, ProcessService, ScheduledTask, TaskVolume } from '../../src';
import { givenVpc, instances } from '../computes/ecs';
import { Moto, startMoto } from '../layers/moto';
import { exampleAssembly, names } from '../project/examples';
import { containerEngine, motoServer } from '../real-parts';
import { inDirectory, workspace } from '../workspace';
import { buildImage, Container } from './containers';
import { memoryLimit } from './task-definition-options';
import { Task, TaskSettings } from './task-definition-run';
import { byName, Definition, definitionsOf, JOB_CONTAINER, Overrides, SCHEDULED_TIME, StandIns } from './task-definition-template';

const SEEDS = join(__dirname, '../fixtures/seeds');
const NOBODY = '65534:65534';
const HANDLER = 'handler';
const MIB = 1024 * 1024;
const PAYMENT_KEY = 'of the provider';
/** More than RunTask takes. */
const LARGE = 'x'.repeat(10_000);

/** What runs in each of the examples' definitions, of which none may be missing. */
const RUNS: { [definition: string]: (run: Run) => Promise<void> } = {
  'batch/RenderJobDefinition': async run => {
    await expectSurroundingsOfTask(run, JOB_CONTAINER);
    expect(await runToEnd(run, run.definition.scheduled!, JOB_CONTAINER)).toEqual({
      status: 0, result: { rendered: 250 }, logs: expect.stringContaining('frame 249\n'),
    });
  },
  'custom-container/CacheTaskDefinition': async run => {
    const task = await started(run);
    const container = task.container(HANDLER);
    await container.until('listener', () => container.exec('redis-cli', '-h', '127.0.0.2', 'ping') === 'PONG\n');
    expect(container.exec('id', '-un')).toBe('redis\n');
    expectSurroundings(run, container, { user: expect.not.stringMatching(/^0:/), rootFile: expect.stringContaining('Permission denied') });
    expect(await task.stop()).toEqual({ handler: 0 });
  },
  'existing-infrastructure/HelloTaskDefinition': run => isService(run, '/hello/1', 'hello from /hello/1'),
  'http-service/TodosTaskDefinition': run => isService(run, '/todos/1', 'hello from /todos/1'),
  'nightly-task/ReportTaskDefinition': async run => {
    await expectSurroundingsOfTask(run);
    expect(await runToEnd(run, run.definition.scheduled!)).toEqual({
      status: 0, result: { reported: 2, scheduled: SCHEDULED_TIME }, logs: expect.stringMatching(/reporting on orders\n.*reporting on returns\n/),
    });
  },
  'secrets/CheckoutNightlyTaskDefinition': async run => {
    await expectSurroundingsOfTask(run);
    const paid = (amount: number) => runToEnd(run, { handler: { HYBRID_EVENT: JSON.stringify({ amount }) } });
    expect(await paid(500)).toMatchObject({
      status: 0, result: { paid: 500, keyLength: PAYMENT_KEY.length }, logs: expect.not.stringContaining(PAYMENT_KEY),
    });
    expect(await paid(501)).toMatchObject({ status: 1, result: undefined, logs: expect.stringContaining('at most 500') });
  },
  'swap-compute/ServiceTaskDefinition': run => isService(run, '/', expect.stringMatching(/"table":"Orders\w*","item":"nothing"/)),
  'swap-compute/TaskTaskDefinition': async run => {
    await expectSurroundingsOfTask(run);
    expect(await runToEnd(run, { handler: { HYBRID_EVENT: '{"item":"book"}' } })).toMatchObject({
      status: 0, result: { id: expect.any(String), table: expect.stringMatching(/^Orders/), item: 'book' },
    });
  },
};

/** A definition, and what its containers are run with. */
interface Run {
  readonly definition: Definition;
  readonly settings: TaskSettings;
}

/** What a container finds of how it is run, line by line. */
const LOOK = [
  'echo "$(id -u):$(id -g)"', 'touch /probe 2>&1 && echo writable', 'stat -c %a /tmp', 'touch /tmp/probe && echo writable',
  'cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes',
].join('\n');

function surroundings(printed: string) {
  const [user, rootFile, tmpMode, tmpFile, memory] = printed.trim().split('\n');
  return { user, rootFile, tmpMode, tmpFile, memory: Number(memory) };
}

const definitionOf = ({ definition: { task } }: Run, name: string) => task.ContainerDefinitions.find(one => one.Name === name)!;

/** What it has to find. Our containers are nobody's and read-only, which the definition has to say. */
function expected(run: Run, name = HANDLER) {
  const container = definitionOf(run, name);
  const memory = memoryLimit(container, run.definition.task) * MIB;
  return { user: NOBODY, rootFile: expect.stringContaining('Read-only file system'), tmpMode: '1777', tmpFile: 'writable', memory };
}

/** Looks around in a container that runs. */
function expectSurroundings(run: Run, container: Container, others: object = {}): void {
  expect(surroundings(container.exec('sh', '-c', LOOK))).toEqual({ ...expected(run), ...others });
  const variables = Object.entries(byName(definitionOf(run, HANDLER).Environment)).map(([name, value]) => `${name}=${value}`);
  expect(container.exec('env').split('\n')).toEqual(expect.arrayContaining(variables));
}

const started = ({ definition, settings }: Run, overrides?: Overrides) => Task.start(definition, { ...settings, overrides });

/** It takes requests from elsewhere when its own health check says so, and ends in order when it is told to. */
async function isService(run: Run, path: string, body: unknown): Promise<void> {
  const task = await started(run);
  await task.healthy(HANDLER);
  const container = task.container(HANDLER);
  const { ContainerPort } = definitionOf(run, HANDLER).PortMappings![0];
  expect(get(container, `http://127.0.0.2:${ContainerPort}${path}`)).toEqual({ status: 200, body });
  expectSurroundings(run, container);
  expect(await task.stop()).toEqual({ handler: 0 });
}

/** Sends a request from inside of a task. What listens to its own address alone does not answer at 127.0.0.2. */
function get(container: Container, url: string): { status: number; body: string } {
  const program = `fetch('${url}').then(async answer => console.log(JSON.stringify({ status: answer.status, body: await answer.text() })))`;
  return JSON.parse(container.exec('/opt/bin/node', '--eval', program));
}

/** Runs a task or a job once. */
async function runToEnd(run: Run, overrides: Overrides, name = HANDLER): Promise<{ status: number; result: unknown; logs: string }> {
  const container = (await started(run, overrides)).container(name);
  const status = await container.end(60);
  return { status, result: container.stdout === '' ? undefined : JSON.parse(container.stdout), logs: container.stderr };
}

/** Looks around in a container of a task that would be over before: another command has its place. */
async function expectSurroundingsOfTask({ definition, settings }: Run, name = HANDLER): Promise<void> {
  const container = (await Task.start(definition, { ...settings, look: { container: name, script: LOOK } })).container(name);
  expect(await container.end()).toBe(0);
  expect(surroundings(container.stdout)).toEqual(expected({ definition, settings }, name));
}

/** What the examples do not use, on one image. */
function otherAssembly(): string {
  return inDirectory(SEEDS, {}, () => {
    const app = new App({ outdir: workspace() });
    const stack = new Stack(app, 'Others');
    const vpc = givenVpc(stack);
    const image = new HandlerImage(stack, 'Image', { code: HandlerCode.fromDirectory('everywhere') });
    const common = { image, handler: 'index.handler' };
    new HybridFunction(stack, 'Service', { handler: 'index.handler', vpc, compute: Compute.service({ image, cpu: 512, memoryLimitMiB: 1024, port: 3000, desiredCount: 2 }) });
    new LaunchableTask(stack, 'Instance', { ...common, cluster: instances(stack).cluster, launchType: ecs.LaunchType.EC2, cpu: 300, memoryLimitMiB: 300 });
    new ScheduledTask(stack, 'Large', {
      ...common, vpc, schedule: scheduler.ScheduleExpression.rate(Duration.days(1)), input: scheduler.ScheduleTargetInput.fromObject({ n: LARGE }),
    });
    const { taskDefinition } = new ProcessService(stack, 'Process', {
      image,
      handler: 'index.process',
      vpc,
      stopTimeout: Duration.seconds(60),
      memoryReservationMiB: 128,
      ulimits: [{ name: ecs.UlimitName.NOFILE, softLimit: 1024, hardLimit: 2048 }, { name: ecs.UlimitName.NPROC, softLimit: 4096, hardLimit: 4096 }],
      volumes: [TaskVolume.scratch({ containerPath: '/mnt/scratch' })],
      tracing: OtelCollector.xray(),
    });
    addSidecars(taskDefinition!, ecs.ContainerImage.fromDockerImageAsset(image.asset));
    return app.synth().directory;
  });
}

/** One that has to succeed before the handler starts, and one that has to be well. */
function addSidecars(taskDefinition: ecs.TaskDefinition, image: ecs.ContainerImage): void {
  const handler = taskDefinition.defaultContainer!;
  const migration = taskDefinition.addContainer('migration', { image, essential: false, entryPoint: ['sh', '-c'], command: ['echo 2 tables >/tmp/migrated'] });
  migration.addMountPoints({ sourceVolume: 'tmp', containerPath: '/tmp', readOnly: false });
  const server = `
    process.on('SIGTERM', () => process.exit());
    require('node:http').createServer((_, answer) => answer.end('cached')).listen(6380, '127.0.0.1');`;
  const cache = taskDefinition.addContainer('cache', {
    image,
    essential: false,
    entryPoint: ['/opt/bin/node'],
    command: ['--eval', server],
    healthCheck: { command: ['CMD-SHELL', '/opt/bin/node --eval "fetch(\'http://127.0.0.1:6380\')" || exit 1'], startPeriod: Duration.seconds(60) },
  });
  const { SUCCESS, HEALTHY } = ecs.ContainerDependencyCondition;
  handler.addContainerDependencies({ container: migration, condition: SUCCESS }, { container: cache, condition: HEALTHY });
}

/** The hash of the only image of an assembly. */
function imageHash(assembly: string): string {
  const manifests = readdirSync(assembly).filter(file => file.endsWith('.assets.json'));
  const hashes = manifests.flatMap(file => Object.keys(JSON.parse(readFileSync(join(assembly, file), 'utf8')).dockerImages ?? {}));
  expect(hashes).toHaveLength(1);
  return hashes[0];
}

const client = containerEngine();
const moto = client ? motoServer() : undefined;

(client ? describe : describe.skip)('as its definition says', () => {
  let aws: Moto | undefined;
  beforeAll(async () => { aws = moto ? await startMoto(moto) : undefined; });
  afterAll(async () => { await aws?.stop(); });

  /** As ECS finds the value of a secret. Source: "Pass Secrets Manager secrets through environment variables" in the Amazon ECS Developer Guide. */
  async function secret(valueFrom: string): Promise<string> {
    const parts = valueFrom.split(':');
    if (parts[2] === 'ssm') {
      const { Parameter } = await aws!.call<any>('ssm', 'AmazonSSM.GetParameter', { Name: parts[5].replace(/^parameter/, ''), WithDecryption: true });
      return Parameter.Value;
    }
    const { SecretString } = await aws!.call<any>('secretsmanager', 'secretsmanager.GetSecretValue', { SecretId: parts.slice(0, 7).join(':') });
    return parts[7] ? JSON.parse(SecretString)[parts[7]] : SecretString;
  }

  /** The secrets of the example. */
  async function secrets(): Promise<StandIns> {
    const SecretString = JSON.stringify({ user: 'shop', key: PAYMENT_KEY });
    const { ARN } = await aws!.call<any>('secretsmanager', 'secretsmanager.CreateSecret', { Name: 'payment', SecretString });
    await aws!.call('ssm', 'AmazonSSM.PutParameter', { Name: '/shop/webhook', Value: 'https://shop.example.com/hook', Type: 'SecureString' });
    return { Payment: ARN };
  }

  const images: { [hash: string]: string } = {};

  /** A definition of an assembly, whose image is built once. */
  function runOf(assembly: string, image: string, id: string, settings: Partial<TaskSettings> = {}, standIns: StandIns = {}): Run {
    const hash = imageHash(assembly);
    images[hash] ??= buildImage(assembly, image);
    const definition = definitionsOf(assembly, standIns).find(candidate => candidate.id === id)!;
    return { definition, settings: { images, secret, ...settings } };
  }

  describe('the example', () => {
    const some = client ? names : [];
    const assemblies = new Map(some.map(name => [name, exampleAssembly({ name, context: {} })]));
    const found = some.flatMap(name => definitionsOf(assemblies.get(name)!).map(({ id }) => `${name}/${id}`));

    test('is none that this test does not know', () => {
      expect(found).toEqual(Object.keys(RUNS));
    });

    test.each(found.filter(id => moto || !id.startsWith('secrets/')))('%s', async id => {
      const [name, definition] = id.split('/');
      await RUNS[id](runOf(assemblies.get(name)!, `example-${name}`, definition, {}, name === 'secrets' ? await secrets() : {}));
    }, 240_000);
  });

  describe('among other tasks', () => {
    const assembly = client ? otherAssembly() : '';
    const run = (id: string, settings?: Partial<TaskSettings>) => runOf(assembly, 'everywhere', id, settings);
    const found = { user: 65534, writes: { tmp: true, root: 'EROFS' }, read: 'x' };

    test('an isolated service', async () => {
      const { user, ...others } = found;
      await isService(run('ServiceTaskDefinition'), '/?n=3', JSON.stringify({ user, memory: '1024', ...others, got: '3' }));
    }, 240_000);

    test('a process beside containers of its own', async () => {
      const process = run('ProcessTaskDefinition');
      const task = await started(process, { handler: { HYBRID_EVENT: '{"queue":"orders"}' } });
      expect(task.leftOut).toEqual(['otel-collector']); // of a registry that is not to be had here
      const container = task.container(HANDLER);
      await container.until('work', () => container.stdout.includes('working on {"queue":"orders"}'));
      expectSurroundings(process, container);
      const printed = container.exec('sh', '-c', 'grep "open files" /proc/1/limits; cat /tmp/migrated; stat -c "%U %a" /mnt/scratch');
      expect(printed).toMatch(/^Max open files +1024 +2048 .*\n2 tables\nroot 755\n$/);
      expect(get(container, 'http://127.0.0.1:6380/')).toEqual({ status: 200, body: 'cached' });
      expect(await task.stop()).toEqual({ handler: 0, cache: 0, migration: 0 });
      expect(container.stdout).toContain('cleaned up');
    }, 240_000);

    test('a task on an instance', async () => {
      const task = run('InstanceTaskDefinition');
      await expectSurroundingsOfTask(task);
      expect(await runToEnd(task, { handler: { HYBRID_EVENT: '{"n":1}' } })).toMatchObject({ status: 0, result: { ...found, memory: '300', got: 1 } });
      expect(await runToEnd(task, {})).toMatchObject({ status: 2, result: undefined, logs: expect.stringContaining('[CDK_HYBRID_HOST_EVENT_MISSING]') });
    }, 240_000);

    (moto ? test : test.skip)('a task whose event is among the assets', async () => {
      const keys = { accessKeyId: 'x', secretAccessKey: 'x' };
      const task = run('LargeTaskDefinition', {
        aws: { AWS_ENDPOINT_URL: aws!.endpoint, AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey },
      });
      const { handler } = task.definition.scheduled!;
      const [, Bucket, Key] = /^s3:..([^/]+).(.*)/.exec(handler.HYBRID_EVENT_S3_URI)!;
      const s3 = new S3Client({ endpoint: aws!.endpoint, region: 'us-east-1', forcePathStyle: true, credentials: keys });
      try {
        for (const name of [Bucket, 'results']) { await s3.send(new CreateBucketCommand({ Bucket: name })); }
        await s3.send(new PutObjectCommand({ Bucket, Key, Body: readFileSync(join(assembly, `asset.${Key}`)) }));
        const result = { ...found, memory: '512', got: LARGE };
        expect(await runToEnd(task, { handler: { ...handler, HYBRID_RESULT_S3_URI: 's3://results/large.json' } })).toMatchObject({ status: 0, result });
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'results', Key: 'large.json' }));
        expect(JSON.parse(await Body!.transformToString())).toEqual(result);
      } finally {
        s3.destroy();
      }
    }, 240_000);
  });
});
