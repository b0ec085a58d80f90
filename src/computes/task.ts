import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { TaskEventTarget } from './ecs-event-target';
import { letExecute } from './ecs-launch';
import { ecsMetrics } from './ecs-metrics';
import type { EcsComputeProps } from './ecs-options';
import { ecsTask } from './ecs-task-definition';
import type { ComputeConfig, ComputeContext, ICompute } from '../model/compute';
import type { IHandlerImage } from '../model/handler-image';
import { vpcOf } from '../private/containers/ecs-cluster';
import { problem } from '../private/errors';

/** Sizes and settings of `Compute.task()`. */
export interface TaskComputeProps extends EcsComputeProps {}

/** `Compute.task()`: an ECS task that runs once for each event. */
export class TaskCompute implements ICompute {
  public readonly computeName = 'task';
  public readonly servicePrincipals = ['ecs-tasks.amazonaws.com'];
  public readonly needsVpc = true;
  public readonly image?: IHandlerImage;
  public readonly vpc?: ec2.IVpc;

  /**
   * @param props sizes and settings of the task
   */
  constructor(private readonly props: TaskComputeProps = {}) {
    this.image = props.image;
    this.vpc = vpcOf(props.cluster);
  }

  public bind(scope: Construct, context: ComputeContext): ComputeConfig {
    const { props } = this;
    if (props.propagateTags === ecs.PropagatedTagSource.SERVICE) {
      throw problem(scope, 'TAG_SOURCE', { property: 'propagateTags', given: props.propagateTags, accepted: 'PropagatedTagSource.TASK_DEFINITION or NONE for a task' });
    }
    const task = ecsTask(scope, context, props, { source: 'task' });
    const { taskDefinition, cluster, image } = task;
    if (props.enableExecuteCommand) { letExecute(context.role); }
    const target = new TaskEventTarget(task, context, props);
    return { taskDefinition, cluster, image, eventTarget: target, starterTarget: target, ...ecsMetrics(task) };
  }
}
