import type { IConstruct } from 'constructs';

/**
 * Every error that our constructs throw, with its stable code and how to mend it. docs/errors.md lists the same
 * codes; a test compares the two.
 */
export const ERRORS = {
  ENTRY_NOT_FOUND: 'give the path of an existing TypeScript or JavaScript file',
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** What is wrong with one property of one construct. */
export interface Problem {
  /** The property as the user wrote it, e.g. `handler`. */
  readonly property: string;
  /** What was given. */
  readonly given: unknown;
  /** What is accepted. */
  readonly accepted: string;
  /** How to mend it, when the code's own advice is not enough. */
  readonly mend?: string;
}

/** An error of ours: one line, a stable code. */
export class HybridError extends Error {
  constructor(readonly code: string, message: string) {
    super(`${message} [${code}]`);
    this.name = 'HybridError';
  }
}

/** The one line of a problem: construct path, property, given, accepted, how to mend. */
export function problem(scope: IConstruct | undefined, code: ErrorCode, what: Problem): HybridError {
  const where = scope?.node.path ? `${scope.node.path}: ` : '';
  const given = typeof what.given === 'string' ? `'${what.given}'` : String(what.given);
  return new HybridError(`CDK_HYBRID_${code}`,
    `${where}'${what.property}' must be ${what.accepted}, got ${given}; ${what.mend ?? ERRORS[code]}`.replace(/\s*\n\s*/g, ' | '));
}
