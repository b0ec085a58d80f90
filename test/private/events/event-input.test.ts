import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { CfnSchedule, ContextAttribute, ISchedule, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { hostEventInput, lambdaEventInput } from '../../../src/private/events/event-input';
import { workspace } from '../../workspace';

/** What a template's value is at deployment: the parts of a join, its references filled in. */
function deployed(value: unknown, references: { [name: string]: string } = {}): string {
  if (typeof value === 'string') { return value; }
  const { Ref, 'Fn::Join': join_, 'Fn::Sub': sub } = value as { 'Ref'?: string; 'Fn::Join'?: [string, unknown[]]; 'Fn::Sub'?: string };
  if (sub !== undefined) { return sub.replace(/\$\{([^}]+)\}/g, (_, name: string) => deployed({ Ref: name }, references)); }
  if (Ref) { return references[Ref] ?? { 'AWS::AccountId': '111122223333', 'AWS::Region': 'eu-west-1', 'AWS::Partition': 'aws' }[Ref] ?? Ref; }
  return join_![1].map(part => deployed(part, references)).join(join_![0]);
}

/** What EventBridge Scheduler makes of a text when it calls its target. */
const scheduled = (text: string) => text
  .replaceAll('<aws.scheduler.execution-id>', 'd32c5kddcf5bb8c3')
  .replaceAll('<aws.scheduler.scheduled-time>', '2026-03-22T18:59:43Z')
  .replaceAll('<aws.scheduler.schedule-arn>', 'arn:aws:scheduler:eu-west-1:111122223333:schedule/default/nightly')
  .replaceAll('<aws.scheduler.attempt-number>', '1');

function synth(input?: ScheduleTargetInput | ((stack: Stack) => ScheduleTargetInput)) {
  const outdir = workspace();
  const app = new App({ outdir });
  const stack = new Stack(app, 'Stack');
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
  const event = typeof input === 'function' ? input(stack) : input;
  const schedule = stack as unknown as ISchedule;
  const inputs = {
    Lambda: lambdaEventInput(stack, event),
    Host: hostEventInput(stack, { input: event, role, request: environment => ({ containerOverrides: [{ name: 'Handler', environment }] }) }),
  };
  for (const [id, { bind }] of Object.entries(inputs)) {
    new CfnSchedule(stack, id, {
      flexibleTimeWindow: { mode: 'OFF' },
      scheduleExpression: 'rate(1 day)',
      target: { arn: 'a', roleArn: 'r', input: bind.call(inputs[id as 'Host'], schedule) },
    });
  }
  const template = Template.fromStack(stack);
  const of = (id: string) => scheduled(deployed(template.toJSON().Resources[id].Properties.Target.Input, { Bucket: 'uploads' }));
  return { template, outdir, lambda: of('Lambda'), environment: JSON.parse(of('Host')).containerOverrides[0].environment as { [name: string]: string } };
}

