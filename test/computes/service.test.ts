/** ECS services: those that take requests, and those that run for ever. */
import { Duration, Lazy, TimeZone } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as servicediscovery from 'aws-cdk-lib/aws-servicediscovery';
import { CONTAINER, givenVpc, handlerOf, instances, onEcs, templateOf } from './ecs';
import { ServiceScaling } from '../../src';
import { refusal } from '../small-runtime';

const SERVICE = 'AWS::ECS::Service';
const serviceOf = (template: Template) => Object.values(template.findResources(SERVICE))[0].Properties;
const service = (...given: Parameters<typeof onEcs> extends [unknown, ...infer Rest] ? Rest : never) => serviceOf(templateOf('service', ...given));
const onInstances = (props: object = {}) => service(stack => ({ ...instances(stack), launchType: ecs.LaunchType.EC2, ...props }));

describe('a service without any option', () => {
  test('is one task in private subnets, whose deployment is rolled back when it fails', () => {
    expect(service()).toMatchObject({
      LaunchType: 'FARGATE',
      DesiredCount: 1,
      DeploymentConfiguration: { DeploymentCircuitBreaker: { Enable: true, Rollback: true }, MinimumHealthyPercent: 100, MaximumPercent: 200 },
      NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED', Subnets: ['private-1', 'private-2'] } },
    });
    expect(service()).not.toHaveProperty('ServiceName');
  });

  test('nobody may reach its port', () => {
    const template = templateOf('service');
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: Match.absent() });
  });

  test('takes requests on port 8080, and is healthy when its host says so', () => {
    const { handler, environment } = handlerOf(templateOf('service'));
    expect(handler.PortMappings).toMatchObject([{ ContainerPort: 8080, Name: 'handler' }]);
    expect(handler.HealthCheck).toMatchObject({ Command: ['CMD', '/opt/cdk-hybrid/health'], Interval: 15, Timeout: 5, Retries: 3, StartPeriod: 60 });
    expect(environment).toMatchObject({ PORT: '8080', HYBRID_SOURCES: 'http', HYBRID_WORKERS: '2' });
  });

  test('its first task may pull its image by then', () => {
    const [{ DependsOn }] = Object.values(templateOf('service').findResources(SERVICE));
    expect(DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/ExecutionRoleDefaultPolicy/), expect.stringMatching(/^ApiRole/)]));
  });

  test('a process is the same without a port', () => {
    const { handler, environment } = handlerOf(templateOf('process'));
    expect(handler.PortMappings ?? []).toEqual([]);
    expect(handler).not.toHaveProperty('HealthCheck');
    expect(environment).toMatchObject({ HYBRID_SOURCES: 'process' });
    for (const name of ['PORT', 'AWS_LAMBDA_FUNCTION_TIMEOUT', 'HYBRID_WORKERS']) { expect(environment).not.toHaveProperty(name); }
    expect(serviceOf(templateOf('process'))).toMatchObject({ DesiredCount: 1 });
  });
});

