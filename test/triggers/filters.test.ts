import { Stack, Token } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { onLambda, onService, only, toldQueues } from './deliveries';
import { mapping } from './streams';
import { FILTER_OPERATORS as OF_THE_HOST, parseFilters } from '../../layers/runtime/sources/queue/filter';
import { Trigger } from '../../src';
import { faultOf, FILTER_OPERATORS } from '../../src/private/queues/filter-patterns';
import { refusal } from '../small-runtime';

type Filters = { [key: string]: any }[];
const queue = (filters: Filters) => (stack: Stack) => Trigger.queue(new sqs.Queue(stack, 'Orders'), { filters });
const table = (filters: Filters) => (stack: Stack) => Trigger.tableStream(new dynamodb.Table(stack, 'Orders', {
  partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, stream: dynamodb.StreamViewType.NEW_IMAGE,
}), { filters });

describe.each([['a Lambda function', onLambda], ['a service', onService]] as const)('on %s', (_name, make) => {
  describe.each([['a queue', queue], ['a stream', table]] as const)('filters of %s', (_what, trigger) => {
    test('that are not made by FilterCriteria.filter() are refused: nothing would be filtered', () => {
      expect(refusal(() => make(trigger([{ body: { a: [1] } }])))).toMatch(
        /Orders: 'filters' must be patterns made by FilterCriteria.filter\(\), got '\{"body":\{"a":\[1\]\}\}'; make it by FilterCriteria.filter\(\), .*\[CDK_HYBRID_FILTER_PATTERN\]$/);
    });

    test('with an operator that AWS Lambda does not have are refused', () => {
      expect(refusal(() => make(trigger([lambda.FilterCriteria.filter({ body: { a: [{ wildcard: 'x*' }] } })])))).toContain(
        "Orders: 'filters' must be patterns of fields with lists of rules: values, exists, prefix, suffix, equals-ignore-case, anything-but, numeric, got 'body.a: {\"wildcard\":\"x*\"}'; ");
    });
  });

  test('rules of the CDK are all let through, and values that are known at deployment only', () => {
    const { FilterRule } = lambda;
    const stage = Token.asString({ Ref: 'AWS::StackName' });
    const body = {
      a: FilterRule.null(),
      b: FilterRule.empty(),
      c: FilterRule.isEqual(1),
      d: FilterRule.isEqual('x'),
      e: FilterRule.or('x', 'y'),
      f: FilterRule.notEquals('x'),
      g: FilterRule.between(1, 2),
      h: FilterRule.exists(),
      i: FilterRule.notExists(),
      j: FilterRule.beginsWith('x'),
      k: FilterRule.isEqual(stage),
    };
    expect(mapping(onLambda(table([lambda.FilterCriteria.filter({ body }), { pattern: stage }]))).FilterCriteria.Filters).toEqual([
      { Pattern: { 'Fn::Join': ['', [expect.stringContaining('"a":[null]'), { Ref: 'AWS::StackName' }, '"]}}']] } }, { Pattern: { Ref: 'AWS::StackName' } },
    ]);
  });
});

test('a service is told the patterns of its queue', () => {
  expect(toldQueues(onService(queue([lambda.FilterCriteria.filter({ body: { a: [1] } })])))).toEqual([expect.objectContaining({ filters: ['{"body":{"a":[1]}}'] })]);
  expect(only(onLambda(queue([lambda.FilterCriteria.filter({ body: { a: [1] } })])), 'AWS::Lambda::EventSourceMapping').FilterCriteria).toEqual({ Filters: [{ Pattern: '{"body":{"a":[1]}}' }] });
});

describe('the constructs and the host of a service have the same patterns', () => {
  test('operators', () => expect(FILTER_OPERATORS).toEqual(OF_THE_HOST));

  const operands = [undefined, null, true, 1, 'x', '=', [], ['x'], [1], ['x', 1], [true], ['=', 1], ['=', '1'], ['!', 1], ['>', 1, '<', 2], ['>', 1, '<'], {}, { 'equals-ignore-case': 'x' },
    { 'equals-ignore-case': 1 }, { prefix: 'x' }, { 'equals-ignore-case': 'x', 'prefix': 'x' }];
  const rules = [...operands, ...[...FILTER_OPERATORS, 'wildcard', 'cidr', 'constructor'].flatMap(operator => operands.map(operand => ({ [operator]: operand })))];
  const leaves = rules.map(rule => ({ body: { a: [rule] } }));
  const shapes = [{}, { body: {} }, { body: [] }, { body: 'x' }, { body: null }, { body: { a: 1 } }, { body: ['x'], awsRegion: ['y'] }, { body: { a: { b: ['x'] } } }, { body: { a: { b: 'x' } } },
    { $or: [{ a: ['x'] }, { b: ['x'] }] }, { $or: [{ a: ['x'] }] }, { $or: [{ a: ['x'] }, {}] }, { $or: [{ a: ['x'] }, 'x'] }, { $or: {} }, { body: { $or: [{ a: ['x'] }, { b: ['x', 'y'] }] } },
    [], 'x', 1, null];
  const texts = [...[...leaves, ...shapes].map(pattern => JSON.stringify(pattern)), '', '{', '{"a":[1]'];

  function isTakenByHost(text: string): boolean {
    try {
      parseFilters([text]);
      return true;
    } catch {
      return false;
    }
  }

  test('and take the same texts', () => {
    expect(texts.filter(text => (faultOf(text) === undefined) !== isTakenByHost(text))).toEqual([]);
    expect(texts.filter(isTakenByHost).length).toBeGreaterThan(20);
  });
});
