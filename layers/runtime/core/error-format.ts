/** Defines how an error is written: the JSON and headers that the Runtime API takes, and the line in the log. */
import { types } from 'node:util';

/** An error, ready to be posted. */
export interface FormattedError {
  /** The JSON body. */
  readonly body: string;
  /** Complete header lines: the error's type, and its cause for X-Ray. */
  readonly headers: string;
}

interface ErrorParts {
  readonly type: string;
  readonly message: string;
  readonly stack: readonly string[];
}

/** What the X-Ray header may hold; the service drops a longer one. */
const MAX_CAUSE_BYTES = 64 * 1024;
const MAX_TYPE_LENGTH = 256;

/** Never throws, whatever was thrown. */
export function formatError(thrown: unknown): FormattedError {
  const { type, message, stack } = partsOf(thrown);
  // `stackTrace` is the name in the documentation of the Runtime API, `trace` what AWS's own client for Node.js sends.
  const body = JSON.stringify({ errorType: type, errorMessage: message, stackTrace: stack, trace: stack });
  const cause = xrayCause(type, message, stack);
  return {
    body,
    headers: `Lambda-Runtime-Function-Error-Type: ${headerType(type)}\r\n${cause && `Lambda-Runtime-Function-XRay-Error-Cause: ${cause}\r\n`}`,
  };
}

/** The trailers that end a streamed answer which failed. */
export function errorTrailers(thrown: unknown): string {
  const { type, message, stack } = partsOf(thrown);
  const body = JSON.stringify({ errorType: type, errorMessage: message, stackTrace: stack, trace: stack });
  return `Lambda-Runtime-Function-Error-Type: ${headerType(type)}\r\nLambda-Runtime-Function-Error-Body: ${Buffer.from(body).toString('base64')}\r\n`;
}

/** Logs an error as Lambda does: as text a title and one line of JSON, as JSON the error itself. */
export function logError(format: 'text' | 'json', title: string, thrown: unknown): void {
  if (format === 'json') console.error(asError(thrown));
  else console.error(title, `\t${errorLogText(thrown)}`);
}

/** The text for a log line: JSON with the error's own fields. */
export function errorLogText(thrown: unknown): string {
  try {
    return JSON.stringify(asError(thrown), (_key, value: unknown) => (isError(value) ? withOwnFields(value) : value));
  } catch {
    const { type, message, stack } = partsOf(thrown);
    return JSON.stringify({ errorType: type, errorMessage: message, stack });
  }
}

export function asError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error(textOf(thrown));
}

/** Also errors of another realm, as test runners and `vm` make them. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error;
}

/** The members that an error in a log line has in every format. */
export function errorFields(error: Error): { type: string; message: string; stack: string[] } {
  const { type, message, stack } = partsOf(error);
  return { type, message, stack: [...stack] };
}

function withOwnFields(error: Error): object {
  const { type, message, stack } = partsOf(error);
  return { errorType: type, errorMessage: message, code: (error as NodeJS.ErrnoException).code, ...error, stack };
}

function partsOf(thrown: unknown): ErrorParts {
  try {
    if (!isError(thrown)) return { type: typeof thrown, message: textOf(thrown), stack: [] };
    return {
      type: typeof thrown.name === 'string' && thrown.name !== '' ? thrown.name : 'Error',
      message: textOf(thrown.message),
      stack: typeof thrown.stack === 'string' ? thrown.stack.split('\n') : [],
    };
  } catch {
    // The type is the one that AWS's clients give here.
    return { type: 'handled', message: 'the error could not be read: one of its name, message and stack throws', stack: [] };
  }
}

export function textOf(value: unknown): string {
  try {
    if (typeof value === 'object' && value !== null && !isError(value)) {
      const text = JSON.stringify(value);
      if (text !== undefined) return text;
    }
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** A header holds visible ASCII only; a name may hold anything. */
function headerType(type: string): string {
  return type.slice(0, MAX_TYPE_LENGTH).replace(/[^\x20-\x7e]/g, '_').trim() || 'Error';
}

function xrayCause(type: string, message: string, stack: readonly string[]): string {
  const frames = stack.flatMap(stackFrame);
  const cause = causeText(type, message, frames);
  return cause.length <= MAX_CAUSE_BYTES ? cause : causeText(type.slice(0, MAX_TYPE_LENGTH), message.slice(0, 4096), frames.slice(0, 10));
}

interface StackFrame { readonly path: string; readonly line: number; readonly label: string }

function causeText(type: string, message: string, frames: readonly StackFrame[]): string {
  const text = JSON.stringify({
    working_directory: workingDirectory(),
    exceptions: [{ type, message, stack: frames }],
    paths: [...new Set(frames.map((frame) => frame.path))],
  });
  // JSON may say every character in ASCII.
  return text.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** `    at label (path:line:column)` or `    at path:line:column`. */
function stackFrame(text: string): StackFrame[] {
  const match = /^\s+at (?:(.*) \()?(?:async )?(.*?):(\d+)(?::\d+)?\)?$/.exec(text);
  return match ? [{ path: match[2], line: Number(match[3]), label: match[1] ?? 'anonymous' }] : [];
}

function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '';
  }
}
