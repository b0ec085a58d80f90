/** Defines how a task of ECS is started with an event, once. */
import { ECSClient, RunTaskCommand, type RunTaskRequest, type RunTaskResponse } from '@aws-sdk/client-ecs';
import type { EventVariable } from './starter';

const client = new ECSClient({ maxAttempts: 4, requestHandler: { connectionTimeout: 2_000, socketTimeout: 10_000 } });

/**
 * Gives the ARN of the task. With the token of an earlier attempt no second task is started.
 * Source: "Ensuring idempotency" in the Amazon ECS API Reference.
 */
export async function startTask(request: RunTaskRequest, variable: EventVariable, token: string): Promise<string> {
  const [container] = request.overrides!.containerOverrides!;
  const run = { ...request, overrides: { containerOverrides: [{ ...container, environment: [variable] }] } };
  try {
    const first = await call(run, token);
    // A token may answer again what it answered when there was no room. Nothing was started then, so that another one starts nothing twice.
    return taskOf(first.tasks?.length ? first : await call(run, `${token}-${Date.now()}`));
  } catch (error) {
    // A deployment has changed the request since the first attempt, and the task of that one is there.
    const { name, resourceIds = [] } = error as Error & { readonly resourceIds?: readonly string[] };
    if (name === 'ConflictException' && resourceIds.length > 0) return resourceIds[0];
    throw error;
  }
}

function call(run: RunTaskRequest, clientToken: string): Promise<RunTaskResponse> {
  return client.send(new RunTaskCommand({ ...run, clientToken }));
}

/** The call succeeds where there is no room for the task, too. */
function taskOf({ tasks: [task] = [], failures = [] }: RunTaskResponse): string {
  if (task) return task.taskArn!;
  const reasons = failures.map(({ reason, detail }) => [reason, detail].filter(Boolean).join(': '));
  throw new Error(`Amazon ECS started no task: ${reasons.join('; ') || 'it gave no reason'}`);
}
