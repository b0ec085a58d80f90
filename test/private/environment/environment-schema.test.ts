import { Stack } from 'aws-cdk-lib';
import { EnvironmentKind, EnvironmentRule } from '../../../src';
import { applySchema } from '../../../src/private/environment/environment-schema';

const stack = new Stack();
const token = stack.region;

const check = (schema: { [name: string]: EnvironmentRule }, environment: { [name: string]: string }, secrets: string[] = []) =>
  applySchema(stack, schema, environment, secrets);

test('without a schema the environment is let through', () => {
  expect(applySchema(stack, undefined, { ANY: 'thing' }, ['KEY'])).toEqual({ environment: { ANY: 'thing' } });
});

test('a value that is known is checked at synth, and nothing is left for the start', () => {
  expect(check({ LIMIT: { kind: EnvironmentKind.INTEGER } }, { LIMIT: '10' })).toEqual({ environment: { LIMIT: '10' }, environmentSchema: undefined });
});

test('default (defaultValue): it stands where nobody gives a value, and must be of its own kind', () => {
  expect(check({ LIMIT: { defaultValue: '10' } }, {}).environment).toEqual({ LIMIT: '10' });
  expect(check({ LIMIT: { defaultValue: '10' } }, { LIMIT: '20' }).environment).toEqual({ LIMIT: '20' });
  expect(() => check({ LIMIT: { defaultValue: 'ten', kind: EnvironmentKind.NUMBER } }, {})).toThrow("'environment.LIMIT' must be of the kind 'number', got 'ten'");
});

test('tokens and secrets are checked when the handler starts', () => {
  const rules = { REGION: { kind: EnvironmentKind.STRING }, KEY: { description: 'of the shop' } };
  expect(check(rules, { REGION: token }, ['KEY'])).toEqual({
    environment: { REGION: token },
    environmentSchema: { REGION: { required: true, kind: 'string' }, KEY: { required: true, kind: 'string', description: 'of the shop' } },
  });
});

test('required: a variable without a value is refused with what it is for', () => {
  expect(() => check({ TABLE: { description: 'where orders go' } }, {})).toThrow("'environment.TABLE' must be given (where orders go), got undefined");
  expect(check({ TABLE: { required: false } }, {}).environment).toEqual({});
});

test('a variable or secret that the schema does not name is refused, also when it is named like a member of objects', () => {
  expect(() => check({ TABLE: {} }, { TABLE: 'a', TABEL: 'b' })).toThrow("'environment' must be names that environmentSchema has (TABLE), got 'TABEL'");
  expect(() => check({ TABLE: {} }, { TABLE: 'a' }, ['KEY'])).toThrow("got 'KEY'");
  expect(() => check({}, { constructor: 'x' })).toThrow("got 'constructor'");
});

test.each([
  [EnvironmentKind.NUMBER, ['0', '-1.5', '+2', '1e3', '.5', '7.'], ['', 'NaN', '0x10', '1,5', '1 ', 'Infinity', '.']],
  [EnvironmentKind.INTEGER, ['0', '-12', '+3'], ['', '1.0', '1e3', 'x']],
  [EnvironmentKind.BOOLEAN, ['true', 'false'], ['', 'True', '1', 'yes']],
  [EnvironmentKind.JSON, ['{}', '[1]', 'null', '"a"'], ['', '{', 'undefined']],
  [EnvironmentKind.URL, ['https://example.com/a?b', 'redis://cache:6379'], ['', 'example.com', '/path']],
  [EnvironmentKind.STRING, ['', 'anything'], []],
])('of the kind %s', (kind, accepted, refused) => {
  for (const value of accepted) { expect(check({ VALUE: { kind } }, { VALUE: value }).environment).toEqual({ VALUE: value }); }
  for (const value of refused) { expect(() => check({ VALUE: { kind } }, { VALUE: value })).toThrow(`of the kind '${kind}', got '${value}'`); }
});
