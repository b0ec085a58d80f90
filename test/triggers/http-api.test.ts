import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer, HttpLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { findingsOf } from './lint';
import { Compute, HandlerRuntime, HttpApiTriggerProps, HybridFunction, HybridFunctionProps, ICompute, ServiceComputeProps, ServiceScaling, Trigger } from '../../src';
import { CONTAINER, handlerOf, onEcs } from '../computes/ecs';
import { templateLinter } from '../real-parts';
import { refusal, SMALL_CODE, SMALL_RUNTIME, synthesized } from '../small-runtime';

type Options = HttpApiTriggerProps | ((stack: Stack) => HttpApiTriggerProps);
const given = (options: Options, stack: Stack) => typeof options === 'function' ? options(stack) : options;

type More = (fn: HybridFunction, stack: Stack) => void;

function onLambda(options: Options = {}, compute: ICompute = Compute.lambdaFunction(), more: More = () => {}): Template {
  return synthesized(stack => {
    const fn = new HybridFunction(stack, 'Handler', { runtime: HandlerRuntime.AWS_NODEJS_24, code: SMALL_CODE, compute });
    fn.addTrigger(Trigger.httpApi(given(options, stack)));
    more(fn, stack);
  });
}
const onService = (options: Options = {}, props: ServiceComputeProps = {}, own: HybridFunctionProps = {}, more: More = () => {}) =>
  onEcs('service', props, own, (fn, stack) => {
    fn.addTrigger(Trigger.httpApi(given(options, stack)));
    more(fn, stack);
  });

const all = (template: Template, type: string) => Object.values(template.findResources(type)).map(({ Properties }) => Properties);
const only = (template: Template, type: string) => {
  const [first, ...others] = all(template, type);
  expect(others).toEqual([]);
  return first;
};
const routeKeys = (template: Template) => all(template, 'AWS::ApiGatewayV2::Route').map(({ RouteKey }) => RouteKey).sort();
const parametersOf = (template: Template) => all(template, 'AWS::ApiGatewayV2::Integration')[0].RequestParameters;
const authorizerFunction = (stack: Stack) => lambda.Function.fromFunctionArn(stack, 'Authorizer', 'arn:aws:lambda:eu-west-1:111122223333:function:authorizer');
const byJwt = (identitySource?: string[]) => new HttpJwtAuthorizer('Jwt', 'https://issuer.example.com', { jwtAudience: ['app'], identitySource });

