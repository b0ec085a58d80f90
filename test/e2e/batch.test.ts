/**
 * What a template says of a job and its schedule, taken by AWS's own client and moto's server, which stands in for AWS: CloudFormation makes
 * the job, EventBridge Scheduler keeps the schedule, Batch is sent what that says, and the bundled host is run as the job.
 *
 * moto lacks schedules in CloudFormation, so that their input is an output of the stack, a clock that sends it, and compute environments
 * without a service role of their own, so that the queue is made beside the stack.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, CfnOutput, DefaultStackSynthesizer, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as batch from 'aws-cdk-lib/aws-batch';
import { CfnSchedule, ContextAttribute, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { BatchJob, HandlerCode, Trigger } from '../../src';
import { HostProcess, killHosts } from '../layers/host/host-process';
import { Moto, startMoto } from '../layers/moto';
import { HANDLERS } from '../layers/runtime/bootstrap-process';
import { awsClient, motoServer } from '../real-parts';
import { SMALL_RUNTIME, withSmallRuntime } from '../small-runtime';
import { workspace } from '../workspace';

const [program, client] = [motoServer(), awsClient()];
if (program && client) {
  let moto: Moto;
  const folder = workspace();

  /** Calls AWS's client, whose own models check what it is given. */
  async function aws(...args: (string | object)[]): Promise<any> {
    const { stdout } = await promisify(execFile)(client!, [...args.map(argument => typeof argument === 'string' ? argument : JSON.stringify(argument)), '--output', 'json'], {
      env: {
        ...process.env,
        AWS_ENDPOINT_URL: moto.endpoint,
        AWS_REGION: 'eu-west-1',
        AWS_DEFAULT_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'x',
        AWS_SECRET_ACCESS_KEY: 'x',
        AWS_CONFIG_FILE: join(folder, 'none'),
        AWS_PAGER: '',
      },
    });
    return stdout && JSON.parse(stdout);
  }

  beforeAll(async () => { moto = await startMoto(program); });
  afterEach(killHosts);
  afterAll(async () => { await moto.stop(); });

  test('a scheduled job is made, scheduled and submitted, and its handler gets the event', async () => {
    await aws('iam', 'create-role', '--role-name', 'batch', '--assume-role-policy-document', '{}');
    const { computeEnvironmentArn } = await aws('batch', 'create-compute-environment', '--compute-environment-name', 'any', '--type', 'UNMANAGED',
      '--service-role', 'arn:aws:iam::123456789012:role/batch');
    const { jobQueueArn } = await aws('batch', 'create-job-queue', '--job-queue-name', 'reports', '--priority', '1', '--state', 'ENABLED',
      '--compute-environment-order', [{ order: 1, computeEnvironment: computeEnvironmentArn }]);
    const template = withSmallRuntime(() => {
      const stack = new Stack(new App({ outdir: workspace() }), 'Stack', {
        env: { account: '123456789012', region: 'eu-west-1' }, synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }),
      });
      const job = new BatchJob(stack, 'Report', {
        runtime: SMALL_RUNTIME, code: HandlerCode.fromDirectory(HANDLERS), handler: 'forms.async', jobQueue: batch.JobQueue.fromJobQueueArn(stack, 'Queue', jobQueueArn), timeout: Duration.minutes(5), retryAttempts: 2, environment: { TABLE: 'orders' },
      });
      const { schedule } = job.addTrigger(Trigger.schedule({
        schedule: ScheduleExpression.rate(Duration.hours(1)),
        input: ScheduleTargetInput.fromObject({ text: '"ü" \\ \n', stack: stack.stackId, at: ContextAttribute.scheduledTime }),
      }));
      const { arn, roleArn, input } = (schedule!.node.defaultChild as CfnSchedule).target as CfnSchedule.TargetProperty;
      for (const [id, value] of Object.entries({ Arn: arn, RoleArn: roleArn, Input: input! })) { new CfnOutput(stack, id, { value }); }
      return Template.fromStack(stack).toJSON();
    });
    writeFileSync(join(folder, 'template.json'), JSON.stringify(template));
    await aws('cloudformation', 'create-stack', '--stack-name', 'Stack', '--capabilities', 'CAPABILITY_IAM',
      '--template-body', `file://${folder}/template.json`);
    const { Stacks: [{ StackStatus, Outputs, StackId }] } = await aws('cloudformation', 'describe-stacks', '--stack-name', 'Stack');
    expect(StackStatus).toBe('CREATE_COMPLETE');
    const outputs = Object.fromEntries(Outputs.map(({ OutputKey, OutputValue }: any) => [OutputKey, OutputValue]));

    // CreateSchedule takes the target as it is written.
    await aws('scheduler', 'create-schedule', '--name', 'hourly', '--schedule-expression', 'rate(1 hour)', '--flexible-time-window', { Mode: 'OFF' }, '--target', outputs);
    const { Target: { Input } } = await aws('scheduler', 'get-schedule', '--name', 'hourly');
    const request = camelCase(JSON.parse(Input.replaceAll('<aws.scheduler.scheduled-time>', '2026-03-22T18:59:43Z')));

    // Batch knows the job and its queue.
    const { jobId } = await aws('batch', 'submit-job', '--cli-input-json', request);
    const { jobs: [job] } = await aws('batch', 'describe-jobs', '--jobs', jobId);
    const { jobDefinitions: [definition] } = await aws('batch', 'describe-job-definitions', '--job-definitions', request.jobDefinition);
    expect(definition).toMatchObject({
      type: 'container',
      retryStrategy: { attempts: 2 },
      containerProperties: {
        user: '65534:65534',
        readonlyRootFilesystem: true,
        volumes: [{ name: 'tmp' }],
        mountPoints: [{ containerPath: '/tmp', sourceVolume: 'tmp' }],
        resourceRequirements: [{ type: 'MEMORY', value: '512' }, { type: 'VCPU', value: '0.25' }],
      },
    });

    // The job as Batch would start it: with the command and the environment of the definition and of the request.
    const environment = Object.fromEntries(job.container.environment.map(({ name, value }: any) => [name, value]));
    const host = new HostProcess({ sources: environment.HYBRID_SOURCES, handler: job.container.command[0], environment });
    expect(await host.exit).toBe(0);
    expect(JSON.parse(host.stdout)).toEqual({ got: { text: '"ü" \\ \n', stack: StackId, at: '2026-03-22T18:59:43Z' } });
  });
}

/** EventBridge Scheduler names the parameters of every API in one way; Batch's own begin with small letters. */
function camelCase(value: any): any {
  if (Array.isArray(value)) { return value.map(camelCase); }
  if (typeof value !== 'object') { return value; }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name[0].toLowerCase() + name.slice(1), camelCase(inner)]));
}
