import { Annotations, Duration, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { ServiceGatewayTarget } from './ecs-gateway-target';
import { ServiceHttpTarget } from './ecs-http-target';
import { ecsMetrics } from './ecs-metrics';
import { ServiceQueueTarget } from './ecs-queue-target';
import { ecsService, PORT_NAME, scaleService, staysAtZero } from './ecs-service';
import { ServiceEventTarget } from './ecs-service-event-target';
import type { EcsServiceComputeProps } from './ecs-service-options';
import { ecsTask } from './ecs-task-definition';
import type { ComputeConfig, ComputeContext, ICompute } from '../model/compute';
import type { IHandlerImage } from '../model/handler-image';
import { checkRange } from '../private/check-range';
import { vpcOf } from '../private/containers/ecs-cluster';
import { hasHost } from '../private/environment/host-environment';
import { problem } from '../private/errors';

/** Sizes and settings of `Compute.service()`. */
export interface ServiceComputeProps extends EcsServiceComputeProps {
  /**
   * Where the container listens.
   *
   * @default 8080
   */
  readonly port?: number;

  /**
   * How many processes with the handler a task has. Each has one invocation at a time, as on Lambda.
   *
   * @default - two for each vCPU, two at least
   */
  readonly workers?: number;

  /**
   * How many invocations the threads of a task may have at once, each. Over 1 invocations share a process, as on Lambda Managed Instances, which is several times
   * as fast for handlers that wait more than they compute.
   *
   * @default 1
   */
  readonly maxConcurrency?: number;

  /**
   * How many threads share the invocations. Needs `maxConcurrency`.
   *
   * @default - one for each vCPU, two at least
   */
  readonly workerCount?: number;

  /**
   * How many proxies in front of the handler are known: so many entries of `X-Forwarded-For`, from its end, are believed. A load balancer is one, CloudFront before it
   * another.
   *
   * @default 1
   */
  readonly trustedProxyHops?: number;
}

const DEFAULT_PORT = 8080;
const DEFAULT_CPU = 256;
const CPU_UNITS = 1024;
/** The command says within 4 seconds whether the handler takes requests. */
const HEALTH_CHECK: ecs.HealthCheck = {
  command: ['CMD', '/opt/cdk-hybrid/health'],
  interval: Duration.seconds(15),
  timeout: Duration.seconds(5),
  retries: 3,
  startPeriod: Duration.seconds(60),
};

/** `Compute.service()`: an event-driven ECS service. */
export class ServiceCompute implements ICompute {
  public readonly computeName = 'service';
  public readonly servicePrincipals = ['ecs-tasks.amazonaws.com'];
  public readonly needsVpc = true;
  public readonly image?: IHandlerImage;
  public readonly vpc?: ec2.IVpc;

  /**
   * @param props sizes and settings of the service
   */
  constructor(private readonly props: ServiceComputeProps = {}) {
    this.image = props.image;
    this.vpc = vpcOf(props.cluster);
  }

  public bind(scope: Construct, context: ComputeContext): ComputeConfig {
    const { props } = this;
    const { port = DEFAULT_PORT, scaling = [] } = props;
    const isHosted = hasHost(context.runtime);
    checkConcurrency(scope, props, isHosted);
    const task = ecsTask(scope, context, props, {
      source: 'http',
      port,
      portName: PORT_NAME,
      settings: isHosted ? hostSettings(props) : {},
      healthCheck: props.containerHealthCheck ?? (isHosted ? HEALTH_CHECK : undefined),
    });
    const service = ecsService(scope, context, task, props);
    const scalingTarget = scaleService(scope, service, props);
    const parts = { scope, task, service, port, timeout: context.timeout, scaling, scalingTarget };
    const httpTarget = new ServiceHttpTarget(parts);
    const httpGatewayTarget = new ServiceGatewayTarget(parts);
    const { minCapacity = 1, maxCapacity, desiredCount = 1, daemon } = props;
    const queueTarget = new ServiceQueueTarget({
      scope, context, task, service, minCapacity, mostTasks: daemon ? undefined : maxCapacity ?? desiredCount, scaling, scalingTarget,
    });
    scope.node.addValidation({ validate: () => scalingProblems(scope, props, httpTarget.isAttached || httpGatewayTarget.isAttached, queueTarget) });
    if (isHosted) { warnOfOneTask(scope, props); }
    const { taskDefinition, cluster, image } = task;
    const eventTarget = new ServiceEventTarget(queueTarget);
    return { service, taskDefinition, cluster, image, httpTarget, httpGatewayTarget, queueTarget, eventTarget, ...ecsMetrics(task) };
  }
}

function checkConcurrency(scope: Construct, props: ServiceComputeProps, isHosted: boolean): void {
  const { workers, maxConcurrency, workerCount, trustedProxyHops } = props;
  for (const [property, given] of Object.entries({ workers, maxConcurrency, workerCount, trustedProxyHops })) {
    if (given !== undefined && !isHosted) {
      throw problem(scope, 'HOST_MISSING', { property, given, accepted: 'left out for a container without our host' });
    }
  }
  checkRange(scope, 'workers', workers, { least: 1, most: 1_000 });
  checkRange(scope, 'maxConcurrency', maxConcurrency, { least: 1, most: 10_000 });
  checkRange(scope, 'workerCount', workerCount, { least: 1, most: 1_000 });
  checkRange(scope, 'trustedProxyHops', trustedProxyHops, { least: 0, most: 10 });
  if (workerCount !== undefined && !isShared(props)) {
    throw problem(scope, 'CONCURRENCY', { property: 'workerCount', given: workerCount, accepted: 'left out without maxConcurrency' });
  }
}

const isShared = ({ maxConcurrency = 1 }: ServiceComputeProps) => maxConcurrency > 1 || Token.isUnresolved(maxConcurrency);

/** What Fargate gives a task of one machine does not show inside of it: the number of CPUs there is that of the machine. */
function hostSettings(props: ServiceComputeProps): { [name: string]: string } {
  const { cpu = DEFAULT_CPU, maxConcurrency, trustedProxyHops } = props;
  const vcpus = Token.isUnresolved(cpu) ? undefined : cpu / CPU_UNITS;
  const workers = props.workers ?? (vcpus && Math.max(2, Math.round(2 * vcpus)));
  const workerCount = props.workerCount ?? (vcpus && Math.max(2, Math.round(vcpus)));
  const given = {
    HYBRID_WORKERS: workers,
    AWS_LAMBDA_MAX_CONCURRENCY: maxConcurrency,
    AWS_LAMBDA_NODEJS_WORKER_COUNT: isShared(props) ? workerCount : undefined,
    HYBRID_HTTP_TRUSTED_HOPS: trustedProxyHops,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]));
}

