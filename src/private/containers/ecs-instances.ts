/** Checks that the instances of a cluster, as far as they are known, can run the image. */
import { Stack, Token } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct, IConstruct } from 'constructs';
import { problem } from '../errors';

/** At the end of the synth, for clusters get their instances after functions as well. */
export function checkInstances(
  scope: Construct, cluster: ecs.ICluster, architecture: lambda.Architecture, strategies: ecs.CapacityProviderStrategy[] = [],
): void {
  scope.node.addValidation({
    validate: () => {
      const types = new Set(strategies.length > 0
        ? strategies.flatMap(({ capacityProvider }) => typesOfProvider(cluster, capacityProvider))
        : [...typesOf(cluster), ...typesOf(cluster.autoscalingGroup)]);
      const wanted = architecture.name === 'arm64' ? ec2.InstanceArchitecture.ARM_64 : ec2.InstanceArchitecture.X86_64;
      // Among instances of both kinds ECS finds those of the right one.
      if (types.size === 0 || [...types].some(type => new ec2.InstanceType(type).architecture === wanted)) { return []; }
      return [problem(scope, 'INSTANCE_ARCHITECTURE', {
        property: 'architecture', given: architecture.name, accepted: `that of the instances of the cluster, which are ${[...types].join(', ')}`,
      }).message];
    },
  });
}

function typesOfProvider(cluster: ecs.ICluster, name: string): string[] {
  const providers = Stack.of(cluster).node.findAll().filter((one): one is ecs.AsgCapacityProvider => one instanceof ecs.AsgCapacityProvider);
  return providers.filter(({ capacityProviderName }) => capacityProviderName === name).flatMap(({ autoScalingGroup }) => typesOf(autoScalingGroup));
}

/** The instance types of a group; none where they are not known. */
function typesOf(group: IConstruct | undefined): string[] {
  const described = group?.node.findAll().map(one => {
    if (one instanceof autoscaling.CfnLaunchConfiguration) { return one.instanceType; }
    return one instanceof ec2.LaunchTemplate ? one.instanceType?.toString() : undefined;
  }) ?? [];
  return described.filter((type): type is string => type !== undefined && !Token.isUnresolved(type));
}
