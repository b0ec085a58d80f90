/** Functions on ECS, for tests. */
import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Compute, HandlerRuntime, HybridFunction, HybridFunctionProps } from '../../src';
import { SMALL_CODE, SMALL_RUNTIME, withSmallRuntime } from '../small-runtime';
import { workspace } from '../workspace';

// The CDK itself uses a deprecated property of task definitions.
process.env.JSII_DEPRECATED = 'quiet';

type Kind = 'service' | 'process' | 'task';
type Given<T> = T | ((stack: Stack) => T);

/** A program of one's own, without our host. */
export const CONTAINER = { runtime: HandlerRuntime.container({ dockerfile: 'Dockerfile' }), code: undefined };

/** A stack with the function `Api` on a compute, in a VPC that is there. */
export function onEcs(
  kind: Kind,
  props: Given<Parameters<typeof Compute.service>[0]> = {},
  options: Given<HybridFunctionProps> = {},
  more: (fn: HybridFunction, stack: Stack) => void = () => {},
) {
  return withSmallRuntime(() => {
    const app = new App({ outdir: workspace() });
    const stack = new Stack(app, 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
    const settings = typeof props === 'function' ? props(stack) : props;
    const own = typeof options === 'function' ? options(stack) : options;
    const vpc = settings?.cluster ? undefined : givenVpc(stack);
    const fn = new HybridFunction(stack, 'Api', { runtime: SMALL_RUNTIME, code: SMALL_CODE, vpc, ...own, compute: Compute[kind](settings) });
    more(fn, stack);
    return { fn, stack, template: Template.fromStack(stack), warnings: Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data)) };
  });
}

export const templateOf = (...given: Parameters<typeof onEcs>) => onEcs(...given).template;

/** What the handler's container is in the task definition of a template. */
export function handlerOf(template: Template) {
  const [{ Properties }] = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
  const [handler, ...sidecars] = Properties.ContainerDefinitions;
  const variables: { Name: string; Value: unknown }[] = handler.Environment ?? [];
  return { handler, sidecars, task: Properties, environment: Object.fromEntries(variables.map(({ Name, Value }) => [Name, Value])) };
}

/** What the handler's container is in the task definition of a task. */
export const task = (...given: Parameters<typeof onEcs> extends [unknown, ...infer Rest] ? Rest : never) => handlerOf(templateOf('task', ...given));

/** A VPC of another stack: it adds no resources. */
export function givenVpc(stack: Stack): ec2.IVpc {
  return stack.node.tryFindChild('GivenVpc') as ec2.IVpc | undefined ?? ec2.Vpc.fromVpcAttributes(stack, 'GivenVpc', {
    vpcId: 'vpc-1', availabilityZones: ['a', 'b'], privateSubnetIds: ['private-1', 'private-2'], publicSubnetIds: ['public-1', 'public-2'],
  });
}

/** A cluster with instances. */
export function instances(stack: Stack, instanceType = 't3.micro') {
  const cluster = new ecs.Cluster(stack, 'Cluster', { vpc: givenVpc(stack) });
  const autoScalingGroup = new autoscaling.AutoScalingGroup(stack, 'Instances', {
    vpc: cluster.vpc, instanceType: new ec2.InstanceType(instanceType), machineImage: ecs.EcsOptimizedImage.amazonLinux2023(),
  });
  const provider = new ecs.AsgCapacityProvider(stack, 'Provider', { autoScalingGroup });
  cluster.addAsgCapacityProvider(provider);
  return { cluster, provider };
}
