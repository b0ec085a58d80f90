/** The cluster of ECS computes, given or made, and what it can run. */
import { Stack, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { problem } from '../errors';

const CLUSTER_ID = 'CdkHybridCluster';
const FARGATE_PROVIDERS = ['FARGATE', 'FARGATE_SPOT'];

/** What a compute asks of its cluster. */
export interface ClusterOptions {
  readonly cluster?: ecs.ICluster;
  readonly vpc: ec2.IVpc;
  readonly containerInsights?: ecs.ContainerInsights;
  readonly capacityProviders: string[];
}

/** The VPC of a cluster; nothing where it is not known, as of one that was imported by its ARN. */
export function vpcOf(cluster: ecs.ICluster | undefined): ec2.IVpc | undefined {
  try {
    return cluster?.vpc;
  } catch {
    return undefined;
  }
}

/** The cluster, in the VPC of the function. */
export function ecsCluster(scope: Construct, options: ClusterOptions): ecs.ICluster {
  const { cluster: given, vpc, containerInsights, capacityProviders } = options;
  const cluster = given ?? stackCluster(scope, vpc);
  if (containerInsights) { setInsights(scope, cluster, containerInsights, given !== undefined); }
  if (cluster instanceof ecs.Cluster && capacityProviders.some(name => FARGATE_PROVIDERS.includes(name))) {
    cluster.enableFargateCapacityProviders();
  }
  const clusterVpc = vpcOf(cluster);
  if (clusterVpc === vpc) { return cluster; }
  if (given && clusterVpc && !sameVpc(clusterVpc, vpc)) {
    throw problem(scope, 'VPC_CONFLICT', { property: 'cluster', given: `a cluster in ${clusterVpc.node.path}`, accepted: `a cluster in the VPC of the function, ${vpc.node.path}` });
  }
  // A cluster itself is in no VPC, its construct is: this one has the name of the cluster and the VPC of the function.
  return ecs.Cluster.fromClusterAttributes(scope, 'Cluster', {
    clusterName: cluster.clusterName,
    clusterArn: cluster.clusterArn,
    vpc,
    securityGroups: [],
    defaultCloudMapNamespace: clusterVpc && cluster.defaultCloudMapNamespace,
  });
}

/** One cluster for all functions of a stack. */
function stackCluster(scope: Construct, vpc: ec2.IVpc): ecs.Cluster {
  const stack = Stack.of(scope);
  return stack.node.tryFindChild(CLUSTER_ID) as ecs.Cluster | undefined ?? new ecs.Cluster(stack, CLUSTER_ID, { vpc });
}

function setInsights(scope: Construct, cluster: ecs.ICluster, insights: ecs.ContainerInsights, isGiven: boolean): void {
  if (isGiven) {
    throw problem(scope, 'CLUSTER_CONFLICT', { property: 'containerInsights', given: insights, accepted: 'left out with a cluster of your own' });
  }
  const resource = cluster.node.defaultChild as ecs.CfnCluster;
  const set = (resource.clusterSettings as ecs.CfnCluster.ClusterSettingsProperty[] | undefined)?.[0]?.value;
  if (set !== undefined && set !== insights) {
    throw problem(scope, 'CLUSTER_CONFLICT', { property: 'containerInsights', given: insights, accepted: `${set}, as another function of the stack has it: they share a cluster` });
  }
  resource.clusterSettings = [{ name: 'containerInsights', value: insights }];
}

function sameVpc(one: ec2.IVpc, other: ec2.IVpc): boolean {
  return one.vpcId === other.vpcId && !Token.isUnresolved(one.vpcId);
}