describe('on a Lambda function', () => {
  test('API Gateway invokes it with payload format 2.0, for every path', () => {
    const template = onLambda();
    expect(routeKeys(template)).toEqual(['ANY /', 'ANY /{proxy+}']);
    for (const integration of all(template, 'AWS::ApiGatewayV2::Integration')) {
      expect(integration).toMatchObject({ IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' });
      expect(integration.RequestParameters).toBeUndefined();
    }
    template.hasResourceProperties('AWS::Lambda::Permission', { Principal: 'apigateway.amazonaws.com' });
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', { StageName: '$default', AutoDeploy: true });
    expect(template.toJSON().Outputs).toBeUndefined();
    template.resourceCountIs('AWS::ApiGatewayV2::VpcLink', 0);
  });

  test('path, methods and integrationTimeout', () => {
    const template = onLambda({ path: '/items/{id}', methods: ['GET', 'PUT'], integrationTimeout: Duration.seconds(10) });
    expect(routeKeys(template)).toEqual(['GET /items/{id}', 'PUT /items/{id}']);
    expect(all(template, 'AWS::ApiGatewayV2::Integration')).toEqual([expect.objectContaining({ TimeoutInMillis: 10_000 }), expect.objectContaining({ TimeoutInMillis: 10_000 })]);
  });

  test('with provisioned concurrency the alias is invoked', () => {
    const template = onLambda({ path: '/' }, Compute.lambdaFunction({ provisionedConcurrentExecutions: 1 }));
    expect(only(template, 'AWS::ApiGatewayV2::Integration').IntegrationUri).toEqual({ Ref: expect.stringMatching(/^HandlerAlias/) });
  });

  test('cors, throttle and disableExecuteApiEndpoint of the API that the stack shares', () => {
    const template = onLambda({
      cors: { allowOrigins: ['https://example.com'], allowMethods: ['GET'], allowCredentials: true, maxAge: Duration.hours(1) },
      throttle: { rateLimit: 10, burstLimit: 5 },
      disableExecuteApiEndpoint: true,
    });
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: { AllowOrigins: ['https://example.com'], AllowMethods: ['GET'], AllowCredentials: true, MaxAge: 3600 }, DisableExecuteApiEndpoint: true,
    });
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', { DefaultRouteSettings: { ThrottlingRateLimit: 10, ThrottlingBurstLimit: 5 } });
  });

  test('authorizer and authorizationScopes', () => {
    const template = onLambda({ path: '/items', authorizer: byJwt(), authorizationScopes: ['read'] });
    expect(only(template, 'AWS::ApiGatewayV2::Route')).toMatchObject({ AuthorizationType: 'JWT', AuthorizationScopes: ['read'], AuthorizerId: expect.anything() });
  });

  test('preflights need no leave', () => {
    const template = onLambda({ authorizer: byJwt(), authorizationScopes: ['read'], cors: { allowOrigins: ['*'] } });
    expect(routeKeys(template)).toEqual(['ANY /', 'ANY /{proxy+}', 'OPTIONS /', 'OPTIONS /{proxy+}']);
    const types = all(template, 'AWS::ApiGatewayV2::Route').map(({ RouteKey, AuthorizationType, AuthorizationScopes }) => `${RouteKey.split(' ')[0]} ${AuthorizationType} ${AuthorizationScopes}`);
    expect([...new Set(types)].sort()).toEqual(['ANY JWT read', 'OPTIONS NONE undefined']);
  });

  test('httpApi: an API that is given, of this app or imported', () => {
    const own = onLambda(stack => ({ httpApi: new apigatewayv2.HttpApi(stack, 'Own', { defaultAuthorizer: byJwt() }), path: '/items' }));
    expect(all(own, 'AWS::ApiGatewayV2::Api')).toHaveLength(1);
    expect(only(own, 'AWS::ApiGatewayV2::Route')).toMatchObject({ ApiId: { Ref: expect.stringMatching(/^Own/) }, AuthorizationType: 'JWT' });
    const imported = onLambda(stack => ({ httpApi: apigatewayv2.HttpApi.fromHttpApiAttributes(stack, 'Theirs', { httpApiId: 'a1b2c3' }), path: '/items' }));
    expect(only(imported, 'AWS::ApiGatewayV2::Route')).toMatchObject({ ApiId: 'a1b2c3' });
    imported.resourceCountIs('AWS::ApiGatewayV2::Api', 0);
  });
});

