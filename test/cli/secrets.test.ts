/** The secrets of functions and containers on the command line; moto's server stands in for AWS, and a shell script for the AWS CLI. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration, Size, Stack } from 'aws-cdk-lib';
import * as batch from 'aws-cdk-lib/aws-batch';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { layerFolder } from './app';
import { bundlePrograms, cdkHybrid, type Run } from './command';
import { notingClient } from './noting-client';
import { lambdaSecrets } from '../../cli/src/secrets';
import { startMoto, type Moto } from '../layers/moto';
import { motoServer } from '../real-parts';
import { addFiles, inDirectory, workspace } from '../workspace';

const moto = motoServer();
const withMoto = moto ? describe : describe.skip;
const directory = workspace();
/** No credentials but those that a test gives; whoever runs the tests may have some. */
const NOBODY = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SESSION_TOKEN: '', AWS_CONTAINER_CREDENTIALS_FULL_URI: '', AWS_PROFILE: '', AWS_REGION: '', AWS_DEFAULT_REGION: '' };

beforeAll(() => {
  bundlePrograms();
  synthesize();
});

function synthesize(): void {
  addFiles(directory, { 'code/index.js': 'exports.handler = async () => process.env;', 'image/Dockerfile': 'FROM scratch\n' });
  const app = new App({ outdir: join(directory, 'cdk.out'), analyticsReporting: false });
  // Neither account nor region, as most apps are.
  const stack = new Stack(app, 'Stack');
  const secret = secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'the-secret');
  const parameter = ssm.StringParameter.fromSecureStringParameterAttributes(stack, 'Parameter', { parameterName: '/the/parameter' });
  const made = new secretsmanager.Secret(stack, 'Made');
  const references = { WHOLE: secret.secretArn, FIELD: `${secret.secretArn}:user::`, PARAMETER: parameter.parameterArn, MADE: made.secretArn };
  const common = {
    runtime: lambda.Runtime.PROVIDED_AL2023,
    architecture: process.arch === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64,
    code: lambda.Code.fromAsset(join(directory, 'code')),
    layers: [new lambda.LayerVersion(stack, 'Runtime', { code: lambda.Code.fromAsset(layerFolder(directory)) })],
    handler: 'index.handler',
    timeout: Duration.seconds(20),
  };
  new lambda.Function(stack, 'Function', { ...common, environment: { HYBRID_SECRETS: stack.toJsonString(references), HYBRID_GRACEFUL_SHUTDOWN: 'true' } });
  const schema = JSON.stringify({ WHOLE: { required: true, description: 'what it is for' } });
  new lambda.Function(stack, 'Checked', { ...common, environment: { HYBRID_SECRETS: stack.toJsonString({ WHOLE: secret.secretArn }), HYBRID_ENVIRONMENT_SCHEMA: schema } });

  const image = ecs.ContainerImage.fromAsset(join(directory, 'image'));
  const secrets = { WHOLE: ecs.Secret.fromSecretsManager(secret), FIELD: ecs.Secret.fromSecretsManager(secret, 'user'), PARAMETER: ecs.Secret.fromSsmParameter(parameter) };
  new ecs.FargateTaskDefinition(stack, 'Task').addContainer('Run', { image, secrets });
  const { fromSecretsManager, fromSsmParameter } = batch.Secret;
  new batch.EcsJobDefinition(stack, 'Job', {
    container: new batch.EcsFargateContainerDefinition(stack, 'Container', {
      image,
      cpu: 0.25,
      memory: Size.mebibytes(512),
      secrets: { WHOLE: fromSecretsManager(secret), FIELD: fromSecretsManager(secret, 'user'), PARAMETER: fromSsmParameter(parameter) },
    }),
  });
  inDirectory(directory, { JSII_DEPRECATED: 'quiet' }, () => app.synth());
}

const run = (args: string[], env: Record<string, string> = {}): Promise<Run> =>
  cdkHybrid(args, { cwd: directory, env: { CDK_HYBRID_CACHE_DIR: join(directory, 'cache'), ...NOBODY, PATH: `${directory}/bin:${process.env.PATH}`, ...env } });

/** What stands for the AWS CLI: it says what it is told, and that it has nothing to say. */
function awsCli(script: string): void {
  addFiles(directory, { 'bin/aws': `#!/bin/sh\n${script}\nexit 255\n` });
  chmodSync(join(directory, 'bin/aws'), 0o755);
}
beforeEach(() => awsCli(''));

/** An engine that keeps the values which a container is given: the client has them in its environment. */
function keepingClient(name: string): { path: string; calls: () => string; values: () => string } {
  const file = join(directory, `${name}.values`);
  const client = notingClient(directory, name, `case $1 in create) echo "$WHOLE|$FIELD|$PARAMETER" > '${file}';; esac`);
  return { ...client, values: () => readFileSync(file, 'utf8') };
}

test('references that the template composes keep what only a deployment knows', () => {
  const made = { Ref: 'Made' };
  const region = { Ref: 'AWS::Region' };
  expect(lambdaSecrets({ 'Fn::Join': ['', ['{"A":"', made, '","B":"arn:aws:ssm:', region, ':1:parameter/x","C":"', made, ':field::"}']] })).toEqual([
    { name: 'A', valueFrom: { 'Fn::Join': ['', [made]] } },
    { name: 'B', valueFrom: { 'Fn::Join': ['', ['arn:aws:ssm:', region, ':1:parameter/x']] } },
    { name: 'C', valueFrom: { 'Fn::Join': ['', [made, ':field::']] } },
  ]);
  expect(lambdaSecrets('{"A":"arn"}')).toEqual([{ name: 'A', valueFrom: { 'Fn::Join': ['', ['arn']] } }]);
  expect(lambdaSecrets(made)).toEqual([{ name: 'HYBRID_SECRETS', valueFrom: made }]);
});

