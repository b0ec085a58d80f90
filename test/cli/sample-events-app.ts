/** Defines the app of the tests of `invoke --trigger`: a function, `All`, with a trigger of every kind, and some with one that `All` cannot have as well. */
import { Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as elbTargets from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sources from 'aws-cdk-lib/aws-lambda-event-sources';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as logTargets from 'aws-cdk-lib/aws-logs-destinations';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as notifications from 'aws-cdk-lib/aws-s3-notifications';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as schedulerTargets from 'aws-cdk-lib/aws-scheduler-targets';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ACCOUNT, REGION, synthesizeFunctions, type CommonProps } from './local-apps';

const { PRE_TOKEN_GENERATION, PRE_TOKEN_GENERATION_CONFIG, ...operations } = cognito.UserPoolOperation;
const OPERATIONS = Object.values(operations).filter((value) => value instanceof cognito.UserPoolOperation);

export function synthesizeTriggers(directory: string): void {
  synthesizeFunctions(directory, 'cdk.out', 'exports.echo = async (event) => event;', functions);
}

function functions(stack: Stack, common: CommonProps): void {
  const make = (id: string): lambda.Function => new lambda.Function(stack, id, { ...common, handler: 'index.echo' });
  const all = make('All');
  addMessages(stack, all);
  addSchedules(stack, all);
  addStreams(stack, all);
  addRoutes(stack, all, make('MultiValue'));
  const pool = new cognito.UserPool(stack, 'Users', { customSenderKmsKey: new kms.Key(stack, 'Key') });
  for (const operation of OPERATIONS) pool.addTrigger(operation, all);
  (pool.node.defaultChild as cognito.CfnUserPool).addPropertyOverride('LambdaConfig.InboundFederation', { LambdaArn: all.functionArn, LambdaVersion: 'V1_0' });
  new cognito.UserPool(stack, 'UsersV1').addTrigger(PRE_TOKEN_GENERATION, make('TokensV1'));
  for (const version of [cognito.LambdaVersion.V2_0, cognito.LambdaVersion.V3_0]) {
    const name = version.slice(0, 2);
    new cognito.UserPool(stack, `Users${name}`).addTrigger(PRE_TOKEN_GENERATION_CONFIG, make(`Tokens${name}`), version);
  }
  make('None');
}

function addMessages(stack: Stack, all: lambda.Function): void {
  all.addEventSource(new sources.SqsEventSource(new sqs.Queue(stack, 'Orders', { queueName: 'orders' })));
  all.addEventSource(new sources.SqsEventSource(new sqs.Queue(stack, 'Payments', { fifo: true })));
  all.addEventSource(new sources.SqsEventSource(sqs.Queue.fromQueueArn(stack, 'Foreign', `arn:aws:sqs:${REGION}:${ACCOUNT}:foreign`)));
  new sns.Topic(stack, 'News', { topicName: 'news' }).addSubscription(new subscriptions.LambdaSubscription(all));
  const bucket = new s3.Bucket(stack, 'Files', { bucketName: 'the-files' });
  bucket.addEventNotification(s3.EventType.OBJECT_REMOVED, new notifications.LambdaDestination(all), { prefix: 'in box/', suffix: '.png' });
  const detail = { total: [{ numeric: ['>', 10] }], name: [{ prefix: 'a' }], note: [{ exists: false }] };
  const eventPattern = { source: ['own.app'], detailType: ['Ordered', 'Paid'], detail };
  new events.Rule(stack, 'Ordered', { eventPattern, targets: [new targets.LambdaFunction(all)] });
}

function addSchedules(stack: Stack, all: lambda.Function): void {
  new events.Rule(stack, 'Hourly', { ruleName: 'hourly', schedule: events.Schedule.rate(Duration.hours(1)), targets: [new targets.LambdaFunction(all)] });
  const input = scheduler.ScheduleTargetInput.fromObject({ night: true, at: scheduler.ContextAttribute.scheduledTime });
  const schedule = scheduler.ScheduleExpression.cron({ hour: '3' });
  new scheduler.Schedule(stack, 'Nightly', { schedule, target: new schedulerTargets.LambdaInvoke(all, { input }) });
  new scheduler.Schedule(stack, 'Plain', { scheduleName: 'plain', schedule, target: new schedulerTargets.LambdaInvoke(all) });
}

function addStreams(stack: Stack, all: lambda.Function): void {
  const startingPosition = lambda.StartingPosition.LATEST;
  const table = new dynamodb.Table(stack, 'Items', {
    tableName: 'items', partitionKey: { name: 'Id', type: dynamodb.AttributeType.NUMBER }, stream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
  });
  all.addEventSource(new sources.DynamoEventSource(table, { startingPosition }));
  all.addEventSource(new sources.KinesisEventSource(new kinesis.Stream(stack, 'Clicks', { streamName: 'clicks' }), { startingPosition }));
  new logs.LogGroup(stack, 'Log', { logGroupName: '/the/log', removalPolicy: RemovalPolicy.DESTROY })
    .addSubscriptionFilter('Errors', { destination: new logTargets.LambdaDestination(all), filterPattern: logs.FilterPattern.allEvents(), filterName: 'errors' });
}

function addRoutes(stack: Stack, all: lambda.Function, multiValue: lambda.Function): void {
  const integration = new HttpLambdaIntegration('Items', all);
  new apigatewayv2.HttpApi(stack, 'HttpApi').addRoutes({ path: '/items/{id}', methods: [apigatewayv2.HttpMethod.PATCH], integration });
  const restApi = new apigateway.RestApi(stack, 'RestApi', { cloudWatchRole: false });
  restApi.root.addResource('orders').addResource('{id}').addMethod('ANY', new apigateway.LambdaIntegration(all));
  all.addFunctionUrl();
  const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc: new ec2.Vpc(stack, 'Vpc') });
  for (const [port, id, target] of [[80, 'Group', all], [81, 'MultiValueGroup', multiValue]] as const) {
    const group = new elbv2.ApplicationTargetGroup(stack, id, { targets: [new elbTargets.LambdaTarget(target)] });
    if (target === multiValue) group.setAttribute('lambda.multi_value_headers.enabled', 'true');
    loadBalancer.addListener(`Listener${port}`, { port, protocol: elbv2.ApplicationProtocol.HTTP, open: false, defaultTargetGroups: [group] });
  }
}