function scalingProblems(scope: Construct, props: ServiceComputeProps, hasRequests: boolean, queues: ServiceQueueTarget): string[] {
  const { scaling = [] } = props;
  const problems: string[] = [];
  if (queues.isAttached && staysAtZero(props)) {
    problems.push(problem(scope, 'SCALING_FROM_ZERO', { property: 'minCapacity', given: 0, accepted: '1 or more where no rule starts a first task: messages would wait until they are too old' }).message);
  }
  if (!hasRequests && scaling.some(({ _requests }) => _requests)) {
    problems.push(problem(scope, 'SCALING_WITHOUT_REQUESTS', { property: 'scaling', given: 'onRequestsPerTarget', accepted: 'a rule that needs no load balancer, for the service has none' }).message);
  }
  if (!queues.isAttached && scaling.some(({ _backlog }) => _backlog)) {
    problems.push(problem(scope, 'SCALING_WITHOUT_QUEUE', { property: 'scaling', given: 'onQueueBacklog', accepted: 'a rule that needs no queue, for no trigger of the service has one' }).message);
  }
  return problems;
}

function warnOfOneTask(scope: Construct, props: ServiceComputeProps): void {
  const { desiredCount = 1, maxCapacity, daemon } = props;
  if (isShared(props) || maxCapacity !== undefined || daemon || desiredCount > 1 || Token.isUnresolved(desiredCount)) { return; }
  Annotations.of(scope).addWarningV2('cdk-hybrid:Service.oneIsolatedTask',
    'The service has one task whose workers have one request at a time each: more requests wait. Set maxCapacity and scaling, desiredCount, or maxConcurrency for a handler that waits more than it computes.');
}
