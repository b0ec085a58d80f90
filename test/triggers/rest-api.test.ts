import { Duration, Stack } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { findingsOf } from './lint';
import { Compute, HandlerRuntime, HybridFunction, HybridFunctionProps, ICompute, RestApiTriggerProps, ServiceComputeProps, Trigger } from '../../src';
import { CONTAINER, handlerOf, onEcs } from '../computes/ecs';
import { templateLinter } from '../real-parts';
import { refusal, SMALL_CODE, SMALL_RUNTIME, synthesized } from '../small-runtime';

type Options = RestApiTriggerProps | ((stack: Stack) => RestApiTriggerProps);
const given = (options: Options, stack: Stack) => typeof options === 'function' ? options(stack) : options;

type More = (fn: HybridFunction, stack: Stack) => void;

function onLambda(options: Options = {}, compute: ICompute = Compute.lambdaFunction(), more: More = () => {}): Template {
  return synthesized(stack => {
    const fn = new HybridFunction(stack, 'Handler', { runtime: HandlerRuntime.AWS_NODEJS_24, code: SMALL_CODE, compute });
    fn.addTrigger(Trigger.restApi(given(options, stack)));
    more(fn, stack);
  });
}
const onService = (options: Options = {}, props: ServiceComputeProps = {}, own: HybridFunctionProps = {}) =>
  onEcs('service', props, own, (fn, stack) => void fn.addTrigger(Trigger.restApi(given(options, stack))));

const all = (template: Template, type: string) => Object.values(template.findResources(type)).map(({ Properties }) => Properties);
const methods = (template: Template) => all(template, 'AWS::ApiGateway::Method');
const only = (template: Template) => {
  const [method, ...others] = methods(template);
  expect(others).toEqual([]);
  return method;
};
const functionOf = (stack: Stack) => lambda.Function.fromFunctionArn(stack, 'Authorizer', 'arn:aws:lambda:eu-west-1:111122223333:function:authorizer');
const byUserPool = (stack: Stack, identitySource?: string) =>
  new apigateway.CognitoUserPoolsAuthorizer(stack, 'Users', { cognitoUserPools: [cognito.UserPool.fromUserPoolId(stack, 'Pool', 'eu-west-1_abc')], identitySource });
const byFunction = (stack: Stack) => new apigateway.TokenAuthorizer(stack, 'Own', { handler: functionOf(stack) });

