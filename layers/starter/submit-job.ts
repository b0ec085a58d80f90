/** Defines how a job of AWS Batch is submitted with an event. */
import { BatchClient, SubmitJobCommand, type SubmitJobRequest } from '@aws-sdk/client-batch';
import type { EventVariable } from './starter';

/** Batch has no token by which it would know a request again: an answer that is late is waited for. */
const client = new BatchClient({ requestHandler: { connectionTimeout: 2_000, socketTimeout: 40_000 } });

/** Gives the ARN of the job. */
export async function startJob(request: SubmitJobRequest, variable: EventVariable): Promise<string> {
  const { jobArn } = await client.send(new SubmitJobCommand({ ...request, containerOverrides: { environment: [variable] } }));
  return jobArn!;
}
