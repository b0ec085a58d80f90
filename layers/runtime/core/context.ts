/** Defines the context object that a handler is given. */
import { RuntimeError } from './errors';
import type { InvocationHeaders } from './invocation';
import { stopSignal } from './stop-signal';

/** The second argument of a handler. */
export interface HandlerContext {
  callbackWaitsForEmptyEventLoop: boolean;
  readonly functionName: string | undefined;
  readonly functionVersion: string | undefined;
  readonly invokedFunctionArn: string | undefined;
  readonly memoryLimitInMB: string | undefined;
  readonly awsRequestId: string;
  readonly logGroupName: string | undefined;
  readonly logStreamName: string | undefined;
  readonly clientContext: unknown;
  readonly identity: unknown;
  readonly tenantId: string | undefined;
  readonly xRayTraceId: string | undefined;
  /** Aborted when the handler is told to stop (SIGTERM). Not one of Lambda's fields. */
  readonly signal: AbortSignal;
  getRemainingTimeInMillis(): number;
  done(error?: unknown, result?: unknown): void;
  fail(error: unknown): void;
  succeed(result?: unknown): void;
}

/** How a handler that returns no promise finishes. */
export type Callback = (error?: unknown, result?: unknown) => void;

type Environment = Readonly<Record<string, string | undefined>>;

/** What is the same for every invocation. */
interface FunctionFields {
  readonly functionName: string | undefined;
  readonly functionVersion: string | undefined;
  readonly memoryLimitInMB: string | undefined;
  readonly logGroupName: string | undefined;
  readonly logStreamName: string | undefined;
}

/** Its own members are exactly Lambda's fields, for whoever lists or copies the context; what is ours is inherited. */
class InvocationContext implements HandlerContext {
  callbackWaitsForEmptyEventLoop = true;
  readonly functionName: string | undefined;
  readonly functionVersion: string | undefined;
  readonly memoryLimitInMB: string | undefined;
  readonly logGroupName: string | undefined;
  readonly logStreamName: string | undefined;
  readonly clientContext: unknown;
  readonly identity: unknown;
  readonly invokedFunctionArn: string | undefined;
  readonly awsRequestId: string;
  readonly tenantId: string | undefined;
  readonly xRayTraceId: string | undefined;
  readonly getRemainingTimeInMillis: () => number;
  readonly done: (error?: unknown, result?: unknown) => void;
  readonly fail: (error: unknown) => void;
  readonly succeed: (result?: unknown) => void;

  constructor(common: FunctionFields, headers: InvocationHeaders, callback: Callback) {
    this.functionName = common.functionName;
    this.functionVersion = common.functionVersion;
    this.memoryLimitInMB = common.memoryLimitInMB;
    this.logGroupName = common.logGroupName;
    this.logStreamName = common.logStreamName;
    this.clientContext = parsed(headers['lambda-runtime-client-context'], 'client context');
    this.identity = parsed(headers['lambda-runtime-cognito-identity'], 'Cognito identity');
    this.invokedFunctionArn = headers['lambda-runtime-invoked-function-arn'];
    this.awsRequestId = headers['lambda-runtime-aws-request-id']!;
    this.tenantId = headers['lambda-runtime-aws-tenant-id'];
    this.xRayTraceId = headers['lambda-runtime-trace-id'];
    const deadline = Number(headers['lambda-runtime-deadline-ms']);
    this.getRemainingTimeInMillis = () => deadline - Date.now();
    // The three methods of the first Node.js runtimes end the invocation at once.
    this.done = (error, result) => {
      this.callbackWaitsForEmptyEventLoop = false;
      callback(error, result);
    };
    this.fail = (error) => this.done(error ?? new Error('context.fail was called without an error'));
    this.succeed = (result) => this.done(null, result);
  }

  get signal(): AbortSignal {
    return stopSignal();
  }
}

/** Reads what is the same for every invocation once, and gives what makes a context out of an invocation's headers. */
export function contextBuilder(environment: Environment): (headers: InvocationHeaders, callback: Callback) => HandlerContext {
  const common: FunctionFields = {
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
  };
  return (headers, callback) => new InvocationContext(common, headers, callback);
}

function parsed(json: string | undefined, what: string): unknown {
  if (json === undefined || json === '') return undefined;
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new RuntimeError('LambdaContextUnmarshalError', `the ${what} is not JSON: ${(error as Error).message}`);
  }
}
