import type { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** The event that an HTTP request becomes. */
export enum HttpEventFormat {
  /** That of an Application Load Balancer: of a header or parameter that comes twice the last value. */
  ALB = 'alb',
  /** That of an Application Load Balancer with multi-value headers: of each header and parameter all values. */
  ALB_MULTI_VALUE = 'alb-multi-value',
  /** That of an API Gateway HTTP API, payload format 2.0. */
  V2 = 'v2',
  /** That of an API Gateway REST API. */
  V1 = 'v1',
}

/** Which web pages of other origins may call the handler, as with an API Gateway HTTP API. */
export interface HttpCors {
  /** Origins: exact (`https://example.com`), `https://*`, `http://*` or `*`. */
  readonly allowOrigins: string[];

  /**
   * Methods, in upper case.
   *
   * @default - those that need no leave: GET, HEAD, POST
   */
  readonly allowMethods?: string[];

  /**
   * Headers of requests.
   *
   * @default - those that need no leave
   */
  readonly allowHeaders?: string[];

  /**
   * Headers of responses that pages may read.
   *
   * @default - those that need no leave
   */
  readonly exposeHeaders?: string[];

  /**
   * Whether cookies and logins go along. Not with the origin `*`.
   *
   * @default false
   */
  readonly allowCredentials?: boolean;

  /**
   * How long browsers may remember the answer.
   *
   * @default - as browsers please
   */
  readonly maxAge?: Duration;
}

/** How a load balancer treats what it sends requests to. */
export interface HttpTargetOptions {
  /**
   * The VPC of the load balancer.
   *
   * @default - that of the function, or not known here, as with an imported listener
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The event that the handler gets.
   *
   * @default HttpEventFormat.ALB
   */
  readonly eventFormat?: HttpEventFormat;

  /**
   * Which web pages of other origins may call the handler.
   *
   * @default - none
   */
  readonly cors?: HttpCors;

  /**
   * How the load balancer finds out whether the handler is healthy.
   *
   * @default - the compute's own default
   */
  readonly healthCheck?: elbv2.HealthCheck;

  /**
   * How long requests in flight may take when a target is taken away.
   *
   * @default - the compute's own default
   */
  readonly deregistrationDelay?: Duration;

  /**
   * How long a client stays with the same target.
   *
   * @default - it does not
   */
  readonly stickinessCookieDuration?: Duration;

  /**
   * How long a new target is spared from its full share of requests.
   *
   * @default - not at all
   */
  readonly slowStart?: Duration;
}

/** A handler that load balancers can reach: what computes give to triggers. */
export interface IHttpTarget {
  /**
   * Makes the target group by which a load balancer reaches the handler.
   *
   * @param scope where it belongs; MUST get static construct ids
   * @param options how the load balancer treats it
   */
  attach(scope: Construct, options: HttpTargetOptions): elbv2.IApplicationTargetGroup;
}

/** How hard EventBridge tries to deliver an event. */
export interface EventDeliveryOptions {
  /**
   * The queue for events that could not be delivered, and on a service for those that the handler failed to handle each time.
   *
   * @default - they are dropped; a service gets one of its own, which outlives it
   */
  readonly deadLetterQueue?: sqs.IQueue;

  /**
   * How often it is tried again to deliver an event, 0 to 185. Whether a handler that has failed runs again is up to its compute; a service tries it
   * again as often as this says.
   *
   * @default - 185; a service tries a handler that has failed twice again
   */
  readonly retryAttempts?: number;

  /**
   * How old an event may become while it cannot be delivered, and in the queue of a service, 60 seconds to 24 hours.
   *
   * @default - 24 hours; in the queue of a service 6 hours
   */
  readonly maxEventAge?: Duration;
}

/** An event of EventBridge Scheduler on its way to a handler. */
export interface EventTargetOptions extends EventDeliveryOptions {
  /**
   * The event.
   *
   * @default - the event that EventBridge Scheduler sends on its own: `source` is `aws.scheduler`, `time` is when it was due
   */
  readonly input?: scheduler.ScheduleTargetInput;
}

/** An event of an event bus on its way to a handler. */
export interface RuleTargetOptions extends EventDeliveryOptions {
  /**
   * What the handler gets.
   *
   * @default - the event, whole
   */
  readonly input?: events.RuleTargetInput;
}

/** A handler that can be sent single events: what computes give to triggers. */
export interface IEventTarget {
  /**
   * Makes the target by which EventBridge Scheduler reaches the handler.
   *
   * @param scope where its resources belong; MUST get static construct ids
   * @param options the event, and how often it is tried
   */
  scheduleTarget(scope: Construct, options: EventTargetOptions): scheduler.IScheduleTarget;

  /**
   * Makes the target by which a rule of an event bus reaches the handler.
   *
   * @param scope where its resources belong; MUST get static construct ids
   * @param options what of the event, and how often it is tried
   */
  ruleTarget(scope: Construct, options: RuleTargetOptions): events.IRuleTarget;
}

/** A handler that is started once for each event: what computes give to triggers whose origins invoke functions. */
export interface IStarterTarget {
  /**
   * Makes the function that starts a run with each event that it is invoked with.
   *
   * @param scope where its resources belong; MUST get static construct ids
   */
  starter(scope: Construct): lambda.Function;
}
