/**
 * Which messages Lambda's event filtering lets through. Rows without a further word are examples of AWS's documentation: "Control which events Lambda sends
 * to your function" (filter rule syntax, multiple levels), "Using event filtering with an Amazon SQS event source" and "Comparison operators for use in
 * event patterns" of EventBridge.
 */
import { parseFilters } from '../../../layers/runtime/sources/queue/filter';

const passes = (pattern: unknown, body: unknown, record: object = {}) => parseFilters([JSON.stringify(pattern)])({ ...record, body: typeof body === 'string' ? body : JSON.stringify(body) });

describe('a pattern for the body', () => {
  test.each<[string, object, unknown, unknown]>([
    ['null', { UserID: [null] }, { UserID: null }, { UserID: '' }],
    ['empty', { LastName: [''] }, { LastName: '' }, { LastName: 'x' }],
    ['equals', { Name: ['Alice'] }, { Name: 'Alice' }, { Name: 'alice' }],
    ['equals (ignore case)', { Name: [{ 'equals-ignore-case': 'alice' }] }, { Name: 'ALICE' }, { Name: 'Alicia' }],
    ['and', { Location: ['New York'], Day: ['Monday'] }, { Location: 'New York', Day: 'Monday' }, { Location: 'New York', Day: 'Sunday' }],
    ['or', { PaymentType: ['Credit', 'Debit'] }, { PaymentType: 'Debit' }, { PaymentType: 'Cash' }],
    ['or (multiple fields)', { $or: [{ Location: ['New York'] }, { Day: ['Monday'] }] }, { Location: 'Rome', Day: 'Monday' }, { Location: 'Rome', Day: 'Sunday' }],
    ['not', { Weather: [{ 'anything-but': ['Raining'] }] }, { Weather: 'Sunny' }, { Weather: 'Raining' }],
    ['not, one value', { Weather: [{ 'anything-but': 'Raining' }] }, { Weather: 'Sunny' }, { Weather: 'Raining' }],
    ['not, of numbers', { Limit: [{ 'anything-but': [100, 200] }] }, { Limit: 300 }, { Limit: 200 }],
    ['numeric (equals)', { Price: [{ numeric: ['=', 100] }] }, { Price: 100 }, { Price: '100' }],
    ['numeric (range)', { Price: [{ numeric: ['>', 10, '<=', 20] }] }, { Price: 20 }, { Price: 10 }],
    ['numeric (greater)', { RecordNumber: [{ numeric: ['>', 9999] }] }, { RecordNumber: 10_000 }, { RecordNumber: 9999 }],
    ['exists', { ProductName: [{ exists: true }] }, { ProductName: null }, {}],
    ['does not exist', { ProductName: [{ exists: false }] }, {}, { ProductName: 'x' }],
    ['begins with', { Region: [{ prefix: 'us-' }] }, { Region: 'us-east-1' }, { Region: 'eu-us-1' }],
    ['begins with (ignore case)', { service: [{ prefix: { 'equals-ignore-case': 'eventb' } }] }, { service: 'EventBridge' }, { service: 'bEventb' }],
    ['ends with', { FileName: [{ suffix: '.png' }] }, { FileName: 'a.png' }, { FileName: 'a.PNG' }],
    ['ends with (ignore case)', { FileName: [{ suffix: { 'equals-ignore-case': '.png' } }] }, { FileName: 'a.PNG' }, { FileName: 'png' }],
    ['multiple levels', { Metadata: { Customer: { Tier: ['gold'] } } }, { Metadata: { Customer: { Tier: 'gold' } } }, { Metadata: { Tier: 'gold' } }],
    ['the first rule or the second', { n: [{ numeric: ['<', 0] }, null] }, { n: null }, { n: 1 }],
    ['a boolean', { flag: [true] }, { flag: true }, { flag: 'true' }],
    ['an element of an array', { tags: ['b'] }, { tags: ['a', 'b'] }, { tags: ['a'] }],
    ['a field of an element of an array', { items: { sku: ['x'] } }, { items: [{ sku: 'a' }, { sku: 'x' }] }, { items: [{ sku: 'a' }] }],
    ['a leaf that is not there, below a field that is not there', { a: { b: [{ exists: false }] } }, {}, { a: { b: 1 } }],
    ['not: a field has to be there', { Weather: [{ 'anything-but': ['Raining'] }] }, { Weather: 5 }, {}],
    ['a name that every object has', { constructor: ['x'] }, { constructor: 'x' }, {}],
  ])('%s', (_what, pattern, matching, other) => {
    expect(passes({ body: pattern }, matching)).toBe(true);
    expect(passes({ body: pattern }, other)).toBe(false);
  });
});

