/** Defines the log line of a bootstrap that went away, in the form in which a thread logs its own end. */
import { errorLogText } from '../core/error-format';
import { RuntimeError, type RuntimeErrorType } from '../core/errors';
import { jsonLine } from '../core/log-json';

/** @param requestId the invocation that has no answer now, if there is one */
export function exitLine(requestId: string | undefined, errorType: RuntimeErrorType, message: string, format: 'text' | 'json' | undefined): string {
  const error = new RuntimeError(errorType, message);
  if (format === 'json') return jsonLine(new Date(), 'ERROR', requestId, undefined, [error]);
  return `${new Date().toISOString()}\t${requestId}\tERROR\t${requestId === undefined ? 'Worker Error' : 'Invoke Error'} \t${errorLogText(error)}`;
}
