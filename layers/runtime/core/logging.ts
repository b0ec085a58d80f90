/** Defines what `console` does in a handler: one line per call, with time, request id and level, straight to a descriptor. */
/* eslint-disable @typescript-eslint/no-require-imports -- a require() is a bundle of its own, loaded when it is first needed */
import { writeSync } from 'node:fs';
import type * as LogJson from './log-json';

/** Which invocation is being logged for. */
export interface LogScope {
  readonly requestId: string | undefined;
  readonly tenantId?: string | undefined;
}

export interface LogOptions {
  readonly format: 'text' | 'json';
  /** Calls below it do nothing. */
  readonly level: string;
  /** The descriptor for framed records, when the platform gives one. Without it lines go to `output`. */
  readonly frames?: number;
  /** @default - standard output */
  readonly output?: number;
  readonly scope: () => LogScope;
  /** @default - writes to the descriptor */
  readonly write?: (descriptor: number, bytes: string | Uint8Array) => void;
}

type Log = (...values: unknown[]) => void;

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
export type Level = (typeof LEVELS)[number];

const TEXT_FRAME = 0xa55a0003;
const JSON_FRAME = 0xa55a0002;
const FRAME_HEADER_BYTES = 16;
const STANDARD_OUTPUT = 1;

/** What the environment asks for. The descriptor for frames is taken out of it: child processes do not inherit it. */
export function logOptions(environment: NodeJS.ProcessEnv, scope: () => LogScope): LogOptions {
  const frames = Number(environment._LAMBDA_TELEMETRY_LOG_FD ?? NaN);
  delete environment._LAMBDA_TELEMETRY_LOG_FD;
  return {
    format: environment.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON' ? 'json' : 'text',
    level: environment.AWS_LAMBDA_LOG_LEVEL ?? '',
    frames: Number.isInteger(frames) && frames >= 0 ? frames : undefined,
    scope,
  };
}

/** Replaces the methods of `target` that log. */
export function installLogging(target: object, options: LogOptions): void {
  const least = Math.max(0, LEVELS.indexOf(options.level.toUpperCase() as Level));
  const methods = target as Record<string, Log>;
  for (const [index, level] of LEVELS.entries()) {
    methods[level.toLowerCase()] = index < least ? () => {} : (...values) => writeLog(options, level, values);
  }
  methods.log = methods.info;
}

function writeLog(options: LogOptions, level: Level, values: unknown[]): void {
  const now = new Date();
  const { requestId, tenantId } = options.scope();
  const json = options.format === 'json';
  const line = json
    ? (require('./log-json') as typeof LogJson).jsonLine(now, level, requestId, tenantId, values)
    : `${now.toISOString()}\t${requestId}\t${level}\t${formatValues(values)}`;
  const write = options.write ?? writeAll;
  if (options.frames !== undefined) return write(options.frames, frame(line + '\n', now, level, json));
  // The reader of the stream takes a line for a record: a carriage return keeps a record of several lines together.
  write(options.output ?? STANDARD_OUTPUT, line.replaceAll('\n', '\r') + '\n');
}

function formatValues(values: unknown[]): string {
  if (values.length === 1 && typeof values[0] === 'string') return values[0];
  return (require('node:util') as typeof import('node:util')).format(...values);
}

/** The platform's framing: type with level, length, time in microseconds, text; big endian. */
export function frame(text: string, time: Date, level: Level, json: boolean): Buffer {
  const length = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + length);
  bytes.writeUInt32BE((json ? JSON_FRAME : TEXT_FRAME) + 4 * (LEVELS.indexOf(level) + 1), 0);
  bytes.writeUInt32BE(length, 4);
  bytes.writeBigInt64BE(BigInt(time.getTime()) * 1000n, 8);
  bytes.write(text, FRAME_HEADER_BYTES, 'utf8');
  return bytes;
}

/** A log line is never lost to a full pipe, and a reader that went away does not stop the handler. */
export function writeAll(descriptor: number, bytes: string | Uint8Array): void {
  const all = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  let written = 0;
  while (written < all.length) {
    try {
      written += writeSync(descriptor, all, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
