// Twenty functions on mixed computes, made with our constructs or with the CDK's own: 8 zips, 4 images, 4 services behind
// a load balancer, 2 tasks and 2 jobs on a schedule. What argv says is as in app.cjs.
const { join } = require('node:path');
const { App, Duration, Size, Stack } = require('aws-cdk-lib');
const batch = require('aws-cdk-lib/aws-batch');
const ec2 = require('aws-cdk-lib/aws-ec2');
const ecs = require('aws-cdk-lib/aws-ecs');
const elbv2 = require('aws-cdk-lib/aws-elasticloadbalancingv2');
const iam = require('aws-cdk-lib/aws-iam');
const lambda = require('aws-cdk-lib/aws-lambda');
const logs = require('aws-cdk-lib/aws-logs');
const scheduler = require('aws-cdk-lib/aws-scheduler');
const targets = require('aws-cdk-lib/aws-scheduler-targets');

const [variant, handlers] = process.argv.slice(2);
const app = new App(process.env.BENCH_FLAGS === 'none' ? {} : { postCliContext: require('aws-cdk-lib/recommended-feature-flags.json') });
const stack = new Stack(app, 'Mixed');
const numbers = (first, count) => Array.from({ length: count }, (_, index) => first + index);
const [zips, images, services, tasks, jobs] = [numbers(1, 8), numbers(9, 4), numbers(13, 4), numbers(17, 2), numbers(19, 2)];
const nightly = () => scheduler.ScheduleExpression.rate(Duration.days(1));

const variants = {
  mixedHybrid: () => {
    const { Compute, HandlerCode, HybridFunction, Trigger } = require('../../lib');
    const make = (number, compute) => new HybridFunction(stack, `Fn${number}`, { code: HandlerCode.fromEntry(join(handlers, `handler${number}.ts`)), compute });
    for (const number of zips) { make(number, Compute.lambdaFunction()); }
    for (const number of images) { make(number, Compute.lambdaImage()); }
    for (const number of services) { make(number, Compute.service({ maxConcurrency: 10 })).addTrigger(Trigger.loadBalancer({ path: `/${number}/*` })); }
    for (const number of tasks) { make(number, Compute.task()).addTrigger(Trigger.schedule({ schedule: nightly() })); }
    for (const number of jobs) { make(number, Compute.batchJob()).addTrigger(Trigger.schedule({ schedule: nightly() })); }
  },

  mixedPlain: () => {
    const group = number => new logs.LogGroup(stack, `Logs${number}`, { retention: logs.RetentionDays.ONE_MONTH });
    for (const number of zips) {
      new lambda.Function(stack, `Fn${number}`, {
        runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromAsset(join(handlers, 'plain', String(number))), logGroup: group(number),
      });
    }
    const directory = number => join(handlers, 'plain', String(number));
    for (const number of images) {
      new lambda.DockerImageFunction(stack, `Fn${number}`, { code: lambda.DockerImageCode.fromImageAsset(directory(number)), logGroup: group(number) });
    }
    const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1 });
    const cluster = new ecs.Cluster(stack, 'Cluster', { vpc });
    const task = number => {
      const definition = new ecs.FargateTaskDefinition(stack, `Task${number}`, { cpu: 256, memoryLimitMiB: 512 });
      definition.addContainer('Container', {
        image: ecs.ContainerImage.fromAsset(directory(number)), portMappings: [{ containerPort: 8080 }],
        logging: ecs.LogDrivers.awsLogs({ logGroup: group(number), streamPrefix: 'task' }),
      });
      return definition;
    };
    const balancer = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc, internetFacing: true });
    const listener = balancer.addListener('Listener', { port: 80, defaultAction: elbv2.ListenerAction.fixedResponse(404) });
    for (const number of services) {
      const service = new ecs.FargateService(stack, `Service${number}`, { cluster, taskDefinition: task(number), circuitBreaker: { rollback: true }, minHealthyPercent: 100 });
      listener.addTargets(`Target${number}`, { port: 8080, protocol: elbv2.ApplicationProtocol.HTTP, targets: [service], priority: number, conditions: [elbv2.ListenerCondition.pathPatterns([`/${number}/*`])] });
    }
    for (const number of tasks) {
      new scheduler.Schedule(stack, `Schedule${number}`, { schedule: nightly(), target: new targets.EcsRunFargateTask(cluster, { taskDefinition: task(number) }) });
    }
    const queue = new batch.JobQueue(stack, 'Queue', {
      computeEnvironments: [{ order: 1, computeEnvironment: new batch.FargateComputeEnvironment(stack, 'ComputeEnvironment', { vpc }) }],
    });
    for (const number of jobs) {
      const definition = new batch.EcsJobDefinition(stack, `Job${number}`, {
        container: new batch.EcsFargateContainerDefinition(stack, `Container${number}`, {
          image: ecs.ContainerImage.fromAsset(directory(number)), cpu: 0.25, memory: Size.mebibytes(512), logging: ecs.LogDrivers.awsLogs({ logGroup: group(number), streamPrefix: 'job' }),
        }),
      });
      new scheduler.Schedule(stack, `Schedule${number}`, {
        schedule: nightly(),
        target: new targets.Universal({
          service: 'batch', action: 'submitJob',
          input: scheduler.ScheduleTargetInput.fromObject({ JobName: `job${number}`, JobDefinition: definition.jobDefinitionArn, JobQueue: queue.jobQueueArn }),
          policyStatements: [new iam.PolicyStatement({ actions: ['batch:SubmitJob'], resources: [definition.jobDefinitionArn, queue.jobQueueArn] })],
        }),
      });
    }
  },
};
variants[variant]();
app.synth();
