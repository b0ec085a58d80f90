/** How a service takes messages of queues: its host polls them. */
import { Lazy, Stack, Token } from 'aws-cdk-lib';
import type * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { scaleOnBacklog } from './ecs-backlog-scaling';
import type { ServiceScaling } from './ecs-scaling';
import type { EcsTask } from './ecs-task-definition';
import type { ComputeContext } from '../model/compute';
import { IQueueTarget, QueueEventFormat, QueueTargetOptions } from '../model/queue-target';
import { addSource } from '../private/environment/host-sources';
import { HOST_STOP_SECONDS } from '../private/environment/runtime-contract';
import { problem } from '../private/errors';

/** What the target is made of. */
export interface QueueTargetParts {
  readonly scope: Construct;
  readonly context: ComputeContext;
  readonly task: EcsTask;
  readonly service: ecs.BaseService;
  /** How many tasks there may be; undefined where that is not known. */
  readonly mostTasks?: number;
  readonly scaling: ServiceScaling[];
  readonly scalingTarget?: appscaling.ScalableTarget;
  /** The least number of tasks. */
  readonly minCapacity: number;
}

/** A service whose host takes messages of queues. */
export class ServiceQueueTarget implements IQueueTarget {
  /** Those that the host polls. */
  private readonly polled: object[] = [];
  private attached = false;

  /** @param parts the service, and what is known of it */
  constructor(private readonly parts: QueueTargetParts) {}

  /** Whether there is a queue, be it polled or not. */
  public get isAttached(): boolean {
    return this.attached;
  }

  public attachQueue(scope: Construct, queue: sqs.IQueue, options: QueueTargetOptions): undefined {
    const { task, context, service, scaling, scalingTarget, minCapacity } = this.parts;
    if (!task.hasHost) {
      throw problem(scope, 'HOST_MISSING', { property: 'addTrigger', given: 'messages of a queue', accepted: 'a container with our host, which takes them' });
    }
    const concurrency = this.concurrencyOfTask(scope, options.maxConcurrency);
    this.attached = true;
    if (options.enabled === false) { return undefined; }
    if (!this.polled.length) { this.tellHost(); }
    const { eventFormat = QueueEventFormat.SQS, batchSize, maxBatchingWindow, reportBatchItemFailures, filters } = options;
    this.polled.push({
      url: queue.queueUrl,
      arn: queue.queueArn,
      event: eventFormat,
      batchSize,
      maxBatchingWindow: maxBatchingWindow?.toSeconds(),
      maxConcurrency: concurrency,
      reportBatchItemFailures,
      filters: filters?.map(({ pattern }) => pattern),
    });
    queue.grantConsumeMessages(context.role);
    if (scalingTarget) { scaleOnBacklog(scope, { scalingTarget, minCapacity, rules: scaling, queue, service }); }
    return undefined;
  }

  private tellHost(): void {
    const { scope, task, context } = this.parts;
    const { container, stopTimeout } = task;
    addSource(container, 'queue');
    container.addEnvironment('HYBRID_QUEUES', Lazy.string({ produce: () => Stack.of(scope).toJsonString(this.polled) }));
    const { timeout } = context;
    const mayOutlast = timeout.isUnresolved() || stopTimeout.isUnresolved()
      || timeout.toSeconds({ integral: false }) > stopTimeout.toSeconds({ integral: false }) - HOST_STOP_SECONDS;
    if (mayOutlast) { this.protectTasks(); }
  }

  /** Source of the permissions: "Amazon ECS task scale-in protection endpoint" in the Amazon ECS Developer Guide. */
  private protectTasks(): void {
    const { scope, task, context } = this.parts;
    task.container.addEnvironment('HYBRID_TASK_PROTECTION', 'true');
    context.role.addToPrincipalPolicy(new iam.PolicyStatement({
      actions: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'],
      resources: [Stack.of(scope).formatArn({ service: 'ecs', resource: 'task', resourceName: `${task.cluster.clusterName}/*` })],
    }));
  }

  /** All tasks together keep to the limit, whatever their number. */
  private concurrencyOfTask(scope: Construct, given?: number): number | undefined {
    const { mostTasks } = this.parts;
    if (given === undefined || mostTasks === undefined) { return given; }
    if (Token.isUnresolved(mostTasks) || mostTasks > 1 && Token.isUnresolved(given)) {
      throw problem(scope, 'QUEUE_CONCURRENCY', {
        property: 'maxConcurrency', given: 'a token', accepted: 'known at synth, like maxCapacity and desiredCount, to be divided among the tasks that the service may have', mend: 'give plain numbers',
      });
    }
    if (mostTasks <= 1) { return given; }
    if (given < mostTasks) {
      throw problem(scope, 'QUEUE_CONCURRENCY', { property: 'maxConcurrency', given, accepted: `at least ${mostTasks}, one for each task that the service may have` });
    }
    return Math.floor(given / mostTasks);
  }
}
