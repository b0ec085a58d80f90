/** Makes the ECS service of a task definition, and what scales it. */
import { Annotations, Stack, Token } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { ServiceScaling } from './ecs-scaling';
import type { EcsServiceComputeProps } from './ecs-service-options';
import type { EcsTask } from './ecs-task-definition';
import type { ComputeContext } from '../model/compute';
import { checkRange } from '../private/check-range';
import { problem } from '../private/errors';

/** The name of the handler's port, for Service Connect. */
export const PORT_NAME = 'handler';

/** Makes the service. */
export function ecsService(scope: Construct, context: ComputeContext, task: EcsTask, props: EcsServiceComputeProps): ecs.BaseService {
  checkCounts(scope, props);
  const { daemon = false, scaling } = props;
  const isScaled = scaling !== undefined || props.maxCapacity !== undefined;
  const common = {
    cluster: task.cluster,
    taskDefinition: task.taskDefinition,
    serviceName: props.serviceName,
    desiredCount: daemon || isScaled ? undefined : props.desiredCount ?? 1,
    minHealthyPercent: props.minHealthyPercent ?? (daemon ? 0 : 100),
    maxHealthyPercent: props.maxHealthyPercent ?? (daemon ? 100 : 200),
    circuitBreaker: props.circuitBreaker ?? { enable: true, rollback: true },
    deploymentAlarms: props.deploymentAlarms,
    healthCheckGracePeriod: props.healthCheckGracePeriod,
    capacityProviderStrategies: props.capacityProviderStrategies,
    propagateTags: props.propagateTags,
    cloudMapOptions: props.cloudMapOptions,
    serviceConnectConfiguration: props.serviceConnectConfiguration,
    enableExecuteCommand: props.enableExecuteCommand,
    vpcSubnets: context.vpcSubnets,
    securityGroups: context.securityGroups,
  };
  const service = task.isFargate
    ? new ecs.FargateService(scope, 'Service', { ...common, assignPublicIp: props.assignPublicIp, platformVersion: props.platformVersion })
    : new ecs.Ec2Service(scope, 'Service', {
      ...common, daemon, placementConstraints: props.placementConstraints, placementStrategies: props.placementStrategies,
    });
  // Without it the first tasks may be started before they may pull their image.
  if (task.taskDefinition.executionRole) { service.node.addDependency(task.taskDefinition.executionRole); }
  return service;
}

/** What scales the service, with the rules that need no load balancer; nothing when the service has no scaling. */
export function scaleService(scope: Construct, service: ecs.BaseService, props: EcsServiceComputeProps): appscaling.ScalableTarget | undefined {
  const { minCapacity = 1, maxCapacity, scaling = [] } = props;
  if (maxCapacity === undefined) { return undefined; }
  checkRules(scope, scaling);
  if (staysAtZero(props)) {
    Annotations.of(scope).addWarningV2('cdk-hybrid:Service.staysAtZero',
      'Once the service has no task, nothing starts one again: neither requests nor CPU, memory or another metric that is kept at a value. Raise minCapacity, or add a rule that starts a first task.');
  }
  const target = new appscaling.ScalableTarget(scope, 'Scaling', {
    serviceNamespace: appscaling.ServiceNamespace.ECS,
    scalableDimension: 'ecs:service:DesiredCount',
    resourceId: `service/${service.cluster.clusterName}/${service.serviceName}`,
    minCapacity,
    maxCapacity,
    // AWS makes and uses this role, whatever is said here. Source: "Service-linked roles for Application Auto Scaling" in its User Guide.
    role: iam.Role.fromRoleArn(scope, 'ScalingRole', Stack.of(scope).formatArn({
      service: 'iam',
      region: '',
      resource: 'role/aws-service-role/ecs.application-autoscaling.amazonaws.com',
      resourceName: 'AWSServiceRoleForApplicationAutoScaling_ECSService',
    })),
  });
  scaling.forEach(rule => rule._apply?.(target));
  return target;
}

/** Whether a service that has scaled in to no task has none for ever. */
export function staysAtZero({ minCapacity, scaling = [] }: EcsServiceComputeProps): boolean {
  return minCapacity === 0 && !scaling.some(({ _startsFirst }) => _startsFirst);
}

function checkRules(scope: Construct, scaling: ServiceScaling[]): void {
  const backlogs = scaling.flatMap(({ _backlog }) => _backlog?.messagesPerTask ?? []);
  if (backlogs.length > 1) {
    throw problem(scope, 'SCALING', {
      property: 'scaling', given: `${backlogs.length} times onQueueBacklog`, accepted: 'one onQueueBacklog, which is for all queues of the service', mend: 'leave the others out',
    });
  }
  for (const value of [...backlogs, ...scaling.flatMap(({ _requests }) => _requests?.requestsPerTarget ?? [])]) {
    if (!Token.isUnresolved(value) && !(value > 0 && value < Infinity)) {
      throw problem(scope, 'SIZE_OUT_OF_RANGE', { property: 'scaling', given: value, accepted: 'rules that keep a number for each task above 0' });
    }
  }
}

function checkCounts(scope: Construct, props: EcsServiceComputeProps): void {
  const { desiredCount, minCapacity, maxCapacity, scaling, daemon } = props;
  const most = Number.MAX_SAFE_INTEGER;
  checkRange(scope, 'desiredCount', desiredCount, { least: 0, most });
  checkRange(scope, 'maxCapacity', maxCapacity, { least: 1, most });
  const isBounded = maxCapacity !== undefined && !Token.isUnresolved(maxCapacity);
  checkRange(scope, 'minCapacity', minCapacity, isBounded
    ? { least: 0, most: maxCapacity, unit: '(maxCapacity)', mend: 'lower minCapacity, or raise maxCapacity' }
    : { least: 0, most });
  const isScaled = maxCapacity !== undefined;
  if (!isScaled && (scaling || minCapacity !== undefined)) {
    throw problem(scope, 'SCALING', { property: 'maxCapacity', given: undefined, accepted: 'given with minCapacity and scaling' });
  }
  if (isScaled && !scaling?.length) {
    throw problem(scope, 'SCALING', { property: 'scaling', given: undefined, accepted: 'at least one rule with maxCapacity' });
  }
  if (desiredCount !== undefined && (isScaled || daemon)) {
    throw problem(scope, 'SCALING', { property: 'desiredCount', given: desiredCount, accepted: `left out with ${daemon ? 'daemon' : 'scaling'}` });
  }
  if (isScaled && daemon) {
    throw problem(scope, 'SCALING', { property: 'daemon', given: true, accepted: 'left out with scaling: each instance has one task' });
  }
}
