import type { Duration } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { ComputeConfig } from './compute';

/**
 * When a handler runs. `Trigger` has the ones of this library; adding another is one class.
 */
export interface ITrigger {
  /** The name of the trigger, for messages: `loadBalancer`. */
  readonly triggerName: string;

  /**
   * The construct id of what the trigger makes, unique among the triggers of a function. It comes from what the trigger
   * is (a path, an expression), never from an order.
   */
  readonly triggerId: string;

  /**
   * Makes the resources of this trigger.
   *
   * @param scope where they belong: a scope of their own
   * @param context the function and its compute
   */
  bind(scope: Construct, context: TriggerContext): TriggerConfig;
}

/** What every trigger is told of the compute that it triggers. */
export interface TriggerContext {
  /** The name of the compute. */
  readonly computeName: string;

  /** What the compute has made. */
  readonly compute: ComputeConfig;

  /** The longest that one invocation may take. */
  readonly timeout: Duration;

  /** Where the handler's logs go. */
  readonly logGroup: logs.ILogGroup;

  /**
   * The VPC of the function.
   *
   * @default - none
   */
  readonly vpc?: ec2.IVpc;
}

/** What a trigger has made or uses. */
export interface TriggerConfig {
  /**
   * The load balancer.
   *
   * @default - not of this trigger
   */
  readonly loadBalancer?: elbv2.IApplicationLoadBalancer;

  /**
   * The listener that has the routes.
   *
   * @default - not of this trigger
   */
  readonly listener?: elbv2.IApplicationListener;

  /**
   * The target group of the handler.
   *
   * @default - not of this trigger
   */
  readonly targetGroup?: elbv2.IApplicationTargetGroup;

  /**
   * The HTTP API.
   *
   * @default - not of this trigger
   */
  readonly httpApi?: apigatewayv2.IHttpApi;

  /**
   * The routes of the HTTP API that lead to the handler.
   *
   * @default - not of this trigger
   */
  readonly httpRoutes?: apigatewayv2.IHttpRoute[];

  /**
   * The REST API.
   *
   * @default - not of this trigger
   */
  readonly restApi?: apigateway.IRestApi;

  /**
   * The methods of the REST API that lead to the handler.
   *
   * @default - not of this trigger
   */
  readonly restMethods?: apigateway.Method[];

  /**
   * The event source mapping.
   *
   * @default - not of this trigger, or not of this compute
   */
  readonly eventSourceMapping?: lambda.IEventSourceMapping;

  /**
   * The schedule.
   *
   * @default - not of this trigger
   */
  readonly schedule?: scheduler.ISchedule;

  /**
   * The queue that was made between the origin of the events and the handler.
   *
   * @default - not of this trigger, or not of this compute
   */
  readonly queue?: sqs.IQueue;

  /**
   * The queue for events that failed: that of the trigger's options, or the one that was made for the queue.
   *
   * @default - not of this trigger, or not of this compute
   */
  readonly deadLetterQueue?: sqs.IQueue;

  /**
   * The function that puts records of a stream, or events of a log group, into the queue. That of a log group has a `deadLetterQueue` of its own.
   *
   * @default - not of this trigger, or not of this compute
   */
  readonly forwarder?: lambda.Function;

  /**
   * The function that starts a run with each message of a topic, event of a bucket or of a log group.
   *
   * @default - not of this trigger, or not of this compute
   */
  readonly starter?: lambda.Function;

  /**
   * The rule of the event bus.
   *
   * @default - not of this trigger
   */
  readonly rule?: events.IRule;

  /**
   * The HTTPS address of the Lambda function.
   *
   * @default - not of this trigger
   */
  readonly functionUrl?: lambda.IFunctionUrl;
}
