/** Refuses what ECS does not take, before a deployment does. Tokens, known at deployment only, are let through. */
import { Annotations, Duration, Token } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';
import type { EcsComputeProps } from './ecs-options';
import type { ComputeContext } from '../model/compute';
import { checkRange, checkSeconds } from '../private/check-range';
import { checkFargateSize } from '../private/containers/fargate-sizes';
import { problem } from '../private/errors';
import { checkRoleAccount } from '../private/role-account';

const FARGATE = ['FARGATE', 'FARGATE_SPOT'];
/** The longest that Fargate waits after SIGTERM. Source: `stopTimeout` in "Amazon ECS task definition parameters". */
const MAX_FARGATE_STOP_SECONDS = 120;
const MAX_STOP_SECONDS = 86_400;

const FARGATE_ONLY = ['ephemeralStorageGiB', 'assignPublicIp', 'platformVersion'];
const EC2_ONLY = ['daemon', 'placementConstraints', 'placementStrategies'];

/** With the sizes that hold where none are given. */
type SizedProps = EcsComputeProps & { readonly cpu: number; readonly memoryLimitMiB: number; readonly stopTimeout: Duration };

/** Whether the task runs on Fargate; else on instances. */
export function isFargateTask({ launchType, capacityProviderStrategies }: EcsComputeProps): boolean {
  if (launchType) { return launchType === ecs.LaunchType.FARGATE; }
  return (capacityProviderStrategies ?? []).every(({ capacityProvider }) => FARGATE.includes(capacityProvider));
}

/** What every ECS task must be. */
export function checkTask(scope: IConstruct, context: ComputeContext, props: SizedProps, isFargate: boolean): void {
  checkCapacity(scope, props, isFargate);
  checkSizes(scope, props, isFargate);
  checkNetwork(scope, context, props);
  checkRoleAccount(scope, context.role);
}

function checkCapacity(scope: IConstruct, props: EcsComputeProps, isFargate: boolean): void {
  const { launchType, cluster, capacityProviderStrategies = [] } = props;
  if (launchType === ecs.LaunchType.EXTERNAL) {
    throw problem(scope, 'LAUNCH_TYPE', { property: 'launchType', given: launchType, accepted: 'LaunchType.FARGATE or LaunchType.EC2' });
  }
  for (const { capacityProvider } of capacityProviderStrategies) {
    if (isFargate !== FARGATE.includes(capacityProvider)) {
      throw problem(scope, 'LAUNCH_TYPE', {
        property: 'capacityProviderStrategies', given: capacityProvider, accepted: isFargate ? `${FARGATE.join(' or ')} on Fargate` : 'providers of the cluster\'s instances alone on EC2',
      });
    }
  }
  for (const property of isFargate ? EC2_ONLY : FARGATE_ONLY) {
    const given = (props as { [property: string]: unknown })[property];
    if (given) {
      throw problem(scope, 'LAUNCH_TYPE', { property, given: typeof given === 'object' ? 'a value' : given, accepted: `left out on ${isFargate ? 'Fargate' : 'EC2'}` });
    }
  }
  if (!isFargate && !cluster) {
    throw problem(scope, 'CLUSTER_MISSING', { property: 'cluster', given: undefined, accepted: 'a cluster with instances on EC2' });
  }
}

function checkSizes(scope: IConstruct, props: SizedProps, isFargate: boolean): void {
  const { cpu, cpuReservation, memoryLimitMiB, memoryReservationMiB, ephemeralStorageGiB, stopTimeout } = props;
  if (isFargate) {
    checkFargateSize(scope, cpu, memoryLimitMiB);
  } else {
    checkRange(scope, 'cpu', cpu, { least: 128, most: 196_608, unit: 'CPU units' });
    checkRange(scope, 'memoryLimitMiB', memoryLimitMiB, { least: 6, most: Number.MAX_SAFE_INTEGER, unit: 'MiB' });
  }
  // The kernel has no fewer CPU shares than 2. Source: `cpu` and `memoryReservation` of ContainerDefinition in the Amazon ECS API Reference.
  checkRange(scope, 'cpuReservation', cpuReservation, { least: 2, most: upTo(cpu), unit: 'CPU units' });
  checkRange(scope, 'memoryReservationMiB', memoryReservationMiB, { least: 6, most: upTo(memoryLimitMiB), unit: 'MiB' });
  checkRange(scope, 'ephemeralStorageGiB', ephemeralStorageGiB, { least: 21, most: 200, unit: 'GiB' });
  checkSeconds(scope, 'stopTimeout', stopTimeout, { least: 2, most: isFargate ? MAX_FARGATE_STOP_SECONDS : MAX_STOP_SECONDS });
}

const upTo = (limit: number) => Token.isUnresolved(limit) ? Number.MAX_SAFE_INTEGER : limit;

function checkNetwork(scope: IConstruct, { vpc, vpcSubnets }: ComputeContext, { assignPublicIp }: EcsComputeProps): void {
  if (assignPublicIp) { return; }
  const publicSubnets = new Set(vpc!.publicSubnets.map(({ subnetId }) => subnetId));
  if (vpc!.selectSubnets(vpcSubnets).subnets.some(({ subnetId }) => publicSubnets.has(subnetId))) {
    Annotations.of(scope).addWarningV2('cdk-hybrid:Ecs.publicSubnetWithoutPublicIp',
      'Tasks in public subnets without public IP addresses reach neither the image nor the logs. Choose private subnets with vpcSubnets, or set assignPublicIp.');
  }
}
