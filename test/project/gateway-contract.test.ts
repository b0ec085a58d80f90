/** What triggers have private integrations map, and what the host makes of it, belong together: mappings of templates, with values as API Gateway puts them in, become events. */
import { Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { HttpIamAuthorizer, HttpJwtAuthorizer, HttpLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { GATEWAY } from '../../layers/runtime/sources/http/event-gateway';
import { HttpApiTriggerProps, ITrigger, RestApiTriggerProps, Trigger } from '../../src';
import { onEcs } from '../computes/ecs';
import { ask, cleanUp, returning, serve } from '../layers/http/serve';

afterEach(cleanUp);

type Values = { [variable: string]: string };

/** Variables of `$context`, `$stageVariables` and the path, as API Gateway has them for one request. */
const VALUES: Values = {
  'context.requestId': 'request',
  'context.extendedRequestId': 'extended',
  'context.apiId': 'a1b2c3',
  'context.accountId': '111122223333',
  'context.domainName': 'a1b2c3.execute-api.eu-west-1.amazonaws.com',
  'context.identity.sourceIp': '203.0.113.7',
  'context.protocol': 'HTTP/1.1',
  'context.requestTimeEpoch': '1700000000000',
  'context.resourceId': 'r1',
  'stageVariables.table': 'orders',
  'context.authorizer.tenant': 'acme',
  'context.authorizer.principalId': 'jane',
  'context.identity.accountId': '444455556666',
  'context.identity.caller': 'CALLER',
  'context.identity.user': 'USER',
  'context.identity.userArn': 'arn:aws:iam::444455556666:user/jane',
  'context.identity.principalOrgId': 'o-1',
  'context.identity.apiKey': 'key',
  'context.identity.apiKeyId': 'key-id',
};

async function eventOf(trigger: (stack: Stack) => ITrigger, values: Values, target: string, headers: Values = {}) {
  const { template } = onEcs('service', {}, {}, (fn, stack) => void fn.addTrigger(trigger(stack)));
  const [integration] = [
    ...Object.values(template.findResources('AWS::ApiGatewayV2::Integration')).map(({ Properties }) => Properties),
    ...Object.values(template.findResources('AWS::ApiGateway::Method')).map(({ Properties }) => Properties.Integration),
  ];
  const parameters: Values = integration.RequestParameters;
  const value = (name: string) => ({ ...VALUES, ...values })[name] ?? '';
  const mapped = Object.entries(parameters).flatMap(([place, source]): [string, string][] => {
    const [, name] = /header\.(.*)$/.exec(place) ?? [];
    if (name === undefined) { return []; }
    if (place.startsWith('overwrite:')) { return [[name, source.replace(/\$\{([\w.]+)\}|\$([\w.]+)/g, (_, braced, bare) => value(braced ?? bare))]]; }
    return [[name, source.startsWith("'") ? source.slice(1, -1) : value(source)]];
  });
  let event: any;
  const { port } = await serve(returning(given => {
    event = given;
    return { statusCode: 200 };
  }), { gateway: GATEWAY });
  const lines = [['Host', 'internal'], ['X-Forwarded-For', '203.0.113.7, 10.0.0.9'], ...Object.entries(headers), ...mapped].map(line => line.join(': '));
  expect((await ask(port, `GET ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)).status).toBe(200);
  return event;
}

const http = (props: HttpApiTriggerProps, headers?: Values) =>
  eventOf(() => Trigger.httpApi({ path: '/items/{id}', ...props }), { 'context.stage': '$default', 'context.routeKey': 'ANY /items/{id}' }, '/items/7', headers);
const VALUES_OF_REST = { 'context.stage': 'prod', 'context.path': '/prod/items/7', 'context.resourcePath': '/items/{id}' };
const rest = (props: (stack: Stack) => RestApiTriggerProps, headers?: Values) => eventOf(
  stack => Trigger.restApi({ path: '/items/{id}', ...props(stack) }), VALUES_OF_REST, '/items/7', headers,
);

const token = { Authorization: `Bearer e30.${Buffer.from('{"sub":"jane","scope":"read"}').toString('base64url')}.c2ln` };

test('of an HTTP API', async () => {
  expect(await http({ stageVariables: ['table'] })).toMatchObject({
    routeKey: 'ANY /items/{id}',
    rawPath: '/items/7',
    pathParameters: { id: '7' },
    stageVariables: { table: 'orders' },
    requestContext: {
      requestId: 'request',
      apiId: 'a1b2c3',
      accountId: '111122223333',
      domainName: VALUES['context.domainName'],
      domainPrefix: 'a1b2c3',
      stage: '$default',
      timeEpoch: 1_700_000_000_000,
      http: { sourceIp: '203.0.113.7', protocol: 'HTTP/1.1' },
    },
  });
});

test('of an HTTP API with each kind of authorizer', async () => {
  const jwt = new HttpJwtAuthorizer('Jwt', 'https://issuer.example.com', { jwtAudience: ['app'] });
  expect((await http({ authorizer: jwt, authorizationScopes: ['read', 'write'] }, token)).requestContext.authorizer).toEqual({ jwt: { claims: { sub: 'jane', scope: 'read' }, scopes: ['read'] } });
  expect((await http({ authorizer: new HttpIamAuthorizer() })).requestContext.authorizer.iam)
    .toMatchObject({ accountId: '444455556666', callerId: 'CALLER', userId: 'USER', userArn: VALUES['context.identity.userArn'], principalOrgId: 'o-1', cognitoIdentity: null });
  const event = await eventOf(stack => Trigger.httpApi({
    path: '/', authorizer: new HttpLambdaAuthorizer('Own', lambda.Function.fromFunctionName(stack, 'Fn', 'authorizer')), authorizerContext: ['tenant', 'role'],
  }), { 'context.stage': '$default', 'context.routeKey': 'ANY /' }, '/');
  expect(event.requestContext.authorizer).toEqual({ lambda: { tenant: 'acme' } });
});

test('of a REST API', async () => {
  expect(await rest(() => ({ stageVariables: ['table'], apiKeyRequired: true }))).toMatchObject({
    resource: '/items/{id}',
    path: '/items/7',
    pathParameters: { id: '7' },
    stageVariables: { table: 'orders' },
    requestContext: {
      requestId: 'request',
      extendedRequestId: 'extended',
      resourceId: 'r1',
      stage: 'prod',
      path: '/prod/items/7',
      identity: { sourceIp: '203.0.113.7', apiKey: 'key', apiKeyId: 'key-id' },
    },
  });
});

test('of a REST API with each kind of authorizer', async () => {
  const users = (stack: Stack) => new apigateway.CognitoUserPoolsAuthorizer(stack, 'Users', { cognitoUserPools: [cognito.UserPool.fromUserPoolId(stack, 'Pool', 'eu-west-1_abc')] });
  expect((await rest(stack => ({ authorizer: users(stack) }), token)).requestContext.authorizer).toEqual({ claims: { sub: 'jane', scope: 'read' } });
  const own = (stack: Stack) => new apigateway.TokenAuthorizer(stack, 'Own', { handler: lambda.Function.fromFunctionName(stack, 'Fn', 'authorizer') });
  expect((await rest(stack => ({ authorizer: own(stack), authorizerContext: ['tenant'] }))).requestContext.authorizer).toEqual({ principalId: 'jane', tenant: 'acme' });
  expect((await rest(() => ({ authorizationType: apigateway.AuthorizationType.IAM }))).requestContext.identity)
    .toMatchObject({ accountId: '444455556666', caller: 'CALLER', user: 'USER', principalOrgId: null });
});
