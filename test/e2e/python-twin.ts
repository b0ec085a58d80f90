/** The app of examples/python in TypeScript, construct by construct: both have to make the same template. */
import { App, Duration, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import {
  BatchJob, Compute, CustomRuntimeLayer, Engine, EnvironmentKind, HandlerCode, HandlerRuntime, HandlerSecret, HybridFunction, HybridNetwork,
  LaunchableTask, ProcessService, ScheduledTask, ServiceScaling, Trigger,
} from '../../src';

const app = new App();
const stack = new Stack(app, 'Python');
const { vpc } = new HybridNetwork(stack, 'Network', { maxAzs: 2 });

const key = new secretsmanager.Secret(stack, 'Key');
const webhook = ssm.StringParameter.fromSecureStringParameterAttributes(stack, 'Webhook', { parameterName: '/orders/webhook' });

const orders = new HybridFunction(stack, 'Orders', {
  code: HandlerCode.fromEntry('src/orders.ts'),
  runtime: HandlerRuntime.NODEJS_24,
  environment: { LIMIT: '500' },
  secrets: { API_KEY: HandlerSecret.fromSecretsManager(key), WEBHOOK: HandlerSecret.fromSsmParameter(webhook) },
  environmentSchema: {
    LIMIT: { kind: EnvironmentKind.INTEGER, description: 'the most that one order may cost' },
    API_KEY: {},
    WEBHOOK: { kind: EnvironmentKind.URL, required: false },
  },
  timeout: Duration.seconds(20),
  vpc,
  compute: Compute.service({
    cpu: 512, memoryLimitMiB: 1024, maxConcurrency: 50, minCapacity: 2, maxCapacity: 10, scaling: [ServiceScaling.onCpu(60)],
  }),
});
orders.addTrigger(Trigger.loadBalancer({ path: '/orders/*', methods: ['GET', 'POST'] }));

const morning = orders.addCompute('Morning', Compute.lambdaFunction({ memorySize: 512 }), { environment: { LIMIT: '50' } });
morning.addTrigger(Trigger.schedule({
  schedule: scheduler.ScheduleExpression.cron({ hour: '6', minute: '0' }),
  input: scheduler.ScheduleTargetInput.fromObject({ total: 1 }),
}));
orders.addCompute('Yearly', Compute.task({ cpu: 1024, memoryLimitMiB: 4096 }), { timeout: Duration.hours(3) });

const report = new LaunchableTask(stack, 'Report', {
  code: HandlerCode.fromEntry('src/orders.ts'), vpc, timeout: Duration.hours(2), largeEvents: true,
});
report.grantRun(orders);

new ScheduledTask(stack, 'Nightly', {
  code: HandlerCode.fromEntry('src/orders.ts'),
  vpc,
  timeout: Duration.hours(1),
  schedule: scheduler.ScheduleExpression.rate(Duration.days(1)),
});

new BatchJob(stack, 'Archive', {
  code: HandlerCode.fromEntry('src/orders.ts'), vpc, timeout: Duration.hours(6), cpu: 2048, memoryLimitMiB: 4096, retryAttempts: 3,
});

new ProcessService(stack, 'Cache', {
  runtime: HandlerRuntime.container({ path: 'container', dockerfile: 'Dockerfile', entrypoint: 'redis-server --port 6379' }),
  vpc,
  cpu: 256,
  memoryLimitMiB: 512,
});

const layer = new CustomRuntimeLayer(stack, 'Runtime', { engine: Engine.NODEJS_24, architecture: lambda.Architecture.ARM_64 });
new lambda.Function(stack, 'Plain', {
  runtime: lambda.Runtime.PROVIDED_AL2023,
  architecture: lambda.Architecture.ARM_64,
  layers: [layer.layerVersion],
  code: lambda.Code.fromAsset('plain'),
  handler: 'index.handler',
});

app.synth();
