/**
 * Defines which messages of a batch have failed, by the handler's answer. Source: "Implementing partial batch responses" and "Configuring partial batch
 * response with DynamoDB and Lambda" (likewise Kinesis) in the AWS Lambda Developer Guide.
 */

export interface BatchItem {
  /** What an answer may name it by. */
  readonly identifier?: string;
}

/**
 * @param answer the handler's, as JSON text
 * @param inOrder what comes after a failed item has not been processed: the rule of streams, whose handlers stop at the first failure and name it alone
 */
export function failedItems<I extends BatchItem>(answer: string, items: readonly I[], inOrder: boolean): readonly I[] {
  const named = namedIn(answer);
  if (named === undefined) return items;
  if (named.size === 0) return [];
  const failed = items.filter(({ identifier }) => identifier !== undefined && named.has(identifier));
  const known = new Set(failed.map(({ identifier }) => identifier));
  // Nobody knows which one was meant.
  if (known.size < named.size) return items;
  return inOrder ? items.slice(items.indexOf(failed[0])) : failed;
}

/** Nothing when the answer is of no known form. */
function namedIn(answer: string): Set<string> | undefined {
  let given: unknown;
  try {
    given = answer.trim() === '' ? null : JSON.parse(answer);
  } catch {
    return undefined;
  }
  if (given === null) return new Set();
  if (typeof given !== 'object' || Array.isArray(given)) return undefined;
  const failures = (given as { batchItemFailures?: unknown }).batchItemFailures;
  if (failures === undefined || failures === null) return new Set();
  if (!Array.isArray(failures)) return undefined;
  const named = failures.map((failure) => (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier);
  return named.every((each) => typeof each === 'string' && each !== '') ? new Set(named as string[]) : undefined;
}
