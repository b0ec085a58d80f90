import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { arnOf, onLambda, only } from './deliveries';
import { Compute, HybridFunction, ICompute, Trigger, UserPoolTriggerProps } from '../../src';
import { onEcs } from '../computes/ecs';
import { refusal, SMALL_CODE, SMALL_RUNTIME, withSmallRuntime } from '../small-runtime';
import { workspace } from '../workspace';

const { PRE_SIGN_UP, POST_CONFIRMATION, PRE_TOKEN_GENERATION_CONFIG, CUSTOM_EMAIL_SENDER } = cognito.UserPoolOperation;
type MakePool = (stack: Stack) => cognito.IUserPool;
const pool: MakePool = stack => new cognito.UserPool(stack, 'Members');
const imported: MakePool = stack => cognito.UserPool.fromUserPoolId(stack, 'Members', 'eu-west-1_abc');
const withPool = (props: UserPoolTriggerProps, make = pool, compute?: ICompute) => onLambda(stack => Trigger.userPool(make(stack), props), compute);
const config = (...given: Parameters<typeof withPool>) => only(withPool(...given), 'AWS::Cognito::UserPool').LambdaConfig;

test('operations: the user pool calls the handler at each, and no other pool may', () => {
  const template = withPool({ operations: [PRE_SIGN_UP, POST_CONFIRMATION] });
  expect(only(template, 'AWS::Cognito::UserPool').LambdaConfig).toEqual({ PreSignUp: arnOf('HandlerFunction'), PostConfirmation: arnOf('HandlerFunction') });
  const permissions = Object.values(template.findResources('AWS::Lambda::Permission')).map(({ Properties }) => Properties);
  expect(permissions).toHaveLength(2);
  for (const permission of permissions) { expect(permission).toMatchObject({ Principal: 'cognito-idp.amazonaws.com', SourceArn: arnOf('Members') }); }
});

test('lambdaVersion: the event of the token operation, beside other operations', () => {
  expect(config({ operations: [PRE_TOKEN_GENERATION_CONFIG, PRE_SIGN_UP], lambdaVersion: cognito.LambdaVersion.V2_0 }))
    .toEqual({ PreTokenGenerationConfig: { LambdaArn: arnOf('HandlerFunction'), LambdaVersion: 'V2_0' }, PreSignUp: arnOf('HandlerFunction') });
  expect(config({ operations: [cognito.UserPoolOperation.of('preTokenGenerationConfig')], lambdaVersion: cognito.LambdaVersion.V3_0 }).PreTokenGenerationConfig.LambdaVersion).toBe('V3_0');
  expect(config({ operations: [PRE_TOKEN_GENERATION_CONFIG] }).PreTokenGenerationConfig.LambdaVersion).toBe('V1_0');
});

test('id: two triggers with one user pool', () => {
  const template = onEcs('lambdaImage' as 'service', {}, {}, (fn, stack) => {
    const members = pool(stack);
    fn.addTrigger(Trigger.userPool(members, { operations: [PRE_SIGN_UP] }));
    expect(refusal(() => fn.addTrigger(Trigger.userPool(members, { operations: [POST_CONFIRMATION] })))).toMatch(/got 'UserPoolMembers'; set id of the trigger/);
    fn.addTrigger(Trigger.userPool(members, { operations: [POST_CONFIRMATION], id: 'Confirmed' }));
  }).template;
  expect(only(template, 'AWS::Cognito::UserPool').LambdaConfig).toEqual({ PreSignUp: arnOf('ApiFunction'), PostConfirmation: arnOf('ApiFunction') });
});

test('a sender of messages has the key of its user pool', () => {
  const withKey: MakePool = stack => new cognito.UserPool(stack, 'Members', { customSenderKmsKey: new kms.Key(stack, 'Key') });
  expect(config({ operations: [CUSTOM_EMAIL_SENDER] }, withKey).CustomEmailSender).toEqual({ LambdaArn: arnOf('HandlerFunction'), LambdaVersion: 'V1_0' });
});

test('with provisioned concurrency it calls the alias', () => {
  expect(config({ operations: [PRE_SIGN_UP] }, pool, Compute.lambdaFunction({ provisionedConcurrentExecutions: 1 })).PreSignUp).toEqual({ Ref: expect.stringMatching(/Alias/) });
});

