import { Annotations, Stack } from 'aws-cdk-lib';
import * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpAlbIntegration, HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { HttpApiTriggerProps } from './http-api-options';
import type { HttpGatewayEnd } from '../model/gateway-target';
import type { ITrigger, TriggerConfig, TriggerContext } from '../model/trigger';
import { agree, refuseForGiven } from '../private/agreement';
import { checkIntegration } from '../private/api/api-options';
import { apiRoutesOf, ApiRoute, routesId, takeRoute } from '../private/api/api-routes';
import { GatewayMapping, httpApiParameters } from '../private/api/gateway-mapping';
import { secondsOf } from '../private/check-range';
import { checkCors } from '../private/cors';
import { stableKey } from '../private/stable-key';
import { unsupported } from '../private/support';

const API_ID = 'CdkHybridHttpApi';
/**
 * An id of its own: on a swap there is another integration, and the route is moved to it. Whether one that is changed in place forgets the VPC link and the
 * parameters of the other kind, `AWS::ApiGatewayV2::Integration` of the CloudFormation Template Reference does not say.
 */
const PRIVATE_INTEGRATION = 'PrivateIntegration';
/** Source: "Maximum integration timeout" among the quotas of HTTP APIs. */
const MAX_SECONDS = 30;
const AUTHORIZERS: { [type: string]: GatewayMapping['authorizer'] } = { JWT: 'jwt', CUSTOM: 'lambda', AWS_IAM: 'iam' };

/** What invokes the handler, or leads to it. */
type ToHandler = lambda.IFunction | HttpGatewayEnd;

/** Who is let in. */
type Access = Pick<HttpApiTriggerProps, 'authorizer' | 'authorizationScopes'>;

/** `Trigger.httpApi()`: HTTP requests by an HTTP API of API Gateway. */
export class HttpApiTrigger implements ITrigger {
  public readonly triggerName = 'httpApi';
  public readonly triggerId: string;

  /**
   * @param props routes and API
   */
  constructor(private readonly props: HttpApiTriggerProps) {
    this.triggerId = props.id ?? routesId('HttpApi', props);
  }

  public bind(scope: Construct, context: TriggerContext): TriggerConfig {
    const { props } = this;
    const { compute: { lambdaTarget, httpGatewayTarget } } = context;
    if (!lambdaTarget && !httpGatewayTarget) { throw unsupported(scope, 'httpApi', context.computeName, 'use a compute that takes requests'); }
    const routes = apiRoutesOf(scope, props);
    this.check(scope, context);
    const httpApi = props.httpApi ?? this.sharedApi(scope);
    // Beside the functions: a route that moves from one to another is changed, not made a second time while the first is there.
    const holder = routesOf(scope, httpApi);
    const toHandler = lambdaTarget ?? httpGatewayTarget!.attachGateway(scope, { healthCheckPath: props.healthCheckPath });
    const httpRoutes = routes.map(route => {
      takeRoute(scope, httpApi, route);
      return this.addRoute(holder, httpApi, route, toHandler);
    });
    return { httpApi, httpRoutes: [...httpRoutes, ...this.addPreflights(scope, holder, httpApi, routes, toHandler)] };
  }

  private addRoute(
    holder: Construct, httpApi: apigatewayv2.IHttpApi, { method, path }: ApiRoute, toHandler: ToHandler, access: Access = this.props,
  ): apigatewayv2.HttpRoute {
    const { authorizer, authorizationScopes } = access;
    const { integrationTimeout: timeout } = this.props;
    const integration = 'listener' in toHandler
      ? new HttpAlbIntegration(PRIVATE_INTEGRATION, toHandler.listener, { vpcLink: toHandler.vpcLink, timeout })
      : new HttpLambdaIntegration('LambdaIntegration', toHandler, { timeout, payloadFormatVersion: apigatewayv2.PayloadFormatVersion.VERSION_2_0 });
    const route = new apigatewayv2.HttpRoute(holder, `${method}${path}`.replace(/\//g, '|'), {
      httpApi, routeKey: apigatewayv2.HttpRouteKey.with(path, method as apigatewayv2.HttpMethod), integration, authorizer, authorizationScopes,
    });
    if ('listener' in toHandler) { this.map(httpApi, route); }
    return route;
  }

