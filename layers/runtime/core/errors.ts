/** Defines the errors that the runtime itself raises, by Lambda's names. */

export type RuntimeErrorType =
  | 'HandlerNotFound'
  | 'InvalidEntrypoint'
  | 'ImportModuleError'
  | 'JSONStringifyError'
  | 'LambdaContextUnmarshalError'
  | 'MalformedHandlerName'
  | 'MalformedStreamingHandler'
  | 'InvalidStreamingOperation'
  | 'EnvironmentInvalid'
  | 'ExitError'
  | 'SecretUnavailable'
  | 'UnhandledPromiseRejection'
  | 'UnmarshalError'
  | 'UserCodeSyntaxError';

/** An error named `Runtime.<type>`. With a cause, its stack is the cause's: that is where the user's code is. */
export class RuntimeError extends Error {
  constructor(type: RuntimeErrorType, message: string, cause?: unknown) {
    super(message);
    this.name = `Runtime.${type}`;
    const stack = cause instanceof Error ? cause.stack : undefined;
    Object.defineProperty(this, 'stack', { value: `${this.name}: ${stack ?? message}`, configurable: true, writable: true });
  }
}