test('what the user gives is used, without AWS and without its CLI', async () => {
  awsCli(`touch '${directory}/asked'`);
  writeFileSync(join(directory, '.env'), 'WHOLE=whole\nFIELD=field\nPARAMETER=parameter\nMADE=made\n');
  const { code, out, err } = await run(['invoke', 'Function', '--from-env-file', '.env']);
  expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ WHOLE: 'whole', FIELD: 'field', PARAMETER: 'parameter', MADE: 'made' })]);
  expect(Object.keys(JSON.parse(out)).filter((name) => name.startsWith('HYBRID_'))).toEqual([]);
  expect(err).not.toContain('secret');
  expect(() => readFileSync(join(directory, 'asked'))).toThrow('ENOENT');
});

test('without credentials a line names what is missing, and how to give it; the function runs', async () => {
  const { code, out, err } = await run(['invoke', 'Function']);
  expect([code, JSON.parse(out)]).toEqual([0, expect.not.objectContaining({ WHOLE: expect.anything() })]);
  const hint = (name: string): string => `write ${name}=... into a file, and name it with --from-env-file`;
  expect(err.split('\n').filter((line) => line.includes('secret')).sort()).toEqual([
    `cdk-hybrid: Stack/Function: the secret MADE is left out: only a deployment knows {"Ref":"Made5D9E9F94"}; ${hint('MADE')}`,
    `cdk-hybrid: Stack/Function: the secrets WHOLE, FIELD, PARAMETER are left out: there are no AWS credentials here to read with; ${hint('WHOLE')}`,
  ].map((line) => expect.stringMatching(new RegExp(`^${line.replace(/[{}.]/g, '\\$&').replace(/Made\w+/, 'Made\\w+')}$`))));
});

test('a schema still says what a handler cannot do without', async () => {
  const { code, out } = await run(['invoke', 'Checked']);
  expect([code, JSON.parse(out)]).toEqual([1, expect.objectContaining({ errorType: 'Runtime.EnvironmentInvalid', errorMessage: expect.stringContaining('WHOLE') })]);
});

withMoto('with credentials of the user', () => {
  let server: Moto;
  let aws: Record<string, string>;

  beforeAll(async () => {
    server = await startMoto(moto!);
    aws = { AWS_ENDPOINT_URL: server.endpoint, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'eu-west-1' };
    await server.call('secretsmanager', 'secretsmanager.CreateSecret', { Name: 'the-secret', SecretString: '{"user":"hush-user"}' });
    await server.call('ssm', 'AmazonSSM.PutParameter', { Name: '/the/parameter', Value: 'hush-parameter', Type: 'SecureString' });
  });
  afterAll(() => server?.stop());

  test('the secrets of a function are read in the account and the region of the user', async () => {
    const { code, out, err } = await run(['invoke', 'Function'], aws);
    expect(err).toMatch(/^cdk-hybrid: Stack\/Function: the secret MADE is left out: /m);
    expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ WHOLE: '{"user":"hush-user"}', FIELD: 'hush-user', PARAMETER: 'hush-parameter' })]);
    expect(err).not.toContain('hush');
  });

  test('what the user gives wins', async () => {
    expect(JSON.parse((await run(['invoke', 'Function', '--env', 'FIELD=mine'], aws)).out)).toMatchObject({ FIELD: 'mine', PARAMETER: 'hush-parameter' });
  });

  test.each(['Task', 'Job'])('those of the container %s are read, and on no command line', async (name) => {
    const { path, calls, values } = keepingClient(name);
    expect(await run(['invoke', name], { ...aws, CDK_DOCKER: path })).toMatchObject({ code: 0, out: '' });
    expect(values()).toBe('{"user":"hush-user"}|hush-user|hush-parameter\n');
    expect(calls()).toMatch(/^create .* --env WHOLE /m);
    expect(calls()).not.toContain('hush');
  });

  test('a profile, or a login, gives them by the AWS CLI, for the secrets alone', async () => {
    awsCli('case "$*" in *export-credentials*) echo \'{"AccessKeyId":"x","SecretAccessKey":"x","SessionToken":"x"}\'; exit 0;; *region*) echo eu-west-1; exit 0;; esac');
    const { out } = await run(['invoke', 'Function'], { AWS_ENDPOINT_URL: server.endpoint });
    expect(JSON.parse(out)).toMatchObject({ FIELD: 'hush-user', PARAMETER: 'hush-parameter' });
    expect(JSON.parse(out).AWS_SECRET_ACCESS_KEY || undefined).toBeUndefined();
  });

  test('one that cannot be read is told with AWS\'s answer; the others are there', async () => {
    const { out, err } = await run(['invoke', 'Function'], { ...aws, AWS_REGION: 'eu-west-3' });
    expect(JSON.parse(out)).not.toHaveProperty('WHOLE');
    expect(err).toMatch(/^cdk-hybrid: Stack\/Function: the secret WHOLE is left out: .*ResourceNotFoundException.*; write WHOLE=/m);
  });

  test('no region at all is told', async () => {
    const { err } = await run(['invoke', 'Task'], { ...aws, AWS_REGION: '', CDK_DOCKER: keepingClient('nowhere').path });
    expect(err).toMatch(/^cdk-hybrid: Stack\/Task: the secrets WHOLE, FIELD, PARAMETER are left out: neither the app nor AWS_REGION says in which region to read; write WHOLE=/m);
  });
});
