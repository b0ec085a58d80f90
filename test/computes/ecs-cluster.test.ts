/** What services, processes and tasks run on: instances, clusters and networks. */
import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CONTAINER, givenVpc, instances, onEcs, task, templateOf } from './ecs';
import { Compute, HybridFunction } from '../../src';
import { refusal, synthesized } from '../small-runtime';

describe('EC2 launch type', () => {
  test('runs on the instances of the cluster, of its architecture, with limits of the container', () => {
    const { task: definition, handler } = task(stack => ({ ...instances(stack), launchType: ecs.LaunchType.EC2, cpu: 300, memoryLimitMiB: 700 }));
    expect(definition).toMatchObject({
      RequiresCompatibilities: ['EC2'], NetworkMode: 'awsvpc', PlacementConstraints: [{ Type: 'memberOf', Expression: 'attribute:ecs.cpu-architecture == x86_64' }],
    });
    expect(definition).not.toHaveProperty('Cpu');
    expect(handler).toMatchObject({ Cpu: 300, Memory: 700 });
  });

  test('is the one when capacity providers are of instances', () => {
    const { task: definition } = task(stack => {
      const { cluster, provider } = instances(stack);
      return { cluster, capacityProviderStrategies: [{ capacityProvider: provider.capacityProviderName, weight: 1 }] };
    });
    expect(definition.RequiresCompatibilities).toEqual(['EC2']);
  });

  test('needs a cluster', () => {
    expect(refusal(() => task({ launchType: ecs.LaunchType.EC2 }))).toBe('Stack/Api: \'cluster\' must be a cluster with instances on EC2, got undefined; '
      + 'set cluster, or run on Fargate [CDK_HYBRID_CLUSTER_MISSING]');
  });

  test('options of the other launch type are refused', () => {
    const onInstances = (props: object) => refusal(() => task(stack => ({ ...instances(stack), launchType: ecs.LaunchType.EC2, ...props })));
    expect(onInstances({ assignPublicIp: true })).toContain('\'assignPublicIp\' must be left out on EC2, got true');
    expect(onInstances({ ephemeralStorageGiB: 30 })).toContain('CDK_HYBRID_LAUNCH_TYPE');
    expect(onInstances({ platformVersion: ecs.FargatePlatformVersion.LATEST })).toContain('CDK_HYBRID_LAUNCH_TYPE');
    expect(refusal(() => task({ placementStrategies: [ecs.PlacementStrategy.packedByCpu()] }))).toContain('\'placementStrategies\' must be left out on Fargate');
    expect(refusal(() => task({ launchType: ecs.LaunchType.EXTERNAL }))).toContain('\'launchType\' must be LaunchType.FARGATE or LaunchType.EC2, got \'EXTERNAL\'');
    expect(refusal(() => task({ capacityProviderStrategies: [{ capacityProvider: 'FARGATE' }, { capacityProvider: 'mine' }] })))
      .toContain('\'capacityProviderStrategies\' must be providers of the cluster\'s instances alone on EC2, got \'FARGATE\'');
  });

  test('an arm64 image on x86 instances is refused, given or made later', () => {
    const arm = { ...CONTAINER, architecture: lambda.Architecture.ARM_64 };
    const onProvider = (type: string) => onEcs('task', stack => {
      const { cluster, provider } = instances(stack, type);
      return { cluster, capacityProviderStrategies: [{ capacityProvider: provider.capacityProviderName }] };
    }, arm);
    expect(refusal(() => onProvider('m5.large'))).toContain('Stack/Api: \'architecture\' must be that of the instances of the cluster, which are m5.large, got \'arm64\'');
    expect(onProvider('m7g.large').fn.architecture.name).toBe('arm64');
    const later = () => onEcs('task', stack => ({ cluster: new ecs.Cluster(stack, 'Cluster', { vpc: givenVpc(stack) }), launchType: ecs.LaunchType.EC2 }), arm, fn => {
      (fn.cluster as ecs.Cluster).addCapacity('Capacity', { instanceType: new ec2.InstanceType('c5.large') });
    });
    expect(refusal(later)).toContain('which are c5.large');
  });
});