  /** Only the route knows who lets its callers in: its API may have a default. */
  private map(httpApi: apigatewayv2.IHttpApi, route: apigatewayv2.HttpRoute): void {
    const { authorizationType, authorizerId, authorizationScopes } = route.node.defaultChild as apigatewayv2.CfnRoute;
    const authorizer = AUTHORIZERS[authorizationType ?? 'NONE'] ?? 'none';
    const integration = route.node.findChild(PRIVATE_INTEGRATION).node.defaultChild as apigatewayv2.CfnIntegration;
    integration.requestParameters = httpApiParameters({
      authorizer,
      token: authorizer === 'jwt' ? tokenSource(httpApi, route, authorizerId) : undefined,
      scopes: authorizer === 'jwt' ? authorizationScopes : undefined,
      authorizerContext: this.props.authorizerContext,
      stageVariables: this.props.stageVariables,
    });
  }

  /** API Gateway answers preflights itself, but lets an authorizer of the route see them first. Source: "Configure CORS for HTTP APIs". */
  private addPreflights(scope: Construct, holder: Construct, httpApi: apigatewayv2.IHttpApi, routes: ApiRoute[], toHandler: ToHandler) {
    const { cors, authorizer } = this.props;
    if (!cors || !authorizer) { return []; }
    return routes.filter(({ method }) => method === 'ANY').map(({ path }) => {
      const route = { method: 'OPTIONS', path };
      takeRoute(scope, httpApi, route);
      return this.addRoute(holder, httpApi, route, toHandler, { authorizer: new apigatewayv2.HttpNoneAuthorizer(), authorizationScopes: [] });
    });
  }

  private sharedApi(scope: Construct): apigatewayv2.HttpApi {
    const stack = Stack.of(scope);
    const api = stack.node.tryFindChild(API_ID) as apigatewayv2.HttpApi | undefined ?? new apigatewayv2.HttpApi(stack, API_ID, { apiName: `${stack.stackName}-http` });
    const { cors, throttle, disableExecuteApiEndpoint } = this.props;
    const resource = api.node.defaultChild as apigatewayv2.CfnApi;
    const said = (property: keyof HttpApiTriggerProps, value: unknown) => value !== undefined && agree(scope, 'API_CONFLICT', api, property, value);
    if (cors) {
      checkCors(scope, cors);
      const settings = { ...cors, maxAge: cors.maxAge?.toSeconds() };
      if (said('cors', settings)) { resource.corsConfiguration = settings; }
    }
    if (said('disableExecuteApiEndpoint', disableExecuteApiEndpoint)) { resource.disableExecuteApiEndpoint = disableExecuteApiEndpoint; }
    if (throttle && said('throttle', throttle)) {
      const stage = api.defaultStage!.node.defaultChild as apigatewayv2.CfnStage;
      stage.defaultRouteSettings = { throttlingRateLimit: throttle.rateLimit, throttlingBurstLimit: throttle.burstLimit };
    }
    return api;
  }

  private check(scope: Construct, { timeout }: TriggerContext): void {
    const { props, props: { httpApi } } = this;
    if (httpApi) { refuseForGiven(scope, 'API_GIVEN', 'httpApi', props, ['cors', 'throttle', 'disableExecuteApiEndpoint']); }
    checkIntegration(scope, props, MAX_SECONDS);
    const longest = secondsOf(timeout) ?? 0;
    if (longest > MAX_SECONDS) {
      Annotations.of(scope).addWarningV2('cdk-hybrid:HttpApi.timeout',
        `The handler may take ${longest} seconds, but an HTTP API answers 503 after ${MAX_SECONDS}. Lower timeout, or use Trigger.loadBalancer(), or Trigger.restApi() with a longer integrationTimeout.`);
    }
  }
}

/** Where the routes of an API are that belong to functions of a stack. */
function routesOf(scope: Construct, httpApi: apigatewayv2.IHttpApi): Construct {
  const stack = Stack.of(scope);
  const id = `CdkHybridRoutes${stableKey(scope, httpApi, httpApi.apiId)}`;
  return stack.node.tryFindChild(id) as Construct | undefined ?? new Construct(stack, id);
}

/** `header.Authorization`, where the authorizer is not of this app. */
function tokenSource(httpApi: apigatewayv2.IHttpApi, route: apigatewayv2.HttpRoute, authorizerId?: string): string | undefined {
  const places = [httpApi, route].flatMap(({ node }) => node.findAll());
  const authorizers = places.filter((each): each is apigatewayv2.CfnAuthorizer => each instanceof apigatewayv2.CfnAuthorizer);
  return authorizers.find(({ ref }) => ref === authorizerId)?.identitySource?.[0]?.replace(/^\$request\./, '');
}
