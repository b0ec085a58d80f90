import type { Duration } from 'aws-cdk-lib';
import type * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import type { ApiTriggerOptions } from '../model/api-options';
import type { HttpCors } from '../model/trigger-target';

/** Which requests a handler gets from which HTTP API, and how. */
export interface HttpApiTriggerProps extends ApiTriggerOptions {
  /**
   * The API, of this app or imported.
   *
   * @default - one is made for all functions of the stack that name none
   */
  readonly httpApi?: apigatewayv2.IHttpApi;

  /**
   * Who lets callers in: a JWT or Lambda authorizer, or IAM.
   *
   * @default - the default of the API, else everybody is let in
   */
  readonly authorizer?: apigatewayv2.IHttpRouteAuthorizer;

  /**
   * The scopes of which a token has to have one. With a JWT authorizer.
   *
   * @default - those of the API's default authorizer, else none
   */
  readonly authorizationScopes?: string[];

  /**
   * The keys of a Lambda authorizer's context that the event has on a service. On Lambda it has all.
   *
   * @default - none
   */
  readonly authorizerContext?: string[];

  /**
   * The stage variables that the event has on a service. On Lambda it has all.
   *
   * @default - none
   */
  readonly stageVariables?: string[];

  /**
   * Which web pages of other origins may call the API. API Gateway answers for all its functions. Not with an API that is given.
   *
   * @default - none
   */
  readonly cors?: HttpCors;

  /**
   * How many requests the API takes. Not with an API that is given.
   *
   * @default - what the account allows
   */
  readonly throttle?: apigatewayv2.ThrottleSettings;

  /**
   * How long API Gateway waits for the handler, 50 milliseconds to 30 seconds.
   *
   * @default - 30 seconds
   */
  readonly integrationTimeout?: Duration;
}