describe('on a service', () => {
  test('a private integration leads through a VPC link and an internal load balancer to a port of the host', () => {
    const { template } = onService();
    expect(routeKeys(template)).toEqual(['ANY /', 'ANY /{proxy+}']);
    const listener = { Ref: Object.keys(template.findResources('AWS::ElasticLoadBalancingV2::Listener'))[0] };
    for (const integration of all(template, 'AWS::ApiGatewayV2::Integration')) {
      expect(integration).toMatchObject({
        IntegrationType: 'HTTP_PROXY', IntegrationMethod: 'ANY', ConnectionType: 'VPC_LINK', ConnectionId: { Ref: expect.stringMatching(/VpcLink/) }, IntegrationUri: listener,
      });
    }
    expect(only(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer')).toMatchObject({ Scheme: 'internal', Subnets: ['private-1', 'private-2'] });
    expect(only(template, 'AWS::ApiGatewayV2::VpcLink')).toMatchObject({ SubnetIds: ['private-1', 'private-2'] });
    expect(only(template, 'AWS::ElasticLoadBalancingV2::TargetGroup')).toMatchObject({ Port: 8081, HealthCheckPath: '/_health', TargetType: 'ip' });
    const { environment, handler } = handlerOf(template);
    expect(environment).toMatchObject({ HYBRID_SOURCES: 'http,gateway' });
    expect(environment.HYBRID_GATEWAY_PORT).toBeUndefined();
    expect(handler.PortMappings).toEqual([expect.objectContaining({ ContainerPort: 8080 }), expect.objectContaining({ ContainerPort: 8081 })]);
    expect(template.toJSON().Outputs).toBeUndefined();
  });

  test('nobody but the VPC link gets to the load balancer, and nobody but the load balancer to the port', () => {
    const { template } = onService();
    const port = only(template, 'AWS::ElasticLoadBalancingV2::Listener').Port;
    const groupOf = (pattern: RegExp) => ({ 'Fn::GetAtt': [expect.stringMatching(pattern), 'GroupId'] });
    for (const group of all(template, 'AWS::EC2::SecurityGroup')) { expect(group.SecurityGroupIngress).toBeUndefined(); }
    const rules = all(template, 'AWS::EC2::SecurityGroupIngress');
    expect(rules).toHaveLength(2);
    expect(rules).toEqual(expect.arrayContaining([
      expect.objectContaining({ FromPort: port, ToPort: port, GroupId: groupOf(/LoadBalancer/), SourceSecurityGroupId: groupOf(/^CdkHybridGateway.*(?<!LoadBalancer)SecurityGroup/) }),
      expect.objectContaining({ FromPort: 8081, ToPort: 8081, GroupId: groupOf(/^Api/), SourceSecurityGroupId: groupOf(/LoadBalancer/) }),
    ]));
  });

  test('the integration says what API Gateway knows, with stageVariables, whatever the client has sent', () => {
    expect(parametersOf(onService({ path: '/items/{id}', stageVariables: ['table'] }).template)).toEqual({
      'overwrite:header.x-hybrid-gateway': 'v2',
      'overwrite:header.x-hybrid-context-integration': 'authorizer=none&variables=table',
      'overwrite:header.x-hybrid-context-request-id': '$context.requestId',
      'overwrite:header.x-hybrid-context-api-id': '$context.apiId',
      'overwrite:header.x-hybrid-context-account-id': '$context.accountId',
      'overwrite:header.x-hybrid-context-domain-name': '$context.domainName',
      'overwrite:header.x-hybrid-context-stage': '$context.stage',
      'overwrite:header.x-hybrid-context-source-ip': '$context.identity.sourceIp',
      'overwrite:header.x-hybrid-context-protocol': '$context.protocol',
      'overwrite:header.x-hybrid-context-time-epoch': '$context.requestTimeEpoch',
      'overwrite:header.x-hybrid-context-route-key': '$context.routeKey',
      'overwrite:header.x-hybrid-context-variable-0': '=${stageVariables.table}',
    });
  });

  test('who calls: by a token, a Lambda authorizer (authorizerContext) or IAM', () => {
    const integration = (options: Options) => parametersOf(onService(options).template)['overwrite:header.x-hybrid-context-integration'];
    expect(integration({ path: '/', authorizer: byJwt(), authorizationScopes: ['orders/read', 'all'] })).toBe('authorizer=jwt&token=header.Authorization&scopes=orders/read+all');
    expect(integration({ path: '/', authorizer: byJwt(['$request.querystring.token']) })).toBe('authorizer=jwt&token=querystring.token');
    expect(integration(stack => ({ httpApi: new apigatewayv2.HttpApi(stack, 'Own', { defaultAuthorizer: byJwt(), defaultAuthorizationScopes: ['all'] }) })))
      .toBe('authorizer=jwt&token=header.Authorization&scopes=all');
    expect(parametersOf(onService({ authorizer: new HttpIamAuthorizer() }).template)).toMatchObject({
      'overwrite:header.x-hybrid-context-integration': 'authorizer=iam', 'overwrite:header.x-hybrid-context-identity-user-arn': '=${context.identity.userArn}',
    });
    expect(parametersOf(onService(stack => ({ authorizer: new HttpLambdaAuthorizer('Own', authorizerFunction(stack)), authorizerContext: ['tenant', 'role'] })).template)).toMatchObject({
      'overwrite:header.x-hybrid-context-integration': 'authorizer=lambda&keys=tenant+role',
      'overwrite:header.x-hybrid-context-authorizer-0': '=${context.authorizer.tenant}',
      'overwrite:header.x-hybrid-context-authorizer-1': '=${context.authorizer.role}',
    });
  });

  test('two services of a stack share API, VPC link and load balancer; each has a port, which does not depend on the other', () => {
    const portsOf = (template: Template) => all(template, 'AWS::ElasticLoadBalancingV2::Listener').map(({ Port }) => Port);
    const { template } = onService({ path: '/a' }, {}, {}, fn => {
      const other = fn.addCompute('Other', Compute.service());
      other.addTrigger(Trigger.httpApi({ path: '/b' }));
    });
    for (const type of ['AWS::ApiGatewayV2::Api', 'AWS::ApiGatewayV2::VpcLink', 'AWS::ElasticLoadBalancingV2::LoadBalancer']) { template.resourceCountIs(type, 1); }
    expect(new Set(portsOf(template)).size).toBe(2);
    expect(portsOf(template)).toEqual(expect.arrayContaining(portsOf(onService({ path: '/a' }).template)));
  });

  test('several APIs and routes of a service have one target group; queues, load balancers and APIs go together', () => {
    const { template } = onService({ path: '/a' }, {}, {}, fn => {
      fn.addTrigger(Trigger.httpApi({ path: '/b' }));
      fn.addTrigger(Trigger.restApi({ path: '/c' }));
    });
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::TargetGroup', 1);
    const { template: mixed } = onService({}, {}, {}, fn => fn.addTrigger(Trigger.loadBalancer()));
    mixed.resourceCountIs('AWS::ElasticLoadBalancingV2::TargetGroup', 2);
  });

  test('a service on port 8081 has the other port for APIs', () => {
    const { template } = onService({}, { port: 8081 });
    expect(handlerOf(template).environment).toMatchObject({ PORT: '8081', HYBRID_GATEWAY_PORT: '8080' });
    expect(only(template, 'AWS::ElasticLoadBalancingV2::TargetGroup')).toMatchObject({ Port: 8080 });
  });

  test('a container without our host gets the requests at its own port, with the headers', () => {
    const { template } = onService({}, {}, CONTAINER);
    expect(only(template, 'AWS::ElasticLoadBalancingV2::TargetGroup')).toMatchObject({ Port: 8080, HealthCheckPath: '/' });
    expect(handlerOf(template).handler.PortMappings).toHaveLength(1);
    expect(parametersOf(template)).toHaveProperty(['overwrite:header.x-hybrid-gateway'], 'v2');
  });

  test('healthCheckPath of such a container, the same for all its APIs', () => {
    const { template } = onService({ path: '/a', healthCheckPath: '/ready' }, {}, CONTAINER);
    expect(only(template, 'AWS::ElasticLoadBalancingV2::TargetGroup')).toMatchObject({ HealthCheckPath: '/ready' });
    expect(refusal(() => onService({ path: '/a', healthCheckPath: '/ready' }, {}, CONTAINER, fn => fn.addTrigger(Trigger.restApi({ path: '/b' })))))
      .toMatch(/'healthCheckPath' must be \/ready, as Stack\/Api\/HttpApi-a says.*got '\/'.*HTTP_CONFLICT/);
    const hosted = onService({ healthCheckPath: '/ready' }).template;
    expect(only(hosted, 'AWS::ElasticLoadBalancingV2::TargetGroup')).toMatchObject({ HealthCheckPath: '/_health' });
  });

  test('scales on the requests of APIs', () => {
    const { template } = onService({}, { maxCapacity: 4, scaling: [ServiceScaling.onRequestsPerTarget(100)] });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: Match.objectLike({ PredefinedMetricSpecification: Match.objectLike({ PredefinedMetricType: 'ALBRequestCountPerTarget' }) }),
    });
  });
});

