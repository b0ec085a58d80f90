import type * as cognito from 'aws-cdk-lib/aws-cognito';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { BucketTrigger, BucketTriggerProps } from './bucket';
import { DataStreamTrigger, DataStreamTriggerProps } from './data-stream';
import { EventPatternTrigger, EventPatternTriggerProps } from './event-pattern';
import { EventSourceTrigger, EventSourceTriggerProps } from './event-source';
import { FunctionUrlTrigger } from './function-url';
import { HttpApiTrigger } from './http-api';
import type { HttpApiTriggerProps } from './http-api-options';
import { LoadBalancerTrigger } from './load-balancer';
import type { LoadBalancerTriggerProps } from './load-balancer-options';
import { LogGroupTrigger, LogGroupTriggerProps } from './log-group';
import { QueueTrigger, QueueTriggerProps } from './queue';
import { RestApiTrigger } from './rest-api';
import type { RestApiTriggerProps } from './rest-api-options';
import { ScheduleTrigger, ScheduleTriggerProps } from './schedule';
import { TableStreamTrigger, TableStreamTriggerProps } from './table-stream';
import { TopicTrigger, TopicTriggerProps } from './topic';
import { UserPoolTrigger, UserPoolTriggerProps } from './user-pool';
import type { ITrigger } from '../model/trigger';

/**
 * When a handler runs.
 */
export class Trigger {
  /**
   * By HTTP requests, through an HTTP API of API Gateway. On Lambda computes and, by a private integration, `Compute.service()`.
   *
   * @param props routes and API
   */
  public static httpApi(props: HttpApiTriggerProps = {}): ITrigger {
    return new HttpApiTrigger(props);
  }

  /**
   * By HTTP requests, through a REST API of API Gateway. On Lambda computes and, by a private integration, `Compute.service()`.
   *
   * @param props routes and API
   */
  public static restApi(props: RestApiTriggerProps = {}): ITrigger {
    return new RestApiTrigger(props);
  }

  /**
   * By HTTP requests, through an Application Load Balancer. On Lambda computes and `Compute.service()`.
   *
   * @param props routes and load balancer
   */
  public static loadBalancer(props: LoadBalancerTriggerProps = {}): ITrigger {
    return new LoadBalancerTrigger(props);
  }

  /**
   * By messages of an SQS queue, standard or FIFO. On Lambda computes and `Compute.service()`, whose tasks take the messages themselves.
   *
   * @param queue the queue
   * @param props how messages become events
   */
  public static queue(queue: sqs.IQueue, props: QueueTriggerProps = {}): ITrigger {
    return new QueueTrigger(queue, props);
  }

  /**
   * By the clock: EventBridge Scheduler sends single events. On Lambda computes, `Compute.task()`, `Compute.batchJob()` and, through a queue of its own,
   * `Compute.service()`.
   *
   * @param props the times and the event
   */
  public static schedule(props: ScheduleTriggerProps): ITrigger {
    return new ScheduleTrigger(props);
  }

  /**
   * By messages of an SNS topic. On Lambda computes and, through a queue of its own, `Compute.service()`, there also by FIFO topics.
   *
   * @param topic the topic
   * @param props which messages become events
   */
  public static topic(topic: sns.ITopic, props: TopicTriggerProps = {}): ITrigger {
    return new TopicTrigger(topic, props);
  }

  /**
   * By what happens to objects of an S3 bucket, of this app or an imported one. On Lambda computes and, through a queue of its own, `Compute.service()`.
   *
   * @param bucket the bucket
   * @param props which of its events are meant
   */
  public static bucket(bucket: s3.IBucket, props: BucketTriggerProps = {}): ITrigger {
    return new BucketTrigger(bucket, props);
  }

  /**
   * By events of an event bus. On Lambda computes; through a queue of its own on `Compute.service()`; through a state machine on `Compute.task()` and
   * `Compute.batchJob()`.
   *
   * @param pattern what an event must have
   * @param props the bus, and what becomes of the event
   */
  public static eventPattern(pattern: events.EventPattern, props: EventPatternTriggerProps = {}): ITrigger {
    return new EventPatternTrigger(pattern, props);
  }

  /**
   * By requests to an HTTPS address of the function's own. On Lambda computes; not beside their option `functionUrl`, which is the same.
   *
   * @param props who may call, from which web pages, and whether responses are streamed
   */
  public static functionUrl(props: lambda.FunctionUrlOptions = {}): ITrigger {
    return new FunctionUrlTrigger(props);
  }

  /**
   * By what happens in a user pool of Amazon Cognito, of this app. On Lambda computes.
   *
   * @param userPool the user pool
   * @param props at which of its operations
   */
  public static userPool(userPool: cognito.IUserPool, props: UserPoolTriggerProps): ITrigger {
    return new UserPoolTrigger(userPool, props);
  }

  /**
   * By any other event source of a Lambda function: one of `aws-lambda-event-sources`, or one of your own. On Lambda computes.
   *
   * @param eventSource the event source
   * @param props its construct id
   */
  public static of(eventSource: lambda.IEventSource, props: EventSourceTriggerProps = {}): ITrigger {
    return new EventSourceTrigger(eventSource, props);
  }

  /**
   * By changes of a DynamoDB table that has a stream. On Lambda computes and, through a function and a FIFO queue of its own, `Compute.service()`.
   *
   * @param table the table
   * @param props how changes become events
   */
  public static tableStream(table: dynamodb.ITable, props: TableStreamTriggerProps = {}): ITrigger {
    return new TableStreamTrigger(table, props);
  }

  /**
   * By records of a Kinesis data stream. On Lambda computes and, through a function and a FIFO queue of its own, `Compute.service()`.
   *
   * @param stream the stream
   * @param props how records become events
   */
  public static dataStream(stream: kinesis.IStream, props: DataStreamTriggerProps = {}): ITrigger {
    return new DataStreamTrigger(stream, props);
  }

  /**
   * By log events of a log group. On Lambda computes and, through a function and a FIFO queue of its own, `Compute.service()`.
   *
   * @param logGroup the log group, not one that the handler itself writes to
   * @param props which log events are meant
   */
  public static logGroup(logGroup: logs.ILogGroup, props: LogGroupTriggerProps = {}): ITrigger {
    return new LogGroupTrigger(logGroup, props);
  }

  private constructor() {}
}
