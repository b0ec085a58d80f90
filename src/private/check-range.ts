/** Numbers that AWS takes in a range only. */
import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { problem } from './errors';

/** A range, both ends included. */
export interface Range {
  readonly least: number;
  readonly most: number;
  /** Behind the numbers of a message: `seconds`. */
  readonly unit?: string;
}

/** Refuses what is no whole number in the range. Tokens, known at deployment only, are let through. */
export function checkRange(scope: IConstruct, property: string, value: number | undefined, { least, most, unit }: Range): void {
  if (value === undefined || Token.isUnresolved(value) || (Number.isInteger(value) && value >= least && value <= most)) { return; }
  throw problem(scope, 'SIZE_OUT_OF_RANGE', { property, given: value, accepted: `${least} to ${most}${unit ? ` ${unit}` : ''}` });
}
