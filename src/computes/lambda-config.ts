/** What belongs to a Lambda function once it is made: its alias, its address, its asynchronous invocations, its metrics. */
import { Annotations } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { LambdaEventTarget } from './lambda-event-target';
import { LambdaHttpTarget } from './lambda-http-target';
import { LambdaQueueTarget } from './lambda-queue-target';
import type { LambdaOptions } from './lambda-settings';
import type { ComputeConfig } from '../model/compute';
import { invokeAsynchronously } from '../private/lambda/asynchronous-invocations';
import { limitEnvironment } from '../private/lambda/lambda-environment';
import { useManagedInstances } from '../private/lambda/lambda-managed-instances';

const ALIAS_NAME = 'live';
const TARGET_UTILIZATION = 0.7;

/** Makes what the options ask for around a function. */
export function lambdaConfig(scope: Construct, fn: lambda.Function, props: LambdaOptions): ComputeConfig {
  useManagedInstances(fn, props);
  limitEnvironment(fn);
  const alias = props.provisionedConcurrentExecutions === undefined && !props.snapStart ? undefined : publishedAlias(scope, fn, props);
  const target = alias ?? fn;
  invokeAsynchronously(scope, target, props);
  return {
    lambdaFunction: fn,
    lambdaTarget: target,
    httpTarget: new LambdaHttpTarget(target),
    functionUrl: props.functionUrl && target.addFunctionUrl(props.functionUrl),
    eventTarget: new LambdaEventTarget(target),
    queueTarget: new LambdaQueueTarget(target, fn),
    metricNamespace: 'AWS/Lambda',
    metricDimensions: { FunctionName: fn.functionName },
  };
}

/** Provisioned concurrency and SnapStart are of versions; the alias is always that of the newest. */
function publishedAlias(scope: Construct, fn: lambda.Function, props: LambdaOptions): lambda.Alias {
  Annotations.of(fn).acknowledgeWarning('@aws-cdk/aws-lambda:snapStartRequirePublish', 'a version is published');
  const { provisionedConcurrentExecutions, provisionedConcurrencyMax, provisionedConcurrencySchedules } = props;
  const alias = new lambda.Alias(scope, 'Alias', { aliasName: ALIAS_NAME, version: fn.currentVersion });
  if (provisionedConcurrentExecutions !== undefined) {
    // The alias' own property refuses what is known at deployment only.
    (alias.node.defaultChild as lambda.CfnAlias).provisionedConcurrencyConfig = { provisionedConcurrentExecutions };
  }
  if (provisionedConcurrencyMax !== undefined) {
    const scaling = alias.addAutoScaling({ minCapacity: provisionedConcurrentExecutions, maxCapacity: provisionedConcurrencyMax });
    const utilizationTarget = props.provisionedConcurrencyTargetUtilization ?? (provisionedConcurrencySchedules ? undefined : TARGET_UTILIZATION);
    if (utilizationTarget !== undefined) { scaling.scaleOnUtilization({ utilizationTarget }); }
    for (const [name, schedule] of Object.entries(provisionedConcurrencySchedules ?? {})) { scaling.scaleOnSchedule(name, schedule); }
  }
  return alias;
}
