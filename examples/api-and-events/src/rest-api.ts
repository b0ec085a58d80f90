import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';

/** Payload format 1.0: a response has a status code. */
export const restApi = (event: APIGatewayProxyEvent): APIGatewayProxyResult => ({
  statusCode: 200,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ item: event.pathParameters?.proxy, partner: event.requestContext.identity.userArn }),
});