describe('on a Lambda function', () => {
  test('API Gateway invokes it, for every path', () => {
    const template = onLambda();
    expect(methods(template)).toHaveLength(2);
    for (const method of methods(template)) { expect(method).toMatchObject({ HttpMethod: 'ANY', AuthorizationType: 'NONE', Integration: { Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST' } }); }
    expect(all(template, 'AWS::ApiGateway::Resource')).toEqual([expect.objectContaining({ PathPart: '{proxy+}' })]);
    template.hasResourceProperties('AWS::ApiGateway::RestApi', { EndpointConfiguration: { Types: ['REGIONAL'] } });
    template.hasResourceProperties('AWS::ApiGateway::Stage', { StageName: 'prod' });
    template.hasResourceProperties('AWS::Lambda::Permission', { Principal: 'apigateway.amazonaws.com' });
    expect(template.toJSON().Outputs).toBeUndefined();
  });

  test('path, methods, apiKeyRequired and integrationTimeout', () => {
    const template = onLambda({ path: '/items/{id}', methods: ['GET', 'PUT'], apiKeyRequired: true, integrationTimeout: Duration.seconds(10) });
    expect(methods(template)).toEqual([
      expect.objectContaining({ HttpMethod: 'GET', ApiKeyRequired: true, Integration: expect.objectContaining({ TimeoutInMillis: 10_000 }) }),
      expect.objectContaining({ HttpMethod: 'PUT', ApiKeyRequired: true, Integration: expect.objectContaining({ TimeoutInMillis: 10_000 }) }),
    ]);
    expect(all(template, 'AWS::ApiGateway::Resource').map(({ PathPart }) => PathPart)).toEqual(['items', '{id}']);
  });

  test('responseTransferMode', () => {
    const { Integration: { ResponseTransferMode, Uri } } = only(onLambda({ path: '/', responseTransferMode: apigateway.ResponseTransferMode.STREAM }));
    expect([ResponseTransferMode, JSON.stringify(Uri)]).toEqual(['STREAM', expect.stringContaining('response-streaming-invocations')]);
  });

  test('authorizer, authorizationType and authorizationScopes', () => {
    expect(only(onLambda(stack => ({ path: '/', authorizer: byUserPool(stack), authorizationScopes: ['read'] }))))
      .toMatchObject({ AuthorizationType: 'COGNITO_USER_POOLS', AuthorizerId: expect.anything(), AuthorizationScopes: ['read'] });
    expect(only(onLambda({ path: '/', authorizationType: apigateway.AuthorizationType.IAM }))).toMatchObject({ AuthorizationType: 'AWS_IAM' });
  });

  test('cors: API Gateway answers preflights', () => {
    const template = onLambda({ path: '/items', methods: ['GET', 'POST'], cors: { allowOrigins: ['https://example.com'], allowMethods: ['GET'], maxAge: Duration.hours(1) } });
    expect(methods(template).map(({ HttpMethod, Integration }) => `${HttpMethod} ${Integration.Type}`).sort()).toEqual(['GET AWS_PROXY', 'OPTIONS MOCK', 'POST AWS_PROXY']);
    expect(JSON.stringify(methods(template))).toContain("'https://example.com'");
  });

  test('binaryMediaTypes, disableExecuteApiEndpoint, throttlingRateLimit and throttlingBurstLimit of the API that the stack shares', () => {
    const template = onLambda({ binaryMediaTypes: ['image/png'], disableExecuteApiEndpoint: true, throttlingRateLimit: 10, throttlingBurstLimit: 5 });
    template.hasResourceProperties('AWS::ApiGateway::RestApi', { BinaryMediaTypes: ['image/png'], DisableExecuteApiEndpoint: true });
    template.hasResourceProperties('AWS::ApiGateway::Stage', { MethodSettings: [{ HttpMethod: '*', ResourcePath: '/*', ThrottlingRateLimit: 10, ThrottlingBurstLimit: 5 }] });
  });

  test('restApi: an API that is given, of this app or imported', () => {
    const own = onLambda(stack => ({ restApi: new apigateway.RestApi(stack, 'Own', { cloudWatchRole: false }), path: '/items' }));
    own.resourceCountIs('AWS::ApiGateway::RestApi', 1);
    const imported = onLambda(stack => ({ restApi: apigateway.RestApi.fromRestApiAttributes(stack, 'Theirs', { restApiId: 'a1b2c3', rootResourceId: 'root' }), path: '/items' }));
    expect(only(imported)).toMatchObject({ RestApiId: 'a1b2c3' });
    imported.resourceCountIs('AWS::ApiGateway::RestApi', 0);
  });
});

describe('on a service', () => {
  test('a private integration leads through a VPC link and an internal load balancer to a port of the host', () => {
    const { template } = onService({ path: '/files/{id}/{proxy+}', methods: ['GET'] });
    const { Port: port } = all(template, 'AWS::ElasticLoadBalancingV2::Listener')[0];
    const [balancer] = Object.keys(template.findResources('AWS::ElasticLoadBalancingV2::LoadBalancer'));
    const { Integration, RequestParameters, HttpMethod } = only(template);
    expect([HttpMethod, RequestParameters]).toEqual(['GET', { 'method.request.path.id': true, 'method.request.path.proxy': true }]);
    expect(Integration).toMatchObject({
      Type: 'HTTP_PROXY',
      IntegrationHttpMethod: 'GET',
      ConnectionType: 'VPC_LINK',
      ConnectionId: { Ref: expect.stringMatching(/VpcLink/) },
      IntegrationTarget: { Ref: balancer },
      Uri: { 'Fn::Join': ['', ['http://', { 'Fn::GetAtt': [balancer, 'DNSName'] }, `:${port}/files/{id}/{proxy}`]] },
    });
    template.resourceCountIs('AWS::ApiGatewayV2::VpcLink', 1);
    expect(handlerOf(template).environment).toMatchObject({ HYBRID_SOURCES: 'http,gateway' });
  });

  test('the integration says what API Gateway knows, with stageVariables, whatever the client has sent', () => {
    const { Integration } = only(onService({ path: '/items/{id}', stageVariables: ['table'] }).template);
    expect(Integration.RequestParameters).toEqual({
      'integration.request.path.id': 'method.request.path.id',
      'integration.request.header.x-hybrid-gateway': "'v1'",
      'integration.request.header.x-hybrid-context-integration': "'authorizer=none&variables=table&binary='",
      'integration.request.header.x-hybrid-context-request-id': 'context.requestId',
      'integration.request.header.x-hybrid-context-api-id': 'context.apiId',
      'integration.request.header.x-hybrid-context-account-id': 'context.accountId',
      'integration.request.header.x-hybrid-context-domain-name': 'context.domainName',
      'integration.request.header.x-hybrid-context-stage': 'context.stage',
      'integration.request.header.x-hybrid-context-source-ip': 'context.identity.sourceIp',
      'integration.request.header.x-hybrid-context-protocol': 'context.protocol',
      'integration.request.header.x-hybrid-context-time-epoch': 'context.requestTimeEpoch',
      'integration.request.header.x-hybrid-context-path': 'context.path',
      'integration.request.header.x-hybrid-context-resource-path': 'context.resourcePath',
      'integration.request.header.x-hybrid-context-resource-id': 'context.resourceId',
      'integration.request.header.x-hybrid-context-extended-request-id': 'context.extendedRequestId',
      'integration.request.header.x-hybrid-context-variable-0': 'stageVariables.table',
    });
  });

  test('who calls: a user of a pool, a Lambda authorizer\'s principal (authorizerContext), a caller of IAM, an API key', () => {
    const header = (options: Options, name = 'integration') => only(onService(options).template).Integration.RequestParameters[`integration.request.header.x-hybrid-context-${name}`];
    expect(header(stack => ({ path: '/', authorizer: byUserPool(stack), authorizationScopes: ['read'] }))).toBe("'authorizer=jwt&token=header.Authorization&scopes=read&binary='");
    expect(header(stack => ({ path: '/', authorizer: byUserPool(stack, apigateway.IdentitySource.header('X-Token')) }))).toContain('token=header.X-Token');
    expect(header(stack => ({ path: '/', authorizer: byFunction(stack), authorizerContext: ['tenant'] }))).toContain('authorizer=lambda&keys=tenant');
    expect(header(stack => ({ path: '/', authorizer: byFunction(stack), authorizerContext: ['tenant'] }), 'authorizer-0')).toBe('context.authorizer.tenant');
    expect(header(stack => ({ path: '/', authorizer: byFunction(stack) }), 'principal-id')).toBe('context.authorizer.principalId');
    expect(header({ path: '/', authorizationType: apigateway.AuthorizationType.IAM }, 'identity-user-arn')).toBe('context.identity.userArn');
    expect(header({ path: '/', apiKeyRequired: true })).toContain('apiKey=true');
    expect(header({ path: '/', apiKeyRequired: true }, 'identity-api-key')).toBe('context.identity.apiKey');
    const byDefault: Options = stack => ({ path: '/', restApi: new apigateway.RestApi(stack, 'Given', { cloudWatchRole: false, defaultMethodOptions: { authorizer: byFunction(stack) } }) });
    expect(header(byDefault)).toContain('authorizer=lambda');
  });

  test('binary media types are those of the API, whichever trigger has said them', () => {
    const { template } = onEcs('service', {}, {}, fn => {
      fn.addTrigger(Trigger.restApi({ path: '/a' }));
      fn.addTrigger(Trigger.restApi({ path: '/b', binaryMediaTypes: ['image/png', '*/*'] }));
    });
    for (const { Integration } of methods(template)) {
      expect(Integration.RequestParameters['integration.request.header.x-hybrid-context-integration']).toBe("'authorizer=none&binary=image%2Fpng+*%2F*'");
    }
  });

  test('responses are streamed', () => {
    const { template } = onService({ path: '/', responseTransferMode: apigateway.ResponseTransferMode.STREAM, integrationTimeout: Duration.minutes(10) });
    expect(only(template).Integration).toMatchObject({ ResponseTransferMode: 'STREAM', TimeoutInMillis: 600_000 });
  });

  test('a container without our host gets the requests at its own port', () => {
    const { template } = onService({}, {}, CONTAINER);
    expect(all(template, 'AWS::ElasticLoadBalancingV2::TargetGroup')).toEqual([expect.objectContaining({ Port: 8080, HealthCheckPath: '/' })]);
  });

  test('a change of what the integration maps is deployed', () => {
    const deployment = (options: Options) => Object.keys(onService(options).template.findResources('AWS::ApiGateway::Deployment'))[0];
    expect(deployment({ stageVariables: ['a'] })).not.toBe(deployment({ stageVariables: ['b'] }));
    expect(deployment({})).toBe(deployment({}));
  });
});

describe('is refused:', () => {
  test('a route that another function has', () => {
    expect(refusal(() => onLambda({ path: '/items', methods: ['GET'] }, undefined, (_, stack) => {
      new HybridFunction(stack, 'Second', { runtime: HandlerRuntime.AWS_NODEJS_24, code: SMALL_CODE }).addTrigger(Trigger.restApi({ path: '/items', methods: ['POST', 'GET'] }));
    }))).toMatch(/this one is that of Stack\/Handler\/RestApi-GET-items, got 'GET \/items'.*ROUTE_TAKEN/);
  });

  test('a route that the API has already', () => {
    expect(refusal(() => onLambda(stack => {
      const restApi = new apigateway.RestApi(stack, 'Own', { cloudWatchRole: false });
      restApi.root.addMethod('GET');
      return { restApi, path: '/', methods: ['GET'] };
    }))).toMatch(/this one is Stack\/Own\/Default\/GET.*ROUTE_TAKEN/);
  });

  test.each<[string, Options, RegExp]>([
    ['a path without a slash', { path: 'items' }, /ROUTE_INVALID/],
    ['a timeout that is too long without streaming', { integrationTimeout: Duration.minutes(6) }, /'integrationTimeout' must be 50 to 300000 milliseconds, got 360000/],
    ['settings of an API that is given', stack => ({ restApi: new apigateway.RestApi(stack, 'Own'), binaryMediaTypes: ['*/*'] }), /'binaryMediaTypes' must be not given together with restApi.*API_GIVEN/],
    ['a key that mappings do not take', { authorizerContext: ['a-b:c'] }, /GATEWAY_NAME/],
    ['credentials for any origin', { cors: { allowOrigins: ['*'], allowCredentials: true } }, /CORS_UNSUPPORTED/],
  ])('%s', (_, options, message) => {
    expect(refusal(() => onLambda(options))).toMatch(message);
  });

  test('settings of the shared API that contradict each other', () => {
    expect(refusal(() => onLambda({ path: '/a', binaryMediaTypes: ['*/*'] }, undefined, fn => {
      fn.addTrigger(Trigger.restApi({ path: '/b', binaryMediaTypes: ['image/png'] }));
    }))).toMatch(/'binaryMediaTypes' must be \["\*\/\*"\], as Stack\/Handler\/RestApi-a says of Stack\/CdkHybridRestApi.*API_CONFLICT/);
  });
});

test('a handler that may take longer than API Gateway waits is warned of', () => {
  const warnings = (options: Options, timeout?: Duration) => onService(options, {}, { timeout }).warnings.join();
  expect(warnings({}, Duration.minutes(2))).toContain('answers 504 after 29');
  expect(warnings({ integrationTimeout: Duration.minutes(2) }, Duration.minutes(2))).not.toContain('504');
  expect(warnings({})).not.toContain('504');
});

test('a method keeps its logical id when its compute changes', () => {
  const ids = (template: Template) => Object.keys(template.findResources('AWS::ApiGateway::Method'));
  expect(ids(onService({ path: '/a' }).template)).toEqual(ids(onLambda({ path: '/a' })));
});

const linter = templateLinter();
(linter ? test : test.skip)('the templates have no fault to cfn-lint', () => {
  const options: RestApiTriggerProps = {
    path: '/files/{proxy+}', apiKeyRequired: true, binaryMediaTypes: ['image/png'], throttlingRateLimit: 10, throttlingBurstLimit: 5, cors: { allowOrigins: ['https://example.com'] },
  };
  const own = synthesized(stack => {
    const fn = new HybridFunction(stack, 'Handler', { runtime: SMALL_RUNTIME, code: SMALL_CODE, vpc: new ec2.Vpc(stack, 'Vpc'), compute: Compute.service() });
    fn.addTrigger(Trigger.restApi({ ...options, responseTransferMode: apigateway.ResponseTransferMode.STREAM }));
  });
  expect(findingsOf(linter!, [onLambda(options), own])).toBe('');
});
