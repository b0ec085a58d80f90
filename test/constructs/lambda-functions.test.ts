/** The stand-alone constructs: a compute and a function in one. */
import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { HandlerImage, HandlerRuntime, HybridFunction, ImageFunction, LayerFunction } from '../../src';
import { refusal, SMALL_CODE, SMALL_RUNTIME, synthesized } from '../small-runtime';

const OPTIONS = { code: SMALL_CODE, runtime: SMALL_RUNTIME, timeout: Duration.minutes(1), environment: { TABLE: 't' } };

test('a LayerFunction takes the options of functions and of Compute.lambdaFunction() alike', () => {
  synthesized(stack => {
    new LayerFunction(stack, 'Hello', { ...OPTIONS, memorySize: 512, tracing: lambda.Tracing.ACTIVE, functionUrl: {} });
  }).hasResourceProperties('AWS::Lambda::Function', {
    Runtime: 'provided.al2023', Timeout: 60, MemorySize: 512, TracingConfig: { Mode: 'Active' }, Environment: { Variables: { TABLE: 't' } },
  });
});

test('an ImageFunction likewise, with an image of its own or a given one', () => {
  const expected = { PackageType: 'Image', MemorySize: 512, ImageConfig: { Command: ['users.list'] } };
  synthesized(stack => {
    new ImageFunction(stack, 'Hello', { ...OPTIONS, handler: 'users.list', memorySize: 512 });
  }).hasResourceProperties('AWS::Lambda::Function', expected);
  synthesized(stack => {
    const image = new HandlerImage(stack, 'Image', { code: SMALL_CODE, runtime: SMALL_RUNTIME, handler: 'users.list' });
    new ImageFunction(stack, 'Hello', { image, memorySize: 512 });
  }).hasResourceProperties('AWS::Lambda::Function', { ...expected, Environment: Match.absent() });
});

test('both are functions whose construct ids are those of the swap', () => {
  const ids = (make: (stack: Stack) => HybridFunction): string[] => {
    let template!: Template;
    template = synthesized(stack => { make(stack); });
    return Object.keys(template.toJSON().Resources).filter(id => id.startsWith('Hello')).sort();
  };
  const asFunction = ids(stack => new HybridFunction(stack, 'Hello', OPTIONS));
  expect(ids(stack => new LayerFunction(stack, 'Hello', OPTIONS))).toEqual(asFunction);
  expect(ids(stack => new ImageFunction(stack, 'Hello', OPTIONS))).toEqual(asFunction);
});

test('what a function lacks is refused as ever', () => {
  expect(refusal(() => synthesized(stack => { new LayerFunction(stack, 'Hello'); }))).toContain('Stack/Hello: \'code\' must be');
  expect(refusal(() => synthesized(stack => { new ImageFunction(stack, 'Hello', { ...OPTIONS, runtime: HandlerRuntime.AWS_NODEJS_24 }); })))
    .toContain('CDK_HYBRID_RUNTIME_NOT_FOR_IMAGES');
});
