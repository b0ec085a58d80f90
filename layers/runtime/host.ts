/** Defines the host: the program that takes invocations from its sources, where there is no Lambda service, and has them carried out. */
import { dirname } from 'node:path';
import { environmentViolations } from './core/environment-schema';
import { writeAll } from './core/logging';
import { Metrics } from './core/metrics';
import { SettingError } from './core/settings';
import { HostError, isHostError, tell } from './host/errors';
import { measure } from './host/measured-invoker';
import { runOnce } from './host/once';
import { openInvoker } from './host/open-invoker';
import { serve } from './host/serving';
import { hostSettings } from './host/settings';

const EXIT_UNFINISHED = 1;
const EXIT_UNEXPECTED = 1;
const EXIT_SETTINGS = 2;
/** The standard output of a task has its result alone. */
const STANDARD_ERROR = 2;
/** A terminal tells the program that started the host as well, which passes it on: within this time it is the same request. */
const SAME_REQUEST_MS = 250;

/** The bundle lies in /opt/cdk-hybrid/runtime. */
const OPT_DIRECTORY = dirname(dirname(__dirname));

/** Settles once the host is told to stop; a second request ends it at once. */
const stopRequested = new Promise<void>((resolve) => {
  let requestedAt: number | undefined;
  const request = (): void => {
    requestedAt ??= performance.now();
    if (performance.now() - requestedAt > SAME_REQUEST_MS) process.exit(EXIT_UNFINISHED);
    resolve();
  };
  process.on('SIGTERM', request).on('SIGINT', request);
});

async function main(): Promise<number> {
  try {
    const settings = hostSettings(process.argv.slice(2), process.env, OPT_DIRECTORY);
    const violations = settings.environmentSchema && environmentViolations(settings.environmentSchema, process.env);
    if (violations) throw new HostError('ENVIRONMENT_INVALID', violations);
    const metrics = settings.metrics ? new Metrics(settings.name, (line) => writeAll(STANDARD_ERROR, line)) : undefined;
    if (metrics) process.on('exit', metrics.flush);
    const invoker = openInvoker(settings, metrics);
    const [source] = settings.sources;
    if (source === 'task' || source === 'process') return await runOnce(source, invoker, settings, stopRequested, metrics);
    if (metrics) measure(invoker, metrics);
    return await serve(invoker, settings, stopRequested, metrics);
  } catch (error) {
    const told = error instanceof SettingError ? new HostError('SETTING_INVALID', error.message) : error;
    if (!isHostError(told)) throw error;
    tell(told.message);
    return EXIT_SETTINGS;
  }
}

/** What was written last is still on its way when the reader is slow. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

/** What nothing in the host has foreseen: with the places that lead there, because nobody else can tell them. */
function unexpected(error: unknown): void {
  const [what, ...places] = ((error as Partial<Error> | null | undefined)?.stack ?? String(error)).split(/\s*\n\s*/);
  tell([`unexpected error: ${what}`, ...places.slice(0, 5)].join(' | '));
  process.exit(EXIT_UNEXPECTED);
}
process.on('uncaughtException', unexpected).on('unhandledRejection', unexpected);

// A reader that went away does not stop the host.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

void main().then(async (code) => {
  await Promise.all([process.stdout, process.stderr].map(flushed));
  process.exit(code);
});
