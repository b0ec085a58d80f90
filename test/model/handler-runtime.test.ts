import { App, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Engine, HandlerRuntime } from '../../src';
import { workspace } from '../workspace';

test('runtimes are values: made of the same parts they are equal', () => {
  expect(HandlerRuntime.nodejs(Engine.NODEJS_24).equalTo(HandlerRuntime.NODEJS_24)).toBe(true);
  expect(HandlerRuntime.NODEJS_24.equalTo(HandlerRuntime.NODEJS_22)).toBe(false);
  expect(HandlerRuntime.NODEJS_24.equalTo(HandlerRuntime.AWS_NODEJS_24)).toBe(false);
  expect(HandlerRuntime.managed(lambda.Runtime.NODEJS_24_X).equalTo(HandlerRuntime.AWS_NODEJS_24)).toBe(true);
  expect(HandlerRuntime.NODEJS_24.extend({ baseImage: 'debian' }).equalTo(HandlerRuntime.NODEJS_24.extend({ baseImage: 'debian' }))).toBe(true);
  expect(HandlerRuntime.NODEJS_24.extend({ baseImage: 'debian' }).equalTo(HandlerRuntime.NODEJS_24)).toBe(false);
  expect(HandlerRuntime.container({ dockerfile: 'a' }).equalTo(HandlerRuntime.container({ dockerfile: 'a' }))).toBe(true);
  expect(HandlerRuntime.container({ dockerfile: 'a' }).equalTo(HandlerRuntime.container({ dockerfile: 'a', host: true }))).toBe(false);
  const stack = new Stack(new App({ outdir: workspace() }), 'Stack');
  const [one, two] = ['one', 'two'].map(id => lambda.LayerVersion.fromLayerVersionArn(stack, id, `arn:aws:lambda:eu-west-1:111122223333:layer:${id}:1`));
  expect(HandlerRuntime.custom(one).equalTo(HandlerRuntime.custom(one))).toBe(true);
  expect(HandlerRuntime.custom(one).equalTo(HandlerRuntime.custom(two))).toBe(false);
});

test('engines of the same version with other checksums make other runtimes', () => {
  const other = Engine.nodejs(Engine.NODEJS_24.version, { sha512X86: `sha512-${'A'.repeat(86)}==` });
  expect(HandlerRuntime.nodejs(other).equalTo(HandlerRuntime.NODEJS_24)).toBe(false);
});

test('to extend a runtime makes a new one', () => {
  const before = HandlerRuntime.NODEJS_24;
  const extended = before.extend({ instructions: ['RUN true'] });
  expect([before.name, extended.name, extended.extend({}).name]).toEqual(['nodejs-24.21.0', 'nodejs-24.21.0-extended', 'nodejs-24.21.0-extended']);
  expect(before._parts.extensions).toBeUndefined();
});
