/** Defines the errors of the host that its user can mend, with their stable codes. docs/errors.md lists the same codes; a test compares the two. */

export const HOST_ERRORS = {
  ADDRESS_UNUSABLE: 'give another PORT, or end what uses it',
  ENVIRONMENT_INVALID: 'give the container values of these kinds; the schema is that of the function',
  EVENT_INVALID: 'give JSON',
  EVENT_MISSING: 'set HYBRID_EVENT or HYBRID_EVENT_S3_URI',
  EVENT_TOO_LARGE: 'pass where the data is (an object in S3, say), not the data',
  EVENT_UNREADABLE: 'check that the object exists and that the role of the task may read it (s3:GetObject)',
  QUEUE_UNUSABLE: 'check that the queue exists and that the role of the task may use it (sqs:ReceiveMessage, sqs:DeleteMessage, sqs:ChangeMessageVisibility, sqs:GetQueueAttributes)',
  RESULT_UNWRITABLE: 'check that the bucket exists and that the role of the task may write to it (s3:PutObject)',
  SETTING_INVALID: 'correct the environment of the container',
} as const;

export type HostErrorCode = keyof typeof HOST_ERRORS;

/** One line: what was given, what is accepted, how to mend it. */
export class HostError extends Error {
  readonly mendable = true;

  constructor(code: HostErrorCode, what: string) {
    super(`${what}; ${HOST_ERRORS[code]} [CDK_HYBRID_HOST_${code}]`.replace(/\s*\n\s*/g, ' | '));
  }
}

/** Not by its class: each bundle has one of its own. */
export function isHostError(error: unknown): error is HostError {
  return (error as Partial<HostError> | undefined)?.mendable === true;
}

/** A line of the host's own, on stderr. */
export function tell(line: string): void {
  process.stderr.write(`cdk-hybrid: ${line}\n`);
}
