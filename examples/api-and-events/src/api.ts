import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda';
import { httpApi } from './http-api';
import { restApi } from './rest-api';

export const handler = async (event: APIGatewayProxyEvent | APIGatewayProxyEventV2) => 'routeKey' in event ? httpApi(event) : restApi(event);