describe('options of the service', () => {
  test('port', () => {
    expect(handlerOf(templateOf('service', { port: 80 }))).toMatchObject({ handler: { PortMappings: [{ ContainerPort: 80 }] }, environment: { PORT: '80' } });
    expect(handlerOf(templateOf('process', { port: 6379 }, CONTAINER))).toMatchObject({ handler: { PortMappings: [{ ContainerPort: 6379 }] }, environment: { PORT: '6379' } });
    for (const port of [0, 70_000, 80.5]) {
      expect(refusal(() => service({ port }))).toContain(`'port' must be 1 to 65535, got ${port}`);
    }
    expect(refusal(() => service({}, { environment: { PORT: '3000' } }))).toContain('\'environment.PORT\' must be 8080, which is the port of the compute, or not given, got \'3000\'');
  });

  test('desired count: desiredCount', () => {
    expect(service({ desiredCount: 3 }).DesiredCount).toBe(3);
    expect(service({ desiredCount: Lazy.number({ produce: () => 2 }) }).DesiredCount).toBe(2);
    expect(refusal(() => service({ desiredCount: -1 }))).toContain('CDK_HYBRID_SIZE_OUT_OF_RANGE');
  });

  test('deployment settings: minHealthyPercent, maxHealthyPercent, circuitBreaker, deploymentAlarms', () => {
    expect(service({ minHealthyPercent: 0, maxHealthyPercent: 150, circuitBreaker: { enable: true, rollback: false }, deploymentAlarms: { alarmNames: ['errors'] } }).DeploymentConfiguration)
      .toMatchObject({
        MinimumHealthyPercent: 0, MaximumPercent: 150, DeploymentCircuitBreaker: { Enable: true, Rollback: false }, Alarms: { AlarmNames: ['errors'], Enable: true },
      });
  });

  test('health check of the container: containerHealthCheck', () => {
    const containerHealthCheck = { command: ['CMD-SHELL', 'redis-cli ping'], interval: Duration.seconds(20) };
    expect(handlerOf(templateOf('process', { containerHealthCheck }, CONTAINER)).handler.HealthCheck).toMatchObject({ Command: ['CMD-SHELL', 'redis-cli ping'], Interval: 20 });
    expect(handlerOf(templateOf('service', { containerHealthCheck })).handler.HealthCheck.Command).toEqual(['CMD-SHELL', 'redis-cli ping']);
    expect(handlerOf(templateOf('service', {}, CONTAINER)).handler).not.toHaveProperty('HealthCheck');
  });

  test('health check grace period: healthCheckGracePeriod', () => {
    expect(service({ healthCheckGracePeriod: Duration.minutes(3) }).HealthCheckGracePeriodSeconds).toBe(180);
  });

  test('tag propagation: propagateTags', () => {
    expect(service({ propagateTags: ecs.PropagatedTagSource.SERVICE }).PropagateTags).toBe('SERVICE');
  });

  test('a physical name: serviceName', () => {
    expect(service({ serviceName: 'orders' }).ServiceName).toBe('orders');
  });

  test('capacity provider strategies and Spot: capacityProviderStrategies', () => {
    const template = templateOf('service', { capacityProviderStrategies: [{ capacityProvider: 'FARGATE_SPOT', weight: 3 }, { capacityProvider: 'FARGATE', base: 1, weight: 1 }] });
    expect(serviceOf(template).CapacityProviderStrategy).toEqual([{ CapacityProvider: 'FARGATE_SPOT', Weight: 3 }, { CapacityProvider: 'FARGATE', Base: 1, Weight: 1 }]);
    expect(serviceOf(template)).not.toHaveProperty('LaunchType');
    template.hasResourceProperties('AWS::ECS::ClusterCapacityProviderAssociations', { CapacityProviders: ['FARGATE', 'FARGATE_SPOT'] });
  });

  test('platform version: platformVersion', () => {
    expect(service({ platformVersion: ecs.FargatePlatformVersion.VERSION1_4 }).PlatformVersion).toBe('1.4.0');
  });

  test('public addresses: assignPublicIp', () => {
    expect(service({ assignPublicIp: true }).NetworkConfiguration.AwsvpcConfiguration).toMatchObject({ AssignPublicIp: 'ENABLED', Subnets: ['public-1', 'public-2'] });
  });

  test('vpcSubnets: subnets of the function; public ones without public addresses are warned of', () => {
    const { template, warnings } = onEcs('service', {}, { vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } });
    expect(serviceOf(template).NetworkConfiguration.AwsvpcConfiguration.Subnets).toEqual(['public-1', 'public-2']);
    expect(warnings).toContainEqual(expect.stringContaining('[ack: cdk-hybrid:Ecs.publicSubnetWithoutPublicIp]'));
    expect(onEcs('service').warnings).not.toContainEqual(expect.stringContaining('publicSubnetWithoutPublicIp'));
  });

  test('ECS Exec: enableExecuteCommand', () => {
    const template = templateOf('service', { enableExecuteCommand: true });
    expect(serviceOf(template).EnableExecuteCommand).toBe(true);
    template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: Match.arrayWith(['ssmmessages:OpenDataChannel']) })]) } });
  });

  test('Cloud Map and Service Connect: cloudMapOptions, serviceConnectConfiguration', () => {
    const template = templateOf('process', stack => ({
      port: 6379,
      cloudMapOptions: { name: 'cache', cloudMapNamespace: new servicediscovery.PrivateDnsNamespace(stack, 'Names', { name: 'shop', vpc: givenVpc(stack) }) },
      serviceConnectConfiguration: { namespace: 'shop', services: [{ portMappingName: 'handler', dnsName: 'cache' }] },
    }), CONTAINER);
    expect(serviceOf(template).ServiceConnectConfiguration).toMatchObject({ Enabled: true, Namespace: 'shop', Services: [{ PortName: 'handler', ClientAliases: [{ DnsName: 'cache', Port: 6379 }] }] });
    template.hasResourceProperties('AWS::ServiceDiscovery::Service', { Name: 'cache' });
  });
});

