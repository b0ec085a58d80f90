/** Defines how an error of AWS's clients is told. */

/** The name says more than the message, and the status is all there is when the answer has no body. */
export function describeAwsError(error: unknown): string {
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode ? `${name}: ${message} (HTTP ${$metadata.httpStatusCode})` : `${name}: ${message}`;
}
