import type { IConstruct } from 'constructs';

/**
 * Every error that our constructs throw, with its stable code and how to mend it. docs/errors.md lists the same
 * codes; a test compares the two.
 */
export const ERRORS = {
  ACCOUNT_CONFLICT: 'use a resource of the account that the stack is deployed to',
  API_CONFLICT: 'say the same in each trigger that shares it, or give this one an API of its own',
  API_GIVEN: 'leave it out, and set it where the API is made',
  ASYNCHRONOUS_CONFLICT: 'say the same of all its triggers and of the compute, or give the trigger a function of its own',
  BATCH_ARCHITECTURE: 'set architecture, or choose instances of it',
  BATCH_OPTION: 'leave it out',
  BATCH_WINDOW: 'set maxBatchingWindow as AWS Lambda takes it, or lower batchSize',
  BOOTSTRAP_NOT_A_FILE: 'name the file itself',
  BOOTSTRAP_NOT_EXECUTABLE: 'set its run bit: chmod +x',
  BOOTSTRAP_NOT_FOUND: 'give the path of an existing file, relative to the working directory of the app',
  BUCKET_EVENTS: 'leave out those that another one includes',
  BUNDLING_FAILED: 'mend the code as esbuild says',
  CACHE_UNUSABLE: 'make the folder writable, or let the variable CDK_HYBRID_CACHE_DIR name another one',
  CAPACITY_ARCHITECTURE: 'set architecture, or give a capacity provider of that architecture',
  CERTIFICATE_MISSING: 'set certificates',
  CERTIFICATE_REGION: 'ask AWS Certificate Manager for one in the region of the load balancer',
  CLUSTER_CONFLICT: 'set it where the cluster is made, or once for all functions of the stack',
  CLUSTER_MISSING: 'set cluster, or run on Fargate',
  CODE_DIRECTORY_NOT_FOUND: 'give the path of an existing directory, relative to the working directory of the app',
  CODE_MISSING: 'set code',
  CONCURRENCY: 'isolated workers are counted by workers; threads that share invocations by maxConcurrency and workerCount',
  CONTAINER_BUILD: 'read what the container engine says above, and mend the Dockerfile or start the engine; the variable CDK_DOCKER names another client than docker',
  CONTAINER_BUILD_ARG: 'give plain strings',
  CONTAINER_CONTEXT: 'give a path relative to the working directory of the app, and a Dockerfile inside it',
  CONTAINER_IMAGE_PATH: 'name the folder of the image that becomes /opt, e.g. /opt',
  CORS_CONFLICT: 'give all functions of the listener the same cors, or this one a load balancer or a listenerPort of its own',
  CORS_UNSUPPORTED: 'answer preflights in the handler, or use Compute.service(), whose host answers each origin',
  DEAD_LETTER_QUEUE: 'give a queue of that kind, or leave it out',
  ENGINE_ARCHITECTURE: 'use Architecture.X86_64 or Architecture.ARM_64',
  ENGINE_CHECKSUM_FORMAT: 'copy it from `npm view <package>@<version> dist.integrity`',
  ENGINE_CHECKSUM_MISSING: 'give the checksum of the archive to Engine.nodejs()',
  ENGINE_CHECKSUM_WRONG: 'compare both with `npm view <package>@<version> dist.integrity` of a registry that you trust, then correct the checksum or the registry',
  ENGINE_CONFLICT: 'give the same Engine to all functions of the stack',
  ENGINE_DOWNLOAD: 'check the version, the network and the npm configuration; a cache that already has the engine works without a network (CDK_HYBRID_CACHE_DIR)',
  ENGINE_VERSION: 'write it in full, e.g. 24.21.0',
  ENTRY_NOT_A_FILE: 'name the file, e.g. src/hello/index.ts, or use HandlerCode.fromDirectory',
  ENTRY_NOT_FOUND: 'give the path of an existing TypeScript or JavaScript file, relative to the working directory of the app',
  ENVIRONMENT_NAME: 'rename the variable',
  ENVIRONMENT_RESERVED: 'rename the variable; Lambda sets this one itself',
  ENVIRONMENT_SCHEMA: 'mend the value, or the rule in environmentSchema',
  ENVIRONMENT_TOO_LARGE: 'move what is large into a parameter, a file of the code or an object in S3, or use Compute.task() or another ECS compute',
  ENVIRONMENT_VALUE: 'write it as a string; leave out what has no value',
  ESBUILD_NOT_FOUND: 'install it: `npm install --save-dev esbuild` in a TypeScript or JavaScript app, `npm install --global esbuild` beside Python, Java, .NET and Go',
  EVENT_FORMAT_UNSUPPORTED: 'leave it out, or use Compute.service()',
  EVENT_NOT_JSON: 'give an object to ScheduleTargetInput.fromObject(), or JSON to ScheduleTargetInput.fromText()',
  EVENT_TOO_LARGE: 'pass where the data is (an object in S3, say), not the data',
  FARGATE_SIZE: 'choose a pair of CPU and memory that Fargate has, or run on instances with launchType: LaunchType.EC2',
  FILTER_PATTERN: 'make it by FilterCriteria.filter(), with rules of "Filter rule syntax" in the AWS Lambda Developer Guide',
  GATEWAY_NAME: 'rename it',
  HANDLER_FILE_NOT_FOUND: 'name a file of the directory, without its extension, before the dot',
  HANDLER_NAME: 'write the file without its extension, a dot and the exported name, e.g. index.handler',
  HANDLER_NOT_IN_BUNDLE: 'the bundle is one file named index; export the handler from the entry file and name it index.<export>',
  HOST_MISSING: 'leave it out, or take our host into the container: HandlerRuntime.container({ host: true, ... })',
  HTTP_CONFLICT: 'give them the same, or add a service of its own to the function by addCompute',
  IMAGE_BASE: 'name an image, with its tag or digest, e.g. public.ecr.aws/docker/library/debian:bookworm-slim',
  IMAGE_CONFLICT: 'leave it out, or give the compute another image',
  IMAGE_FILE_COLLISION: 'choose another destination',
  IMAGE_FILE_NOT_FOUND: 'give the path of an existing file or folder, relative to the working directory of the app',
  IMAGE_FILE_OUTSIDE: 'put the file into the project, and name it by a path relative to the working directory of the app',
  IMAGE_INSTRUCTIONS: 'leave FROM out and set baseImage; or bring a whole Dockerfile with HandlerRuntime.container()',
  INSTANCE_ARCHITECTURE: 'set architecture, or use other instances',
  LAMBDA_OPTION_CONFLICT: 'leave one of the two out',
  LAMBDA_OPTION_UNSUPPORTED: 'leave the option out, or use a runtime that has it',
  LAUNCH_TYPE: 'leave it out, or set launchType: LaunchType.EC2 with a cluster that has instances',
  LAYERS_TOO_MANY: 'put several into one layer, or into the code',
  LAYER_ARCHITECTURE: 'set architecture, or build the layer for it',
  LAYER_BOOTSTRAP: 'put an executable file named bootstrap at the root of the folder that becomes /opt',
  LAYER_CONTENT: 'remove it in the Dockerfile',
  LAYER_TOO_LARGE: 'leave out what is not needed, or run the function as an image',
  LISTENER_RANGE: 'give minPriority and maxPriority, a range that nobody else uses',
  LOAD_BALANCER_CONFLICT: 'say the same in each trigger that shares it, or give this one a load balancer of its own',
  LOAD_BALANCER_GIVEN: 'leave it out, and set it where the load balancer or listener is made',
  LOGIN_INVALID: 'correct the login',
  LOG_GROUP_FILTERS: 'take one of them away, or let one function hand the log events on',
  LOG_GROUP_OWN: 'give the log group of another function, or handle the error where it occurs',
  LOG_LEVEL_NEEDS_JSON: 'set logFormat: LoggingFormat.JSON, or leave logLevel out',
  METRICS_MISSING: 'use a compute of this library with a runtime that has our host; metrics of other programs are their own',
  NPM_NOT_FOUND: 'install npm, or set buildMethod to LayerBuildMethod.DOCKER',
  PACKAGE_TOO_LARGE: 'bundle the code, leave out what is not needed, or run the function as an image',
  PORT_CONFLICT: 'set port of the compute alone',
  QUEUE_CONCURRENCY: 'raise maxConcurrency, or lower maxCapacity of the service',
  QUEUE_REGION: 'use a queue of the region that the stack is deployed to, or deploy the stack to that of the queue',
  QUEUE_VISIBILITY: 'raise visibilityTimeout of the queue, or lower timeout of the function',
  ROUTE_COLLISION: 'change one of the two, or set priority of both',
  ROUTE_CONDITIONS: 'correct it, or make two triggers of it',
  ROUTE_INVALID: 'mend the route',
  ROUTE_ORDER: 'set priority of the two, the lower one for the one that comes first',
  ROUTE_PRIORITY: 'set priority of the newer one to a number that is free',
  ROUTE_TAKEN: 'give one of the two another path or other methods, or an API of its own',
  RUNTIME_FOR_IMAGES: 'use a compute that runs images',
  RUNTIME_NOT_EXTENDABLE: 'write what is missing into the Dockerfile of the container; managed runtimes and layers of your own cannot be extended',
  RUNTIME_NOT_FOR_IMAGES: 'use one of these runtimes, or a compute that runs zips',
  RUNTIME_NOT_NODEJS: 'use HandlerCode.fromDirectory for other languages',
  SCALING: 'scaling takes maxCapacity, minCapacity if wanted, and rules; a fixed number takes desiredCount alone',
  SCALING_FROM_ZERO: 'add ServiceScaling.onQueueBacklog(), which starts a task for messages, or raise minCapacity',
  SCALING_WITHOUT_QUEUE: 'add Trigger.queue(), or scale by another metric',
  SCALING_WITHOUT_REQUESTS: 'add Trigger.loadBalancer(), or scale by another metric',
  SCHEDULE_TIMES: 'choose an end after the start',
  SECRETS_UNSUPPORTED: 'read the secrets in the handler, or use one of our runtimes',
  SECRET_CONFLICT: 'rename one of the two, or remove it from environment',
  SECRET_VERSION: 'leave one of the two out',
  SIZE_OUT_OF_RANGE: 'choose a value in the range',
  STREAMING_UNSUPPORTED: 'use Compute.service(), which streams through load balancers, or a function URL',
  STREAM_MISSING: 'switch the stream of the table on (stream: StreamViewType.NEW_AND_OLD_IMAGES), or give tableStreamArn of an imported one',
  STREAM_POSITION: 'leave startingPosition out, or set it as accepted',
  TAG_SOURCE: 'use PropagatedTagSource.TASK_DEFINITION',
  TOPIC_FIFO: 'use Compute.service(), or subscribe a FIFO queue to the topic and use Trigger.queue()',
  TOPIC_FILTER: 'leave one of the two out',
  TRIGGER_OPTION: 'set it where the compute is made',
  TRIGGER_TWICE: 'set id of the trigger',
  TRIGGER_UNSUPPORTED: 'use another compute',
  URL_UNKNOWN: 'name the load balancer yourself, or give loadBalancer instead of an imported listener',
  USER_POOL_CIRCLE: 'take userPoolId from the event, and grant by an iam.Policy of its own beside the user pool, with the role of the function',
  USER_POOL_IMPORTED: 'give the UserPool of this app, or name the function in the lambda triggers of the user pool where that is made',
  USER_POOL_OPERATION: 'name the operations, and a version for UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG alone',
  VOLUME_PATH: 'choose another containerPath',
  VPC_CONFLICT: 'leave it out, or give the function the VPC of the cluster',
  VPC_MISSING: 'set vpc',
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** What is wrong with one property of one construct. */
export interface Problem {
  /** The property as the user wrote it, e.g. `handler`. */
  readonly property: string;
  /** What was given. */
  readonly given: unknown;
  /** What is accepted. */
  readonly accepted: string;
  /** How to mend it, when the code's own advice is not enough. */
  readonly mend?: string;
}

/** An error of ours: one line, a stable code. */
export class HybridError extends Error {
  constructor(readonly code: string, message: string) {
    super(`${message} [${code}]`);
    this.name = 'HybridError';
  }
}

/** The one line of a problem: construct path, property, given, accepted, how to mend. */
export function problem(scope: IConstruct | undefined, code: ErrorCode, what: Problem): HybridError {
  const where = scope?.node.path ? `${scope.node.path}: ` : '';
  const given = typeof what.given === 'string' ? `'${what.given}'` : String(what.given);
  return new HybridError(`CDK_HYBRID_${code}`,
    `${where}'${what.property}' must be ${what.accepted}, got ${given}; ${what.mend ?? ERRORS[code]}`.replace(/\s*\n\s*/g, ' | '));
}
