import { environmentViolations } from '../../../layers/runtime/core/environment-schema';

const check = (schema: object, environment: Record<string, string>) => environmentViolations(JSON.stringify(schema), environment);

test.each([
  ['string', ['x', ' '], []],
  ['number', ['1', '-1.5', '1e3', '0x10'], ['one', ' ', '1,5', 'NaN', 'Infinity']],
  ['integer', ['0', '-12', '+3'], ['1.0', '1e3', 'x', '0x10']],
  ['boolean', ['true', 'false'], ['TRUE', '1', 'yes']],
  ['json', ['{}', '"x"', 'null', ' [1] '], ['{', 'undefined', '{a:1}']],
  ['url', ['https://example.com/a?b', 'redis://h:1', 'postgres://u:p@h/d'], ['example.com', '/a', 'http://']],
])('%s', (kind, fitting, others) => {
  for (const value of fitting) expect([value, check({ A: { kind } }, { A: value })]).toEqual([value, undefined]);
  for (const value of others) expect([value, check({ A: { kind } }, { A: value })]).toEqual([value, expect.stringContaining('\'A\' must be ')]);
});

test('all that is wrong is told in one line, with the descriptions and without the values', () => {
  const schema = {
    API_KEY: { required: true, description: 'the key of\nthe API' }, LIMIT: { kind: 'integer', required: true }, OPTIONAL: { kind: 'url' }, EMPTY: { kind: 'json', required: true }, FINE: { required: true },
  };
  expect(check(schema, { LIMIT: 's3cret', EMPTY: '', FINE: 'x' })).toBe(
    'the environment does not fit its schema: \'API_KEY\' (the key of the API) is required and has no value; \'LIMIT\' must be a whole number; \'EMPTY\' is required and has no value');
});

test('a schema that is none, or has another kind, is told as well', () => {
  expect(environmentViolations('{', {})).toBe('HYBRID_ENVIRONMENT_SCHEMA must be a JSON object of names and rules');
  expect(environmentViolations('{"A":1}', {})).toBe('HYBRID_ENVIRONMENT_SCHEMA must be a JSON object of names and rules');
  expect(environmentViolations('null', {})).toBe('HYBRID_ENVIRONMENT_SCHEMA must be a JSON object of names and rules');
  expect(check({ A: { kind: 'toString' } }, {})).toBe('the environment does not fit its schema: \'A\' has the kind \'toString\', which is none of string, number, integer, boolean, json, url');
});
