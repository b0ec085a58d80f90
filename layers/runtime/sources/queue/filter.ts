/**
 * Defines which messages are delivered, by the patterns of Lambda's event filtering. Source: "Control which events Lambda sends to your function" and
 * "Using event filtering with an Amazon SQS event source" in the AWS Lambda Developer Guide, and for the operators' details "Comparison operators for
 * use in event patterns" in the Amazon EventBridge User Guide.
 */

/** Whether a record is delivered. */
export type Filter = (record: Filtered) => boolean;

/** A record of an event, of which the body is also looked into. */
export interface Filtered {
  readonly body: string;
}

type Rule = (value: unknown) => boolean;
type Node = (value: unknown) => boolean;
type Fields = Readonly<Record<string, unknown>>;

/** At least one of them must match. Throws when one is no pattern: what cannot be understood must delete nothing. */
export function parseFilters(patterns: readonly string[]): Filter {
  const filters = patterns.map((text) => {
    const pattern: unknown = JSON.parse(text);
    if (!isFields(pattern)) throw new Error(`a pattern is an object, got ${text}`);
    return objectNode(pattern, '', true);
  });
  return (record) => {
    const looked = { ...record, body: insideOf(record.body) };
    return filters.some((matches) => matches(looked));
  };
}

/** What is in a body of JSON; another body is text. */
function insideOf(body: string): unknown {
  try {
    const inside: unknown = JSON.parse(body);
    if (typeof inside === 'object' && inside !== null) return inside;
  } catch {
    // text
  }
  return body;
}

/** All fields must match. @param record whether the fields are those of the record itself */
function objectNode(pattern: Fields, path: string, record = false): Node {
  const fields = Object.entries(pattern);
  if (fields.length === 0) throw new Error(`${path || 'a pattern'} is empty`);
  const nodes = fields.map(([name, inner]): Node => {
    if (name === '$or') return orNode(inner, path, record);
    const at = path ? `${path}.${name}` : name;
    const matches = Array.isArray(inner) ? leaf(inner, at) : isFields(inner) ? inEach(objectNode(inner, at)) : undefined;
    if (!matches) throw new Error(`${at} must be a list of rules, got ${JSON.stringify(inner)}`);
    // A pattern for text matches no JSON, and a pattern for JSON no text.
    if (record && name === 'body') return (value) => (typeof fieldOf(value, name) === 'string') === Array.isArray(inner) && matches(fieldOf(value, name));
    return (value) => matches(fieldOf(value, name));
  });
  return (value) => nodes.every((matches) => matches(value));
}

function orNode(given: unknown, path: string, record: boolean): Node {
  if (!Array.isArray(given) || given.length < 2 || !given.every(isFields)) throw new Error(`${path}$or must be a list of patterns`);
  const nodes = given.map((pattern) => objectNode(pattern, path, record));
  return (value) => nodes.some((matches) => matches(value));
}

/** In an array it is enough that one element matches. */
function inEach(matches: Node): Node {
  return (value) => (Array.isArray(value) && value.length > 0 ? value.some(matches) : matches(value));
}

/** A list of rules, of which one must match; an array of the event has to have one element that does. */
function leaf(rules: readonly unknown[], path: string): Node {
  if (rules.length === 0) throw new Error(`${path} has no rules`);
  const parsed = rules.map((rule) => ruleOf(rule, path));
  return (value) => {
    // Operators work on what is at the end of a path: an object there is none.
    const values = (Array.isArray(value) ? value : [value]).filter((each) => typeof each !== 'object' || each === null);
    return (values.length > 0 ? values : [undefined]).some((each) => parsed.some((matches) => matches(each)));
  };
}

function ruleOf(rule: unknown, path: string): Rule {
  if (rule === null || ['string', 'number', 'boolean'].includes(typeof rule)) return (value) => value === rule;
  const [operator, ...others] = isFields(rule) ? Object.keys(rule) : [];
  if (operator === undefined || others.length > 0 || !Object.hasOwn(OPERATORS, operator)) {
    throw new Error(`${path}: ${JSON.stringify(rule)} is no rule; there are values and ${FILTER_OPERATORS.join(', ')}`);
  }
  const parsed = OPERATORS[operator]((rule as Fields)[operator]);
  if (!parsed) throw new Error(`${path}: ${JSON.stringify(rule)} is no rule: ${operator} does not take that`);
  return parsed;
}

/** Nothing where the operand is none of the operator's. */
const OPERATORS: Readonly<Record<string, (operand: unknown) => Rule | undefined>> = {
  'exists': (operand) => (typeof operand === 'boolean' ? (value) => (value !== undefined) === operand : undefined),
  'prefix': (operand) => textRule(operand, (text, part) => text.startsWith(part)),
  'suffix': (operand) => textRule(operand, (text, part) => text.endsWith(part)),
  'equals-ignore-case': (operand) => (typeof operand === 'string' ? textRule({ 'equals-ignore-case': operand }, (text, other) => text === other) : undefined),
  'anything-but': (operand) => {
    const unwanted = Array.isArray(operand) ? operand : [operand];
    if (unwanted.length === 0 || !unwanted.every((each) => typeof each === 'string' || typeof each === 'number')) return undefined;
    return (value) => value !== undefined && !unwanted.includes(value as string);
  },
  'numeric': numericRule,
};

/** The names of the operators; the constructs refuse others. */
export const FILTER_OPERATORS = Object.keys(OPERATORS);

/** The operand is text, or `{ "equals-ignore-case": text }`. */
function textRule(operand: unknown, holds: (text: string, part: string) => boolean): Rule | undefined {
  if (typeof operand === 'string') return (value) => typeof value === 'string' && holds(value, operand);
  const part = isFields(operand) && Object.keys(operand).length === 1 ? operand['equals-ignore-case'] : undefined;
  if (typeof part !== 'string') return undefined;
  return (value) => typeof value === 'string' && holds(value.toLowerCase(), part.toLowerCase());
}

const COMPARISONS = new Map<unknown, (value: number, limit: number) => boolean>(Object.entries({
  '=': (value: number, limit: number) => value === limit,
  '<': (value: number, limit: number) => value < limit,
  '<=': (value: number, limit: number) => value <= limit,
  '>': (value: number, limit: number) => value > limit,
  '>=': (value: number, limit: number) => value >= limit,
}));

/** `[">", 10, "<=", 20]`: comparisons, each with its number. */
function numericRule(operand: unknown): Rule | undefined {
  if (!Array.isArray(operand) || operand.length === 0 || operand.length % 2 > 0) return undefined;
  const comparisons: Rule[] = [];
  for (let index = 0; index < operand.length; index += 2) {
    const compare = COMPARISONS.get(operand[index]);
    const limit: unknown = operand[index + 1];
    if (!compare || typeof limit !== 'number') return undefined;
    comparisons.push((value) => compare(value as number, limit));
  }
  return (value) => typeof value === 'number' && comparisons.every((holds) => holds(value));
}

function fieldOf(value: unknown, name: string): unknown {
  return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
