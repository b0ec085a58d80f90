import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { ecsMetrics } from './ecs-metrics';
import { ecsService, PORT_NAME, scaleService } from './ecs-service';
import type { EcsServiceComputeProps } from './ecs-service-options';
import { ecsTask } from './ecs-task-definition';
import type { ComputeConfig, ComputeContext, ICompute } from '../model/compute';
import type { IHandlerImage } from '../model/handler-image';
import { vpcOf } from '../private/containers/ecs-cluster';
import { problem } from '../private/errors';

/** Sizes and settings of `Compute.process()`. */
export interface ProcessComputeProps extends EcsServiceComputeProps {
  /**
   * Where the process listens, when others are to reach it (`connections`, Cloud Map, Service Connect).
   *
   * @default - it listens nowhere
   */
  readonly port?: number;
}

/** `Compute.process()`: an ECS service whose handler runs for ever. */
export class ProcessCompute implements ICompute {
  public readonly computeName = 'process';
  public readonly servicePrincipals = ['ecs-tasks.amazonaws.com'];
  public readonly needsVpc = true;
  public readonly image?: IHandlerImage;
  public readonly vpc?: ec2.IVpc;

  /**
   * @param props sizes and settings of the service
   */
  constructor(private readonly props: ProcessComputeProps = {}) {
    this.image = props.image;
    this.vpc = vpcOf(props.cluster);
  }

  public bind(scope: Construct, context: ComputeContext): ComputeConfig {
    const { props } = this;
    const { port, containerHealthCheck, scaling } = props;
    if (scaling?.some(({ _requests }) => _requests)) {
      throw problem(scope, 'SCALING_WITHOUT_REQUESTS', { property: 'scaling', given: 'onRequestsPerTarget', accepted: 'another rule: a process has no load balancer' });
    }
    if (scaling?.some(({ _backlog }) => _backlog)) {
      throw problem(scope, 'SCALING_WITHOUT_QUEUE', { property: 'scaling', given: 'onQueueBacklog', accepted: 'another rule: a process has no queue' });
    }
    const task = ecsTask(scope, context, props, { source: 'process', port, portName: port === undefined ? undefined : PORT_NAME, healthCheck: containerHealthCheck });
    const service = ecsService(scope, context, task, props);
    scaleService(scope, service, props);
    const { taskDefinition, cluster, image } = task;
    return { service, taskDefinition, cluster, image, ...ecsMetrics(task) };
  }
}
