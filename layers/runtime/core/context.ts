/** Defines the context object that a handler is given. */
import { RuntimeError } from './errors';
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

/** What is not one of Lambda's fields is inherited, so that whoever lists or copies the context finds exactly those. */
const INHERITED = Object.defineProperty({}, 'signal', { get: stopSignal });

type Environment = Readonly<Record<string, string | undefined>>;
type Headers = Readonly<Record<string, string>>;

/** Reads what is the same for every invocation once, and gives what makes a context out of an invocation's headers. */
export function contextBuilder(environment: Environment): (headers: Headers, callback: Callback) => HandlerContext {
  const functionName = environment.AWS_LAMBDA_FUNCTION_NAME;
  const functionVersion = environment.AWS_LAMBDA_FUNCTION_VERSION;
  const memoryLimitInMB = environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE;
  const logGroupName = environment.AWS_LAMBDA_LOG_GROUP_NAME;
  const logStreamName = environment.AWS_LAMBDA_LOG_STREAM_NAME;
  return (headers, callback) => {
    const deadline = Number(headers['lambda-runtime-deadline-ms']);
    const context = {
      __proto__: INHERITED,
      callbackWaitsForEmptyEventLoop: true,
      functionName,
      functionVersion,
      memoryLimitInMB,
      logGroupName,
      logStreamName,
      clientContext: parsed(headers['lambda-runtime-client-context'], 'client context'),
      identity: parsed(headers['lambda-runtime-cognito-identity'], 'Cognito identity'),
      invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
      awsRequestId: headers['lambda-runtime-aws-request-id'],
      tenantId: headers['lambda-runtime-aws-tenant-id'],
      xRayTraceId: headers['lambda-runtime-trace-id'],
      getRemainingTimeInMillis: () => deadline - Date.now(),
      // The three methods of the first Node.js runtimes end the invocation at once.
      done: (error: unknown, result?: unknown) => {
        context.callbackWaitsForEmptyEventLoop = false;
        callback(error, result);
      },
      fail: (error: unknown) => context.done(error ?? new Error('context.fail was called without an error')),
      succeed: (result?: unknown) => context.done(null, result),
    } as unknown as HandlerContext;
    return context;
  };
}

function parsed(json: string | undefined, what: string): unknown {
  if (json === undefined || json === '') return undefined;
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new RuntimeError('LambdaContextUnmarshalError', `the ${what} is not JSON: ${(error as Error).message}`);
  }
}
