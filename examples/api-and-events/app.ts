import { App, Duration, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Compute, HandlerCode, HybridFunction, Trigger } from 'cdk-hybrid';

const app = new App();
const stack = new Stack(app, 'ApiAndEvents');

// Where both functions run: on Lambda, or with `-c compute=service` on Fargate.
const compute = () => app.node.tryGetContext('compute') === 'service' ? Compute.service({ cpu: 256, memoryLimitMiB: 512 }) : Compute.lambdaFunction({ memorySize: 512 });

// APIs with access logs. Where a trigger names none, the library makes one, without.
const accessLogs = new logs.LogGroup(stack, 'AccessLogs', { retention: logs.RetentionDays.ONE_MONTH });
const httpApi = new apigatewayv2.HttpApi(stack, 'Shop', { createDefaultStage: false });
httpApi.addStage('Stage', { autoDeploy: true, accessLogSettings: { destination: new apigatewayv2.LogGroupLogDestination(accessLogs) } });
const restApi = new apigateway.RestApi(stack, 'Partners', {
  endpointTypes: [apigateway.EndpointType.REGIONAL],
  deployOptions: { accessLogDestination: new apigateway.LogGroupLogDestination(accessLogs), loggingLevel: apigateway.MethodLoggingLevel.ERROR },
  cloudWatchRole: false, // an account has one
});

const api = new HybridFunction(stack, 'Api', { code: HandlerCode.fromEntry('src/api.ts'), timeout: Duration.seconds(20), compute: compute() });
api.addTrigger(Trigger.httpApi({
  httpApi,
  path: '/orders/{id}',
  authorizer: new HttpJwtAuthorizer('Login', 'https://login.example.com', { jwtAudience: ['shop'] }),
}));
api.addTrigger(Trigger.restApi({ restApi, path: '/stock/{proxy+}', authorizationType: apigateway.AuthorizationType.IAM }));

const orders = new sqs.Queue(stack, 'Orders', {
  enforceSSL: true,
  visibilityTimeout: Duration.minutes(2),
  deadLetterQueue: { queue: new sqs.Queue(stack, 'LostOrders', { enforceSSL: true, retentionPeriod: Duration.days(14) }), maxReceiveCount: 3 },
});
const prices = new sns.Topic(stack, 'Prices', { enforceSSL: true });
const photos = new s3.Bucket(stack, 'Photos', { enforceSSL: true, blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL });

const events = new HybridFunction(stack, 'Events', { code: HandlerCode.fromEntry('src/events.ts'), timeout: Duration.seconds(20), compute: compute() });
events.addTrigger(Trigger.queue(orders, { reportBatchItemFailures: true }));
events.addTrigger(Trigger.topic(prices));
events.addTrigger(Trigger.bucket(photos, { prefix: 'new/', suffix: '.jpg' }));

app.synth();
