/** Defines how the host tells why the handler cannot be initialized. */
import { describeError } from '../sources/once';

export function describeInitFailure(payload: Buffer): string {
  return `the handler cannot be initialized: ${describeError(payload)}`;
}
