import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ManagedKafkaEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { onLambda, only } from './deliveries';
import { Compute, Trigger } from '../../src';
import { onEcs } from '../computes/ecs';
import { refusal } from '../small-runtime';

const kafka = () => new ManagedKafkaEventSource({
  clusterArn: 'arn:aws:kafka:eu-west-1:111122223333:cluster/c/1', topic: 'orders', startingPosition: lambda.StartingPosition.LATEST,
});

test('an event source of the CDK is bound to the function', () => {
  const template = onLambda(() => Trigger.of(kafka()));
  expect(only(template, 'AWS::Lambda::EventSourceMapping')).toMatchObject({ Topics: ['orders'], StartingPosition: 'LATEST', FunctionName: { Ref: expect.stringMatching(/^HandlerFunction/) } });
});

test('one of one\'s own gets the function, or its alias', () => {
  const bound: lambda.IFunction[] = [];
  onLambda(() => Trigger.of({ bind: target => bound.push(target) }));
  onLambda(() => Trigger.of({ bind: target => bound.push(target) }), Compute.lambdaFunction({ provisionedConcurrentExecutions: 1 }));
  expect(bound.map(({ node }) => node.path)).toEqual(['Stack/Handler/Function', 'Stack/Handler/Alias']);
});

test('id: a further one', () => {
  const add = (id?: string) => onEcs('lambdaImage' as 'service', {}, {}, fn => {
    fn.addTrigger(Trigger.of(kafka()));
    fn.addTrigger(Trigger.of({ bind: () => {} }, { id }));
  });
  expect(() => add('Other')).not.toThrow();
  expect(refusal(() => add())).toMatch(/got 'EventSource'; set id of the trigger \[CDK_HYBRID_TRIGGER_TWICE\]$/);
});

test.each(['service', 'process', 'task'] as const)('on Compute.%s() it is refused', kind => {
  expect(refusal(() => onEcs(kind, {}, {}, fn => fn.addTrigger(Trigger.of(kafka())))))
    .toContain(`got 'Trigger.of() on Compute.${kind}()'; an IEventSource of the AWS CDK is bound to a Lambda function; use Compute.lambdaFunction() or Compute.lambdaImage()`);
});

test('on a compute of one\'s own that is no Lambda function it is refused', () => {
  const own = { computeName: 'own', servicePrincipals: ['lambda.amazonaws.com'], bind: () => ({}) };
  expect(refusal(() => onLambda((_stack: Stack) => Trigger.of(kafka()), own))).toMatch(/use a compute that is a Lambda function \[CDK_HYBRID_TRIGGER_UNSUPPORTED\]$/);
});