describe('cluster and network', () => {
  test('existing cluster: it brings its VPC', () => {
    const { fn, template } = onEcs('service', stack => ({ cluster: new ecs.Cluster(stack, 'Cluster', { vpc: givenVpc(stack) }) }));
    expect(fn.vpc!.vpcId).toBe('vpc-1');
    template.resourceCountIs('AWS::ECS::Cluster', 1);
    template.resourceCountIs('AWS::EC2::VPC', 0);
  });

  test('a cluster that was imported by its ARN is used in the VPC of the function', () => {
    templateOf('service', stack => ({ cluster: ecs.Cluster.fromClusterArn(stack, 'Imported', 'arn:aws:ecs:eu-west-1:111122223333:cluster/shared') }), stack => ({ vpc: givenVpc(stack) }))
      .hasResourceProperties('AWS::ECS::Service', { Cluster: 'shared', NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ['private-1', 'private-2'] } } });
  });

  test('functions in two VPCs share the cluster of the stack', () => {
    const template = synthesized(stack => {
      new HybridFunction(stack, 'One', { ...CONTAINER, compute: Compute.service() });
      new HybridFunction(stack, 'Two', { ...CONTAINER, vpc: givenVpc(stack), compute: Compute.service() });
    });
    template.resourceCountIs('AWS::ECS::Cluster', 1);
    expect(Object.values(template.findResources('AWS::ECS::Service')).map(({ Properties }) => Properties.Cluster)).toEqual([{ Ref: 'CdkHybridClusterDEC6D19D' }, { Ref: 'CdkHybridClusterDEC6D19D' }]);
  });

  test('a cluster in another VPC than the function is refused', () => {
    const further = () => onEcs('task', {}, {}, (fn, stack) => { fn.addCompute('Other', Compute.task({ cluster: new ecs.Cluster(stack, 'Cluster', { vpc: new ec2.Vpc(stack, 'Vpc') }) })); });
    expect(refusal(further)).toContain('Stack/Api/Other: \'cluster\' must be a cluster in the VPC of the function, Stack/GivenVpc, got \'a cluster in Stack/Vpc\'');
  });

  test('vpc: one of another account or region is refused', () => {
    const elsewhere = (env: { account: string; region: string }) => refusal(() => synthesized(stack => {
      const vpc = new ec2.Vpc(new Stack(stack.node.root, 'Other', { env }), 'Vpc');
      new HybridFunction(stack, 'Api', { ...CONTAINER, vpc, compute: Compute.service() });
    }));
    expect(elsewhere({ account: '444455556666', region: 'eu-west-1' }))
      .toMatch(/^Stack\/Api: 'vpc' must be a VPC of the account of the stack, 111122223333, got 'Other\/Vpc of the account 444455556666'; .*\[CDK_HYBRID_ACCOUNT_CONFLICT\]$/);
    expect(elsewhere({ account: '111122223333', region: 'us-east-1' })).toContain('\'vpc\' must be a VPC of the region of the stack, eu-west-1');
  });

  test('Container Insights of the cluster that is made: containerInsights', () => {
    templateOf('task', { containerInsights: ecs.ContainerInsights.ENHANCED }).hasResourceProperties('AWS::ECS::Cluster', { ClusterSettings: [{ Name: 'containerInsights', Value: 'enhanced' }] });
    const two = (second: ecs.ContainerInsights) => synthesized(stack => {
      new HybridFunction(stack, 'One', { ...CONTAINER, compute: Compute.task({ containerInsights: ecs.ContainerInsights.ENABLED }) });
      new HybridFunction(stack, 'Two', { ...CONTAINER, compute: Compute.task({ containerInsights: second }) });
    });
    two(ecs.ContainerInsights.ENABLED).resourceCountIs('AWS::ECS::Cluster', 1);
    expect(refusal(() => two(ecs.ContainerInsights.DISABLED))).toContain('CDK_HYBRID_CLUSTER_CONFLICT');
    expect(refusal(() => task(stack => ({ cluster: new ecs.Cluster(stack, 'Cluster', { vpc: givenVpc(stack) }), containerInsights: ecs.ContainerInsights.ENABLED }))))
      .toContain('\'containerInsights\' must be left out with a cluster of your own, got \'enabled\'');
  });
});
