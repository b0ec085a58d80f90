/** Values of a load balancer that only the deployment knows: no check takes them for something else, and they arrive. */
import { CfnParameter, Duration, SecretValue, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { HttpLogin, HttpService, HttpServiceProps } from '../../src';
import { SMALL_CODE, SMALL_RUNTIME, synthesized } from '../small-runtime';

// The CDK itself uses a deprecated property of task definitions.
process.env.JSII_DEPRECATED = 'quiet';

const parameter = (stack: Stack, type = 'String') => stack.node.tryFindChild(type) as CfnParameter | undefined ?? new CfnParameter(stack, type, { type });
const number = (stack: Stack) => parameter(stack, 'Number').valueAsNumber;
const text = (stack: Stack) => parameter(stack).valueAsString;
const seconds = (stack: Stack) => Duration.seconds(number(stack));
const certificates = (stack: Stack) => [acm.Certificate.fromCertificateArn(stack, 'Certificate', text(stack))];

/** A token that was taken for a number or a text reads like this. */
const MISTAKEN = /-?1\.88\d*e\+?\d+|\$\{Token|#\{Token/;

/** What a template says of the values of its parameters. */
function resources(props: (stack: Stack) => HttpServiceProps): string {
  const template = synthesized(stack => new HttpService(stack, 'Api', { code: SMALL_CODE, runtime: SMALL_RUNTIME, maxConcurrency: 10, ...props(stack) }));
  const json = JSON.stringify(template.toJSON().Resources);
  expect(json).not.toMatch(MISTAKEN);
  return json;
}

describe('a number that only the deployment knows', () => {
  test.each<[string, (stack: Stack) => HttpServiceProps]>([
    ['priority', stack => ({ priority: number(stack) })],
    ['listenerPort', stack => ({ listenerPort: number(stack) })],
    ['listenerPort with certificates', stack => ({ listenerPort: number(stack), certificates: certificates(stack) })],
    ['idleTimeout', stack => ({ idleTimeout: seconds(stack) })],
    ['deregistrationDelay', stack => ({ deregistrationDelay: seconds(stack) })],
    ['stickinessCookieDuration', stack => ({ stickinessCookieDuration: seconds(stack) })],
    ['slowStart', stack => ({ slowStart: seconds(stack) })],
    ['healthCheckInterval', stack => ({ healthCheckInterval: seconds(stack) })],
    ['healthCheckTimeout', stack => ({ healthCheckTimeout: seconds(stack) })],
    ['healthCheckTimeout and healthCheckInterval', stack => ({ healthCheckTimeout: seconds(stack), healthCheckInterval: Duration.seconds(20) })],
    ['healthyThresholdCount', stack => ({ healthyThresholdCount: number(stack) })],
    ['unhealthyThresholdCount', stack => ({ unhealthyThresholdCount: number(stack) })],
    ['maxAge of cors', stack => ({ cors: { allowOrigins: ['https://example.com'], maxAge: seconds(stack) } })],
    ['timeout', stack => ({ timeout: seconds(stack) })],
    ['stopTimeout beside deregistrationDelay', stack => ({ stopTimeout: seconds(stack), deregistrationDelay: Duration.seconds(5) })],
    ['port', stack => ({ port: number(stack) })],
  ])('%s', (_option, props) => {
    expect(resources(props)).toContain('{"Ref":"Number"}');
  });

  test.each<[string, (stack: Stack) => HttpServiceProps]>([
    ['minPriority', stack => ({ minPriority: number(stack), maxPriority: 100 })],
    ['maxPriority', stack => ({ maxPriority: number(stack) })],
  ])('%s is refused in words: priorities are computed at synth', (_option, props) => {
    expect(() => resources(props)).toThrow(/'minPriority, maxPriority' must be whole numbers from 1 to 50000, the lower one first, got '.*a token.*CDK_HYBRID_LISTENER_RANGE/);
  });
});

describe('a text that only the deployment knows', () => {
  const login = (stack: Stack) => {
    const userPool = cognito.UserPool.fromUserPoolId(stack, 'Pool', text(stack));
    return HttpLogin.cognito({
      userPool,
      userPoolClient: cognito.UserPoolClient.fromUserPoolClientId(stack, 'Client', text(stack)),
      userPoolDomain: cognito.UserPoolDomain.fromDomainName(stack, 'Domain', text(stack)),
      sessionTimeout: seconds(stack),
    });
  };
  const oidc = (stack: Stack) => {
    const value = text(stack);
    return HttpLogin.oidc({
      issuer: value, authorizationEndpoint: value, tokenEndpoint: value, userInfoEndpoint: value, clientId: value, clientSecret: SecretValue.secretsManager('oidc'), sessionTimeout: seconds(stack),
    });
  };

  test.each<[string, (stack: Stack) => HttpServiceProps]>([
    ['path', stack => ({ path: text(stack) })],
    ['paths', stack => ({ paths: ['/a', `/${text(stack)}/*`] })],
    ['methods', stack => ({ methods: [text(stack)] })],
    ['hosts', stack => ({ hosts: [text(stack)] })],
    ['httpHeaders', stack => ({ httpHeaders: { 'x-key': [text(stack)] } })],
    ['queryStrings', stack => ({ queryStrings: [{ key: text(stack), value: text(stack) }] })],
    ['sourceIps', stack => ({ sourceIps: [text(stack)] })],
    ['certificates', stack => ({ certificates: certificates(stack) })],
    ['healthCheckPath', stack => ({ healthCheckPath: text(stack) })],
    ['healthyHttpCodes', stack => ({ healthyHttpCodes: text(stack) })],
    ['allowOrigins of cors', stack => ({ cors: { allowOrigins: [text(stack)], allowCredentials: true } })],
    ['Cognito login', stack => ({ login: login(stack), certificates: certificates(stack) })],
    ['OIDC login', stack => ({ login: oidc(stack), certificates: certificates(stack) })],
    ['an existing listener', stack => ({
      listener: elbv2.ApplicationListener.fromApplicationListenerAttributes(stack, 'Existing', {
        listenerArn: text(stack), securityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', text(stack)),
      }),
      minPriority: 1,
      maxPriority: 9,
    })],
  ])('%s', (_option, props) => {
    expect(resources(props)).toContain('{"Ref":"String"}');
  });
});
