/** How EventBridge, its Scheduler and a function of ours run a task with an event. */
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { propagatesTags, runStatements, runStateOptions, strategiesOf, taskNetwork } from './ecs-launch';
import type { EcsComputeProps } from './ecs-options';
import type { EcsTask } from './ecs-task-definition';
import type { ComputeContext } from '../model/compute';
import type { EventTargetOptions, IEventTarget, IStarterTarget, RuleTargetOptions } from '../model/trigger-target';
import { runTaskState } from '../private/events/ecs-run-state';
import { hostEventInput } from '../private/events/event-input';
import { eventMachineTarget } from '../private/events/event-machine';
import { scheduleTarget } from '../private/events/schedule-target';
import { starter } from '../private/events/starter';

/** A task that is run for each event. */
export class TaskEventTarget implements IEventTarget, IStarterTarget {
  /** @param task the task; @param context the function; @param props how the task is run */
  constructor(private readonly task: EcsTask, private readonly context: ComputeContext, private readonly props: EcsComputeProps) {}

  public scheduleTarget(scope: Construct, options: EventTargetOptions): scheduler.IScheduleTarget {
    const { task, context } = this;
    const { input, ...retries } = options;
    const name = task.container.containerName;
    return scheduleTarget(scope, {
      ...retries,
      arn: task.cluster.clusterArn,
      input: hostEventInput(scope, {
        input,
        role: context.role,
        request: environment => ({
          containerOverrides: [{ name, environment: Object.entries(environment).map(([variable, value]) => ({ name: variable, value })) }],
        }),
      }),
      statements: this.statements(),
      ecsParameters: this.ecsParameters(),
    });
  }

  public ruleTarget(scope: Construct, options: RuleTargetOptions): events.IRuleTarget {
    const { task, context, props } = this;
    return eventMachineTarget(scope, {
      ...options,
      // No `lastingErrors`: ECS says InvalidParameterException of an event that is too large, and when EC2 throttles what it asks of the network.
      // The call succeeds where there is no capacity. Source: "Failures" of RunTask in "Run Amazon ECS or Fargate tasks" of the Step Functions Developer Guide.
      failurePath: '$.Failures[0]',
      start: runTaskState(scope, 'RunTask', {
        ...runStateOptions(context, props),
        startsOnly: true,
        cluster: task.cluster,
        taskDefinition: task.taskDefinition,
        statements: this.statements(),
        securityGroups: context.securityGroups ?? [],
      }),
    });
  }

  public starter(scope: Construct): lambda.Function {
    const { task: { cluster, container }, context: { role } } = this;
    const { taskDefinitionArn: taskDefinition, taskCount: count, ...parameters } = this.ecsParameters();
    const overrides = { containerOverrides: [{ name: container.containerName }] };
    const runTask = { cluster: cluster.clusterArn, taskDefinition, count, ...parameters, overrides };
    return starter(scope, { run: { runTask }, statements: this.statements(), role });
  }

  private statements(): iam.PolicyStatement[] {
    return runStatements(this.task.taskDefinition, this.task.cluster, this.props.propagateTags);
  }

  private ecsParameters(): scheduler.CfnSchedule.EcsParametersProperty {
    const { task, context, props } = this;
    const capacityProviderStrategies = strategiesOf(props);
    return {
      taskDefinitionArn: task.taskDefinition.taskDefinitionArn,
      taskCount: 1,
      launchType: capacityProviderStrategies ? undefined : task.isFargate ? 'FARGATE' : 'EC2',
      capacityProviderStrategy: capacityProviderStrategies,
      platformVersion: props.platformVersion,
      enableExecuteCommand: props.enableExecuteCommand,
      propagateTags: propagatesTags(props.propagateTags) ? 'TASK_DEFINITION' : undefined,
      networkConfiguration: { awsvpcConfiguration: taskNetwork(task, context, props) },
      placementConstraints: rendered(props.placementConstraints),
      placementStrategy: rendered(props.placementStrategies),
    };
  }
}

function rendered<T>(placements?: (ecs.PlacementConstraint | ecs.PlacementStrategy)[]): T[] | undefined {
  return placements?.flatMap(placement => placement.toJson() as T[]);
}