describe.each(['the stack of the function', 'another stack'])('a user pool of %s', place => {
  const withFunction = (more: (fn: HybridFunction, members: cognito.UserPool) => void) => withSmallRuntime(() => {
    const app = new App({ outdir: workspace() });
    const [shop, other] = ['Shop', 'Other'].map(id => new Stack(app, id));
    const home = place === 'another stack' ? other : shop;
    const members = new cognito.UserPool(home, 'Members');
    const fn = new HybridFunction(shop, 'Orders', { runtime: SMALL_RUNTIME, code: SMALL_CODE, compute: Compute.lambdaFunction() });
    fn.addTrigger(Trigger.userPool(members, { operations: [PRE_SIGN_UP] }));
    more(fn, members);
    app.synth();
    return Template.fromStack(home);
  });

  test.each<[string, (fn: HybridFunction, members: cognito.UserPool) => void, string]>([
    ['its role', (fn, members) => members.grant(fn, 'cognito-idp:AdminGetUser'), 'Shop/Orders/Role/DefaultPolicy/Resource'],
    ['its environment', (fn, members) => fn.lambdaFunction!.addEnvironment('POOL', members.userPoolId), 'Shop/Orders/Function/Resource'],
  ])('cannot be named by %s', (_what, more, naming) => {
    expect(refusal(() => withFunction(more))).toMatch(new RegExp(
      `^Shop/Orders/UserPoolMembers: 'userPool' must be a user pool that ${naming} does not name, .*; take userPoolId from the event, .*CDK_HYBRID_USER_POOL_CIRCLE\\]$`));
  });

  test('can be used by leave of its own, as the error says', () => {
    withFunction(({ role }, members) => new iam.Policy(Stack.of(members), 'OfMembers', {
      roles: [role],
      statements: [new iam.PolicyStatement({ actions: ['cognito-idp:AdminGetUser'], resources: [members.userPoolArn] })],
    })).hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: [{ Action: 'cognito-idp:AdminGetUser', Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Members'), 'Arn'] } }] } });
  });
});

describe('is refused', () => {
  test('with an imported user pool', () => {
    expect(refusal(() => withPool({ operations: [PRE_SIGN_UP] }, imported))).toBe(
      "Stack/Handler/UserPoolMembers: 'userPool' must be a user pool of this app: the functions of an imported one cannot be changed, got 'Stack/Members'; "
      + 'give the UserPool of this app, or name the function in the lambda triggers of the user pool where that is made [CDK_HYBRID_USER_POOL_IMPORTED]');
  });

  test.each<[string, UserPoolTriggerProps, string]>([
    ['without an operation', { operations: [] }, "'operations' must be at least one operation, got 'none'"],
    ['with a version and no operation that has versions', { operations: [PRE_SIGN_UP], lambdaVersion: cognito.LambdaVersion.V2_0 }, "'lambdaVersion' must be left out without UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG, got 'V2_0'"],
  ])('%s', (_what, props, message) => {
    expect(refusal(() => withPool(props))).toMatch(/CDK_HYBRID_USER_POOL_OPERATION\]$/);
    expect(refusal(() => withPool(props))).toContain(message);
  });

  test.each(['service', 'process', 'task'] as const)('on Compute.%s()', kind => {
    expect(refusal(() => onEcs(kind, {}, {}, (fn, stack) => fn.addTrigger(Trigger.userPool(pool(stack), { operations: [PRE_SIGN_UP] })))))
      .toContain(`got 'Trigger.userPool() on Compute.${kind}()'; Amazon Cognito calls Lambda functions alone, and waits for their answer; use Compute.lambdaFunction() or Compute.lambdaImage()`);
  });

  test('on a compute of one\'s own that is no Lambda function', () => {
    expect(refusal(() => withPool({ operations: [PRE_SIGN_UP] }, pool, { computeName: 'own', servicePrincipals: ['lambda.amazonaws.com'], bind: () => ({}) })))
      .toMatch(/use a compute that is a Lambda function \[CDK_HYBRID_TRIGGER_UNSUPPORTED\]$/);
  });
});
