/** Which trigger and which runtime goes with which compute, and why not: checks, README and docs all read this. */

/** The computes, in the order of the documentation. */
export const COMPUTES = ['lambdaFunction', 'lambdaImage', 'service', 'process', 'task', 'batchJob'] as const;
export type ComputeName = typeof COMPUTES[number];

/** True, or why not and what instead. */
export type Support = true | string;
export type SupportRow = { readonly [compute in ComputeName]: Support };

const ONE_RUN = 'it runs once for each event and takes no requests; use Compute.service() or a Lambda compute';
const RUNS_FOR_EVER = 'its handler is started once and runs for ever';

const HOLDS_NO_MESSAGE = 'nothing could hold a message until its run has succeeded; use Compute.service(), with minCapacity 0 if there are few messages';

const LAMBDA = 'use Compute.lambdaFunction() or Compute.lambdaImage()';
const NO_URL = `only a Lambda function has an address of its own; ${LAMBDA}`;
const NO_POOL = `Amazon Cognito calls Lambda functions alone, and waits for their answer; ${LAMBDA}`;
const NO_SOURCE = `an IEventSource of the AWS CDK is bound to a Lambda function; ${LAMBDA}`;
const NO_STREAM = 'nothing could hold a record until its run has succeeded; use Compute.service(), with minCapacity 0 if there are few records';

/** Triggers on computes. */
export const TRIGGER_SUPPORT = {
  httpApi: {
    lambdaFunction: true, lambdaImage: true, service: true, process: `${RUNS_FOR_EVER}; use Compute.service()`, task: ONE_RUN, batchJob: ONE_RUN,
  },
  restApi: {
    lambdaFunction: true, lambdaImage: true, service: true, process: `${RUNS_FOR_EVER}; use Compute.service()`, task: ONE_RUN, batchJob: ONE_RUN,
  },
  loadBalancer: {
    lambdaFunction: true, lambdaImage: true, service: true, process: `${RUNS_FOR_EVER}; use Compute.service()`, task: ONE_RUN, batchJob: ONE_RUN,
  },
  queue: {
    lambdaFunction: true, lambdaImage: true, service: true, process: `${RUNS_FOR_EVER}; use Compute.service()`, task: HOLDS_NO_MESSAGE, batchJob: HOLDS_NO_MESSAGE,
  },
  topic: {
    lambdaFunction: true, lambdaImage: true, service: true, process: `${RUNS_FOR_EVER}; use Compute.service() or Compute.task()`, task: true, batchJob: true,
  },
  bucket: {
    lambdaFunction: true, lambdaImage: true, service: true, process: `${RUNS_FOR_EVER}; use Compute.service() or Compute.task()`, task: true, batchJob: true,
  },
  eventPattern: {
    lambdaFunction: true, lambdaImage: true, service: true, process: `${RUNS_FOR_EVER}; use Compute.service() or Compute.task()`, task: true, batchJob: true,
  },
  schedule: {
    lambdaFunction: true, lambdaImage: true, service: true, process: `${RUNS_FOR_EVER}; use Compute.service() or Compute.task()`, task: true, batchJob: true,
  },
  functionUrl: {
    lambdaFunction: true, lambdaImage: true, service: `${NO_URL}, or Trigger.loadBalancer()`, process: NO_URL, task: NO_URL, batchJob: NO_URL,
  },
  userPool: {
    lambdaFunction: true, lambdaImage: true, service: NO_POOL, process: NO_POOL, task: NO_POOL, batchJob: NO_POOL,
  },
  of: {
    lambdaFunction: true, lambdaImage: true, service: NO_SOURCE, process: NO_SOURCE, task: NO_SOURCE, batchJob: NO_SOURCE,
  },
  tableStream: {
    lambdaFunction: true, lambdaImage: true, service: true, process: `${RUNS_FOR_EVER}; use Compute.service()`, task: NO_STREAM, batchJob: NO_STREAM,
  },
  dataStream: {
    lambdaFunction: true, lambdaImage: true, service: true, process: `${RUNS_FOR_EVER}; use Compute.service()`, task: NO_STREAM, batchJob: NO_STREAM,
  },
  logGroup: {
    lambdaFunction: true, lambdaImage: true, service: true, process: `${RUNS_FOR_EVER}; use Compute.service() or Compute.task()`, task: true, batchJob: true,
  },
} as const satisfies { [trigger: string]: SupportRow };
export type TriggerName = keyof typeof TRIGGER_SUPPORT;

const NEEDS_IMAGE = 'the compute runs images; use HandlerRuntime.NODEJS_20 to NODEJS_26, one that extends them, or HandlerRuntime.container()';
const IS_IMAGE = 'the runtime is an image; use a compute that runs images';

/** Runtimes on computes. */
export const RUNTIME_SUPPORT = {
  'NODEJS_20 to NODEJS_26': { lambdaFunction: true, lambdaImage: true, service: true, process: true, task: true, batchJob: true },
  'extend()': { lambdaFunction: IS_IMAGE, lambdaImage: true, service: true, process: true, task: true, batchJob: true },
  'container({ host: true })': { lambdaFunction: IS_IMAGE, lambdaImage: true, service: true, process: true, task: true, batchJob: true },
  'container()': { lambdaFunction: IS_IMAGE, lambdaImage: true, service: true, process: true, task: true, batchJob: true },
  'custom()': { lambdaFunction: true, lambdaImage: NEEDS_IMAGE, service: NEEDS_IMAGE, process: NEEDS_IMAGE, task: NEEDS_IMAGE, batchJob: NEEDS_IMAGE },
  'AWS_* and managed()': { lambdaFunction: true, lambdaImage: NEEDS_IMAGE, service: NEEDS_IMAGE, process: NEEDS_IMAGE, task: NEEDS_IMAGE, batchJob: NEEDS_IMAGE },
} as const satisfies { [runtime: string]: SupportRow };
export type RuntimeKind = keyof typeof RUNTIME_SUPPORT;

/** For messages: the computes that a runtime runs on, `Compute.service(), Compute.task()`. */
export function computesOf(runtime: RuntimeKind): string {
  return COMPUTES.filter(compute => RUNTIME_SUPPORT[runtime][compute] === true).map(compute => `Compute.${compute}()`).join(', ');
}

const OURS = ['NODEJS_20 to NODEJS_26', 'extend()'] as const;
const HOSTED = [...OURS, 'container({ host: true })'] as const;

/** Options of functions and computes that not every runtime has, and those that have them. On the others they are refused. */
export const OPTION_RUNTIMES = {
  eventFormat: HOSTED,
  gracefulShutdown: OURS,
  maxConcurrency: HOSTED,
  metricErrors: HOSTED,
  trustedProxyHops: HOSTED,
  workers: HOSTED,
} as const satisfies { [option: string]: readonly RuntimeKind[] };