test.each<[string, object, string, boolean]>([
  // "Properly filtering Amazon SQS messages": the table of formats.
  ['text, rules for text: filtered', { body: ['hello'] }, 'hello', true],
  ['text, rules for text: filtered', { body: [{ prefix: 'Result: ' }] }, 'Other', false],
  ['text, no pattern for the body: filtered by other fields', { awsRegion: ['eu-west-1'] }, 'hello', true],
  ['text, a pattern for JSON: dropped', { body: { a: [{ exists: false }] } }, 'hello', false],
  ['JSON, rules for text: dropped', { body: [{ exists: true }, { prefix: '{' }] }, '{"a":1}', false],
  ['JSON, no pattern for the body: filtered by other fields', { awsRegion: ['us-east-1'] }, '{"a":1}', false],
  ['JSON, a pattern for JSON: filtered', { body: { a: [1] } }, '{"a":1}', true],
  ['a body or another field', { $or: [{ body: { a: [1] } }, { awsRegion: ['eu-west-1'] }] }, 'text', true],
])('%s (%j)', (_what, pattern, body, expected) => {
  expect(passes(pattern, body, { awsRegion: 'eu-west-1' })).toBe(expected);
});

test('of several patterns one is enough', () => {
  const filter = parseFilters(['{"body":{"a":[1]}}', '{"body":{"b":[1]}}']);
  expect([{ a: 1 }, { b: 1 }, { c: 1 }].map((body) => filter({ body: JSON.stringify(body) }))).toEqual([true, true, false]);
});

test('message attributes can be asked for', () => {
  const messageAttributes = { kind: { stringValue: 'a' } };
  expect(passes({ messageAttributes: { kind: { stringValue: ['a'] } } }, 'x', { messageAttributes })).toBe(true);
  expect(passes({ messageAttributes: { kind: { stringValue: ['b'] } } }, 'x', { messageAttributes })).toBe(false);
});

test.each([
  ['no JSON', /JSON/],
  ['[]', /a pattern is an object/],
  ['{}', /empty/],
  ['{"body":"x"}', /body must be a list of rules, got "x"/],
  ['{"body":{"a":[]}}', /body\.a has no rules/],
  ['{"body":{"a":[{"wildcard":"*"}]}}', /body\.a: \{"wildcard":"\*"\} is no rule; there are values and exists, prefix/],
  ['{"body":{"a":[{"toString":"x"}]}}', /is no rule/],
  ['{"body":{"a":[{"prefix":1}]}}', /prefix does not take that/],
  ['{"body":{"a":[{"numeric":[">"]}]}}', /numeric does not take that/],
  ['{"body":{"a":[{"numeric":["!",1]}]}}', /numeric does not take that/],
  ['{"body":{"a":[{"anything-but":[]}]}}', /anything-but does not take that/],
  ['{"body":{"a":[{"prefix":"a","suffix":"b"}]}}', /is no rule/],
  ['{"$or":[{"body":["a"]}]}', /\$or must be a list/],
])('%s is refused: what cannot be understood deletes nothing', (pattern, message) => {
  expect(() => parseFilters([pattern])).toThrow(message);
});
