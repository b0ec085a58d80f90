/** What starts a task has to say, and what it must be allowed to. */
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { isFargateTask } from './ecs-checks';
import type { EcsComputeProps } from './ecs-options';
import type { EcsTask } from './ecs-task-definition';
import type { ComputeContext } from '../model/compute';

/** The subnets and security groups of a task. */
export interface TaskNetwork {
  readonly subnets: string[];
  readonly securityGroups: string[];
  /** On Fargate. */
  readonly assignPublicIp?: string;
}

/** In which subnets a task runs: private ones, unless it has a public address. */
export function taskSubnets({ vpcSubnets }: Pick<ComputeContext, 'vpcSubnets'>, { assignPublicIp }: EcsComputeProps): ec2.SubnetSelection {
  return vpcSubnets ?? (assignPublicIp ? { subnetType: ec2.SubnetType.PUBLIC } : {});
}

/** The capacity that is asked for, when there is any; else the launch type says it. */
export function strategiesOf({ capacityProviderStrategies: all = [] }: EcsComputeProps): ecs.CapacityProviderStrategy[] | undefined {
  return all.length > 0 ? all : undefined;
}

/** How a state of a state machine runs a task, as the options of the compute say. */
export function runStateOptions(network: Pick<ComputeContext, 'vpcSubnets'>, props: EcsComputeProps) {
  const { platformVersion, placementConstraints, placementStrategies, assignPublicIp, enableExecuteCommand, propagateTags } = props;
  return {
    isFargate: isFargateTask(props),
    capacityProviderStrategies: strategiesOf(props),
    platformVersion,
    placementConstraints,
    placementStrategies,
    assignPublicIp,
    enableExecuteCommand,
    propagateTags,
    subnets: taskSubnets(network, props),
  };
}

/** Where a task runs. */
export function taskNetwork({ vpc, isFargate }: EcsTask, context: ComputeContext, props: EcsComputeProps): TaskNetwork {
  return {
    subnets: vpc.selectSubnets(taskSubnets(context, props)).subnetIds,
    securityGroups: context.securityGroups?.map(({ securityGroupId }) => securityGroupId) ?? [],
    assignPublicIp: isFargate ? (props.assignPublicIp ? 'ENABLED' : 'DISABLED') : undefined,
  };
}

/**
 * Leave to run this task definition on this cluster, and to give the task its two roles.
 * Source: "Actions, resources, and condition keys for Amazon Elastic Container Service", RunTask.
 */
export function runStatements(
  taskDefinition: ecs.TaskDefinition, cluster: ecs.ICluster, propagateTags?: ecs.PropagatedTagSource,
): iam.PolicyStatement[] {
  const roles = [taskDefinition.taskRole, taskDefinition.executionRole].flatMap(role => role ? [role.roleArn] : []);
  return [
    new iam.PolicyStatement({ actions: ['ecs:RunTask'], resources: [taskDefinition.taskDefinitionArn], conditions: { ArnEquals: { 'ecs:cluster': cluster.clusterArn } } }),
    new iam.PolicyStatement({ actions: ['iam:PassRole'], resources: roles, conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } } }),
    ...propagatesTags(propagateTags) ? [tagStatement(cluster)] : [],
  ];
}

/** Whether tasks have the tags of their task definition. */
export const propagatesTags = (source?: ecs.PropagatedTagSource) => source === ecs.PropagatedTagSource.TASK_DEFINITION;

/**
 * Leave to give tasks tags when they are started, and at no other time.
 * Source: "Grant permission to tag resources on creation" in the Amazon ECS Developer Guide.
 */
export function tagStatement({ clusterName, env, stack }: ecs.ICluster): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['ecs:TagResource'],
    resources: [stack.formatArn({ service: 'ecs', region: env.region, account: env.account, resource: 'task', resourceName: `${clusterName}/*` })],
    conditions: { StringEquals: { 'ecs:CreateAction': 'RunTask' } },
  });
}

/**
 * Leave for ECS Exec, which services get by themselves.
 * Source: "ECS Exec permissions" in the Amazon ECS Developer Guide.
 */
export function letExecute(role: iam.IRole): void {
  role.addToPrincipalPolicy(new iam.PolicyStatement({
    actions: ['ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel'],
    resources: ['*'],
  }));
}
