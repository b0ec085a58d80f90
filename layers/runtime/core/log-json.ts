/** Defines a log line as JSON, with the member names that Lambda uses. */
import { format } from 'node:util';
import { errorFields, isError } from './error-format';

/** One line, without its end. Never throws. */
export function jsonLine(time: Date, level: string, requestId: string | undefined, tenantId: string | undefined, values: readonly unknown[]): string {
  const record: Record<string, unknown> = { timestamp: time.toISOString(), level, requestId };
  if (tenantId) record.tenantId = tenantId;
  if (values.length === 1) {
    // One value keeps its shape, so that it can be queried.
    record.message = values[0];
    try {
      return JSON.stringify(record, (_key, value: unknown) => (isError(value) ? members(value) : value));
    } catch {
      // a cycle, a BigInt, or a toJSON that throws: as text
    }
  }
  record.message = text(values);
  const error = values.find(isError);
  if (values.length > 1 && error) Object.assign(record, members(error, false));
  return JSON.stringify(record);
}

function members(error: Error, own = true): object {
  const { type, message, stack } = errorFields(error);
  return { errorType: type, errorMessage: message, stackTrace: stack, ...(own ? error : {}) };
}

function text(values: readonly unknown[]): string {
  try {
    return format(...values);
  } catch {
    return 'the values could not be formatted: one of their getters throws';
  }
}
