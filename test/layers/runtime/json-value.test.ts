/** What JSON makes of results, and how large they may be. */
import { MAX_RESPONSE_BYTES } from '../../../layers/runtime/core/invoker';
import { limitedText, limitedValue } from '../../../layers/runtime/core/json-value';
import { serialize } from '../../../layers/runtime/invokers/inline';

const throughText = (result: unknown): unknown => JSON.parse(serialize(result));

class Point {
  constructor(readonly x: number) {}
}

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['text', 'ü'],
  ['a response', { statusCode: 200, headers: { a: 'b' }, body: 'x', isBase64Encoded: false }],
  ['what is deeper', { a: { b: { c: { d: 1 } } } }],
  ['a list', [1, undefined]],
  ['numbers that JSON does not have', { a: NaN, b: -0, c: Infinity }],
  ['members without a value', { a: undefined, b: () => {}, c: 1 }],
  ['an object of a class', new Point(1)],
  ['a date', { at: new Date(0) }],
  ['an object that says itself what it is', { toJSON: () => ({ a: 1 }) }],
])('%s is what its text says', (_what, result) => {
  expect(limitedValue(result, serialize)).toStrictEqual(throughText(result));
});

test('a plain response is not copied', () => {
  const response = { statusCode: 200, headers: { a: 'b' }, body: 'x' };
  expect(limitedValue(response, serialize)).toBe(response);
});

const AROUND = '{"body":""}'.length;

test.each([
  ['letters', 'x', 1],
  ['letters of two bytes', 'ü', 2],
  ['escapes', '\n', 2],
  ['long escapes', '\u0001', 6],
])('a result has 6 MB at most, of %s', (_what, letter, bytes) => {
  const letters = Math.floor((MAX_RESPONSE_BYTES - AROUND) / bytes);
  const largest = { body: letter.repeat(letters) };
  const larger = { body: letter.repeat(letters + 1) };
  expect(limitedValue(largest, serialize)).toBe(largest);
  expect(limitedText(largest, serialize)).toHaveLength(serialize(largest).length);
  for (const limited of [limitedValue, limitedText]) {
    expect(() => limited(larger, serialize)).toThrow(expect.objectContaining({
      name: 'Function.ResponseSizeTooLarge', message: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
    }));
  }
});