describe('on EC2', () => {
  test('runs on the instances of the cluster: launchType EC2', () => {
    expect(onInstances()).toMatchObject({ LaunchType: 'EC2', SchedulingStrategy: 'REPLICA', NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ['private-1', 'private-2'] } } });
  });

  test('daemon', () => {
    const daemon = onInstances({ daemon: true });
    expect(daemon).toMatchObject({ SchedulingStrategy: 'DAEMON', DeploymentConfiguration: { MinimumHealthyPercent: 0, MaximumPercent: 100 } });
    expect(daemon).not.toHaveProperty('DesiredCount');
    expect(refusal(() => onInstances({ daemon: true, desiredCount: 2 }))).toContain('\'desiredCount\' must be left out with daemon, got 2');
    expect(refusal(() => service({ daemon: true }))).toContain('\'daemon\' must be left out on Fargate, got true');
  });

  test('placement constraints and strategies: placementConstraints, placementStrategies', () => {
    expect(onInstances({
      placementConstraints: [ecs.PlacementConstraint.distinctInstances()], placementStrategies: [ecs.PlacementStrategy.spreadAcross('attribute:ecs.availability-zone')],
    })).toMatchObject({ PlacementConstraints: [{ Type: 'distinctInstance' }], PlacementStrategies: [{ Type: 'spread', Field: 'attribute:ecs.availability-zone' }] });
  });

  test('capacity providers of instances: capacityProviderStrategies', () => {
    const strategies = service(stack => {
      const { cluster, provider } = instances(stack);
      return { cluster, capacityProviderStrategies: [{ capacityProvider: provider.capacityProviderName, weight: 1 }] };
    }).CapacityProviderStrategy;
    expect(strategies).toEqual([{ CapacityProvider: { Ref: expect.stringMatching(/^Provider/) }, Weight: 1 }]);
  });
});

describe('isolated and shared invocations', () => {
  const environment = (props: object, options: object = {}) => handlerOf(templateOf('service', props, options)).environment;

  test('workers: by default two for each vCPU, two at least', () => {
    expect(environment({ cpu: 256 }).HYBRID_WORKERS).toBe('2');
    expect(environment({ cpu: 4096, memoryLimitMiB: 8192 }).HYBRID_WORKERS).toBe('8');
    expect(environment({ workers: 5 }).HYBRID_WORKERS).toBe('5');
  });

  test('maxConcurrency shares processes; workerCount says how many threads there are', () => {
    expect(environment({ maxConcurrency: 16 })).toMatchObject({ AWS_LAMBDA_MAX_CONCURRENCY: '16', AWS_LAMBDA_NODEJS_WORKER_COUNT: '2' });
    expect(environment({ maxConcurrency: 16, workerCount: 4 })).toMatchObject({ AWS_LAMBDA_NODEJS_WORKER_COUNT: '4' });
    expect(environment({ cpu: 4096, memoryLimitMiB: 8192, maxConcurrency: 16 })).toMatchObject({ AWS_LAMBDA_NODEJS_WORKER_COUNT: '4' });
    expect(refusal(() => environment({ workerCount: 4 }))).toContain('\'workerCount\' must be left out without maxConcurrency, got 4');
  });

  test('a container without our host has neither', () => {
    expect(Object.keys(environment({}, CONTAINER)).filter(name => /^(HYBRID|AWS_LAMBDA)_/.test(name))).toEqual([]);
    expect(refusal(() => environment({ workers: 2 }, CONTAINER))).toContain('\'workers\' must be left out for a container without our host, got 2');
  });

  test('proxies in front of the load balancer: trustedProxyHops', () => {
    expect(environment({ trustedProxyHops: 2 }).HYBRID_HTTP_TRUSTED_HOPS).toBe('2');
    expect(refusal(() => environment({ trustedProxyHops: 11 }))).toContain('\'trustedProxyHops\' must be 0 to 10, got 11');
  });

  test('a service that neither scales nor shares is warned of', () => {
    const isWarned = (props: object, options: object = {}) => onEcs('service', props, options).warnings.some(warning => warning.includes('cdk-hybrid:Service.oneIsolatedTask'));
    expect([{}, { desiredCount: 1, workers: 4 }].map(props => isWarned(props))).toEqual([true, true]);
    const fine = [{ desiredCount: 2 }, { maxConcurrency: 8 }, { maxCapacity: 4, scaling: [ServiceScaling.onCpu(60)] }];
    expect(fine.map(props => isWarned(props))).toEqual([false, false, false]);
    expect(isWarned({}, CONTAINER)).toBe(false);
  });
});

