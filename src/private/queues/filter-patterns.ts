/** Which patterns choose messages and records: those of AWS Lambda's event filtering, which the host of a service knows as well (a test compares the two). */
import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { checkRange } from '../check-range';
import { problem } from '../errors';

type Fields = { readonly [name: string]: unknown };

const isText = (operand: unknown) => typeof operand === 'string';
const isTextOfAnyCase = (operand: unknown) => isText(operand) || isFields(operand) && Object.keys(operand).join() === 'equals-ignore-case' && isText(operand['equals-ignore-case']);
const COMPARISONS: unknown[] = ['=', '<', '<=', '>', '>='];

/** What each operator takes. Source: "Filter rule syntax" in the AWS Lambda Developer Guide. */
const OPERATORS: { readonly [operator: string]: (operand: unknown) => boolean } = {
  'exists': operand => typeof operand === 'boolean',
  'prefix': isTextOfAnyCase,
  'suffix': isTextOfAnyCase,
  'equals-ignore-case': isText,
  'anything-but': operand => {
    const unwanted = Array.isArray(operand) ? operand : [operand];
    return unwanted.length > 0 && unwanted.every(each => typeof each === 'string' || typeof each === 'number');
  },
  'numeric': operand => Array.isArray(operand) && operand.length > 0 && operand.length % 2 === 0
    && operand.every((each, index) => index % 2 === 0 ? COMPARISONS.includes(each) : typeof each === 'number'),
};

/** The names of the operators. */
export const FILTER_OPERATORS = Object.keys(OPERATORS);

/** Refuses what is no pattern: AWS Lambda would refuse it at deployment, or let everything through. */
export function checkFilters(scope: IConstruct, filters: { [key: string]: any }[] | undefined): void {
  checkRange(scope, 'filters', filters?.length, { least: 0, most: 5, unit: 'patterns' });
  filters?.forEach(filter => {
    const pattern: unknown = filter?.pattern;
    if (!isText(pattern)) {
      throw problem(scope, 'FILTER_PATTERN', { property: 'filters', given: JSON.stringify(filter), accepted: 'patterns made by FilterCriteria.filter()' });
    }
    const fault = faultOf(pattern as string);
    if (fault) { throw problem(scope, 'FILTER_PATTERN', { property: 'filters', given: fault, accepted: `patterns of fields with lists of rules: values, ${FILTER_OPERATORS.join(', ')}` }); }
  });
}

/** What is wrong with the text of a pattern, if anything is. */
export function faultOf(pattern: string): string | undefined {
  try {
    return faultOfFields(JSON.parse(pattern), '');
  } catch {
    return Token.isUnresolved(pattern) ? undefined : pattern;
  }
}

function faultOfFields(fields: unknown, path: string): string | undefined {
  if (!isFields(fields) || Object.keys(fields).length === 0) { return faultAt(path, fields); }
  return firstOf(Object.entries(fields), ([name, inner]) => {
    const at = path ? `${path}.${name}` : name;
    if (name === '$or') { return Array.isArray(inner) && inner.length > 1 ? firstOf(inner, each => faultOfFields(each, at)) : faultAt(at, inner); }
    if (!Array.isArray(inner)) { return faultOfFields(inner, at); }
    return inner.length > 0 ? firstOf(inner, rule => isRule(rule) ? undefined : faultAt(at, rule)) : faultAt(at, inner);
  });
}

function isRule(rule: unknown): boolean {
  if (rule === null || ['string', 'number', 'boolean'].includes(typeof rule)) { return true; }
  const [operator, ...others] = isFields(rule) ? Object.keys(rule) : [];
  return others.length === 0 && FILTER_OPERATORS.includes(operator) && OPERATORS[operator]((rule as Fields)[operator]);
}

const faultAt = (path: string, what: unknown) => `${path ? `${path}: ` : ''}${JSON.stringify(what)}`;

function firstOf<T>(items: readonly T[], fault: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = fault(item);
    if (found !== undefined) { return found; }
  }
  return undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
