import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { onLambda, only } from './deliveries';
import { Compute, ICompute, Trigger } from '../../src';
import { onEcs } from '../computes/ecs';
import { refusal } from '../small-runtime';

const withUrl = (options?: lambda.FunctionUrlOptions, compute?: ICompute) => onLambda(() => Trigger.functionUrl(options), compute);
const url = (...given: Parameters<typeof withUrl>) => only(withUrl(...given), 'AWS::Lambda::Url');

test('authType: callers need leave by IAM unless everybody may call', () => {
  expect(url()).toMatchObject({ AuthType: 'AWS_IAM', TargetFunctionArn: { 'Fn::GetAtt': [expect.stringMatching(/^HandlerFunction/), 'Arn'] } });
  expect(url({ authType: lambda.FunctionUrlAuthType.NONE }).AuthType).toBe('NONE');
});

test('cors', () => {
  expect(url({ cors: { allowedOrigins: ['https://example.com'], allowedMethods: [lambda.HttpMethod.GET], maxAge: Duration.hours(1) } }).Cors)
    .toEqual({ AllowOrigins: ['https://example.com'], AllowMethods: ['GET'], MaxAge: 3600 });
});

test('invokeMode: responses are streamed', () => {
  expect(url({ invokeMode: lambda.InvokeMode.RESPONSE_STREAM }).InvokeMode).toBe('RESPONSE_STREAM');
});

test('with provisioned concurrency it is the address of the alias', () => {
  expect(url({}, Compute.lambdaFunction({ provisionedConcurrentExecutions: 1 }))).toMatchObject({ Qualifier: 'live' });
});

test('an image has one as well', () => {
  const { template } = onEcs('lambdaImage' as 'service', {}, {}, fn => fn.addTrigger(Trigger.functionUrl()));
  expect(only(template, 'AWS::Lambda::Url')).toMatchObject({ AuthType: 'AWS_IAM' });
});

test('it is what the option of the compute makes: a change from one to the other keeps the address', () => {
  const ids = (template: ReturnType<typeof onLambda>) => Object.keys(template.findResources('AWS::Lambda::Url'));
  const byOption = onLambda(() => Trigger.of({ bind: () => {} }), Compute.lambdaFunction({ functionUrl: {} }));
  expect(ids(withUrl())).toEqual(ids(byOption));
  expect(url()).toEqual(only(byOption, 'AWS::Lambda::Url'));
});

test('not beside the option of the compute, and not twice', () => {
  expect(refusal(() => withUrl({}, Compute.lambdaFunction({ functionUrl: {} })))).toBe(
    "Stack/Handler/FunctionUrl: 'addTrigger' must be left out when functionUrl of the compute is given, got 'Trigger.functionUrl()'; leave one of the two out [CDK_HYBRID_LAMBDA_OPTION_CONFLICT]");
  expect(refusal(() => onEcs('lambdaImage' as 'service', {}, {}, fn => {
    fn.addTrigger(Trigger.functionUrl());
    fn.addTrigger(Trigger.functionUrl());
  }))).toMatch(/TRIGGER_TWICE\]$/);
});

test('the address can be had', () => {
  onLambda(() => Trigger.functionUrl(), undefined, ({ functionUrl }, stack) => {
    expect(stack.resolve(functionUrl!.url)).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^HandlerFunctionFunctionUrl/), 'FunctionUrl'] });
  });
});

test.each(['service', 'process', 'task'] as const)('on Compute.%s() it is refused', kind => {
  expect(refusal(() => onEcs(kind, {}, {}, fn => fn.addTrigger(Trigger.functionUrl()))))
    .toContain(`got 'Trigger.functionUrl() on Compute.${kind}()'; only a Lambda function has an address of its own; use Compute.lambdaFunction() or Compute.lambdaImage()`);
});

test('on a compute of one\'s own that is no Lambda function it is refused', () => {
  expect(refusal(() => withUrl({}, { computeName: 'own', servicePrincipals: ['lambda.amazonaws.com'], bind: () => ({}) })))
    .toMatch(/got 'Trigger.functionUrl\(\) on own'; use a compute that is a Lambda function \[CDK_HYBRID_TRIGGER_UNSUPPORTED\]$/);
});
