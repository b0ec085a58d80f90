import { Annotations, Lazy, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import type { RestApiTriggerProps } from './rest-api-options';
import type { ITrigger, TriggerConfig, TriggerContext } from '../model/trigger';
import { agree, refuseForGiven } from '../private/agreement';
import { checkIntegration } from '../private/api/api-options';
import { apiRoutesOf, routesId, takeRoute } from '../private/api/api-routes';
import type { GatewayMapping } from '../private/api/gateway-mapping';
import { addPrivateMethod } from '../private/api/private-rest-integration';
import { secondsOf } from '../private/check-range';
import { checkCors } from '../private/cors';
import { problem } from '../private/errors';
import { unsupported } from '../private/support';

const API_ID = 'CdkHybridRestApi';
/** Source: "Integration timeout" among the quotas of REST APIs, and "Stream the integration response for your proxy integrations". */
const DEFAULT_SECONDS = 29;
const MAX_SECONDS = 300;
const MAX_STREAM_SECONDS = 900;
const AUTHORIZERS: { [type in apigateway.AuthorizationType]: GatewayMapping['authorizer'] } = {
  NONE: 'none', AWS_IAM: 'iam', CUSTOM: 'lambda', COGNITO_USER_POOLS: 'jwt',
};

/** `Trigger.restApi()`: HTTP requests by a REST API of API Gateway. */
export class RestApiTrigger implements ITrigger {
  public readonly triggerName = 'restApi';
  public readonly triggerId: string;

  /**
   * @param props routes and API
   */
  constructor(private readonly props: RestApiTriggerProps) {
    this.triggerId = props.id ?? routesId('RestApi', props);
  }

  public bind(scope: Construct, context: TriggerContext): TriggerConfig {
    const { props } = this;
    const { compute: { lambdaTarget, httpGatewayTarget } } = context;
    if (!lambdaTarget && !httpGatewayTarget) { throw unsupported(scope, 'restApi', context.computeName, 'use a compute that takes requests'); }
    const routes = apiRoutesOf(scope, props);
    this.check(scope, context);
    const restApi = props.restApi ?? this.sharedApi(scope);
    const restMethods = routes.map(route => {
      takeRoute(scope, restApi, route);
      const resource = restApi.root.resourceForPath(route.path);
      const existing = resource.node.tryFindChild(route.method);
      if (existing) {
        throw problem(scope, 'ROUTE_TAKEN', { property: 'path', given: `${route.method} ${route.path}`, accepted: `a route that ${restApi.node.path} does not have; this one is ${existing.node.path}` });
      }
      this.addPreflight(scope, resource);
      return this.addMethod(scope, resource, route.method, restApi, context);
    });
    return { restApi, restMethods };
  }

  private addMethod(
    scope: Construct, resource: apigateway.IResource, method: string, restApi: apigateway.IRestApi, { compute }: TriggerContext,
  ): apigateway.Method {
    const { authorizer, authorizationType, authorizationScopes, apiKeyRequired, integrationTimeout: timeout, responseTransferMode } = this.props;
    const methodOptions = given({ authorizer, authorizationType, authorizationScopes, apiKeyRequired });
    if (compute.lambdaTarget) {
      const integration = new apigateway.LambdaIntegration(compute.lambdaTarget, { allowTestInvoke: false, timeout, responseTransferMode });
      return resource.addMethod(method, integration, methodOptions);
    }
    const mapping = this.mapping(restApi, { ...resource.defaultMethodOptions, ...methodOptions });
    const end = compute.httpGatewayTarget!.attachGateway(scope, { healthCheckPath: this.props.healthCheckPath });
    return addPrivateMethod(resource, method, end, mapping, { timeout, responseTransferMode, methodOptions });
  }

  private mapping(restApi: apigateway.IRestApi, options: apigateway.MethodOptions): GatewayMapping {
    const { authorizer, authorizationType, authorizationScopes, apiKeyRequired } = options;
    const type = authorizer?.authorizationType ?? authorizationType ?? apigateway.AuthorizationType.NONE;
    return {
      authorizer: AUTHORIZERS[type],
      token: AUTHORIZERS[type] === 'jwt' ? tokenSource(authorizer) : undefined,
      scopes: authorizationScopes,
      authorizerContext: this.props.authorizerContext,
      stageVariables: this.props.stageVariables,
      apiKey: apiKeyRequired,
      binaryMediaTypes: restApi instanceof apigateway.RestApi ? [Lazy.string({ produce: () => binaryTypesText(restApi) })] : undefined,
    };
  }

  private addPreflight(scope: Construct, resource: apigateway.IResource): void {
    const { cors } = this.props;
    if (!cors) { return; }
    checkCors(scope, cors);
    const { allowOrigins, allowMethods, allowHeaders, exposeHeaders, allowCredentials, maxAge } = cors;
    const isFirst = agree(scope, 'API_CONFLICT', resource, 'cors', { ...cors, maxAge: maxAge?.toSeconds() });
    if (isFirst) { resource.addCorsPreflight({ allowOrigins, allowMethods, allowHeaders, exposeHeaders, allowCredentials, maxAge }); }
  }

  private sharedApi(scope: Construct): apigateway.RestApi {
    const stack = Stack.of(scope);
    const api = stack.node.tryFindChild(API_ID) as apigateway.RestApi | undefined ?? makeApi(stack);
    const { binaryMediaTypes, disableExecuteApiEndpoint, throttlingRateLimit, throttlingBurstLimit } = this.props;
    const resource = api.node.defaultChild as apigateway.CfnRestApi;
    const stage = api.deploymentStage.node.defaultChild as apigateway.CfnStage;
    const said = (property: keyof RestApiTriggerProps, value: unknown) => value !== undefined && agree(scope, 'API_CONFLICT', api, property, value);
    if (said('binaryMediaTypes', binaryMediaTypes)) { resource.binaryMediaTypes = binaryMediaTypes; }
    if (said('disableExecuteApiEndpoint', disableExecuteApiEndpoint)) { resource.disableExecuteApiEndpoint = disableExecuteApiEndpoint; }
    const limits = { throttlingRateLimit, throttlingBurstLimit };
    if (throttlingRateLimit !== undefined || throttlingBurstLimit !== undefined) {
      if (said('throttlingRateLimit', limits)) { stage.methodSettings = [{ httpMethod: '*', resourcePath: '/*', ...limits }]; }
    }
    return api;
  }

  private check(scope: Construct, { timeout }: TriggerContext): void {
    const { props, props: { restApi, integrationTimeout } } = this;
    if (restApi) { refuseForGiven(scope, 'API_GIVEN', 'restApi', props, ['binaryMediaTypes', 'disableExecuteApiEndpoint', 'throttlingRateLimit', 'throttlingBurstLimit']); }
    const streams = props.responseTransferMode === apigateway.ResponseTransferMode.STREAM;
    checkIntegration(scope, props, streams ? MAX_STREAM_SECONDS : MAX_SECONDS);
    const waits = integrationTimeout ? secondsOf(integrationTimeout) ?? Infinity : DEFAULT_SECONDS;
    const longest = secondsOf(timeout) ?? 0;
    // Functions have 30 seconds by default, and nobody needs to be told of that one.
    if (longest > waits + 1) {
      Annotations.of(scope).addWarningV2('cdk-hybrid:RestApi.timeout',
        `The handler may take ${longest} seconds, but the REST API answers 504 after ${waits}. Lower timeout, or raise integrationTimeout: over 29 seconds the account needs a raised quota, or responses are streamed.`);
    }
  }
}

function makeApi(stack: Stack): apigateway.RestApi {
  const api = new apigateway.RestApi(stack, API_ID, {
    restApiName: `${stack.stackName}-rest`, endpointTypes: [apigateway.EndpointType.REGIONAL], cloudWatchRole: false,
  });
  // The output that nobody has asked for.
  api.node.tryRemoveChild('Endpoint');
  return api;
}

/** Without what is not given: it would hide the defaults of the API. */
function given(options: apigateway.MethodOptions): apigateway.MethodOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function binaryTypesText(api: apigateway.RestApi): string {
  return (api.node.defaultChild as apigateway.CfnRestApi).binaryMediaTypes?.map(encodeURIComponent).join('+') ?? '';
}

/** `header.Authorization`, where the authorizer is not of this app. */
function tokenSource(authorizer?: apigateway.IAuthorizer): string | undefined {
  const parts = (authorizer as Construct | undefined)?.node?.findAll();
  return parts?.find((each): each is apigateway.CfnAuthorizer => each instanceof apigateway.CfnAuthorizer)?.identitySource?.replace(/^method\.request\./, '');
}
