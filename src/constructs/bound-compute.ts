import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { ComputeConfig, ComputeContext, ICompute } from '../model/compute';
import type { ITrigger, TriggerConfig } from '../model/trigger';
import { ComputeRole } from '../private/compute-role';
import { problem } from '../private/errors';
import { checkTrigger } from '../private/support';

/** A compute of a function: what it has made, its role, its triggers and metrics. */
export class BoundCompute implements iam.IGrantable, ec2.IConnectable {
  /** @internal */
  public static _bind(scope: Construct, compute: ICompute, context: ComputeContext, connections?: ec2.Connections): BoundCompute {
    const { computeName } = compute;
    // Another for each kind of compute: on a swap the one of the old compute is removed, and not changed at the beginning.
    const role = new ComputeRole(scope, `${computeName.charAt(0).toUpperCase()}${computeName.slice(1)}Policy`, context.role);
    return new BoundCompute(scope, computeName, context, compute.bind(scope, { ...context, role }), connections);
  }

  /** Where permissions go: the role of the function, or that of this compute alone. */
  public readonly grantPrincipal: iam.IPrincipal;

  /** What the compute has made. */
  public readonly made: ComputeConfig;

  private constructor(
    private readonly scope: Construct,
    /** The name of the compute: `task`. */
    public readonly computeName: string,
    private readonly context: ComputeContext,
    made: ComputeConfig,
    private readonly networkConnections?: ec2.Connections,
  ) {
    this.made = made;
    this.grantPrincipal = context.role.grantPrincipal;
  }

  /** The network connections of the compute; an error without a VPC. */
  public get connections(): ec2.Connections {
    if (!this.networkConnections) {
      throw problem(this.scope, 'VPC_MISSING', { property: 'vpc', given: undefined, accepted: 'a VPC for a function whose connections are used' });
    }
    return this.networkConnections;
  }

  /**
   * Says when the handler runs on this compute.
   *
   * @param trigger the trigger
   * @returns what the trigger has made
   */
  public addTrigger(trigger: ITrigger): TriggerConfig {
    const { computeName, context, made } = this;
    checkTrigger(this.scope, trigger.triggerName, computeName);
    if (this.scope.node.tryFindChild(trigger.triggerId)) {
      throw problem(this.scope, 'TRIGGER_TWICE', { property: 'addTrigger', given: trigger.triggerId, accepted: 'a trigger that the function does not have yet' });
    }
    const scope = new Construct(this.scope, trigger.triggerId);
    return trigger.bind(scope, { computeName, compute: made, timeout: context.timeout, logGroup: context.logGroup, vpc: context.vpc });
  }

  /**
   * A metric of the handler.
   *
   * @param metricName its name: `Invocations`
   * @param props statistic, period and more
   */
  public metric(metricName: string, props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    const { metricNamespace: namespace, metricDimensions: dimensionsMap } = this.made;
    if (namespace === undefined) {
      throw problem(this.scope, 'METRICS_MISSING', { property: 'metric', given: metricName, accepted: 'a function whose compute and runtime report metrics' });
    }
    return new cloudwatch.Metric({ namespace, dimensionsMap, metricName, ...props });
  }

  /**
   * How often the handler ran. Its statistic is the sum.
   *
   * @param props another statistic, a period and more
   */
  public metricInvocations(props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metric('Invocations', { statistic: cloudwatch.Stats.SUM, ...props });
  }

  /**
   * How often the handler failed. Its statistic is the sum.
   *
   * @param props another statistic, a period and more
   */
  public metricErrors(props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metric('Errors', { statistic: cloudwatch.Stats.SUM, ...props });
  }

  /**
   * How long the handler took, in milliseconds. Its statistic is the average.
   *
   * @param props another statistic, a period and more
   */
  public metricDuration(props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metric('Duration', { statistic: cloudwatch.Stats.AVERAGE, ...props });
  }
}
