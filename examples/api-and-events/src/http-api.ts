import type { APIGatewayProxyEventV2, APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda';

/** Payload format 2.0: what is returned without a status code is the body of the response. */
export const httpApi = (event: APIGatewayProxyEventV2 | APIGatewayProxyEventV2WithJWTAuthorizer) => ({
  order: event.pathParameters?.id,
  // Nobody is asked to log in on your machine.
  customer: 'authorizer' in event.requestContext ? event.requestContext.authorizer.jwt.claims.sub : 'nobody',
});
