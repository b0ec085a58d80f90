import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Compute, CustomRuntimeLayer, EnvironmentKind, HandlerCode, HandlerRuntime, HandlerSecret, HybridFunction, HybridFunctionProps } from '../../src';
import { refusal, SMALL_CODE, SMALL_RUNTIME, withSmallRuntime } from '../small-runtime';
import { unzip } from '../unzip';
import { addFiles, workspace } from '../workspace';

const SECRET_ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf';
const MANAGED = HandlerRuntime.AWS_NODEJS_24;
const PYTHON = HandlerRuntime.managed(lambda.Runtime.PYTHON_3_13);
const WRAPPER = '/opt/cdk-hybrid/exec-wrapper';

type Props = HybridFunctionProps | ((stack: Stack) => HybridFunctionProps);

/** One function with a secret, and what is synthesized of it. */
function synth(props: Props = {}, context: { [name: string]: unknown } = {}) {
  return withSmallRuntime(() => {
    const app = new App({ outdir: workspace(), context });
    const stack = new Stack(app, 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
    const secrets = { API_KEY: HandlerSecret.fromSecretsManager(secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', SECRET_ARN)) };
    const fn = new HybridFunction(stack, 'Hello', { runtime: SMALL_RUNTIME, code: SMALL_CODE, secrets, ...typeof props === 'function' ? props(stack) : props });
    return { app, stack, fn, template: Template.fromStack(stack) };
  });
}

const variables = (template: Template) => Object.values(template.findResources('AWS::Lambda::Function'))[0].Properties.Environment?.Variables;
const layersOf = (template: Template) => (Object.values(template.findResources('AWS::Lambda::Function'))[0].Properties.Layers ?? [])
  .map((layer: { Ref: string }) => template.findResources('AWS::Lambda::LayerVersion')[layer.Ref]);
const READ = { Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'], Effect: 'Allow', Resource: SECRET_ARN };

const ownBootstrap = () => {
  const directory = workspace({ bootstrap: '#!/bin/sh\nexec true\n' });
  chmodSync(join(directory, 'bootstrap'), 0o755);
  return join(directory, 'bootstrap');
};

describe('secrets: our own runtimes', () => {
  test('are told where the values are, and may read them: a reference, never a value', () => {
    const { template } = synth();
    expect(variables(template)).toEqual({ HYBRID_SECRETS: JSON.stringify({ API_KEY: SECRET_ARN }) });
    template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: [READ] } });
    expect(layersOf(template)).toHaveLength(1);
  });

  test('the same as an image', () => {
    const { template } = synth({ compute: Compute.lambdaImage() });
    expect(variables(template)).toEqual({ HYBRID_SECRETS: JSON.stringify({ API_KEY: SECRET_ARN }) });
    template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: [READ] } });
  });

  test('field and versionStage of a secret; parameters and their keys', () => {
    const { template } = synth(stack => ({
      secrets: {
        PASSWORD: HandlerSecret.fromSecretsManager(new secretsmanager.Secret(stack, 'Login'), { field: 'password', versionStage: 'AWSPREVIOUS' }),
        TOKEN: HandlerSecret.fromSsmParameter(ssm.StringParameter.fromSecureStringParameterAttributes(stack, 'Token', {
          parameterName: '/app/token', encryptionKey: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/1'),
        })),
      },
    }));
    expect(variables(template).HYBRID_SECRETS).toEqual({
      'Fn::Join': ['', [
        '{"PASSWORD":"', { Ref: expect.stringMatching(/^Login/) }, ':password:AWSPREVIOUS:","TOKEN":"arn:', { Ref: 'AWS::Partition' }, ':ssm:eu-west-1:111122223333:parameter/app/token"}',
      ]],
    });
    const [{ Properties: { PolicyDocument: { Statement: statements } } }] = Object.values(template.findResources('AWS::IAM::Policy'));
    expect(statements.flatMap(({ Action }: { Action: string | string[] }) => Action))
      .toEqual(expect.arrayContaining(['secretsmanager:GetSecretValue', 'ssm:GetParameters', 'kms:Decrypt']));
  });

  test('field and versionId of a secret; both kinds of version at once are refused', () => {
    const secret = (stack: Stack) => secretsmanager.Secret.fromSecretCompleteArn(stack, 'Login', SECRET_ARN);
    const { template } = synth(stack => ({ secrets: { PASSWORD: HandlerSecret.fromSecretsManager(secret(stack), { field: 'password', versionId: 'v-1' }) } }));
    expect(variables(template)).toEqual({ HYBRID_SECRETS: JSON.stringify({ PASSWORD: `${SECRET_ARN}:password::v-1` }) });
    for (const compute of [Compute.lambdaFunction(), Compute.batchJob()]) {
      expect(refusal(() => synth(stack => ({ compute, secrets: { PASSWORD: HandlerSecret.fromSecretsManager(secret(stack), { versionStage: 'AWSPREVIOUS', versionId: 'v-1' }) } })))).toBe(
        'Stack/Hello: \'secrets.PASSWORD\' must be a secret with versionStage or versionId, not both, got \'AWSPREVIOUS and v-1\'; leave one of the two out [CDK_HYBRID_SECRET_VERSION]');
    }
  });

  test('the function waits for its leave to read, for it may start at once', () => {
    const { template } = synth({ compute: Compute.lambdaFunction({ provisionedConcurrentExecutions: 1 }) });
    template.hasResource('AWS::Lambda::Function', { DependsOn: Match.arrayWith([Match.stringLikeRegexp('^HelloLambdaFunctionPolicy')]) });
  });

  test('a further compute with secrets and a role of its own', () => {
    const { template } = withSmallRuntime(() => {
      const stack = new Stack(new App({ outdir: workspace() }), 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
      const fn = new HybridFunction(stack, 'Hello', { runtime: SMALL_RUNTIME, code: SMALL_CODE });
      const secrets = { API_KEY: HandlerSecret.fromSecretsManager(secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', SECRET_ARN)) };
      const role = new iam.Role(stack, 'Own', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
      fn.addCompute('Other', Compute.lambdaFunction(), { secrets, role });
      return { template: Template.fromStack(stack) };
    });
    template.hasResourceProperties('AWS::IAM::Policy', { Roles: [{ Ref: Match.stringLikeRegexp('^Own') }], PolicyDocument: { Statement: Match.arrayWith([READ]) } });
  });
});

describe('secrets: managed runtimes', () => {
  test('Node.js is started by our wrapper, which a small layer brings', () => {
    const { template } = synth({ runtime: MANAGED });
    expect(variables(template)).toEqual({ HYBRID_SECRETS: JSON.stringify({ API_KEY: SECRET_ARN }), AWS_LAMBDA_EXEC_WRAPPER: WRAPPER });
    const [layer, ...others] = layersOf(template);
    expect(others).toEqual([]);
    expect(layer.Properties).toMatchObject({ CompatibleArchitectures: ['x86_64'], Description: 'Reads the secrets of functions before their runtime starts' });
    expect(layer.Properties.CompatibleRuntimes).toBeUndefined();
  });

  test('the layer has the wrapper', () => {
    const { app, template } = synth({ runtime: MANAGED });
    const [layer] = layersOf(template);
    const opt = unzip(join(app.synth().directory, `asset.${layer.Properties.Content.S3Key}`));
    expect(statSync(join(opt, 'cdk-hybrid/exec-wrapper')).mode.toString(8)).toBe('100755');
  });

  test('functions of one stack share it', () => {
    const { template } = synth(stack => {
      const secret = HandlerSecret.fromSsmParameter(ssm.StringParameter.fromStringParameterName(stack, 'Parameter', '/app/key'));
      new HybridFunction(stack, 'Other', { runtime: HandlerRuntime.AWS_NODEJS_22, code: SMALL_CODE, secrets: { KEY: secret } });
      return { runtime: MANAGED };
    });
    template.resourceCountIs('AWS::Lambda::LayerVersion', 1);
  });

  test('other languages get a Node.js along', () => {
    const { template } = synth({ runtime: PYTHON, handler: 'app.handler' }, { 'aws:cdk:bundling-stacks': [] });
    expect(variables(template).AWS_LAMBDA_EXEC_WRAPPER).toBe(WRAPPER);
    expect(layersOf(template)[0].Properties.Description).toMatch(/^Node\.js 24/);
  });

  test('those that could not run it are refused', () => {
    expect(refusal(() => synth({ runtime: HandlerRuntime.managed(lambda.Runtime.PYTHON_3_11), handler: 'app.handler' }))).toBe(
      'Stack/Hello: \'secrets\' must be left out there, for nobody could read them, got \'API_KEY with the runtime python3.11\'; '
      + 'use nodejs18, python3.12, java21, dotnet8, ruby3.3 or later, or read the secrets in the handler [CDK_HYBRID_SECRETS_UNSUPPORTED]');
  });

  test('a wrapper of the user\'s own is in the way', () => {
    expect(refusal(() => synth({ runtime: MANAGED, environment: { AWS_LAMBDA_EXEC_WRAPPER: '/opt/otel-handler' } }))).toContain(
      'got \'API_KEY with AWS_LAMBDA_EXEC_WRAPPER=/opt/otel-handler in environment, of which Lambda takes one only\'; leave AWS_LAMBDA_EXEC_WRAPPER out');
  });

  test('without secrets they are left alone', () => {
    const { template } = synth({ runtime: MANAGED, secrets: {}, environment: { AWS_LAMBDA_EXEC_WRAPPER: '/opt/otel-handler' } });
    expect(variables(template)).toEqual({ AWS_LAMBDA_EXEC_WRAPPER: '/opt/otel-handler' });
    template.resourceCountIs('AWS::Lambda::LayerVersion', 0);
  });
});

describe('secrets: a foreign bootstrap', () => {
  test('a layer over theirs reads the secrets, and starts a copy of it', () => {
    const { app, template } = synth(stack => ({
      runtime: HandlerRuntime.custom(new CustomRuntimeLayer(stack, 'Layer', { engine: SMALL_RUNTIME._parts.engine, bootstrap: ownBootstrap() }).layerVersion),
    }));
    const [theirs, ours] = layersOf(template);
    expect(theirs.Properties.Description).toContain('with the bootstrap of the app');
    expect(ours.Properties.CompatibleRuntimes).toEqual(['provided.al2023']);
    const opt = unzip(join(app.synth().directory, `asset.${ours.Properties.Content.S3Key}`));
    const read = (path: string) => readFileSync(join(opt, path), 'utf8');
    expect(read('own-bootstrap')).toBe('#!/bin/sh\nexec true\n');
    expect(read('bootstrap')).toContain('own-bootstrap');
  });

  test('a layer of the user\'s own Dockerfile likewise', () => {
    const path = workspace({ Dockerfile: 'FROM scratch\n' });
    const { template } = synth(stack => ({ runtime: HandlerRuntime.custom(CustomRuntimeLayer.fromDockerBuild(stack, 'Layer', { path }).layerVersion) }), { 'aws:cdk:bundling-stacks': [] });
    expect(layersOf(template)).toHaveLength(2);
  });

  test('a layer with our bootstrap needs none over it', () => {
    const { template } = synth(stack => ({ runtime: HandlerRuntime.custom(new CustomRuntimeLayer(stack, 'Layer', { engine: SMALL_RUNTIME._parts.engine }).layerVersion) }));
    expect(layersOf(template)).toHaveLength(1);
    expect(variables(template)).toHaveProperty('HYBRID_SECRETS');
  });

  test('what is not known is refused', () => {
    const foreign = (stack: Stack) => ({ runtime: HandlerRuntime.custom(lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', 'arn:aws:lambda:eu-west-1:111122223333:layer:own:1')) });
    expect(refusal(() => synth(foreign))).toContain('got \'API_KEY with the runtime custom, whose bootstrap is not known\'; make the layer with CustomRuntimeLayer');
    const directory = workspace();
    addFiles(directory, { 'bootstrap': '', 'index.js': '' });
    expect(refusal(() => synth({ code: HandlerCode.fromDirectory(directory) }))).toContain('got \'API_KEY with code with a bootstrap of its own');
    expect(refusal(() => synth({ runtime: HandlerRuntime.managed(lambda.Runtime.PROVIDED_AL2023) }))).toContain('SECRETS_UNSUPPORTED');
  });
});

describe('secrets: containers of one\'s own', () => {
  const container = (host: boolean) => ({ runtime: HandlerRuntime.container({ dockerfile: 'Dockerfile', host }), code: undefined, compute: Compute.lambdaImage() });

  test('with our host have their secrets', () => {
    expect(variables(synth(container(true), { 'aws:cdk:bundling-stacks': [] }).template)).toMatchObject({ HYBRID_SECRETS: JSON.stringify({ API_KEY: SECRET_ARN }) });
  });

  test('without it nobody could read them', () => {
    expect(refusal(() => synth(container(false)))).toContain('got \'API_KEY with a container without our host\'; set host: true and start the program by /opt/cdk-hybrid/entrypoint');
  });
});

describe('environmentSchema: a schema beside them', () => {
  const environmentSchema = { API_KEY: { description: 'of the shop' }, PORT_OF_SHOP: { kind: EnvironmentKind.INTEGER, defaultValue: '443' } };
  const SCHEMA = JSON.stringify({ API_KEY: { required: true, kind: 'string', description: 'of the shop' } });

  test('is checked when the function starts, as far as only the deployment knows', () => {
    expect(variables(synth({ environmentSchema }).template)).toMatchObject({ PORT_OF_SHOP: '443', HYBRID_ENVIRONMENT_SCHEMA: SCHEMA });
    expect(variables(synth({ environmentSchema, runtime: MANAGED }).template))
      .toMatchObject({ HYBRID_ENVIRONMENT_SCHEMA: SCHEMA, AWS_LAMBDA_EXEC_WRAPPER: WRAPPER });
  });

  test('nothing is told when synth has checked it all', () => {
    expect(variables(synth({ secrets: {}, environmentSchema: { NAME: { defaultValue: 'x' } } }).template)).toEqual({ NAME: 'x' });
  });

  test('a runtime that cannot check gets a warning', () => {
    const { stack, template } = synth(scope => ({
      runtime: HandlerRuntime.custom(lambda.LayerVersion.fromLayerVersionArn(scope, 'Layer', 'arn:aws:lambda:eu-west-1:111122223333:layer:own:1')),
      secrets: {},
      environment: { STACK: scope.stackId },
      environmentSchema: { STACK: {} },
    }));
    Annotations.fromStack(stack).hasWarning('/Stack/Hello', Match.stringLikeRegexp('environmentSchema: what the deployment gives STACK is not checked.*cdk-hybrid:HybridFunction.schemaAtStart'));
    expect(Object.keys(variables(template))).toEqual(['STACK']);
  });
});