describe('scaling', () => {
  const scaled = (scaling: ServiceScaling[], more: object = {}) => templateOf('service', { maxCapacity: 10, scaling, ...more });
  const POLICY = 'AWS::ApplicationAutoScaling::ScalingPolicy';
  const metric = new cloudwatch.Metric({ namespace: 'Shop', metricName: 'Orders', statistic: 'Average' });

  test('min and max: minCapacity, maxCapacity; the desired count is kept on redeploy', () => {
    const template = scaled([ServiceScaling.onCpu(60)], { minCapacity: 2 });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      MinCapacity: 2,
      MaxCapacity: 10,
      ResourceId: { 'Fn::Join': ['', ['service/', { Ref: 'CdkHybridClusterDEC6D19D' }, '/', { 'Fn::GetAtt': ['ApiServiceD5B4A50A', 'Name'] }]] },
      ScalableDimension: 'ecs:service:DesiredCount',
      ServiceNamespace: 'ecs',
      RoleARN: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::111122223333:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService']] },
    });
    expect(serviceOf(template)).not.toHaveProperty('DesiredCount');
    scaled([ServiceScaling.onCpu(60)]).hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity: 1 });
  });

  test('target tracking on CPU and memory: onCpu, onMemory, scaleInCooldown, scaleOutCooldown, disableScaleIn', () => {
    const template = scaled([
      ServiceScaling.onCpu(60, { scaleInCooldown: Duration.minutes(5), scaleOutCooldown: Duration.seconds(30) }),
      ServiceScaling.onMemory(70, { disableScaleIn: true }),
    ]);
    template.hasResourceProperties(POLICY, {
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' }, TargetValue: 60, ScaleInCooldown: 300, ScaleOutCooldown: 30,
      },
    });
    template.hasResourceProperties(POLICY, {
      TargetTrackingScalingPolicyConfiguration: { PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageMemoryUtilization' }, TargetValue: 70, DisableScaleIn: true },
    });
  });

  test('target tracking on any metric: onMetric, targetValue', () => {
    scaled([ServiceScaling.onMetric('Orders', { metric, targetValue: 100 })]).hasResourceProperties(POLICY, {
      TargetTrackingScalingPolicyConfiguration: { CustomizedMetricSpecification: { MetricName: 'Orders', Namespace: 'Shop', Statistic: 'Average' }, TargetValue: 100 },
    });
  });

  test('step scaling: inSteps with scalingSteps, adjustmentType, minAdjustmentMagnitude, cooldown, metricAggregationType, evaluationPeriods, datapointsToAlarm', () => {
    const template = scaled([ServiceScaling.inSteps('Orders', {
      metric,
      scalingSteps: [{ upper: 10, change: -10 }, { lower: 100, change: 20 }, { lower: 500, change: 50 }],
      adjustmentType: appscaling.AdjustmentType.PERCENT_CHANGE_IN_CAPACITY,
      minAdjustmentMagnitude: 2,
      cooldown: Duration.minutes(1),
      metricAggregationType: appscaling.MetricAggregationType.MAXIMUM,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
    })]);
    template.hasResourceProperties(POLICY, {
      PolicyType: 'StepScaling',
      StepScalingPolicyConfiguration: {
        AdjustmentType: 'PercentChangeInCapacity',
        MinAdjustmentMagnitude: 2,
        Cooldown: 60,
        MetricAggregationType: 'Maximum',
        StepAdjustments: [
          { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 400, ScalingAdjustment: 20 },
          { MetricIntervalLowerBound: 400, ScalingAdjustment: 50 },
        ],
      },
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { ComparisonOperator: 'GreaterThanOrEqualToThreshold', Threshold: 100, EvaluationPeriods: 3, DatapointsToAlarm: 2, TreatMissingData: Match.absent() });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { ComparisonOperator: 'LessThanOrEqualToThreshold', Threshold: 10 });
  });

  test('step scaling: operator (excludeThreshold) and missing data (treatMissingData)', () => {
    const template = scaled([ServiceScaling.inSteps('Orders', {
      metric,
      scalingSteps: [{ upper: 10, change: -1 }, { lower: 100, change: 1 }],
      excludeThreshold: true,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    })]);
    for (const ComparisonOperator of ['GreaterThanThreshold', 'LessThanThreshold']) {
      template.hasResourceProperties('AWS::CloudWatch::Alarm', { ComparisonOperator, TreatMissingData: 'notBreaching' });
    }
  });

  test('scaling on a schedule: onSchedule, timeZone', () => {
    const rule = ServiceScaling.onSchedule('Morning', { schedule: appscaling.Schedule.cron({ hour: '8', minute: '0' }), timeZone: TimeZone.EUROPE_BERLIN, minCapacity: 4 });
    scaled([rule]).hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      ScheduledActions: [{ ScheduledActionName: 'Morning', Schedule: 'cron(0 8 * * ? *)', Timezone: 'Europe/Berlin', ScalableTargetAction: { MinCapacity: 4 } }],
    });
  });

  test('a process scales as well', () => {
    templateOf('process', { maxCapacity: 3, scaling: [ServiceScaling.onCpu(50)] }).resourceCountIs(POLICY, 1);
    expect(refusal(() => templateOf('process', { maxCapacity: 3, scaling: [ServiceScaling.onRequestsPerTarget(50)] }))).toContain('CDK_HYBRID_SCALING_WITHOUT_REQUESTS');
  });

  test('what contradicts itself is refused', () => {
    const rule = [ServiceScaling.onCpu(60)];
    expect(refusal(() => service({ scaling: rule }))).toContain('\'maxCapacity\' must be given with minCapacity and scaling, got undefined');
    expect(refusal(() => service({ maxCapacity: 3 }))).toContain('\'scaling\' must be at least one rule with maxCapacity');
    expect(refusal(() => service({ maxCapacity: 3, scaling: rule, desiredCount: 2 }))).toContain('\'desiredCount\' must be left out with scaling, got 2');
    expect(refusal(() => service({ maxCapacity: 3, minCapacity: 4, scaling: rule }))).toContain('\'minCapacity\' must be 0 to 3 (maxCapacity), got 4; lower minCapacity, or raise maxCapacity [');
    expect(refusal(() => service({ maxCapacity: 0, minCapacity: 1, scaling: rule }))).toContain('\'maxCapacity\' must be 1 to ');
    expect(refusal(() => onInstances({ maxCapacity: 3, scaling: rule, daemon: true }))).toContain('\'daemon\' must be left out with scaling');
  });

  test('requests per target without a load balancer are refused', () => {
    expect(refusal(() => scaled([ServiceScaling.onRequestsPerTarget(500)]))).toContain('Stack/Api: \'scaling\' must be a rule that needs no load balancer, for the service has none, got \'onRequestsPerTarget\'; '
      + 'add Trigger.loadBalancer(), or scale by another metric [CDK_HYBRID_SCALING_WITHOUT_REQUESTS]');
  });
});
