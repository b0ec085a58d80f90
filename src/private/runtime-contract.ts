/**
 * What synth time and run time agree on: every name of the environment that the program in layers/ reads or sets, once.
 * Lambda's own names wherever Lambda has one. layers/README.md says the same to readers; a test holds all three together.
 */
export const RUNTIME_CONTRACT = {
  _HANDLER: 'the handler, file.export',
  _LAMBDA_TELEMETRY_LOG_FD: 'the descriptor that takes framed logs; removed before the handler loads',
  _LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET: 'the socket that takes JSON logs on Managed Instances',
  _X_AMZN_TRACE_ID: 'the X-Ray trace of the invocation; not set while several run at once',
  AWS_DEFAULT_REGION: 'the region, for older SDKs',
  AWS_EXECUTION_ENV: 'which of its runtimes Lambda has started; a host sets none',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: 'the memory of the function in MiB',
  AWS_LAMBDA_FUNCTION_NAME: 'the name of the function',
  AWS_LAMBDA_FUNCTION_VERSION: 'the version of the function',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'why the bootstrap was started',
  AWS_LAMBDA_LOG_FORMAT: 'Text or JSON',
  AWS_LAMBDA_LOG_GROUP_NAME: 'the log group of the function',
  AWS_LAMBDA_LOG_LEVEL: 'the least level that is logged; JSON logs only',
  AWS_LAMBDA_LOG_STREAM_NAME: 'the log stream of this process',
  AWS_LAMBDA_MAX_CONCURRENCY: 'how many invocations one process may have at once',
  AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA: 'set: no global awslambda',
  AWS_LAMBDA_NODEJS_WORKER_COUNT: 'how many worker threads share the invocations',
  AWS_LAMBDA_RUNTIME_API: 'host and port of the Runtime API',
  AWS_REGION: 'the region',
  AWS_XRAY_CONTEXT_MISSING: 'what the X-Ray SDK does without a trace',
  LAMBDA_RUNTIME_DIR: 'where the runtime is',
  LAMBDA_TASK_ROOT: 'where the code of the handler is',
} as const;