test('id tells triggers apart that have the same routes of two APIs', () => {
  const twice = (id?: string) => onLambda({ path: '/a' }, undefined, (fn, stack) => fn.addTrigger(Trigger.httpApi({ path: '/a', id, httpApi: new apigatewayv2.HttpApi(stack, 'Own') })));
  expect(refusal(() => twice())).toContain('TRIGGER_TWICE');
  expect(routeKeys(twice('Second'))).toEqual(['ANY /a', 'ANY /a']);
});

describe('is refused:', () => {
  test('a route that another function has', () => {
    expect(refusal(() => onLambda({ path: '/items/{id}', methods: ['GET'] }, undefined, (_, stack) => {
      new HybridFunction(stack, 'Second', { runtime: HandlerRuntime.AWS_NODEJS_24, code: SMALL_CODE }).addTrigger(Trigger.httpApi({ path: '/items/{name}', methods: ['GET'] }));
    }))).toBe("Stack/Second/HttpApi-GET-items-name: 'path' must be a route that Stack/CdkHybridHttpApi does not have; this one is that of Stack/Handler/HttpApi-GET-items-id, got 'GET /items/{name}'; "
      + 'give one of the two another path or other methods, or an API of its own [CDK_HYBRID_ROUTE_TAKEN]');
  });

  test.each<[string, Options, RegExp]>([
    ['a path without a slash', { path: 'items' }, /'path' must be a path such as .*got 'items'.*ROUTE_INVALID/],
    ['a parameter that is part of a part', { path: '/items/a{id}' }, /ROUTE_INVALID/],
    ['a greedy parameter in the middle', { path: '/{proxy+}/items' }, /ROUTE_INVALID/],
    ['a name that comes twice', { path: '/{id}/{id}' }, /ROUTE_INVALID/],
    ['a path that only the deployment knows', stack => ({ path: new CfnParameter(stack, 'Path').valueAsString }), /'a token'.*ROUTE_INVALID/],
    ['a method that there is not', { methods: ['get'] }, /'methods' must be ANY alone, or some of DELETE.*got 'get'.*ROUTE_INVALID/],
    ['no method', { methods: [] }, /ROUTE_INVALID/],
    ['a timeout that is too long', { integrationTimeout: Duration.seconds(31) }, /'integrationTimeout' must be 50 to 30000 milliseconds, got 31000/],
    ['cors of an API that is given', stack => ({ httpApi: new apigatewayv2.HttpApi(stack, 'Own'), cors: { allowOrigins: ['*'] } }), /'cors' must be not given together with httpApi.*API_GIVEN/],
    ['credentials for any origin', { cors: { allowOrigins: ['*'], allowCredentials: true } }, /CORS_UNSUPPORTED/],
    ['a key that mappings do not take', { authorizerContext: ['cognito:groups'] }, /'authorizerContext' must be names of letters, digits, dots and underscores, got 'cognito:groups'.*GATEWAY_NAME/],
  ])('%s', (_, options, message) => {
    expect(refusal(() => onLambda(options))).toMatch(message);
  });

  test('settings of the shared API that contradict each other', () => {
    expect(refusal(() => onLambda({ path: '/a', cors: { allowOrigins: ['https://a.example'] } }, undefined, fn => {
      fn.addTrigger(Trigger.httpApi({ path: '/b', cors: { allowOrigins: ['https://b.example'] } }));
    }))).toMatch(/'cors' must be .*a\.example.*as Stack\/Handler\/HttpApi-a says of Stack\/CdkHybridHttpApi.*API_CONFLICT/);
  });

  test('a compute of a user\'s own that takes no requests', () => {
    const inner = Compute.lambdaFunction();
    const own: ICompute = { computeName: 'own', servicePrincipals: inner.servicePrincipals, bind: (scope, context) => ({ image: inner.bind(scope, context).image }) };
    expect(refusal(() => onLambda({}, own))).toMatch(/Trigger\.httpApi\(\) on own.*TRIGGER_UNSUPPORTED/);
  });
});

