/**
 * The event of a schedule on its way to a handler: to Lambda as it is, to our host in the environment of its container.
 *
 * Whoever starts containers gets a `ScheduleTargetInput` from `hostEventInput()` and gives it to the target. `request` makes
 * the request of the target out of the variables that say where the event is: `HYBRID_EVENT`, the event as one JSON string, or
 * `HYBRID_EVENT_S3_URI`, an object of the assets' bucket, when it is too long for an override. Tokens and the context
 * attributes of EventBridge Scheduler may stand in the event; they are put in inside the string.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Aws, FileAssetPackaging, Stack, Stage } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type { IConstruct } from 'constructs';
import { problem } from '../errors';

/** How an event becomes the request of a target. */
export interface HostEventOptions {
  /** The event; without one it is that of EventBridge Scheduler. */
  readonly input?: scheduler.ScheduleTargetInput;
  /** The role of the handler, which reads events that are in S3. */
  readonly role: iam.IRole;
  /** The request of the target, with these variables in the environment of the container. */
  readonly request: (environment: { [name: string]: string }) => object;
}

/**
 * What an event may have of the 8,192 characters that ECS allows all overrides of a task; Batch starts tasks with them, too, and
 * adds its own variables. The rest is for these and for the form.
 * Source: RunTask, `overrides`, in the Amazon ECS API Reference.
 */
const MAX_EVENT_CHARACTERS = 7_168;
/** Source: "Adding context attributes" in the EventBridge Scheduler User Guide. The longest value, the ARN of a schedule, has fewer characters. */
const CONTEXT_ATTRIBUTE = /<aws\.scheduler\.[a-z-]+>/g;
const CONTEXT_ATTRIBUTE_CHARACTERS = 256;

/** The event as Lambda gets it. */
export function lambdaEventInput(scope: IConstruct, input?: scheduler.ScheduleTargetInput): scheduler.ScheduleTargetInput {
  return new EventInput(scope, input, event => event);
}

/** The event as our host finds it in the environment of its container. */
export function hostEventInput(scope: IConstruct, { input, role, request }: HostEventOptions): scheduler.ScheduleTargetInput {
  return new EventInput(scope, input, event => {
    const { literal, isWhole } = measure(scope, event);
    const attributes = literal.match(CONTEXT_ATTRIBUTE)?.length ?? 0;
    // As a string inside of JSON, its quotes are escaped.
    const characters = JSON.stringify(literal).length + attributes * CONTEXT_ATTRIBUTE_CHARACTERS;
    const stack = Stack.of(scope);
    if (characters <= MAX_EVENT_CHARACTERS) { return stack.toJsonString(request({ HYBRID_EVENT: event })); }
    if (!isWhole || attributes > 0) {
      throw problem(scope, 'EVENT_TOO_LARGE', {
        property: 'input',
        given: `${characters} characters with tokens or context attributes`,
        accepted: `an event of at most ${MAX_EVENT_CHARACTERS} characters, or one without tokens and context attributes`,
      });
    }
    return stack.toJsonString(request({ HYBRID_EVENT_S3_URI: eventObject(scope, literal, role) }));
  });
}

/** An input that is checked, and written in another way, once it is bound to its schedule. */
class EventInput extends scheduler.ScheduleTargetInput {
  constructor(
    private readonly scope: IConstruct,
    private readonly input: scheduler.ScheduleTargetInput | undefined,
    private readonly write: (event: string) => string,
  ) {
    super();
  }

  public bind(schedule: scheduler.ISchedule): string {
    const event = (this.input ?? schedulerEvent(this.scope)).bind(schedule);
    const { literal, isWhole } = measure(this.scope, event);
    if (isWhole && !isJson(literal.replace(CONTEXT_ATTRIBUTE, '1'))) {
      throw problem(this.scope, 'EVENT_NOT_JSON', { property: 'input', given: literal.length > 60 ? `${literal.slice(0, 60)}...` : literal, accepted: 'JSON' });
    }
    return this.write(event);
  }
}

/**
 * The event that EventBridge Scheduler sends to Lambda when it is given none. Targets that are API calls get none from it:
 * so all computes are given the same.
 */
function schedulerEvent(scope: IConstruct): scheduler.ScheduleTargetInput {
  const { executionId, scheduledTime, scheduleArn } = scheduler.ContextAttribute;
  const { account, region } = Stack.of(scope);
  return scheduler.ScheduleTargetInput.fromObject({
    'version': '0',
    'id': executionId,
    'detail-type': 'Scheduled Event',
    'source': 'aws.scheduler',
    account,
    'time': scheduledTime,
    region,
    'resources': [scheduleArn],
    'detail': '{}',
  });
}

/** What is known of a text at synth, and whether that is all of it. */
function measure(scope: IConstruct, text: string): { literal: string; isWhole: boolean } {
  const resolved: unknown = Stack.of(scope).resolve(text);
  if (typeof resolved === 'string') { return { literal: resolved, isWhole: true }; }
  const parts = (resolved as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join']?.[1] ?? [];
  return { literal: parts.filter(part => typeof part === 'string').join(''), isWhole: false };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Puts an event among the assets, for the role to read, and says where it is. */
function eventObject(scope: IConstruct, event: string, role: iam.IRole): string {
  const hash = createHash('sha256').update(event).digest('hex');
  const outdir = Stage.of(scope)!.assetOutdir;
  mkdirSync(outdir, { recursive: true });
  const file = join(outdir, `asset.${hash}.json`);
  writeFileSync(file, event);
  const { bucketName, objectKey } = Stack.of(scope).synthesizer.addFileAsset({
    fileName: relative(Stage.of(scope)!.outdir, file),
    packaging: FileAssetPackaging.FILE,
    sourceHash: hash,
    displayName: scope.node.path,
  });
  role.addToPrincipalPolicy(new iam.PolicyStatement({
    actions: ['s3:GetObject'],
    resources: [`arn:${Aws.PARTITION}:s3:::${bucketName}/${objectKey}`],
  }));
  return `s3://${bucketName}/${objectKey}`;
}
