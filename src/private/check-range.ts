/** Numbers that AWS takes in a range only. */
import type { Duration } from 'aws-cdk-lib';
import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { problem } from './errors';

/** A range, both ends included. */
export interface Range {
  readonly least: number;
  readonly most: number;
  /** Behind the numbers of a message: `seconds`. */
  readonly unit?: string;
  /** Whether numbers between the whole ones are in it, too. */
  readonly fraction?: boolean;
  /** How to mend it, when choosing another value is not all. */
  readonly mend?: string;
}

/** Refuses what is no whole number in the range. Tokens, known at deployment only, are let through. */
export function checkRange(scope: IConstruct, property: string, value: number | undefined, { least, most, unit, fraction, mend }: Range): void {
  if (value === undefined || Token.isUnresolved(value)) { return; }
  if ((fraction ? Number.isFinite(value) : Number.isInteger(value)) && value >= least && value <= most) { return; }
  const range = most === Infinity ? `a whole number from ${least}` : `${least} to ${most}`;
  throw problem(scope, 'SIZE_OUT_OF_RANGE', { property, given: value, accepted: `${range}${unit ? ` ${unit}` : ''}`, mend });
}

/** Refuses a time that is no whole number of seconds in the range. */
export function checkSeconds(scope: IConstruct, property: string, value: Duration | undefined, range: Range): void {
  checkRange(scope, property, secondsOf(value), { unit: 'seconds', ...range });
}

/** The seconds of a time that is given, and known at synth. */
export function secondsOf(value: Duration | undefined): number | undefined {
  return value?.isUnresolved() ? undefined : value?.toSeconds({ integral: false });
}