const refusal = (input: ScheduleTargetInput | ((stack: Stack) => ScheduleTargetInput)) => {
  try {
    synth(input);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('accepted');
};

describe('the event of a schedule', () => {
  test('is the same JSON for Lambda and for the host of a container', () => {
    const event = { text: 'he said "\\hi"\n', nested: [{ n: 1 }, null, true], ü: '✓' };
    const { lambda, environment } = synth(ScheduleTargetInput.fromObject(event));
    expect(JSON.parse(lambda)).toEqual(event);
    expect(environment).toEqual({ HYBRID_EVENT: lambda });
  });

  test('may be JSON text, of any kind', () => {
    for (const text of ['"text"', '[1,2]', 'null', '{ "spaced" : 1 }']) {
      const { lambda, environment } = synth(ScheduleTargetInput.fromText(text));
      expect([lambda, environment.HYBRID_EVENT]).toEqual([text, text]);
    }
  });

  test('has tokens and context attributes put in', () => {
    const { lambda, environment } = synth(stack => ScheduleTargetInput.fromObject({
      bucket: new CfnParameter(stack, 'Bucket').valueAsString, at: ContextAttribute.scheduledTime, attempt: ContextAttribute.attemptNumber, account: stack.account,
    }));
    expect(JSON.parse(environment.HYBRID_EVENT)).toEqual({ bucket: 'uploads', at: '2026-03-22T18:59:43Z', attempt: '1', account: '111122223333' });
    expect(environment.HYBRID_EVENT).toBe(lambda);
  });

  // As Lambda functions get it from EventBridge Scheduler when the schedule has no input.
  test('is that of EventBridge Scheduler when none is given', () => {
    const { lambda, environment } = synth();
    expect(JSON.parse(lambda)).toEqual({
      'version': '0',
      'id': 'd32c5kddcf5bb8c3',
      'detail-type': 'Scheduled Event',
      'source': 'aws.scheduler',
      'account': '111122223333',
      'time': '2026-03-22T18:59:43Z',
      'region': 'eu-west-1',
      'resources': ['arn:aws:scheduler:eu-west-1:111122223333:schedule/default/nightly'],
      'detail': '{}',
    });
    expect(environment.HYBRID_EVENT).toBe(lambda);
  });

  test('that is no JSON is refused', () => {
    expect(refusal(ScheduleTargetInput.fromText('hello'))).toBe("Stack: 'input' must be JSON, got 'hello'; "
      + 'give an object to ScheduleTargetInput.fromObject(), or JSON to ScheduleTargetInput.fromText() [CDK_HYBRID_EVENT_NOT_JSON]');
    expect(synth(ScheduleTargetInput.fromText('{"attempt":<aws.scheduler.attempt-number>}')).environment.HYBRID_EVENT).toBe('{"attempt":1}');
  });
});

describe('an event that is too long for an override', () => {
  const long = { text: '"'.repeat(3_000) };

  test('lies among the assets, where the role of the handler may read it', () => {
    const { environment, template, outdir, lambda } = synth(ScheduleTargetInput.fromObject(long));
    expect(Object.keys(environment)).toEqual(['HYBRID_EVENT_S3_URI']);
    const [, bucket, key] = /^s3:\/\/([^/]+)\/([0-9a-f]{64}\.json)$/.exec(environment.HYBRID_EVENT_S3_URI)!;
    expect(readFileSync(join(outdir, `asset.${key}`), 'utf8')).toBe(lambda);
    const [{ Properties: { PolicyDocument } }] = Object.values(template.findResources('AWS::IAM::Policy'));
    expect(PolicyDocument.Statement).toEqual([{ Action: 's3:GetObject', Effect: 'Allow', Resource: expect.anything() }]);
    expect(deployed(PolicyDocument.Statement[0].Resource)).toBe(`arn:aws:s3:::${bucket}/${key}`);
    const manifest = JSON.parse(readFileSync(join(outdir, 'Stack.assets.json'), 'utf8'));
    expect(Object.keys(manifest.files)).toContain(key.replace('.json', ''));
  });

  test('is counted as it stands in the override', () => {
    const escaped = (count: number) => Object.keys(synth(ScheduleTargetInput.fromText(JSON.stringify('a'.repeat(count)))).environment);
    // Two quotes of the event, escaped, and two around it.
    expect(escaped(7_168 - 6)).toEqual(['HYBRID_EVENT']);
    expect(escaped(7_168 - 5)).toEqual(['HYBRID_EVENT_S3_URI']);
  });

  test('is refused when it is not all known at synth', () => {
    const message = refusal(ScheduleTargetInput.fromObject({ ...long, at: ContextAttribute.scheduledTime }));
    expect(message).toMatch(/^Stack: 'input' must be an event of at most 7168 characters, or one without tokens and context attributes, got '\d+ characters.*EVENT_TOO_LARGE\]$/);
    expect(refusal(stack => ScheduleTargetInput.fromObject({ ...long, account: stack.account }))).toContain('EVENT_TOO_LARGE');
  });
});
