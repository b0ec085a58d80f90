import type { Duration } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type { ApiTriggerOptions } from '../model/api-options';
import type { HttpCors } from '../model/trigger-target';

/** Which requests a handler gets from which REST API, and how. */
export interface RestApiTriggerProps extends ApiTriggerOptions {
  /**
   * The API, of this app or imported. An imported one has to be deployed by its owner when its routes change.
   *
   * @default - a regional one with the stage `prod` is made for all functions of the stack that name none
   */
  readonly restApi?: apigateway.IRestApi;

  /**
   * Who lets callers in: an authorizer of Cognito user pools, or a Lambda function.
   *
   * @default - the default of the API, else everybody is let in
   */
  readonly authorizer?: apigateway.IAuthorizer;

  /**
   * How callers are let in without an authorizer: `AuthorizationType.IAM`.
   *
   * @default - as the authorizer says, or the API's default
   */
  readonly authorizationType?: apigateway.AuthorizationType;

  /**
   * The scopes of which a token has to have one. With an authorizer of Cognito user pools.
   *
   * @default - none
   */
  readonly authorizationScopes?: string[];

  /**
   * The keys of a Lambda authorizer's context that the event has on a service; on Lambda it has all. The authorizer must answer each of them for each
   * caller: for one that is missing a header of the caller might stand in.
   *
   * @default - none
   */
  readonly authorizerContext?: string[];

  /**
   * The stage variables that the event has on a service, each of which the stage must have. On Lambda it has all.
   *
   * @default - none
   */
  readonly stageVariables?: string[];

  /**
   * Whether callers need an API key of a usage plan.
   *
   * @default false
   */
  readonly apiKeyRequired?: boolean;

  /**
   * Which web pages of other origins may call the routes: preflights are answered by API Gateway. What is not a preflight the handler answers
   * itself, `Access-Control-Allow-Origin` included.
   *
   * @default - none
   */
  readonly cors?: HttpCors;

  /**
   * Which bodies are bytes. Not with an API that is given.
   *
   * @default - none; every body is text
   */
  readonly binaryMediaTypes?: string[];

  /**
   * Whether responses go on while the handler still writes them. On Lambda the handler then has to be a streaming one.
   *
   * @default ResponseTransferMode.BUFFERED
   */
  readonly responseTransferMode?: apigateway.ResponseTransferMode;

  /**
   * How many requests the stage takes in a second. Not with an API that is given.
   *
   * @default - what the account allows
   */
  readonly throttlingRateLimit?: number;

  /**
   * How many requests the stage takes at once. Not with an API that is given.
   *
   * @default - what the account allows
   */
  readonly throttlingBurstLimit?: number;

  /**
   * How long API Gateway waits for the handler: 50 milliseconds to 29 seconds, more with a raised quota of the account, and up to 15 minutes with streaming.
   *
   * @default - 29 seconds
   */
  readonly integrationTimeout?: Duration;
}
