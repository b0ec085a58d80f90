/** The handler of the function that starts a run of a task or a job with each event, for origins that invoke functions and start no runs themselves. */
/* eslint-disable @typescript-eslint/no-require-imports -- a require() is a bundle of its own: a function needs the client of one service alone */
import type { SubmitJobRequest } from '@aws-sdk/client-batch';
import type { RunTaskRequest } from '@aws-sdk/client-ecs';

/** What starts a run, with all but its event. */
export interface Run {
  readonly runTask?: RunTaskRequest;
  readonly submitJob?: SubmitJobRequest;
}

/** The variable of the container that says where the event is. */
export interface EventVariable {
  readonly name: string;
  readonly value: string;
}

/** Of the context of an invocation. The attempts of one event have one id. */
interface Context {
  readonly awsRequestId: string;
}

/**
 * What an event may have of the 8,192 characters that ECS allows all overrides of a task; Batch starts tasks with them, too, and adds its own variables. The
 * rest is for these and for the form. Source: RunTask, `overrides`, in the Amazon ECS API Reference.
 */
const MAX_EVENT_CHARACTERS = 7_168;

/** Fails where no run was started: AWS Lambda tries the event again then, and knows a place for it in the end. */
export async function handler(event: unknown, { awsRequestId }: Context): Promise<void> {
  const { runTask, submitJob } = JSON.parse(setting('HYBRID_STARTER_RUN')) as Run;
  const variable = await eventVariable(JSON.stringify(event), awsRequestId);
  const started = runTask
    ? await (require('./run-task') as typeof import('./run-task')).startTask(runTask, variable, awsRequestId)
    : await (require('./submit-job') as typeof import('./submit-job')).startJob(submitJob!, variable);
  console.log(`started ${started}`);
}

async function eventVariable(event: string, id: string): Promise<EventVariable> {
  // As a string inside of JSON, its quotes are escaped. Bytes, for nobody says how characters are counted.
  if (Buffer.byteLength(JSON.stringify(event)) <= MAX_EVENT_CHARACTERS) return { name: 'HYBRID_EVENT', value: event };
  const bucket = setting('HYBRID_STARTER_BUCKET');
  const key = `${id}.json`;
  await (require('../runtime/host/s3-object') as typeof import('../runtime/host/s3-object')).writeObject({ bucket, key }, Buffer.from(event));
  return { name: 'HYBRID_EVENT_S3_URI', value: `s3://${bucket}/${key}` };
}

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must be set`);
  return value;
}
