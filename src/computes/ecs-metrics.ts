/** What is known of the metrics that a host reports. */
import type { EcsTask } from './ecs-task-definition';
import type { ComputeConfig } from '../model/compute';

/** None of a container without our host. */
export function ecsMetrics({ hasHost, name }: Pick<EcsTask, 'hasHost' | 'name'>): Pick<ComputeConfig, 'metricNamespace' | 'metricDimensions'> {
  return hasHost ? { metricNamespace: 'CdkHybrid', metricDimensions: { FunctionName: name } } : {};
}
