import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { ComputeContext } from '../model/compute';

/** How traces are collected. */
export interface OtelCollectorProps {
  /**
   * The image of the collector, when it comes from a registry of your own or is another distribution.
   *
   * @default - AWS's distribution, `public.ecr.aws/aws-observability/aws-otel-collector`, of a pinned version
   */
  readonly image?: ecs.ContainerImage;

  /**
   * The configuration of the collector, as YAML.
   *
   * @default - traces that come by OpenTelemetry's protocol go to AWS X-Ray
   */
  readonly config?: string;

  /**
   * Memory in MiB that is set aside for it, out of that of the task.
   *
   * @default 128
   */
  readonly memoryReservationMiB?: number;
}

/** A collector of OpenTelemetry that runs beside the handler, which finds it at `OTEL_EXPORTER_OTLP_ENDPOINT`. */
export class OtelCollector {
  /**
   * A collector that sends traces to AWS X-Ray.
   *
   * @param props another image, or another configuration
   */
  public static xray(props: OtelCollectorProps = {}): OtelCollector {
    return new OtelCollector(props);
  }

  private constructor(/** @internal */ public readonly _props: OtelCollectorProps) {}
}

/** The configurations that are in the image: `config/ecs` of its sources, aws-observability/aws-otel-collector. */
const XRAY_CONFIG = '--config=/etc/ecs/ecs-xray.yaml';
const IMAGE = 'public.ecr.aws/aws-observability/aws-otel-collector:v0.47.0';

/** Puts the collector beside the handler, which it outlives. */
export function addCollector(handler: ecs.ContainerDefinition, context: ComputeContext, name: string, props: OtelCollectorProps): void {
  const { taskDefinition } = handler;
  const { environment, logGroup, role } = context;
  const { image = ecs.ContainerImage.fromRegistry(IMAGE), config, memoryReservationMiB = 128 } = props;
  const collector = taskDefinition.addContainer('OtelCollector', {
    containerName: 'otel-collector',
    image,
    command: config === undefined ? [XRAY_CONFIG] : undefined,
    environment: config === undefined ? undefined : { AOT_CONFIG_CONTENT: config },
    essential: false,
    memoryReservationMiB,
    readonlyRootFilesystem: true,
    logging: ecs.LogDrivers.awsLogs({ logGroup, streamPrefix: name }),
  });
  // What is started later is stopped earlier: the last traces still find it.
  handler.addContainerDependencies({ container: collector, condition: ecs.ContainerDependencyCondition.START });
  for (const [variable, value] of [['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://localhost:4318'], ['OTEL_SERVICE_NAME', name]]) {
    if (environment[variable] === undefined) { handler.addEnvironment(variable, value); }
  }
  // None of it can be limited to a resource. Source: "Actions, resources, and condition keys for AWS X-Ray".
  role.addToPrincipalPolicy(new iam.PolicyStatement({
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets', 'xray:GetSamplingStatisticSummaries'],
    resources: ['*'],
  }));
}