test('a handler that may take longer than API Gateway waits is warned of', () => {
  expect(onService({}, {}, { timeout: Duration.minutes(2) }).warnings.join()).toContain('answers 503 after 30');
  expect(onService().warnings.join()).not.toContain('503');
});

test('a route keeps its logical id when it moves to another function or compute, and is led to another integration', () => {
  const ids = (template: Template, type: string) => Object.keys(template.findResources(type));
  const templates = [onService({ path: '/a' }).template, onLambda({ path: '/a' })];
  const [service, lambdaFunction] = templates.map(template => ({ routes: ids(template, 'AWS::ApiGatewayV2::Route'), integrations: ids(template, 'AWS::ApiGatewayV2::Integration') }));
  expect(lambdaFunction.routes).toEqual(service.routes);
  expect([service.integrations, lambdaFunction.integrations]).toEqual([[expect.stringMatching(/PrivateIntegration/)], [expect.stringMatching(/LambdaIntegration/)]]);
});

const linter = templateLinter();
(linter ? test : test.skip)('the templates have no fault to cfn-lint', () => {
  const options: Options = { authorizer: byJwt(), authorizationScopes: ['read'], cors: { allowOrigins: ['https://example.com'] }, throttle: { rateLimit: 10, burstLimit: 5 } };
  const own = synthesized(stack => {
    const fn = new HybridFunction(stack, 'Handler', { runtime: SMALL_RUNTIME, code: SMALL_CODE, vpc: new ec2.Vpc(stack, 'Vpc'), compute: Compute.service() });
    fn.addTrigger(Trigger.httpApi({ ...options, authorizer: byJwt(), stageVariables: ['table'] }));
  });
  expect(findingsOf(linter!, [onLambda(options), own])).toBe('');
});
